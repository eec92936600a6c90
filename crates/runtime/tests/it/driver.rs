//! Drives the production loop through the story: asks, waits for what is done, brings receipts back, says what was acknowledged.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tidegate_engine::{Accepted, Command, CommandKey, Refusal, Request, State};
use tidegate_journal::{Entry, Journal, JournalError, Options};
use tidegate_model::seam::{Actor, Effect, EffectKey, Outcome, Receipt};
use tidegate_model::{Estate, Timestamp};
use tidegate_runtime::{Answer, recover};

use crate::bench::Bench;
use crate::point::{Fate, Point};
use crate::shop::{self, name};
use crate::story::{self, Does, Step};
use crate::world::{Deed, Files, Order, deeds, held_version};

/// Nothing in these tests takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What whoever asked was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Told {
    /// The controller started over the journal as it was at this sequence.
    Began { from: u64 },
    /// An answer: whose key, true at which sequence, what it said.
    Answered {
        key: Option<CommandKey>,
        seq: u64,
        result: Result<Accepted, Refusal>,
    },
    /// A line of the story is through.
    Through { step: usize },
}

/// A running controller with everybody around it.
pub(crate) struct Driver<'a> {
    bench: Bench,
    done: BTreeMap<EffectKey, Deed>,
    told: Box<dyn Write + 'a>,
    folder: &'a Path,
}

/// The state that a journal holds.
pub(crate) fn recovered(journal: &Journal) -> State {
    let entries = journal.read(1, usize::MAX).unwrap();
    recover(entries.iter().map(|entry| (entry.seq, entry.bytes.as_slice()))).unwrap()
}

/// The journal of a folder. A process that another test spawns holds copies of our files, locks and all, until it runs its own
/// program: that passes.
pub(crate) fn open(folder: &Path) -> Journal {
    let begun = Instant::now();
    loop {
        match Journal::open(&folder.join("journal.db"), Options::default()) {
            Ok(journal) => return journal,
            Err(JournalError::Held { .. }) if begun.elapsed() < PATIENCE => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn estate_of(state: &State) -> Arc<Estate> {
    let next = shop::next_estate();
    if state.estate_digest() == Some(next.digest()) {
        next
    } else {
        shop::estate()
    }
}

impl<'a> Driver<'a> {
    /// Recovers what the folder holds and starts a controller over it, not before this time.
    pub(crate) fn begin(folder: &'a Path, at: Timestamp, end: Option<Point>, told: Box<dyn Write + 'a>) -> Self {
        let bench = Bench::over(folder, at, estate_of, Fate::new(end));
        let mut driver = Self {
            bench,
            done: BTreeMap::new(),
            told,
            folder,
        };
        let from = driver.bench.handle.view().seq;
        driver.tell(&Told::Began { from });
        driver.ask(Actor::Controller, None, Request::StartController);
        driver.await_hands();
        driver
    }

    /// Lives through the lines from `first` on.
    pub(crate) fn live(&mut self, steps: &[Step], first: usize) {
        for (number, step) in steps.iter().enumerate().skip(first) {
            self.advance(step.at);
            self.live_through(number, step);
            self.tell(&Told::Through { step: number });
        }
    }

    /// What its journal holds now.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.bench.journal.lock().unwrap().read(1, usize::MAX).unwrap()
    }

    /// Ends the controller in order.
    pub(crate) fn end(self) -> Files {
        self.bench.running.join()
    }

    fn advance(&mut self, to: Timestamp) {
        self.bench.clock.set(to);
        self.ask(Actor::Controller, None, Request::Tick);
        self.await_hands();
    }

    fn live_through(&mut self, number: usize, step: &Step) {
        match &step.does {
            Does::Tick => {}
            Does::Confirm => self.confirm(),
            Does::Counts { permille, strata } => {
                let version = self.version();
                for index in strata.clone() {
                    let request = story::stratum(index, step.at, version, *permille);
                    self.ask(story::gateway(), None, request);
                }
            }
            Does::Brake => {
                let request = story::failures(self.version());
                self.ask(story::gateway(), None, request);
            }
            Does::GatewaySeen { incarnation } => {
                let request = Request::GatewaySeen {
                    gateway: name("storefront"),
                    incarnation: *incarnation,
                    holds: self.version(),
                };
                self.ask(story::gateway(), None, request);
            }
            Does::Ask(actor, request) => {
                let key = matches!(actor, Actor::Person { .. }).then(|| CommandKey(format!("line-{number}")));
                self.ask(actor.clone(), key, (**request).clone());
            }
        }
        self.await_hands();
    }

    fn version(&self) -> tidegate_model::seam::ExposureVersion {
        held_version(&deeds(self.folder))
    }

    /// Every effect that is under way ends well, and so does what follows from that.
    pub(crate) fn confirm(&mut self) {
        loop {
            let waiting = self.bench.handle.view().state.outbox().clone();
            let mut ends: Vec<(EffectKey, Effect)> = waiting
                .into_iter()
                .map(|(key, waiting)| (key, waiting.effect))
                .collect();
            if ends.is_empty() {
                return;
            }
            // Keys differ from run to run; the order in which effects end must not.
            ends.sort_by_key(|(_, effect)| order(effect));
            for (key, effect) in ends {
                assert!(self.done.contains_key(&key), "{key} ends before it was carried out");
                let receipt = Receipt {
                    key,
                    outcome: outcome(&effect),
                };
                self.ask(Actor::Controller, None, Request::Receive(receipt));
            }
            self.await_hands();
        }
    }

    fn ask(&mut self, actor: Actor, key: Option<CommandKey>, request: Request) {
        let command = Command {
            actor,
            key: key.clone(),
            request,
        };
        let Answer { result, seq } = self.bench.ask(command).unwrap();
        self.tell(&Told::Answered { key, seq, result });
    }

    /// Waits until the hands have done everything that the outbox holds.
    fn await_hands(&mut self) {
        let state = self.bench.handle.view().state.clone();
        while state.outbox().keys().any(|key| !self.done.contains_key(key)) {
            match self.bench.orders.recv_timeout(PATIENCE).unwrap() {
                Order::Done(deed) => {
                    let before = self.done.insert(deed.key.clone(), deed);
                    assert_eq!(before, None, "carried out twice under one key");
                }
                Order::Withdrawn(_) => {}
            }
        }
    }

    fn tell(&mut self, told: &Told) {
        let mut line = serde_json::to_vec(told).unwrap();
        line.push(b'\n');
        self.told.write_all(&line).unwrap();
        self.told.flush().unwrap();
    }
}

fn order(effect: &Effect) -> (u8, String, u8) {
    match effect {
        Effect::SetExposure(_) => (0, String::new(), 0),
        Effect::Page(letter) => (1, format!("{} {}", letter.thread, letter.to), letter.method),
        Effect::AskApproval(letter) => (2, letter.to.to_string(), letter.method),
        Effect::Notify(letter) => (3, format!("{} {}", letter.subject, letter.to), letter.method),
    }
}

fn outcome(effect: &Effect) -> Outcome {
    match effect {
        Effect::SetExposure(_) => Outcome::InForce {
            acknowledged: vec![name("storefront")],
            lapsed: Vec::new(),
        },
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => Outcome::Accepted {
            detail: "250 taken".to_owned(),
        },
    }
}

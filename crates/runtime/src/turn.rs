//! One turn of the loop: drain the inbox, decide each, append all in one transaction, publish, answer, perform.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use arc_swap::ArcSwap;
use tidegate_engine::command::{Accepted, Command, Request};
use tidegate_engine::event::{Body, Event};
use tidegate_engine::refusal::Refusal;
use tidegate_engine::state::State;
use tidegate_engine::{apply, deadline, decide};
use tidegate_model::seam::{Actor, EffectKey};
use tidegate_model::{Estate, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::handle::{Answer, Handle, Snapshot, Unavailable};
use crate::heart::Heart;
use crate::inbox::{Inbox, Letter};
use crate::pace::Pace;
use crate::world::World;

/// Commands decided in one turn; their events share one transaction.
const COMMANDS_PER_TURN: usize = 256;

type Reply = (oneshot::Sender<Result<Answer, Unavailable>>, Result<Accepted, Refusal>);

/// A running loop. Dropping it closes the inbox; `join` waits for the last turn.
pub struct Running<W> {
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<W>>,
}

impl<W> Running<W> {
    /// Closes the inbox, lets the loop finish what it has taken, and returns the world.
    #[must_use]
    pub fn join(mut self) -> W {
        self.inbox.close();
        let thread = self.thread.take().expect("only join takes the thread");
        match thread.join() {
            Ok(world) => world,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl<W> Drop for Running<W> {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

struct Loop<W> {
    world: W,
    estate: Arc<Estate>,
    state: Arc<State>,
    inbox: Arc<Inbox>,
    published: Arc<ArcSwap<Snapshot>>,
    sequence: watch::Sender<u64>,
    under_way: BTreeSet<EffectKey>,
    fault: Option<String>,
    pace: Pace,
    heart: Arc<Heart>,
    /// Whether a `StartController` is durable: before it the clock does nothing, and nor do the hands.
    begun: bool,
}

/// Starts the loop on a recovered state. The first thing to ask of the handle is `StartController`: before it, nothing is performed.
///
/// # Panics
/// When the operating system gives no thread.
pub fn start<W: World>(world: W, estate: Arc<Estate>, state: State) -> (Handle, Running<W>) {
    let inbox = Arc::new(Inbox::default());
    let (sequence, seen) = watch::channel(state.seq);
    let snapshot = Snapshot {
        estate: estate.clone(),
        seq: state.seq,
        now: world.now(),
        state: Arc::new(state),
        fault: None,
    };
    let published = Arc::new(ArcSwap::from_pointee(snapshot.clone()));
    let heart = Arc::new(Heart::new());
    let handle = Handle {
        inbox: inbox.clone(),
        published: published.clone(),
        sequence: seen,
        heart: heart.clone(),
    };
    let mut turning = Loop {
        world,
        estate,
        state: snapshot.state,
        inbox: inbox.clone(),
        published,
        sequence,
        under_way: BTreeSet::new(),
        fault: None,
        pace: Pace::default(),
        heart,
        begun: false,
    };
    let thread = std::thread::Builder::new()
        .name("tidegate-loop".into())
        .spawn(move || {
            // Also when a turn panics: nobody is left waiting for an answer that cannot come.
            let _door = Door(turning.inbox.clone());
            while turning.turn() {
                turning.heart.beat();
            }
            turning.world
        })
        .expect("the operating system gives a thread at start");
    (
        handle,
        Running {
            inbox,
            thread: Some(thread),
        },
    )
}

/// Shuts the inbox when the loop ends, however it does; what still waits in it is answered as by a stopped controller.
struct Door(Arc<Inbox>);

impl Drop for Door {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl<W: World> Loop<W> {
    /// One turn; false when the inbox is closed and empty.
    fn turn(&mut self) -> bool {
        let Some(letters) = self.inbox.take(COMMANDS_PER_TURN, Some(self.wake_at())) else {
            return false;
        };
        let now = self.engine_time();
        let mut draft = Draft {
            estate: self.estate.clone(),
            state: self.state.clone(),
            events: Vec::new(),
            starts: false,
        };
        let mut replies: Vec<Reply> = Vec::with_capacity(letters.len());
        for Letter { command, answer } in letters {
            replies.push((answer, draft.take(&command, now)));
        }
        if self.begun {
            self.let_time_pass(&mut draft, now);
        }
        self.settle(draft, replies, now);
        true
    }

    fn wake_at(&self) -> Instant {
        let due = deadline(&self.state).filter(|_| self.begun);
        Instant::now() + self.pace.wait(due, self.state.seq, self.engine_time())
    }

    /// `max(clock, last event's time)`: engine time never runs backwards.
    fn engine_time(&self) -> Timestamp {
        self.world.now().max(self.state.at)
    }

    fn let_time_pass(&mut self, draft: &mut Draft, now: Timestamp) {
        if !self.pace.may_tick(deadline(&draft.state), draft.state.seq, now) {
            return;
        }
        let tick = Command {
            actor: Actor::Controller,
            key: None,
            request: Request::Tick,
        };
        let before = draft.state.seq;
        if let Err(refusal) = draft.take(&tick, now) {
            tracing::error!(%refusal, "the engine refused the clock");
        }
        if draft.state.seq == before {
            self.pace.ticked_in_vain(before, now);
        }
    }

    /// Appends, publishes, answers, performs - in that order; after a refusal of the store nothing of the draft remains.
    fn settle(&mut self, draft: Draft, replies: Vec<Reply>, now: Timestamp) {
        if draft.events.is_empty() {
            self.answer(replies);
            return;
        }
        match self.world.append(&draft.events) {
            Ok(seq) => {
                assert_eq!(seq, draft.state.seq, "the journal and the state count the same entries");
                self.estate = draft.estate;
                self.state = draft.state;
                self.fault = None;
                self.pace.store_works();
                self.begun |= draft.starts;
                self.publish(now);
                self.answer(replies);
                if self.begun {
                    self.set_hands_to_work();
                }
            }
            Err(fault) => {
                tracing::error!(reason = %fault.reason, passing = fault.passing, "the journal took nothing");
                self.fault = Some(fault.reason.clone());
                self.pace.rest_after_fault();
                self.publish(now);
                for (answer, _) in replies {
                    if answer.send(Err(Unavailable::Faulted(fault.reason.clone()))).is_err() {
                        tracing::debug!("nobody waits for the answer any more");
                    }
                }
            }
        }
    }

    fn publish(&mut self, now: Timestamp) {
        self.published.store(Arc::new(Snapshot {
            estate: self.estate.clone(),
            state: self.state.clone(),
            seq: self.state.seq,
            now,
            fault: self.fault.clone(),
        }));
        self.sequence.send_replace(self.state.seq);
    }

    fn answer(&self, replies: Vec<Reply>) {
        for (answer, result) in replies {
            if answer
                .send(Ok(Answer {
                    result,
                    seq: self.state.seq,
                }))
                .is_err()
            {
                tracing::debug!("nobody waits for the answer any more");
            }
        }
    }

    fn set_hands_to_work(&mut self) {
        let wanted = self.state.outbox();
        let gone: Vec<EffectKey> = self
            .under_way
            .iter()
            .filter(|key| !wanted.contains_key(*key))
            .cloned()
            .collect();
        for key in gone {
            self.world.withdraw(&key);
            self.under_way.remove(&key);
        }
        for (key, waiting) in wanted {
            if self.under_way.insert(key.clone()) {
                self.world.perform(key, &waiting.effect);
            }
        }
    }
}

/// Decisions of a turn that are not durable yet.
struct Draft {
    estate: Arc<Estate>,
    state: Arc<State>,
    events: Vec<Event>,
    /// Whether a `StartController` is among what was taken.
    starts: bool,
}

impl Draft {
    fn take(&mut self, command: &Command, now: Timestamp) -> Result<Accepted, Refusal> {
        let decision = decide(&self.estate, &self.state, command, now);
        if !decision.events.is_empty() {
            let state = Arc::make_mut(&mut self.state);
            for event in &decision.events {
                apply(state, event);
            }
        }
        if let Request::Adopt { candidate } = &command.request
            && decision
                .events
                .iter()
                .any(|event| matches!(event.body, Body::EstateAdopted { .. }))
        {
            self.estate = candidate.clone();
        }
        self.starts |= matches!(command.request, Request::StartController) && decision.answer.is_ok();
        self.events.extend(decision.events);
        decision.answer
    }
}

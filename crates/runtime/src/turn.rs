//! One turn of the loop: drain the inbox, decide each, append all in one transaction, publish, answer, perform.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

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
use crate::inbox::{Inbox, Letter};
use crate::world::World;

/// Commands decided in one turn; their events share one transaction.
const COMMANDS_PER_TURN: usize = 256;
/// The loop looks at the clock at least this often, so that a stepped wall clock cannot park it.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// Rest after the store refused, before the clock is obeyed again.
const REST_AFTER_FAULT: Duration = Duration::from_millis(250);

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

    /// Whether the loop has ended by itself, which only a bug makes it do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
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
    rest_until: Option<Instant>,
    /// Whether `StartController` has been taken: before it the clock does nothing.
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
    let handle = Handle {
        inbox: inbox.clone(),
        published: published.clone(),
        sequence: seen,
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
        rest_until: None,
        begun: false,
    };
    let thread = std::thread::Builder::new()
        .name("tidegate-loop".into())
        .spawn(move || {
            while turning.turn() {}
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

impl<W: World> Loop<W> {
    /// One turn; false when the inbox is closed and empty.
    fn turn(&mut self) -> bool {
        let Some(letters) = self.inbox.take(COMMANDS_PER_TURN, Some(self.wake_at())) else {
            return false;
        };
        self.begun |= letters
            .iter()
            .any(|letter| matches!(letter.command.request, Request::StartController));
        let now = self.engine_time();
        let mut draft = Draft {
            estate: self.estate.clone(),
            state: self.state.clone(),
            events: Vec::new(),
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
        let latest = Instant::now() + LOOK_AT_LEAST_EVERY;
        if let Some(rest) = self.rest_until {
            return rest.min(latest);
        }
        let Some(due) = deadline(&self.state).filter(|_| self.begun) else {
            return latest;
        };
        let wait = Duration::from_millis(due.since(self.world.now()).0);
        (Instant::now() + wait).min(latest)
    }

    /// `max(clock, last event's time)`: engine time never runs backwards.
    fn engine_time(&self) -> Timestamp {
        self.world.now().max(self.state.at)
    }

    fn let_time_pass(&mut self, draft: &mut Draft, now: Timestamp) {
        if self.rest_until.is_some_and(|rest| Instant::now() < rest) {
            return;
        }
        if deadline(&draft.state).is_some_and(|due| due <= now) {
            let tick = Command {
                actor: Actor::Controller,
                key: None,
                request: Request::Tick,
            };
            if let Err(refusal) = draft.take(&tick, now) {
                tracing::error!(%refusal, "the engine refused the clock");
            }
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
                self.rest_until = None;
                self.publish(now);
                self.answer(replies);
                self.set_hands_to_work();
            }
            Err(fault) => {
                tracing::error!(reason = %fault.reason, passing = fault.passing, "the journal took nothing");
                self.fault = Some(fault.reason.clone());
                self.rest_until = Some(Instant::now() + REST_AFTER_FAULT);
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
        self.events.extend(decision.events);
        decision.answer
    }
}

//! One controller over one folder, as it is started in earnest, and ways to ask it.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use tidegate_engine::{Command, CommandKey, Event, Request, State};
use tidegate_model::seam::{Actor, Door};
use tidegate_model::{Estate, Timestamp};
use tidegate_runtime::{Answer, Handle, Running, Unavailable, start};

use crate::clock::Clock;
use crate::driver::{PATIENCE, open, recovered};
use crate::point::Fate;
use crate::shop::{self, name};
use crate::world::{Files, Order, SharedJournal, deeds_file};

/// What a letter comes to.
pub(crate) type Answered = Result<Answer, Unavailable>;
/// A letter that is in the inbox.
pub(crate) type Posted = Pin<Box<dyn Future<Output = Answered>>>;

/// A running controller.
pub(crate) struct Bench {
    pub(crate) handle: Handle,
    pub(crate) running: Running<Files>,
    pub(crate) journal: SharedJournal,
    pub(crate) clock: Clock,
    pub(crate) orders: Receiver<Order>,
    pub(crate) asking: tokio::runtime::Runtime,
}

impl Bench {
    /// Recovers a folder and starts a loop over it that runs an estate; nobody has asked it for anything yet.
    pub(crate) fn over(folder: &Path, at: Timestamp, estate: impl FnOnce(&State) -> Arc<Estate>, fate: Fate) -> Self {
        let journal = open(folder);
        let state = recovered(&journal);
        let journal: SharedJournal = Arc::new(Mutex::new(journal));
        let (sender, orders) = channel();
        let clock = Clock::at(at);
        let world = Files {
            clock: clock.clone(),
            journal: journal.clone(),
            deeds: deeds_file(folder),
            orders: sender,
            fate,
        };
        let (handle, running) = start(world, estate(&state), state);
        Self {
            handle,
            running,
            journal,
            clock,
            orders,
            asking: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap(),
        }
    }

    /// The shop, not begun.
    pub(crate) fn idle(folder: &Path, at: Timestamp) -> Self {
        Self::over(folder, at, |_| shop::estate(), Fate::default())
    }

    /// The shop, begun.
    pub(crate) fn begun(folder: &Path, at: Timestamp) -> Self {
        let bench = Self::idle(folder, at);
        bench.begin();
        bench
    }

    pub(crate) fn begin(&self) {
        self.must(command(Actor::Controller, Request::StartController));
    }

    pub(crate) fn ask(&self, command: Command) -> Answered {
        in_time(&self.asking, self.handle.ask(command))
    }

    /// Asks what is not refused.
    #[track_caller]
    pub(crate) fn must(&self, command: Command) {
        let answer = self.ask(command).unwrap();
        assert!(answer.result.is_ok(), "{answer:?}");
    }

    /// Puts letters into the inbox in this order and does not wait.
    pub(crate) fn post(&self, commands: impl IntoIterator<Item = Command>) -> Vec<Posted> {
        let post = |command| -> Posted {
            let handle = self.handle.clone();
            let mut posted: Posted = Box::pin(async move { handle.ask(command).await });
            let is_taken = posted
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending();
            assert!(is_taken, "the inbox takes letters");
            posted
        };
        commands.into_iter().map(post).collect()
    }

    /// Posts letters while the loop looks at the clock, so that all of them are taken in one turn.
    pub(crate) fn post_for_one_turn(&self, commands: impl IntoIterator<Item = Command>) -> Vec<Posted> {
        self.clock.hold();
        let first = self.post([command(Actor::Controller, Request::Tick)]);
        self.clock.await_look();
        let posted = self.post(commands);
        self.clock.release();
        self.answers(first);
        posted
    }

    pub(crate) fn answers(&self, posted: Vec<Posted>) -> Vec<Answered> {
        posted.into_iter().map(|posted| in_time(&self.asking, posted)).collect()
    }

    /// Returns once the state is as it should be, whoever brought that about.
    pub(crate) fn await_state(&self, is_so: impl Fn(&State) -> bool) {
        let mut seen = self.handle.watch();
        let arrived = async {
            while !is_so(&self.handle.view().state) {
                seen.changed().await.unwrap();
            }
        };
        let in_time = self
            .asking
            .block_on(async { tokio::time::timeout(PATIENCE, arrived).await });
        in_time.unwrap();
    }

    /// What the journal holds.
    pub(crate) fn events(&self) -> Vec<Event> {
        let entries = self.journal.lock().unwrap().read(1, usize::MAX).unwrap();
        entries
            .iter()
            .map(|entry| Event::decode(&entry.bytes).unwrap())
            .collect()
    }

    /// How many events of a kind the journal holds.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events().iter().filter(|event| event.body.kind() == kind).count()
    }

    /// Ends the loop in order; every order that its hands were given and nobody has looked at.
    pub(crate) fn end(self) -> Vec<Order> {
        drop(self.running.join());
        self.orders.try_iter().collect()
    }
}

/// What comes of something that does come.
#[track_caller]
pub(crate) fn in_time<T>(asking: &tokio::runtime::Runtime, coming: impl Future<Output = T>) -> T {
    asking
        .block_on(async { tokio::time::timeout(PATIENCE, coming).await })
        .unwrap()
}

/// A command without a key.
pub(crate) fn command(actor: Actor, request: Request) -> Command {
    Command {
        actor,
        key: None,
        request,
    }
}

/// A command of a person, with a key.
pub(crate) fn by(person: &str, key: &str, request: Request) -> Command {
    let actor = Actor::Person {
        id: name(person),
        door: Door::Token,
    };
    Command {
        actor,
        key: Some(CommandKey(key.to_owned())),
        request,
    }
}

/// Ana's approval of the next move.
pub(crate) fn approval(key: &str) -> Command {
    by(
        "ana",
        key,
        Request::Approve {
            stage: name("checkout"),
        },
    )
}

/// An incident that bea declares.
pub(crate) fn incident(key: &str, summary: &str) -> Command {
    let request = Request::OpenIncident {
        domain: name("checkout"),
        severity: tidegate_model::Severity::Sev2,
        summary: summary.to_owned(),
    };
    by("bea", key, request)
}

//! How asynchronous code talks to the loop: ask, and look.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tidegate_engine::command::{Accepted, Command};
use tidegate_engine::refusal::Refusal;
use tidegate_engine::state::State;
use tidegate_model::{Estate, Timestamp};
use tokio::sync::{oneshot, watch};

use crate::heart::{Heart, STUCK_AFTER};
use crate::inbox::{Inbox, Letter, NotTaken};

/// What a full inbox tells its callers to wait before they ask again.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Estate and state at one journal sequence.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The adopted estate.
    pub estate: Arc<Estate>,
    /// The state after `seq`.
    pub state: Arc<State>,
    /// Journal sequence of the last event in it.
    pub seq: u64,
    /// Engine time of the turn that published it.
    pub now: Timestamp,
    /// Why the store takes no appends, while it does not.
    pub fault: Option<String>,
}

/// An answer of the engine, given after its events were durable.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Taken or refused.
    pub result: Result<Accepted, Refusal>,
    /// Journal sequence at which it is true.
    pub seq: u64,
}

/// The loop could not answer; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too many commands wait.
    #[error("too many commands wait; ask again after {} s", retry_after.as_secs())]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The store did not take the events.
    #[error("the journal took nothing: {0}")]
    Faulted(String),
    /// The loop has stopped.
    #[error("the controller has stopped")]
    Stopped,
}

/// Why the loop settles nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ailment {
    /// The store refused the last append.
    #[error("the journal took nothing: {0}")]
    Faulted(String),
    /// The loop is in the same turn for longer than [`STUCK_AFTER`], or has ended.
    #[error("the loop has not come round for {} s", silent_for.as_secs())]
    Stuck {
        /// Since its last turn was complete.
        silent_for: Duration,
    },
}

/// A way into the loop. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) published: Arc<ArcSwap<Snapshot>>,
    pub(crate) sequence: watch::Receiver<u64>,
    pub(crate) heart: Arc<Heart>,
}

impl Handle {
    /// Estate and state as of the last append.
    #[must_use]
    pub fn view(&self) -> Arc<Snapshot> {
        self.published.load_full()
    }

    /// Sends a command; resolves when its events are durable.
    ///
    /// # Errors
    /// [`Unavailable`]; in every case nothing was changed, and the same key may be sent again.
    pub async fn ask(&self, command: Command) -> Result<Answer, Unavailable> {
        let (answer, answered) = oneshot::channel();
        match self.inbox.push(Letter { command, answer }) {
            Ok(()) => answered.await.unwrap_or(Err(Unavailable::Stopped)),
            Err(NotTaken::Full) => Err(Unavailable::Busy {
                retry_after: RETRY_AFTER,
            }),
            Err(NotTaken::Closed) => Err(Unavailable::Stopped),
        }
    }

    /// How long ago the loop last completed a turn; about a second at most while it is well.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        self.heart.silent_for()
    }

    /// Why nothing can be lowered now: the store takes nothing, or the loop does not come round. `None` while all is well.
    #[must_use]
    pub fn ails(&self) -> Option<Ailment> {
        if let Some(fault) = &self.view().fault {
            return Some(Ailment::Faulted(fault.clone()));
        }
        let silent_for = self.silent_for();
        (silent_for > STUCK_AFTER).then_some(Ailment::Stuck { silent_for })
    }

    /// Resolves once the loop has ended, asked or by a bug of its own.
    pub async fn ended(&self) {
        let mut sequence = self.sequence.clone();
        while sequence.changed().await.is_ok() {}
    }

    /// Sees each new sequence.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.sequence.clone()
    }
}

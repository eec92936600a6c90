//! Asks one criterion's source again and again, never twice at once, and sends what it said.

use std::sync::Arc;
use std::time::Duration;

use tidegate_model::seam::{Observation, Silence};
use tidegate_model::{CriterionId, StageId, Timestamp};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::sql::{Database, Limits, equality};

/// The controller's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a poller asks.
#[derive(Debug, Clone)]
pub struct Question {
    /// The stage whose gate asks.
    pub stage: StageId,
    /// The criterion.
    pub criterion: CriterionId,
    /// Where and what on the old side.
    pub old: (Database, String),
    /// Where and what on the new side.
    pub new: (Database, String),
    /// How often, counted from start to start; at least a millisecond.
    pub every: Duration,
    /// What one look may cost.
    pub limits: Limits,
}

/// One answer on its way to the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulse {
    /// The stage whose gate asked.
    pub stage: StageId,
    /// The criterion.
    pub criterion: CriterionId,
    /// What the source said.
    pub observation: Observation,
}

/// Polls until it is dropped or nobody listens any more.
#[derive(Debug)]
#[must_use = "a poller stops when it is dropped"]
pub struct Poller {
    task: JoinHandle<()>,
}

impl Poller {
    /// Asks at once and then in its rhythm; a look that takes longer than the rhythm delays the next one.
    pub fn start(question: Question, clock: Clock, out: mpsc::Sender<Pulse>) -> Self {
        Self {
            task: tokio::spawn(poll(question, clock, out)),
        }
    }

    /// Whether it has ended, which it does when nobody listens any more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn poll(question: Question, clock: Clock, out: mpsc::Sender<Pulse>) {
    let mut rhythm = tokio::time::interval(question.every.max(Duration::from_millis(1)));
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent_since = None;
    loop {
        rhythm.tick().await;
        let old = (&question.old.0, question.old.1.as_str());
        let new = (&question.new.0, question.new.1.as_str());
        let observation = dated(equality(old, new, question.limits, &*clock).await, &mut silent_since);
        let pulse = Pulse {
            stage: question.stage.clone(),
            criterion: question.criterion.clone(),
            observation,
        };
        if out.send(pulse).await.is_err() {
            return;
        }
    }
}

/// Dates silence from the first failure after the last answer.
fn dated(observation: Observation, silent_since: &mut Option<Timestamp>) -> Observation {
    match observation {
        Observation::Equality { .. } => {
            *silent_since = None;
            observation
        }
        Observation::Silent(Silence { since, reason }) => {
            let since = *silent_since.get_or_insert(since);
            Observation::Silent(Silence { since, reason })
        }
    }
}

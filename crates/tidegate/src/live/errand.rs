//! What a criterion that looks at everything is sent for: on its schedule and when its gate asks, while its stage is exposed. What began
//! under another exposure is evidence of nothing.

use std::time::Duration;

use tidegate_engine::command::Request;
use tidegate_engine::judge::gate_asked;
use tidegate_engine::state::StageState;
use tidegate_model::plan::Criterion;
use tidegate_model::seam::{Actor, ExposureVersion, Observation};
use tidegate_model::{CriterionId, Millis, StageId, Timestamp};
use tidegate_runtime::Handle;

use super::senses::tell;
use super::world::clock;

/// How often it is looked whether something is due, or the exposure is another.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Rest before an answer that was not taken is said again.
pub(super) const SAY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What evidence belongs to: attempt, restarts of its evidence, and from which snapshot and moment the step's evidence counts.
pub(super) type Span = (u32, u32, ExposureVersion, Timestamp);

pub(super) fn span(stage: &StageState) -> Span {
    (stage.attempt, stage.restarts, stage.step_since, stage.step_since_at)
}

/// Looks at everything for one criterion, again and again.
pub(super) struct Errand {
    pub(super) handle: Handle,
    pub(super) stage: StageId,
    pub(super) criterion: CriterionId,
    /// Time between two looks.
    pub(super) every: Millis,
}

impl Errand {
    pub(super) fn of(handle: &Handle, stage: &StageId, criterion: &Criterion, every: Millis) -> Self {
        Self {
            handle: handle.clone(),
            stage: stage.clone(),
            criterion: criterion.id.clone(),
            every,
        }
    }

    /// While the stage is exposed: what its evidence belongs to, and when its gate asked, if it has.
    pub(super) fn exposed(&self) -> Option<(Span, Option<Timestamp>)> {
        let view = self.handle.view();
        let stage = view.state.stages.get(&self.stage)?;
        let is_exposed = view.state.is_exposed(&self.stage);
        is_exposed.then(|| (span(stage), gate_asked(stage, clock())))
    }

    /// The moment at which something begins now. A clock that is behind the journal's makes nothing look older than what was asked
    /// for before it.
    pub(super) fn begins(&self) -> Timestamp {
        clock().max(self.handle.view().state.at)
    }

    /// Whether the exposure is still the one that something belongs to.
    pub(super) fn is_still(&self, belongs: Span) -> bool {
        self.exposed().is_some_and(|(now, _)| now == belongs)
    }

    /// Returns once it is not.
    pub(super) async fn overtaken(&self, belongs: Span) {
        let mut looks = looks();
        while self.is_still(belongs) {
            looks.tick().await;
        }
    }

    /// Whether it is time to look: never yet under this exposure, longer ago than the schedule says, or not since the gate asked.
    pub(super) fn is_due(&self, last: Option<(Span, Timestamp)>, belongs: Span, asked: Option<Timestamp>) -> bool {
        match last {
            Some((known, at)) if known == belongs => {
                clock().since(at) >= self.every || asked.is_some_and(|asked| at < asked)
            }
            Some(_) | None => true,
        }
    }

    /// Says it until the store has taken it, or the exposure is another: then it is evidence of nothing any more.
    pub(super) async fn say(&self, belongs: Span, observation: Observation) {
        let request = Request::Observe {
            stage: self.stage.clone(),
            criterion: self.criterion.clone(),
            observation,
        };
        while self.is_still(belongs) && !tell(&self.handle, Actor::Controller, request.clone()).await {
            tokio::time::sleep(SAY_AGAIN_AFTER).await;
        }
    }
}

/// Looks in [`LOOK_EVERY`].
pub(super) fn looks() -> tokio::time::Interval {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    looks
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use std::sync::{Arc, Mutex};

    use tidegate_engine::state::State;
    use tidegate_journal::{Journal, Options};
    use tidegate_model::{CriterionId, Estate, Millis, Parts, StageId};

    use super::*;
    use crate::live::world::LiveWorld;

    /// A controller that took over a journal whose last entry is an hour ahead of its own clock.
    #[test]
    fn what_begins_after_the_gate_asked_is_no_older_though_the_clock_went_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal"), Options::default()).unwrap();
        let (orders, _hands) = tokio::sync::mpsc::unbounded_channel();
        let world = LiveWorld {
            journal: Arc::new(Mutex::new(journal)),
            orders,
        };
        let ahead = clock().after(Millis::minutes(60));
        let mut state = State::default();
        state.at = ahead;
        let estate = Arc::new(Estate::assemble(Parts::default()).unwrap());
        let (handle, running) = tidegate_runtime::start(world, estate, state);
        let errand = Errand {
            handle,
            stage: StageId::parse("shop").unwrap(),
            criterion: CriterionId::parse("pages").unwrap(),
            every: Millis::minutes(60),
        };
        let began = errand.begins();
        assert!(began >= ahead, "{began} is before {ahead}");
        // The gate asked at the journal's time: what has begun now is not asked for again.
        let belongs = (1, 0, ExposureVersion::default(), ahead);
        assert!(!errand.is_due(Some((belongs, began)), belongs, Some(ahead)));
        drop(errand);
        drop(running.join());
    }
}

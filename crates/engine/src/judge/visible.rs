//! What a step can see: the smallest loss that its harm alarm finds in the time the step has, at the traffic it really gets.

use tidegate_model::plan::{Criterion, Measure};
use tidegate_model::{Estate, StageId, Timestamp};
use tidegate_stats::Hits;
use tidegate_stats::power::Traffic;

use super::comparison::harm_alpha;
use super::is_full;
use crate::event::Reading;
use crate::state::State;

/// Chance with which the loss is found (gates.md 3.5).
const CHANCE: f64 = 0.8;

/// The smallest relative change for the worse that this step sees with [`CHANCE`] before its time is over, in `[0, 1]` for
/// completion; none where nothing is compared, or while too little has come to know the traffic.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a prediction; counts and milliseconds are far below 2^53"
)]
pub fn smallest_visible(
    estate: &Estate,
    state: &State,
    stage: &StageId,
    criterion: &Criterion,
    reading: &Reading,
    now: Timestamp,
) -> Option<f64> {
    let (plan, declared) = estate.stage(stage)?;
    let known = state.stages.get(stage)?;
    if is_full(known.exposure) {
        return None;
    }
    // Half of a criterion's alpha is its stratified alarm's for completion, a quarter for errors.
    let (hits, part) = match &criterion.measure {
        Measure::Completion { .. } => (Hits::Good, 2.0),
        Measure::Errors { .. } => (Hits::Bad, 4.0),
        Measure::Slower { .. } => (Hits::Bad, 1.0),
        Measure::Latency { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. } => {
            return None;
        }
    };
    let ((old_n, old_hits), (new_n, _)) = (reading.old?, reading.new?);
    let seconds = now.since(known.step_since_at).0 as f64 / 1_000.0;
    let strata = reading.strata.max(1) as f64;
    let traffic = Traffic {
        new_per_s: new_n as f64 / seconds,
        old_per_s: old_n as f64 / seconds,
        base: old_hits as f64 / old_n as f64,
        stratum_s: seconds / strata,
    };
    let step = declared.steps.get(usize::try_from(known.step?).ok()?)?;
    let within = step.at_most.0 as f64 / 1_000.0;
    let alpha = harm_alpha(plan, declared, criterion, known) / part;
    traffic.smallest_visible(hits, alpha, within, CHANCE)
}

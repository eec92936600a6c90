//! What a source said enters the stage that it was asked for.

use tidegate_model::seam::Observation;
use tidegate_model::{CriterionId, Timestamp};

use crate::event::ToldOf;
use crate::level::Told;
use crate::state::StageState;

pub(super) fn record(stage: &mut StageState, criterion: &CriterionId, observation: &Observation, at: Timestamp) {
    stage.observations.insert(criterion.clone(), observation.clone());
    let source = stage.sources.iter().find(|source| &source.criterion == criterion);
    let told = source.and_then(|source| source.told.as_ref());
    let is_usable = match (observation, told) {
        (Observation::Equality { .. }, None) => true,
        (Observation::Level { at: about, value }, Some(ToldOf::Level { bound, stale_after })) => {
            let told = Told {
                at: *about,
                value: *value,
                received: at,
                step_began: stage.step_since_at,
            };
            let run = stage.levels.entry(criterion.clone()).or_default();
            run.tell(told, *bound, *stale_after);
            true
        }
        // Counts of nobody are no sign of life.
        (Observation::Counts { new, .. }, Some(ToldOf::Counts)) => new.n > 0,
        (
            Observation::Equality { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. }
            | Observation::Nothing { .. }
            | Observation::Unusable { .. }
            | Observation::Silent(_),
            Some(_) | None,
        ) => {
            if let Some(run) = stage.levels.get_mut(criterion) {
                run.miss();
            }
            false
        }
    };
    if is_usable {
        stage.answered.insert(criterion.clone(), at);
    }
}

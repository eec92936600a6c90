//! From what a source said last to what can be judged. What silence, an empty answer and an answer to another question mean is
//! said here once, for everything that is asked outside.

use tidegate_model::Timestamp;
use tidegate_model::plan::Criterion;
use tidegate_model::seam::{InvalidReason, Observation, Verdict};

use super::silence;
use crate::state::StageState;

/// What a source said last, as the answer to what was asked; none before it has said anything.
///
/// # Errors
/// The verdict on what is no answer, and why: silence, nothing, what cannot be judged, or the answer to another question, which
/// is told as `otherwise`.
pub(super) fn answer<'a, T>(
    known: &'a StageState,
    criterion: &Criterion,
    otherwise: &str,
    as_asked: impl FnOnce(&'a Observation) -> Option<T>,
) -> Result<Option<T>, (Verdict, String)> {
    let Some(said) = known.observations.get(&criterion.id) else {
        return Ok(None);
    };
    match said {
        Observation::Silent(silent) => Err((Verdict::SourceDown { since: silent.since }, silent.reason.clone())),
        Observation::Nothing { detail, .. } => {
            let since = silence::since(known, &criterion.id);
            Err((Verdict::NoData { since }, detail.clone()))
        }
        Observation::Unusable { reason, detail, .. } => {
            Err((Verdict::Invalid { reason: reason.clone() }, detail.clone()))
        }
        Observation::Equality { .. }
        | Observation::Reconciled { .. }
        | Observation::Surveyed { .. }
        | Observation::Level { .. }
        | Observation::Counts { .. } => match as_asked(said) {
            Some(answer) => Ok(Some(answer)),
            None => {
                let reason = InvalidReason::Shape;
                Err((Verdict::Invalid { reason }, otherwise.to_owned()))
            }
        },
    }
}

/// The verdict while an answer is waited for: `not yet`, and `no data` once nothing has come for longer than it may.
pub(super) fn waiting(known: &StageState, criterion: &Criterion, now: Timestamp) -> Verdict {
    match silence::of(known, &criterion.id, now) {
        Some(since) => Verdict::NoData { since },
        None => Verdict::NotYet { needed: None },
    }
}

//! Silence of a measured criterion: since when nothing has come. Needs no estate, so that the clock can be set to it.

use tidegate_model::{BasisPoints, CriterionId, Millis, Timestamp};

use crate::event::AdoptedSource;
use crate::state::{Phase, StageState};

/// Since when a criterion has been silent, when that is at least as long as it may be.
#[must_use]
pub(crate) fn of(stage: &StageState, criterion: &CriterionId, now: Timestamp) -> Option<Timestamp> {
    let source = stage.sources.get(criterion)?;
    (now >= due(stage, source)?).then(|| first_due(stage, source).0)
}

/// When a source will have been silent for too long; none while it is not asked.
#[must_use]
pub(crate) fn due(stage: &StageState, source: &AdoptedSource) -> Option<Timestamp> {
    let is_asked = match stage.phase {
        Phase::Soaking | Phase::Gating | Phase::Watching => true,
        Phase::Pending | Phase::Ready | Phase::Exposing | Phase::RollingBack | Phase::RolledBack | Phase::Finalised => {
            false
        }
    };
    let says_nothing_by_nature = source.is_comparison && stage.exposure == BasisPoints::FULL;
    (is_asked && !says_nothing_by_nature).then(|| first_due(stage, source).1)
}

/// The sign that will be missed first: since when it is, and when that will be too long. What is told twice has two, and
/// neither stands for the other: without the first nobody hears of harm, without the second nothing can pass.
fn first_due(stage: &StageState, source: &AdoptedSource) -> (Timestamp, Timestamp) {
    let until = |last: Timestamp, silence: Millis| (last, last.after(at_least_one(silence)));
    let first = until(last_sign(stage, source), source.max_silence);
    let again = source.grown_after.map(|window| {
        let tally = stage.tallies.get(&source.criterion);
        let grown = tally.and_then(|tally| tally.grown.counted);
        let last = stage.step_since_at.max(grown.unwrap_or(stage.step_since_at));
        until(last, Millis(source.max_silence.0.saturating_add(window.0)))
    });
    again.into_iter().fold(first, |a, b| if b.1 < a.1 { b } else { a })
}

fn at_least_one(silence: Millis) -> Millis {
    Millis(silence.0.max(1))
}

/// The last sign of life of a criterion under this step.
#[must_use]
pub(super) fn since(stage: &StageState, criterion: &CriterionId) -> Timestamp {
    let source = stage.sources.get(criterion);
    source.map_or(stage.step_since_at, |source| last_sign(stage, source))
}

/// The last sign of life under this step: counts of the new side, or an answer that can be used. One that is empty, cannot be
/// judged, or is about a moment too long ago is none.
fn last_sign(stage: &StageState, source: &AdoptedSource) -> Timestamp {
    let counted = stage
        .tallies
        .get(&source.criterion)
        .and_then(|tally| tally.step.counted);
    let answered = stage.answered.get(&source.criterion).copied();
    let began = stage.step_since_at;
    began.max(counted.unwrap_or(began)).max(answered.unwrap_or(began))
}

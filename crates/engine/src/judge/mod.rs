//! Judging: a pure fold of journalled counts through the statistics, giving a verdict and the numbers behind it.

mod comparison;
mod level;
mod numbers;
pub(crate) mod silence;
mod source;
mod stake;
mod visible;

pub(crate) use comparison::harm_alpha;
pub use stake::{completed_on_new, unexcluded};
pub use visible::smallest_visible;

use tidegate_model::plan::{Criterion, Measure};
use tidegate_model::seam::{InvalidReason, Verdict};
use tidegate_model::{BasisPoints, Estate, StageId, Timestamp};

use crate::event::Reading;
use crate::state::State;

/// Whether a measure needs no old side, and so is judged at full exposure too.
#[must_use]
pub fn is_absolute(measure: &Measure) -> bool {
    match measure {
        Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. }
        | Measure::Level { .. }
        | Measure::SqlEqual { .. } => true,
        Measure::Counted { at_most, .. } => at_most.is_some(),
        Measure::Completion { .. } | Measure::Slower { .. } => false,
    }
}

/// What a criterion says now. Equal evidence gives equal bits on every machine.
pub fn judge(
    estate: &Estate,
    state: &State,
    stage: &StageId,
    criterion: &Criterion,
    now: Timestamp,
) -> (Verdict, Reading) {
    let (Some((plan, declared)), Some(known)) = (estate.stage(stage), state.stages.get(stage)) else {
        return (Verdict::NotYet { needed: None }, because("the stage is not known"));
    };
    if !known.phase.is_exposed() {
        return (Verdict::NotYet { needed: None }, because("nothing is exposed"));
    }
    match &criterion.measure {
        Measure::Completion { .. } | Measure::Errors { .. } | Measure::Latency { .. } | Measure::Slower { .. } => {
            comparison::judge(plan, declared, known, criterion, now)
        }
        Measure::Level {
            bound,
            lasting,
            cadence,
            ..
        } => level::judge(known, criterion, *bound, *lasting, cadence.stale_after, now),
        Measure::Counted { .. } => (
            Verdict::NotYet { needed: None },
            because("the source was not asked yet"),
        ),
        Measure::SqlEqual {
            every, rows_at_least, ..
        } => source::equality(known, criterion, *every, *rows_at_least, now),
        Measure::Incidents { at_least, at_most } => source::incidents(state, declared, *at_least, *at_most),
        Measure::Manual { question } => source::manual(known, criterion, declared.gate.fresh_for, question, now),
    }
}

fn because(why: &str) -> Reading {
    Reading {
        why: why.to_owned(),
        ..Reading::default()
    }
}

/// The words of a reason.
fn invalid(reason: InvalidReason, mut reading: Reading) -> (Verdict, Reading) {
    reading.why = match reason {
        InvalidReason::SampleRatio => "visitors are not split as planned",
        InvalidReason::Identical => "both sides are the same series; one of them is probably not measured",
        InvalidReason::Impossible => "more hits than attempts were reported",
        InvalidReason::Fallbacks => "too many attempts of the new side were served by the old one",
        InvalidReason::ZeroDenominator => "one side had no attempts at all",
        InvalidReason::Stale => "the newest answer is about a moment too long ago",
        InvalidReason::NotANumber => "the answer is not a number",
        InvalidReason::Infinite => "the answer is infinite",
        InvalidReason::Null => "the answer is null",
        InvalidReason::SeveralSeries => "several answers came where one was asked for",
        InvalidReason::Shape => "the answer has another shape than was asked for",
    }
    .to_owned();
    (Verdict::Invalid { reason }, reading)
}

/// Whether the stage stands at full exposure, where nothing can be compared.
fn is_full(exposure: BasisPoints) -> bool {
    exposure == BasisPoints::FULL
}

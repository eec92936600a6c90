//! Judging: a pure fold of journalled counts through the statistics, giving a verdict and the numbers behind it.

mod account;
mod alpha;
mod answer;
mod asked;
mod comparison;
mod explain;
mod level;
mod load;
mod numbers;
mod reconcile;
pub(crate) mod silence;
mod source;
mod stake;
mod survey;
mod test;
mod tested;
mod validity;
mod visible;

pub use account::told;
pub use alpha::{Allowance, alpha_of_try};
pub(crate) use alpha::{harm_alpha, weights};
pub use asked::gate_asked;
pub(crate) use explain::spent;
pub use explain::{Explanation, explain};
pub use stake::{Fallen, completed_on_new, fallen, unexcluded};
pub use test::{Asks, Says, Test};
pub use validity::Check;

use tidegate_model::plan::{Criterion, Measure};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, Estate, StageId, Timestamp};

use crate::event::Reading;
use crate::state::State;

/// A verdict and everything that it was made of.
pub(crate) struct Judged {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Its numbers.
    pub(crate) reading: Reading,
    /// The tests that decided, when any was reached.
    pub(crate) tests: Vec<Test>,
    /// Whether the counts can be believed.
    pub(crate) checks: Vec<Check>,
}

impl From<(Verdict, Reading)> for Judged {
    fn from((verdict, reading): (Verdict, Reading)) -> Self {
        Self {
            verdict,
            reading,
            tests: Vec::new(),
            checks: Vec::new(),
        }
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
    let judged = hear(estate, state, stage, criterion, now);
    (judged.verdict, judged.reading)
}

/// The one way to a verdict: what [`judge`] says and what is shown to explain it are made here together.
pub(crate) fn hear(estate: &Estate, state: &State, stage: &StageId, criterion: &Criterion, now: Timestamp) -> Judged {
    let (Some((plan, declared)), Some(known)) = (estate.stage(stage), state.stages.get(stage)) else {
        return (Verdict::NotYet { needed: None }, because("the stage is not known")).into();
    };
    if !known.phase.is_exposed() {
        return (Verdict::NotYet { needed: None }, because("nothing is exposed")).into();
    }
    let step = known
        .step
        .and_then(|step| declared.steps.get(usize::try_from(step).ok()?));
    if let Some(tested) = tested::Tested::of(&criterion.measure, step) {
        return comparison::judge(plan, known, criterion, &tested, now);
    }
    match &criterion.measure {
        Measure::Level {
            bound,
            lasting,
            cadence,
            ..
        } => {
            let asked = level::Asked {
                bound: *bound,
                lasting: *lasting,
                stale_after: cadence.stale_after,
            };
            Judged {
                checks: level::checks(known, criterion, &asked, now),
                ..level::judge(known, criterion, &asked, now).into()
            }
        }
        Measure::SqlEqual {
            every, rows_at_least, ..
        } => source::equality(known, criterion, *every, *rows_at_least, now).into(),
        Measure::Reconcile { stale_after, .. } => Judged {
            checks: reconcile::checks(known, criterion, *stale_after, now),
            ..reconcile::judge(known, criterion, *stale_after, now).into()
        },
        Measure::Survey {
            at_most,
            at_least,
            cadence,
            ..
        } => {
            let asked = survey::Asked {
                at_most: *at_most,
                at_least: *at_least,
                stale_after: cadence.stale_after,
            };
            Judged {
                checks: survey::checks(known, criterion, &asked, now),
                ..survey::judge(known, criterion, &asked, now).into()
            }
        }
        Measure::Incidents { at_least, at_most } => source::incidents(state, declared, *at_least, *at_most).into(),
        Measure::Load { at_most, over } => load::judge(estate, state, declared, (*at_most, *over), now).into(),
        Measure::Manual { question } => source::manual(known, criterion, declared.gate.fresh_for, question, now).into(),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Counted { .. } => (Verdict::NotYet { needed: None }, because("it is counted")).into(),
    }
}

fn because(why: &str) -> Reading {
    Reading {
        why: why.to_owned(),
        ..Reading::default()
    }
}

/// Whether the stage stands at full exposure, where nothing can be compared.
fn is_full(exposure: BasisPoints) -> bool {
    exposure == BasisPoints::FULL
}

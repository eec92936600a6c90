//! Why a criterion says what it says: every test and every check with its numbers, from the journalled counts alone. It is
//! what the judge itself made, so that it cannot say another thing than the verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::plan::{Criterion, Plan};
use tidegate_model::seam::totals::Totals;
use tidegate_model::seam::{Observation, Verdict};
use tidegate_model::{BasisPoints, CriterionId, Estate, StageId, Timestamp};

use super::alpha::{Allowance, allowance};
use super::test::{Asks, Test};
use super::validity::Check;
use super::{hear, told};
use crate::event::Reading;
use crate::state::{StageState, State};

/// A verdict, and what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The stage.
    pub stage: StageId,
    /// The criterion.
    pub criterion: CriterionId,
    /// In words, as the plan has it.
    pub title: String,
    /// The segment that it looks at, such as `payment=card`; none means everybody.
    pub segment: Option<String>,
    /// When it was judged.
    pub at: Timestamp,
    /// The attempt, 1 and up; 0 before the first.
    pub attempt: u32,
    /// How often the evidence of the stage was started anew.
    pub restarts: u32,
    /// The step that is or was last exposed, from 0.
    pub step: Option<u32>,
    /// Its exposure.
    pub exposure: BasisPoints,
    /// The verdict.
    pub verdict: Verdict,
    /// The numbers that go with it, the sentence among them.
    pub reading: Reading,
    /// Whether counts said harm earlier in this attempt, which more of the same does not unsay.
    pub was_harm: bool,
    /// Strata of the attempt, which the alarm looks at.
    pub strata_of_attempt: u64,
    /// Strata of the step, which the pass looks at.
    pub strata_of_step: u64,
    /// Attempts of the step, old side and new, whose window is not over, so that an error may still be added.
    pub open_of_step: (u64, u64),
    /// What it may spend of the plan's alpha; none for what is not tested.
    pub allowance: Option<Allowance>,
    /// The tests that were reached, the alarms first.
    pub tests: Vec<Test>,
    /// What both sides of compared rows come to; it stands beside the verdict and does not change it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<Totals>,
    /// The checks that were reached, in their order; the first that does not hold decides.
    pub checks: Vec<Check>,
}

impl Explanation {
    /// The alarms.
    pub fn alarms(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.asks == Asks::Harm)
    }

    /// The pass tests.
    pub fn passes(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.asks == Asks::Pass)
    }
}

/// Explains what a criterion of a stage says at an instant; none for a stage that is not known.
#[must_use]
pub fn explain(
    estate: &Estate,
    state: &State,
    stage: &StageId,
    criterion: &Criterion,
    now: Timestamp,
) -> Option<Explanation> {
    let (plan, _) = estate.stage(stage)?;
    let known = state.stages.get(stage)?;
    let judged = hear(estate, state, stage, criterion, now);
    let reading = told(estate, state, stage, criterion, judged.reading, now);
    let tally = known.tallies.get(&criterion.id);
    Some(Explanation {
        stage: stage.clone(),
        criterion: criterion.id.clone(),
        title: criterion.title.clone(),
        segment: criterion.segment.as_ref().map(ToString::to_string),
        at: now,
        attempt: known.attempt,
        restarts: known.restarts,
        step: known.step,
        exposure: known.exposure,
        verdict: judged.verdict,
        reading,
        was_harm: is_tested(criterion) && known.harmed.contains(&criterion.id),
        strata_of_attempt: tally.map_or(0, |tally| tally.attempt.strata),
        strata_of_step: tally.map_or(0, |tally| tally.step.strata),
        open_of_step: tally.map_or((0, 0), |tally| tally.open_of_step()),
        allowance: tested_allowance(plan, known, criterion),
        tests: judged.tests,
        totals: match known.observations.get(&criterion.id) {
            Some(Observation::Reconciled { found, .. }) => found.totals.clone(),
            Some(_) | None => Vec::new(),
        },
        checks: judged.checks,
    })
}

/// Alpha that the alarms of a criterion have spent, this try included; none for what is not tested.
pub(crate) fn spent(plan: &Plan, criterion: &Criterion, known: &StageState) -> Option<f64> {
    tested_allowance(plan, known, criterion).map(|allowance| allowance.spent)
}

fn tested_allowance(plan: &Plan, known: &StageState, criterion: &Criterion) -> Option<Allowance> {
    is_tested(criterion).then(|| allowance(plan, criterion, known))?
}

/// Whether a criterion is a matter of statistics; what is not may say harm today and a pass tomorrow.
fn is_tested(criterion: &Criterion) -> bool {
    super::tested::Tested::of(&criterion.measure, None).is_some()
}

//! The ledger of a plan's alpha: what each criterion may spend, what this try may, and what was spent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::plan::{Criterion, Plan};
use tidegate_stats::Ledger;

use crate::adopted::endless_ledger;
use crate::state::StageState;

/// Alpha of a test whose share the ledger does not know; it never speaks.
const NO_ALPHA: f64 = 1e-9;

/// What a criterion may spend of the chance of a false alarm, and how that came about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Allowance {
    /// Chance of a false alarm of the whole plan.
    pub plan: f64,
    /// Weight of the criterion.
    pub weight: u32,
    /// Weights of all criteria of the plan together.
    pub weights: u64,
    /// The criterion's share, over all tries there may ever be.
    pub share: f64,
    /// The number of this try: attempts and restarts of evidence, from 1.
    pub this_try: u32,
    /// What this try may spend.
    pub of_try: f64,
    /// What this try and those before it have spent; what a try may spend is spent when it begins.
    pub spent: f64,
}

/// The ledger of a plan for one of its criteria, which comes first in it. An attempt and a restart of its evidence are a try
/// each, and what a try has spent is spent.
fn ledger(plan: &Plan, criterion: &Criterion) -> Option<Ledger> {
    let (weight, others) = weights(plan, criterion)?;
    endless_ledger(plan.alpha, weight, others)
}

/// The weight of a criterion, and of all others of its plan together; none when one has no weight.
pub(crate) fn weights(plan: &Plan, criterion: &Criterion) -> Option<(u32, u32)> {
    let mut weights = plan.stages.iter().flat_map(|stage| &stage.gate.criteria);
    let all = weights.try_fold(0_u32, |sum, one| {
        let is_weighed = one.weight > 0;
        is_weighed.then(|| sum.checked_add(one.weight))?
    })?;
    Some((criterion.weight, all.checked_sub(criterion.weight)?))
}

/// Alpha of a criterion's alarms in a try, the first of which is 1: what a forecast before the start and the judge use alike.
#[must_use]
pub fn alpha_of_try(plan: &Plan, criterion: &Criterion, number: u32) -> f64 {
    let share = ledger(plan, criterion).and_then(|ledger| ledger.share(0, number));
    share.unwrap_or(NO_ALPHA)
}

/// This try's share of the plan's alpha.
pub(crate) fn harm_alpha(plan: &Plan, criterion: &Criterion, known: &StageState) -> f64 {
    alpha_of_try(plan, criterion, known.this_try())
}

/// The whole account of a criterion.
#[must_use]
pub(crate) fn allowance(plan: &Plan, criterion: &Criterion, known: &StageState) -> Option<Allowance> {
    /// Tries that are added up one by one; what later ones spend is below a thousandth of the share together.
    const TRIES_ADDED: u32 = 1_000;
    let ledger = ledger(plan, criterion)?;
    let this_try = known.this_try();
    let weights = plan
        .stages
        .iter()
        .flat_map(|stage| stage.gate.criteria.iter())
        .fold(0_u64, |sum, criterion| sum.saturating_add(u64::from(criterion.weight)));
    let first = ledger.share(0, 1)?;
    let of_tries = |tries: u32| (1..=tries).map(|one| first / (f64::from(one) * f64::from(one))).sum();
    Some(Allowance {
        plan: plan.alpha.ratio(),
        weight: criterion.weight,
        weights,
        share: plan.alpha.ratio() * f64::from(criterion.weight) / ratio(weights),
        this_try,
        of_try: ledger.share(0, this_try)?,
        spent: of_tries(this_try.min(TRIES_ADDED)),
    })
}

#[expect(clippy::cast_precision_loss, reason = "weights are small numbers")]
fn ratio(weights: u64) -> f64 {
    weights as f64
}

//! What goes with a verdict for people: its share of alpha, the margin, the money, what the step can still see and how long
//! until it could. None of it decides anything.

use tidegate_model::plan::{Criterion, Measure, Plan};
use tidegate_model::{Estate, Millis, Money, StageId, Timestamp};
use tidegate_stats::Margin;

use super::alpha::allowance;
use super::tested::Tested;
use super::visible::{Sight, sight};
use crate::event::Reading;
use crate::reading::Account;
use crate::state::{StageState, State};

/// A reading with everything that is told with it: what [`super::judge`] gave, and the account.
#[must_use]
pub fn told(
    estate: &Estate,
    state: &State,
    stage: &StageId,
    criterion: &Criterion,
    reading: Reading,
    now: Timestamp,
) -> Reading {
    let (Some((plan, declared)), Some(known)) = (estate.stage(stage), state.stages.get(stage)) else {
        return reading;
    };
    let step = known
        .step
        .and_then(|step| declared.steps.get(usize::try_from(step).ok()?));
    let Some(tested) = Tested::of(&criterion.measure, step) else {
        return reading;
    };
    let case = Sight {
        plan,
        stage: declared,
        known,
        criterion,
        tested: &tested,
        now,
    };
    let seen = sight(&case, &reading);
    Reading {
        speaks_in: reading
            .speaks_in
            .map(|wait| Millis(wait.0.saturating_add(ripens_in(estate, known, criterion).0))),
        can_see: seen.can_see,
        account: account(plan, known, criterion, &tested, &reading).map(|account| Account {
            harm_in: seen.harm_in,
            ..account
        }),
        ..reading
    }
}

/// How long an attempt that begins now is told as it happens before it may help to pass.
fn ripens_in(estate: &Estate, known: &StageState, criterion: &Criterion) -> Millis {
    let is_young = known
        .tallies
        .get(&criterion.id)
        .is_some_and(|tally| tally.is_told_young);
    let Measure::Errors { flow, .. } = &criterion.measure else {
        return Millis(0);
    };
    let flow = estate.flows().get(flow).filter(|_| is_young);
    flow.map_or(Millis(0), |flow| flow.window)
}

fn account(
    plan: &Plan,
    known: &StageState,
    criterion: &Criterion,
    tested: &Tested,
    reading: &Reading,
) -> Option<Account> {
    let allowance = allowance(plan, criterion, known)?;
    let margin = tested.comparison.and_then(|comparison| comparison.margin);
    let (money, money_most) = money(plan, criterion, reading);
    Some(Account {
        alpha_plan: allowance.plan,
        alpha_share: allowance.share,
        alpha_of_try: allowance.of_try,
        alpha_spent: allowance.spent,
        this_try: allowance.this_try,
        margin: margin.map(super::test::ratio),
        is_margin_relative: matches!(margin, Some(Margin::Relative(_))),
        limit: tested.limit.map(|limit| limit.at_most),
        money,
        money_most,
        harm_in: None,
    })
}

/// What was lost so far at the declared basket, and at the worst that the interval leaves possible; less than nothing is a
/// gain. None where no orders are counted.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a figure for people; the cast saturates"
)]
fn money(plan: &Plan, criterion: &Criterion, reading: &Reading) -> (Option<Money>, Option<Money>) {
    let Measure::Completion { flow } = &criterion.measure else {
        return (None, None);
    };
    let (Some(traffic), Some(lost)) = (plan.traffic.iter().find(|traffic| &traffic.flow == flow), reading.lost) else {
        return (None, None);
    };
    let worth = |orders: f64| Money {
        minor: (orders * traffic.basket.minor as f64).round() as i64,
        currency: traffic.basket.currency.clone(),
    };
    // Orders lost are the difference times the weight of the strata; the interval's lower end has the same weight.
    let most = match (reading.difference, reading.interval) {
        (Some(difference), Some((low, _))) if difference != 0.0 => Some(worth(lost * low / difference)),
        (Some(_) | None, _) => None,
    };
    (Some(worth(lost)), most.filter(|money| money.minor > 0))
}

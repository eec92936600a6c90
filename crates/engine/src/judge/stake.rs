//! Money: what the evidence does not exclude, and what stays on the new side when visitors leave it. Values are those that
//! the plan declares for an attempt that completes.

use tidegate_model::plan::{Measure, Plan, Stage, Traffic};
use tidegate_model::{BasisPoints, CriterionId, FlowId, Money};

use crate::event::{Reading, Stake};
use crate::state::StageState;

/// The costliest loss per hour at an exposure that the readings of a stage's criteria leave possible: everything that is
/// declared to complete while there is no interval. None where no completion is judged or nothing could be lost.
#[must_use]
pub fn unexcluded(
    plan: &Plan,
    stage: &Stage,
    exposure: BasisPoints,
    readings: &[(CriterionId, Reading)],
) -> Option<Stake> {
    let of_criterion = |criterion: &tidegate_model::plan::Criterion| {
        let Measure::Completion { flow, .. } = &criterion.measure else {
            return None;
        };
        let (_, reading) = readings.iter().find(|(id, _)| id == &criterion.id)?;
        let traffic = traffic(plan, flow)?;
        let share = reading.interval.map_or(traffic.completion.ratio(), |(low, _)| -low);
        stake(traffic, exposure, share)
    };
    let stakes = stage.gate.criteria.iter().filter_map(of_criterion);
    stakes.max_by_key(|stake| stake.an_hour.minor)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a figure for people; the cast saturates"
)]
fn stake(traffic: &Traffic, exposure: BasisPoints, share: f64) -> Option<Stake> {
    let attempts = traffic.day_per_hour.max(traffic.night_per_hour) as f64 * exposure.share();
    let minor = (attempts * share * traffic.basket.minor as f64).round() as i64;
    (share > 0.0).then(|| Stake {
        share,
        an_hour: Money {
            minor,
            currency: traffic.basket.currency.clone(),
        },
    })
}

/// Attempts that completed on the new side since the evidence of this attempt began, and what they are worth: at least so
/// much stays there when visitors go back. The largest of a stage's flows; none when nothing was counted or declared.
#[must_use]
pub fn completed_on_new(plan: &Plan, stage: &Stage, known: &StageState) -> Option<(u64, Money)> {
    let of_criterion = |criterion: &tidegate_model::plan::Criterion| {
        let Measure::Completion { flow, .. } = &criterion.measure else {
            return None;
        };
        let basket = &traffic(plan, flow)?.basket;
        let counted = known
            .tallies
            .get(&criterion.id)
            .map_or(0, |tally| tally.attempt.new.hits);
        let since = known.aftermath.get(&criterion.id).map_or(0, |after| after.new.hits);
        let completed = counted.max(since);
        let minor = basket
            .minor
            .saturating_mul(i64::try_from(completed).unwrap_or(i64::MAX));
        let currency = basket.currency.clone();
        (completed > 0).then_some((completed, Money { minor, currency }))
    };
    let completed = stage.gate.criteria.iter().filter_map(of_criterion);
    completed.max_by_key(|(_, worth)| worth.minor)
}

/// What a fall cost by one flow, as far as it is known now.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// The criterion that counts the flow.
    pub criterion: CriterionId,
    /// Completions lost against the old side's pace; below zero the new side completed more.
    pub lost: f64,
    /// What they are worth as declared; none where no basket is.
    pub worth: Option<Money>,
    /// Attempts that came too late to be judged and are counted in it.
    pub late: u64,
}

/// What a stage's last fall cost, by each flow whose completion its gate looks at.
#[must_use]
pub fn fallen(plan: &Plan, stage: &Stage, known: &StageState) -> Vec<Fallen> {
    let of_criterion = |criterion: &tidegate_model::plan::Criterion| {
        let Measure::Completion { flow, .. } = &criterion.measure else {
            return None;
        };
        let after = known.aftermath.get(&criterion.id)?;
        let lost = after.lost()?;
        Some(Fallen {
            criterion: criterion.id.clone(),
            lost,
            worth: traffic(plan, flow).map(|traffic| worth(lost, traffic)),
            late: after.late,
        })
    };
    stage.gate.criteria.iter().filter_map(of_criterion).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a figure for people; the cast saturates"
)]
fn worth(orders: f64, traffic: &Traffic) -> Money {
    Money {
        minor: (orders * traffic.basket.minor as f64).round() as i64,
        currency: traffic.basket.currency.clone(),
    }
}

fn traffic<'a>(plan: &'a Plan, flow: &FlowId) -> Option<&'a Traffic> {
    plan.traffic.iter().find(|traffic| &traffic.flow == flow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_costs_what_the_busier_hour_sends_through_the_exposure() {
        let traffic = Traffic {
            flow: FlowId::parse("buy").expect("a name"),
            day_per_hour: 2_000,
            night_per_hour: 100,
            completion: tidegate_model::PartsPerMillion::new(600_000).expect("a share"),
            basket: Money {
                minor: 6_000,
                currency: "EUR".into(),
            },
        };
        let half = BasisPoints::new(5_000).expect("a share");
        let loss = stake(&traffic, half, 0.03).expect("a loss");
        assert_eq!(loss.an_hour.to_string(), "1800.00 EUR");
        assert_eq!(stake(&traffic, half, 0.0), None, "a gain is no loss");
    }
}

//! Money at risk: what a step can lose unseen is no more than it says.

use tidegate_model::Money;
use tidegate_model::plan::{Measure, Plan, Stage, Step, Traffic};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

const PER_MILLION: u128 = 1_000_000;
const MS_PER_HOUR: u128 = 3_600_000;
/// Basis points in the whole.
const FULL: u128 = 10_000;

/// Checks every step that says what it puts at risk.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    for plan in &plans {
        for stage in &plan.stages {
            for (at, step) in stage.steps.iter().enumerate() {
                if let Some(declared) = &step.at_risk {
                    step_of(plan, stage, at, step, declared, reading);
                }
            }
        }
    }
    reading.parts.plans = plans;
}

fn step_of(plan: &Plan, stage: &Stage, at: usize, step: &Step, declared: &Money, reading: &mut Reading) {
    let completed = |traffic: &&Traffic| {
        let watches = |measure: &Measure| matches!(measure, Measure::Completion { flow } if *flow == traffic.flow);
        stage.gate.criteria.iter().any(|criterion| watches(&criterion.measure))
    };
    let worst = plan
        .traffic
        .iter()
        .filter(completed)
        .filter(|traffic| traffic.basket.currency == declared.currency)
        .map(|traffic| unseen(traffic, step))
        .max();
    let Some(worst) = worst else { return };
    if worst <= u128::try_from(declared.minor).unwrap_or(0) {
        return;
    }
    let needed = Money {
        minor: i64::try_from(worst).unwrap_or(i64::MAX),
        currency: declared.currency.clone(),
    };
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, &format!("step {at}"));
    reading.sink.add(
        Finding::error(
            Code::MoreAtRisk,
            place,
            format!("step {} of {subject} can lose more than it says", at + 1),
        )
        .expected(format!("`at-risk` of {needed} or more"), declared.to_string())
        .help("a loss as large as the margin may stay unseen for the whole soak: expose less, soak less, tighten the margin, or say what it really costs"),
    );
}

/// What a loss as large as the margin costs over the soak by day, in minor units: nothing has excluded it before.
fn unseen(traffic: &Traffic, step: &Step) -> u128 {
    let orders = u128::from(traffic.day_per_hour) * u128::from(traffic.completion.get()) * u128::from(step.soak.0);
    let basket = u128::try_from(traffic.basket.minor).unwrap_or(0);
    let exposed = orders * u128::from(step.to.get()) / FULL / MS_PER_HOUR;
    exposed * u128::from(step.margin.get()) / PER_MILLION * basket / PER_MILLION
}

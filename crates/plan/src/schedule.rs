//! The schedule: what each step can see and how long it is expected to take, before it is run.

use tidegate_model::flow::Flow;
use tidegate_model::plan::{Criterion, Step};
use tidegate_model::{BasisPoints, Estate, Millis, PartsPerMillion, PlanId, StageId};

use crate::forecast::{FIRST_TRY, Ground, Need, Visible, rounded};
use crate::shares::Shares;

/// What one step is expected to take on the declared night traffic with equal sides.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepForecast {
    /// The plan.
    pub plan: PlanId,
    /// The stage.
    pub stage: StageId,
    /// The step, from 0.
    pub step: usize,
    /// Its exposure.
    pub to: BasisPoints,
    /// Its shortest time.
    pub soak: Millis,
    /// Seconds until its gate is expected to pass, the soak included; at full exposure the watch too. `None` when a criterion
    /// does not pass on this traffic.
    pub expected_s: Option<f64>,
    /// The smallest relative drop of completion that is seen with 80 % chance within the soak.
    pub visible_in_soak: Option<f64>,
    /// The same within the step's longest time.
    pub visible_in_longest: Option<f64>,
    /// Seconds after which the slowest criterion has passed with 80 % chance: the soak that the step's margins need. `None`
    /// when a criterion does not pass on this traffic.
    pub needs_s: Option<f64>,
    /// Expected seconds of the plan up to the end of this step, stages one after another.
    pub total_s: f64,
}

/// The schedule of an estate. `Display` prints it as a table with the sum; people's approvals are not in it.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Schedule {
    /// Every step in plan order.
    pub steps: Vec<StepForecast>,
    /// Each plan's alpha: chance of any false halt, and of a false pass of each criterion at exactly its margin.
    pub alphas: Vec<(PlanId, PartsPerMillion)>,
    /// The sum of all steps.
    pub total_s: f64,
}

/// Computes the schedule of an estate.
#[must_use]
pub fn schedule(estate: &Estate, shares: &Shares) -> Schedule {
    let flows: Vec<&Flow> = estate.flows().values().collect();
    let mut steps = Vec::new();
    let mut alphas = Vec::new();
    let mut sum = 0.0;
    for plan in estate.plans().values() {
        let Some(edge) = estate.edges().get(&plan.edge) else {
            continue;
        };
        alphas.push((plan.id.clone(), plan.alpha));
        let mut total_s = 0.0;
        for stage in &plan.stages {
            let ground = Ground {
                plan,
                stage,
                edge,
                flows: &flows,
                shares,
                attempt: FIRST_TRY,
            };
            for (at, step) in stage.steps.iter().enumerate() {
                let expected_s = expected(&ground, at);
                total_s += expected_s.unwrap_or(0.0);
                steps.push(StepForecast {
                    plan: plan.id.clone(),
                    stage: stage.id.clone(),
                    step: at,
                    to: step.to,
                    soak: step.soak,
                    expected_s,
                    visible_in_soak: smallest_visible_drop(&ground, step, step.soak),
                    visible_in_longest: smallest_visible_drop(&ground, step, step.at_most),
                    needs_s: slowest(&ground, step, Ground::need),
                    total_s,
                });
            }
        }
        sum += total_s;
    }
    Schedule {
        steps,
        alphas,
        total_s: sum,
    }
}

fn expected(ground: &Ground<'_>, at: usize) -> Option<f64> {
    let step = ground.stage.steps.get(at)?;
    let mut seconds = slowest(ground, step, Ground::expected)?.max(step.soak.0 as f64 / 1_000.0);
    if step.to == BasisPoints::FULL {
        seconds += ground.stage.watch.0 as f64 / 1_000.0;
    }
    Some(seconds)
}

/// Seconds that the slowest criterion of a step needs; none when one never passes.
fn slowest<'a>(ground: &Ground<'a>, step: &Step, need: impl Fn(&Ground<'a>, &Criterion, &Step) -> Need) -> Option<f64> {
    let mut seconds: f64 = 0.0;
    for criterion in &ground.stage.gate.criteria {
        match need(ground, criterion, step) {
            Need::Seconds(needed) => seconds = seconds.max(needed),
            Need::Never => return None,
            Need::Nothing | Need::Undeclared => {}
        }
    }
    Some(seconds)
}

fn smallest_visible_drop(ground: &Ground<'_>, step: &Step, time: Millis) -> Option<f64> {
    ground
        .stage
        .gate
        .criteria
        .iter()
        .filter_map(|criterion| match ground.visible(criterion, step, time)? {
            Visible::Drop(drop) => Some(drop),
            Visible::Share(..) => None,
        })
        .min_by(f64::total_cmp)
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.steps.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "{:<24} {:>4} {:>8} {:>8} {:>12} {:>10} {:>8} {:>10}",
            "stage", "step", "to", "soak", "seen in soak", "in longest", "needs", "expected"
        )?;
        let drop = |drop: Option<f64>| drop.map_or_else(|| "-".to_owned(), |drop| format!("-{:.1} %", drop * 100.0));
        for step in &self.steps {
            let needs = step
                .needs_s
                .map_or_else(|| "never".to_owned(), |needs| rounded(needs).to_string());
            writeln!(
                f,
                "{:<24} {:>4} {:>8} {:>8} {:>12} {:>10} {:>8} {:>10}",
                step.stage.as_str(),
                step.step + 1,
                step.to.to_string(),
                step.soak.to_string(),
                drop(step.visible_in_soak),
                drop(step.visible_in_longest),
                needs,
                step.expected_s.map_or_else(|| "never".to_owned(), in_words),
            )?;
        }
        for (plan, alpha) in &self.alphas {
            writeln!(
                f,
                "plan {plan}: any false halt {alpha}, a false pass of a criterion {alpha}; `tidegate power FOLDER {plan}` has them all"
            )?;
        }
        writeln!(
            f,
            "expected: {} in all, approvals by people not counted",
            in_words(self.total_s)
        )
    }
}

/// To the hour from a day on, to the minute from an hour on: it is an expectation.
fn in_words(seconds: f64) -> String {
    let unit = match seconds {
        of if of >= 86_400.0 => 3_600.0,
        of if of >= 3_600.0 => 60.0,
        _ => 1.0,
    };
    Millis::seconds(((seconds / unit).ceil() * unit) as u64).to_string()
}

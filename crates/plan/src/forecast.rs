//! Forecasts: how long a criterion needs to pass on the declared traffic, and what it can see until then.

use tidegate_model::edge::Edge;
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Criterion, Measure, Plan, Stage, Step, Traffic as Declared};
use tidegate_model::{BasisPoints, FlowId, PartsPerMillion};
use tidegate_stats::power::{Traffic, units_until_share_verdict};
use tidegate_stats::{Hits, Ledger, Margin};

/// Chance with which a drop must be seen to be called visible; the usual one.
pub(crate) const CHANCE: f64 = 0.8;
/// Errors and slow answers are expected at this share of what their criterion allows.
const SHARE_OF_LIMIT: f64 = 0.1;

/// What a criterion needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Need {
    /// So many seconds of declared night traffic, with equal sides.
    Seconds(f64),
    /// It does not pass on this traffic within ten years.
    Never,
    /// Nothing that traffic decides.
    Nothing,
    /// Traffic of its flow is not declared.
    Undeclared,
}

/// What the forecast of a stage is computed from.
pub(crate) struct Ground<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) stage: &'a Stage,
    pub(crate) edge: &'a Edge,
    pub(crate) flows: &'a [&'a Flow],
}

impl Ground<'_> {
    /// What a criterion needs at a step. Comparisons are not judged at full exposure: there is nobody left to compare with.
    pub(crate) fn need(&self, criterion: &Criterion, step: &Step) -> Need {
        let is_full = step.to == BasisPoints::FULL;
        let alpha = self.plan.alpha.ratio();
        match &criterion.measure {
            Measure::Completion { .. } if is_full => Need::Nothing,
            Measure::Completion { flow } => self.on_traffic(flow, self.maturity(flow), |declared| {
                let traffic = split(declared, step, declared.completion.ratio())?;
                traffic.seconds_until_pass(Hits::Good, Margin::Relative(step.margin.ratio()), alpha)
            }),
            Measure::Errors {
                flow,
                at_most,
                not_worse_by,
            } => self.on_traffic(flow, self.stratum(), |declared| {
                let base = at_most.ratio() * SHARE_OF_LIMIT;
                let absolute = share_seconds(declared, step, *at_most, alpha)?;
                if is_full {
                    return Some(absolute);
                }
                let compared = split(declared, step, base)?.seconds_until_pass(
                    Hits::Bad,
                    Margin::Absolute(not_worse_by.ratio()),
                    alpha,
                )?;
                Some(absolute.max(compared))
            }),
            Measure::Latency { flow, quantile, .. } => self.on_traffic(flow, self.stratum(), |declared| {
                let slow = PartsPerMillion::new(1_000_000 - quantile.get()).ok()?;
                share_seconds(declared, step, slow, alpha)
            }),
            Measure::Slower { .. } if is_full => Need::Nothing,
            Measure::Slower {
                flow,
                quantile,
                not_worse_by,
                ..
            } => self.on_traffic(flow, self.stratum(), |declared| {
                let traffic = split(declared, step, 1.0 - quantile.ratio())?;
                traffic.seconds_until_pass(Hits::Bad, Margin::Relative(not_worse_by.ratio()), alpha)
            }),
            Measure::Level { lasting, cadence, .. } => Need::Seconds(lasting.0.max(cadence.every.0) as f64 / 1_000.0),
            // What a source counts is not declared; at least one answer is needed.
            Measure::Counted { cadence, .. } => Need::Seconds(cadence.every.0 as f64 / 1_000.0),
            Measure::SqlEqual { every, .. } => Need::Seconds(every.0 as f64 / 1_000.0),
            Measure::Incidents { .. } | Measure::Manual { .. } => Need::Nothing,
        }
    }

    /// The smallest relative drop of completion that the harm alarm sees within the step's longest time.
    pub(crate) fn smallest_visible_drop(&self, step: &Step) -> Option<f64> {
        let criteria = |stage: &Stage| {
            stage
                .gate
                .criteria
                .iter()
                .map(|criterion| criterion.weight)
                .collect::<Vec<_>>()
        };
        let weights: Vec<u32> = self.plan.stages.iter().flat_map(criteria).collect();
        let before: usize = self
            .plan
            .stages
            .iter()
            .take_while(|other| other.id != self.stage.id)
            .map(|other| other.gate.criteria.len())
            .sum();
        let ledger = Ledger::new(self.plan.alpha.ratio(), &weights, self.stage.attempts_max)?;
        self.stage
            .gate
            .criteria
            .iter()
            .enumerate()
            .filter_map(|(at, criterion)| {
                let Measure::Completion { flow } = &criterion.measure else {
                    return None;
                };
                let declared = self.declared(flow)?;
                let traffic = split(declared, step, declared.completion.ratio())?;
                let seconds = step.at_most.0 as f64 / 1_000.0 - self.maturity(flow);
                // Two alarms watch completion, with half of the criterion's alpha each.
                let alpha = ledger.share(before + at, 1)? / 2.0;
                traffic.smallest_visible(Hits::Good, alpha, seconds, CHANCE)
            })
            .min_by(f64::total_cmp)
    }

    fn stratum(&self) -> f64 {
        self.edge.stratum.0 as f64 / 1_000.0
    }

    /// Seconds until completion of a stratum's attempts is reported: the flow's window and one stratum.
    fn maturity(&self, flow: &FlowId) -> f64 {
        let window = self
            .flows
            .iter()
            .find(|found| found.id == *flow)
            .map_or(0, |found| found.window.0);
        window as f64 / 1_000.0 + self.stratum()
    }

    fn on_traffic(&self, flow: &FlowId, delay: f64, seconds: impl Fn(&Declared) -> Option<f64>) -> Need {
        match self.declared(flow) {
            None => Need::Undeclared,
            Some(declared) => match seconds(declared) {
                Some(seconds) => Need::Seconds(seconds + delay),
                None => Need::Never,
            },
        }
    }

    fn declared(&self, flow: &FlowId) -> Option<&Declared> {
        self.plan.traffic.iter().find(|traffic| traffic.flow == *flow)
    }
}

fn split(declared: &Declared, step: &Step, base: f64) -> Option<Traffic> {
    Traffic::split(declared.night_per_hour as f64 / 3_600.0, step.to.share(), base)
}

/// Seconds until a share on the new side is known to be below its limit.
fn share_seconds(declared: &Declared, step: &Step, limit: PartsPerMillion, alpha: f64) -> Option<f64> {
    let per_s = declared.night_per_hour as f64 / 3_600.0 * step.to.share();
    let units = units_until_share_verdict(limit.ratio() * SHARE_OF_LIMIT, limit.ratio(), alpha)?;
    (per_s > 0.0).then(|| units / per_s)
}

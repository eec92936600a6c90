//! Forecasts: how long a criterion needs to pass on the declared traffic, and what it can see until then. `check`, its rule
//! against decorative gates and `power` all ask here, so that they cannot disagree.

use tidegate_model::ask::{Cadence, CountQuestion, Looks};
use tidegate_model::edge::Edge;
use tidegate_model::flow::{Flow, SegmentValue};
use tidegate_model::plan::{Criterion, Measure, Plan, Stage, Step, Traffic as Declared};
use tidegate_model::{BasisPoints, FlowId, Millis};
use tidegate_stats::joint::{COMPARISON_PART, COMPLETION_PART, LIMIT_PART};
use tidegate_stats::limit_power::LimitTraffic;
use tidegate_stats::power::{Traffic, units_until_share_verdict};
use tidegate_stats::{Hits, Ledger, Margin};

use crate::read::criterion::flow_of;
use crate::shares::Shares;

/// Chance with which a change must be seen to be called visible, and a pass must come to be counted on; the usual one.
pub(crate) const CHANCE: f64 = 0.8;
/// Of two tests that must both pass, each must with this chance: then both do with [`CHANCE`], whatever they have to do
/// with each other.
const CHANCE_OF_BOTH: f64 = 0.9;
/// Errors and slow answers are expected at this share of what their criterion allows.
const SHARE_OF_LIMIT: f64 = 0.1;
/// A day, which is a batch of a table of days.
const DAY: Millis = Millis::minutes(24 * 60);
/// A day is over in every zone of Earth half a day after it is in UTC.
const DAY_IS_OVER: Millis = Millis::minutes(12 * 60);
/// Bad events up to which the exact test of rare ones is foreseen.
const RARE_EVENTS_MAX: f64 = 1_000.0;
/// The first try of a stage.
pub(crate) const FIRST_TRY: u32 = 1;

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

/// What the smallest change that is seen is a change of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Visible {
    /// A relative loss of completion.
    Drop(f64),
    /// A share of failed or slow attempts: expected so much, seen at so much.
    Share(f64, f64),
}

/// Share of a flow's attempts that belong to a criterion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Part {
    /// All of them.
    Whole,
    /// As the plan declares.
    Declared(f64),
    /// The plan does not say: each value of the segment and `other` is taken to be as frequent as the next.
    Assumed(f64),
}

impl Part {
    pub(crate) fn share(self) -> f64 {
        match self {
            Self::Whole => 1.0,
            Self::Declared(share) | Self::Assumed(share) => share,
        }
    }
}

/// What the forecast of a stage is computed from.
pub(crate) struct Ground<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) stage: &'a Stage,
    pub(crate) edge: &'a Edge,
    pub(crate) flows: &'a [&'a Flow],
    pub(crate) shares: &'a Shares,
    /// The try of the stage, from [`FIRST_TRY`]: attempts and restarts of its evidence.
    pub(crate) attempt: u32,
}

/// How sure a pass must be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sure {
    /// On average.
    Mean,
    /// With so much chance, and with so much when there are two tests.
    With(f64, f64),
}

impl Ground<'_> {
    /// What a criterion needs at a step until it has passed with [`CHANCE`].
    pub(crate) fn need(&self, criterion: &Criterion, step: &Step) -> Need {
        self.needed(criterion, step, Sure::With(CHANCE, CHANCE_OF_BOTH))
    }

    /// What a criterion needs at a step on average.
    pub(crate) fn expected(&self, criterion: &Criterion, step: &Step) -> Need {
        self.needed(criterion, step, Sure::Mean)
    }

    /// Comparisons are not judged at full exposure: there is nobody left to compare with.
    fn needed(&self, criterion: &Criterion, step: &Step, sure: Sure) -> Need {
        let is_full = step.to == BasisPoints::FULL;
        let alpha = self.plan.alpha.ratio();
        match &criterion.measure {
            Measure::Completion { .. } | Measure::Slower { .. } if is_full => Need::Nothing,
            Measure::Completion { flow } => self.on_traffic(criterion, flow, |declared, part| {
                let traffic = self.split(declared, part, step, declared.completion.ratio())?;
                pass(&traffic, Hits::Good, Margin::Relative(step.margin.ratio()), alpha, sure)
            }),
            Measure::Errors {
                flow,
                at_most,
                not_worse_by,
            } => self.on_traffic(criterion, flow, |declared, part| {
                let both = match sure {
                    Sure::With(_, both) if !is_full => Sure::With(both, both),
                    Sure::With(..) | Sure::Mean => sure,
                };
                let absolute = self.limit_seconds(declared, part, step, at_most.ratio(), alpha, both)?;
                if is_full {
                    return Some(absolute);
                }
                let traffic = self.split(declared, part, step, errors_expected(&criterion.measure)?)?;
                let margin = Margin::Absolute(not_worse_by.ratio());
                Some(absolute.max(pass(&traffic, Hits::Bad, margin, alpha, both)?))
            }),
            Measure::Latency { flow, quantile, .. } => self.on_traffic(criterion, flow, |declared, part| {
                self.limit_seconds(declared, part, step, 1.0 - quantile.ratio(), alpha, sure)
            }),
            Measure::Slower {
                flow,
                quantile,
                not_worse_by,
                ..
            } => self.on_traffic(criterion, flow, |declared, part| {
                let traffic = self.split(declared, part, step, 1.0 - quantile.ratio())?;
                pass(&traffic, Hits::Bad, Margin::Relative(not_worse_by.ratio()), alpha, sure)
            }),
            Measure::Level { lasting, cadence, .. } => Need::Seconds(seconds(level_time(*lasting, cadence))),
            // What a source counts is not declared; at least one answer is needed.
            Measure::Counted { cadence, .. } | Measure::Survey { cadence, .. } => Need::Seconds(seconds(cadence.every)),
            Measure::SqlEqual { every, .. } | Measure::Reconcile { every, .. } => Need::Seconds(seconds(*every)),
            Measure::Load { over, .. } => Need::Seconds(seconds(*over)),
            Measure::Incidents { .. } | Measure::Manual { .. } => Need::Nothing,
        }
    }

    /// The smallest change for the worse that a criterion's harm alarm finds within `time` under a step, with [`CHANCE`];
    /// none where nothing is seen in that time, or no forecast can be made.
    pub(crate) fn visible(&self, criterion: &Criterion, step: &Step, time: Millis) -> Option<Visible> {
        let flow = flow_of(&criterion.measure)?;
        let (declared, part) = (self.declared(flow)?, self.part(criterion));
        let alpha = self.harm_alpha(criterion)?;
        let heard = seconds(time) - self.delay(criterion, flow);
        let is_full = step.to == BasisPoints::FULL;
        match &criterion.measure {
            Measure::Completion { .. } | Measure::Slower { .. } if is_full => None,
            Measure::Completion { .. } => {
                let traffic = self.split(declared, part, step, declared.completion.ratio())?;
                smallest_drop(&traffic, alpha, heard).map(Visible::Drop)
            }
            Measure::Errors { at_most, .. } if is_full => {
                self.limit_visible(declared, part, step, at_most.ratio(), alpha * LIMIT_PART, heard)
            }
            Measure::Errors { at_most, .. } => {
                let base = errors_expected(&criterion.measure)?;
                let traffic = self.split(declared, part, step, base)?;
                let rise = smallest_rise(&traffic, at_most.ratio(), alpha, heard)?;
                Some(Visible::Share(base, base * (1.0 + rise)))
            }
            Measure::Latency { quantile, .. } => {
                self.limit_visible(declared, part, step, 1.0 - quantile.ratio(), alpha, heard)
            }
            Measure::Slower { quantile, .. } => {
                let base = 1.0 - quantile.ratio();
                let rise = self
                    .split(declared, part, step, base)?
                    .smallest_visible(Hits::Bad, alpha, heard, CHANCE)?;
                Some(Visible::Share(base, base * (1.0 + rise)))
            }
            Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => None,
        }
    }

    /// Chance of a false halt that a criterion has in this try of its stage. The ledger is the one of a running plan:
    /// as nobody knows how many tries there will be, it has no end.
    pub(crate) fn harm_alpha(&self, criterion: &Criterion) -> Option<f64> {
        let all = || {
            self.plan
                .stages
                .iter()
                .flat_map(|stage| stage.gate.criteria.iter().map(move |one| (&stage.id, one)))
        };
        let weights: Vec<u32> = all().map(|(_, one)| one.weight).collect();
        let at = all().position(|(stage, one)| *stage == self.stage.id && one.id == criterion.id)?;
        Ledger::new(self.plan.alpha.ratio(), &weights, u32::MAX)?.share(at, self.attempt)
    }

    /// The most batches of a table of days that a step has time for.
    pub(crate) fn batches_max(&self, step: &Step) -> u64 {
        (step.at_most.0.saturating_sub(DAY_IS_OVER.0) / DAY.0).saturating_sub(1)
    }

    /// Whether so many seconds are more than a step has.
    pub(crate) fn is_late(&self, needed: f64, step: &Step) -> bool {
        rounded(needed) > step.at_most
    }

    /// The longest time that the planned batches of a table of days take, when no day comes late; none for other measures, and
    /// where nothing is judged. A day that had begun when the step did is none of its batches.
    pub(crate) fn days_of_batches(&self, criterion: &Criterion, step: &Step) -> Option<Millis> {
        let Measure::Counted {
            new, at_most, looks, ..
        } = &criterion.measure
        else {
            return None;
        };
        let is_judged = step.to != BasisPoints::FULL || at_most.is_some();
        match (&new.question, looks) {
            (CountQuestion::Csv { .. }, Looks::Batches { planned }) if is_judged => {
                let days = u64::from(*planned).saturating_add(1);
                Some(Millis(DAY.0.saturating_mul(days).saturating_add(DAY_IS_OVER.0)))
            }
            (
                CountQuestion::Csv { .. }
                | CountQuestion::Prometheus { .. }
                | CountQuestion::Sql { .. }
                | CountQuestion::Log { .. }
                | CountQuestion::Probe { .. },
                Looks::Batches { .. } | Looks::Stream,
            ) => None,
        }
    }

    /// The share of its flow's attempts that a criterion is about.
    pub(crate) fn part(&self, criterion: &Criterion) -> Part {
        let (Some(segment), Some(flow)) = (&criterion.segment, flow_of(&criterion.measure)) else {
            return Part::Whole;
        };
        match self.shares.of(&self.plan.id, flow, segment) {
            Some(share) => Part::Declared(share.ratio()),
            None => Part::Assumed(1.0 / (self.values(flow, segment) + 1) as f64),
        }
    }

    /// Declared values of a segment, beside `other`.
    fn values(&self, flow: &FlowId, segment: &SegmentValue) -> usize {
        self.flows
            .iter()
            .filter(|found| found.id == *flow)
            .flat_map(|found| &found.segments)
            .find(|found| found.id == segment.segment)
            .map_or(0, |found| found.words.len())
    }

    /// Seconds until all is counted of an attempt: one stratum, and before it the flow's window where the outcome may come
    /// at any time in it. An alarm hears of errors sooner, and of all of them by then.
    fn delay(&self, criterion: &Criterion, flow: &FlowId) -> f64 {
        let window = match &criterion.measure {
            Measure::Completion { .. } | Measure::Errors { .. } => self
                .flows
                .iter()
                .find(|found| found.id == *flow)
                .map_or(Millis(0), |found| found.window),
            Measure::Latency { .. }
            | Measure::Slower { .. }
            | Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => Millis(0),
        };
        seconds(window) + seconds(self.edge.stratum)
    }

    fn on_traffic(
        &self,
        criterion: &Criterion,
        flow: &FlowId,
        needed: impl Fn(&Declared, Part) -> Option<f64>,
    ) -> Need {
        match self.declared(flow) {
            None => Need::Undeclared,
            Some(declared) => match needed(declared, self.part(criterion)) {
                Some(needed) => Need::Seconds(needed + self.delay(criterion, flow)),
                None => Need::Never,
            },
        }
    }

    /// The declared traffic of a flow.
    pub(crate) fn declared(&self, flow: &FlowId) -> Option<&Declared> {
        self.plan.traffic.iter().find(|traffic| traffic.flow == *flow)
    }

    /// Seconds until a share on the new side is known to be below its limit. At a limit of nothing, the first attempt
    /// without an event is all that can be asked for.
    fn limit_seconds(
        &self,
        declared: &Declared,
        part: Part,
        step: &Step,
        limit: f64,
        alpha: f64,
        sure: Sure,
    ) -> Option<f64> {
        let traffic = self.limited(declared, part, step, limit);
        let expected = limit * SHARE_OF_LIMIT;
        match sure {
            _ if traffic.per_s <= 0.0 => None,
            _ if limit == 0.0 => Some(1.0 / traffic.per_s),
            Sure::Mean => units_until_share_verdict(expected, limit, alpha).map(|units| units / traffic.per_s),
            Sure::With(chance, _) => traffic.seconds_until_pass(expected, alpha, chance),
        }
    }

    fn limit_visible(
        &self,
        declared: &Declared,
        part: Part,
        step: &Step,
        limit: f64,
        alpha: f64,
        heard: f64,
    ) -> Option<Visible> {
        let seen = self
            .limited(declared, part, step, limit)
            .smallest_visible(alpha, heard, CHANCE)?;
        Some(Visible::Share(limit, seen))
    }

    /// The night's traffic on the new side against a limit.
    fn limited(&self, declared: &Declared, part: Part, step: &Step, limit: f64) -> LimitTraffic {
        LimitTraffic {
            per_s: per_second(declared, part) * step.to.share(),
            limit,
            stratum_s: self.stratum(),
        }
    }

    fn stratum(&self) -> f64 {
        seconds(self.edge.stratum).max(1.0)
    }

    /// The night's traffic on both sides, in strata of the edge.
    fn split(&self, declared: &Declared, part: Part, step: &Step, base: f64) -> Option<Traffic> {
        let traffic = Traffic::split(per_second(declared, part), step.to.share(), base)?;
        Some(Traffic {
            stratum_s: self.stratum(),
            ..traffic
        })
    }
}

/// The share of errors that is expected: a tenth of what is allowed, or of the difference when nothing is.
fn errors_expected(measure: &Measure) -> Option<f64> {
    let Measure::Errors {
        at_most, not_worse_by, ..
    } = measure
    else {
        return None;
    };
    let allowed = match at_most.get() {
        0 => not_worse_by.ratio(),
        _ => at_most.ratio(),
    };
    Some(allowed * SHARE_OF_LIMIT)
}

/// Time until a number has been within its bound for so long: the wait for the first number, and whole questions after it.
/// How far apart the rows of a table are nobody declares; they are taken to be as fresh as they are asked for.
fn level_time(lasting: Millis, cadence: &Cadence) -> Millis {
    let every = cadence.every.0.max(1);
    let questions = lasting.0.div_ceil(every).saturating_add(1);
    Millis(questions.saturating_mul(every))
}

fn pass(traffic: &Traffic, hits: Hits, margin: Margin, alpha: f64, sure: Sure) -> Option<f64> {
    match sure {
        Sure::Mean => traffic.seconds_until_pass(hits, margin, alpha),
        Sure::With(chance, _) => traffic.seconds_until_pass_with(hits, margin, alpha, chance),
    }
}

/// The smallest drop that a completion's two tests see. With many failures the exact test sees no more than the stratified
/// one and takes long to foresee.
fn smallest_drop(traffic: &Traffic, alpha: f64, heard: f64) -> Option<f64> {
    if are_many(traffic, 1.0 - traffic.base, heard) {
        return traffic.smallest_visible(Hits::Good, alpha * COMPLETION_PART, heard, CHANCE);
    }
    traffic.smallest_visible_drop(alpha, heard, CHANCE)
}

/// The smallest rise of errors that a comparison's two tests and the limit see.
fn smallest_rise(traffic: &Traffic, limit: f64, alpha: f64, heard: f64) -> Option<f64> {
    if !are_many(traffic, traffic.base, heard) {
        return traffic.smallest_visible_errors(limit, alpha, heard, CHANCE);
    }
    let limited = LimitTraffic {
        per_s: traffic.new_per_s,
        limit,
        stratum_s: traffic.stratum_s,
    };
    let beyond = limited
        .smallest_visible(alpha * LIMIT_PART, heard, CHANCE)
        .map(|share| (share / traffic.base - 1.0).max(0.0));
    let compared = traffic.smallest_visible(Hits::Bad, alpha * COMPARISON_PART, heard, CHANCE);
    compared.into_iter().chain(beyond).min_by(f64::total_cmp)
}

/// Whether so many bad events are expected that the exact test of rare ones is not needed.
fn are_many(traffic: &Traffic, bad: f64, heard: f64) -> bool {
    (traffic.new_per_s + traffic.old_per_s) * bad * heard > RARE_EVENTS_MAX
}

fn per_second(declared: &Declared, part: Part) -> f64 {
    declared.night_per_hour as f64 / 3_600.0 * part.share()
}

/// Up to the next second, minute, hour or day, so that the number reads well and is enough.
pub(crate) fn rounded(seconds: f64) -> Millis {
    let unit = match seconds {
        s if s <= 120.0 => 1.0,
        s if s <= 7_200.0 => 60.0,
        s if s <= 172_800.0 => 3_600.0,
        _ => 86_400.0,
    };
    Millis::seconds((seconds / unit).ceil() as u64 * unit as u64)
}

fn seconds(time: Millis) -> f64 {
    time.0 as f64 / 1_000.0
}

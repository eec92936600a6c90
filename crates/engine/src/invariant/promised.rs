//! What events alone say about promises: plain lists of what was counted and told, summed up anew at each question.

use std::collections::BTreeMap;

use tidegate_model::ask::Decimal;
use tidegate_model::objective::{Gauge, MeasuredOn, Objective, Promise};
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::seam::{Observation, Stratum};
use tidegate_model::{Estate, Millis, StageId, Timestamp};

use crate::event::{AdoptedPromise, ToldPromise};

const MINUTE_MS: i64 = 60_000;
/// What a slice of time weighs of which a share was told.
const MILLION: u128 = 1_000_000;

/// What is known of each promise.
pub(super) type PromisesFacts = BTreeMap<Promise, PromiseFacts>;

/// What is known of one.
#[derive(Debug)]
pub(super) struct PromiseFacts {
    adopted: AdoptedPromise,
    since: Timestamp,
    /// Whether its source said anything but a number last.
    is_mute: bool,
    /// When, all, and the bad ones among them, of the last hours.
    told: Vec<(Timestamp, u128, u128)>,
}

/// Takes over what was adopted; what asks for something else begins anew.
pub(super) fn adopt(facts: &mut PromisesFacts, adopted: &[AdoptedPromise], at: Timestamp) {
    let mut before = std::mem::take(facts);
    for one in adopted {
        let same = before
            .remove(&one.promise)
            .filter(|known| known.adopted.asked == one.asked);
        let known = same.unwrap_or_else(|| PromiseFacts {
            adopted: one.clone(),
            since: at,
            is_mute: false,
            told: Vec::new(),
        });
        let adopted = one.clone();
        facts.insert(one.promise.clone(), PromiseFacts { adopted, ..known });
    }
}

/// What a gateway counted.
pub(super) fn count(facts: &mut PromisesFacts, stratum: &Stratum, at: Timestamp) {
    for one in &stratum.promised {
        let promise = Promise::Objective(one.of.domain.clone(), one.of.objective.clone());
        let Some(known) = facts.get_mut(&promise) else { continue };
        if known.adopted.meter.as_ref() == Some(&one.of) && stratum.began >= known.since {
            let when = stratum.began.after(stratum.lasted).min(at);
            known
                .told
                .push((when, u128::from(one.total), u128::from(one.bad.min(one.total))));
        }
    }
}

/// What a source told.
pub(super) fn tell(facts: &mut PromisesFacts, told: &ToldPromise, at: Timestamp) {
    let known = facts.get_mut(&told.promise);
    let Some(known) = known.filter(|known| known.adopted.asked == told.asked) else {
        return;
    };
    let Observation::Level { at: about, value } = &told.observation else {
        known.is_mute = true;
        return;
    };
    known.is_mute = false;
    if known.told.iter().any(|(when, ..)| when == about) {
        return;
    }
    let (weight, bad) = match told.gauge {
        Gauge::Attempts | Gauge::Shown(_) | Gauge::Violations => return,
        Gauge::Slices(bound) => (1, u128::from(!bound.holds(*value))),
        Gauge::Shares(_) => (MILLION, MILLION.saturating_sub(u128::try_from(value.0).unwrap_or(0))),
    };
    if let Some(unsaid) = told.unsaid {
        let all = u128::from(unsaid.answers);
        known
            .told
            .push((unsaid.since, all * weight, u128::from(unsaid.missing)));
    }
    known.told.push(((*about).min(at), weight, bad));
}

/// Whether a budget burns below a rate as far as anybody can tell: its source tells, something was counted in the last minutes,
/// there is enough of it, and both windows are slow enough.
pub(super) fn burns_below(
    facts: &PromisesFacts,
    promise: &Promise,
    one: &Objective,
    below: Decimal,
    now: Timestamp,
) -> bool {
    let (Some(known), Some(share)) = (facts.get(promise), one.share()) else {
        return false;
    };
    let budget = MILLION - u128::from(share.get());
    let below = u128::try_from(below.0).unwrap_or(0);
    let sum = |minutes: i64, width: i64| {
        let place = |at: Timestamp| at.0.div_euclid(width * MINUTE_MS);
        let first = place(now) - minutes / width;
        let told = known
            .told
            .iter()
            .filter(|(when, ..)| first < place(*when) && place(*when) <= place(now));
        told.fold((0, 0), |(all, bad), (_, more, worse)| (all + more, bad + worse))
    };
    let is_slow = |(all, bad): (u128, u128)| all > 0 && bad * MILLION * MILLION < below * budget * all;
    let (all, _) = sum(360, 5);
    let is_enough = match known.adopted.gauge {
        Gauge::Shares(_) => all >= 30 * MILLION,
        Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => is_slow((all, 1)),
    };
    // A source is asked each minute, but written down less often.
    let (recent, _) = sum(if known.adopted.meter.is_some() { 5 } else { 15 }, 1);
    let is_old_enough = now.since(known.since) >= Millis::minutes(60);
    is_old_enough && !known.is_mute && recent > 0 && is_enough && is_slow(sum(60, 1)) && is_slow(sum(360, 5))
}

/// Whether a stage moves the flow of a promise, or is judged by it, as it was adopted.
pub(super) fn concerns(facts: &PromisesFacts, promise: &Promise, stage: &StageId) -> bool {
    let known = facts.get(promise);
    known.is_some_and(|known| known.adopted.stages.contains(stage))
}

/// The same as the estate has it.
pub(super) fn moves_flow_of(estate: &Estate, promise: &Promise, stage: &Stage) -> bool {
    let Promise::Objective(domain, id) = promise else {
        return false;
    };
    let declared = estate.domains().get(domain);
    let objective = declared.and_then(|domain| domain.objectives.iter().find(|one| &one.id == id));
    let Some(MeasuredOn::Flow(flow)) = objective.and_then(|one| one.of.as_ref()) else {
        return false;
    };
    let is_counted = |measure: &Measure| {
        matches!(measure, Measure::Completion { flow: of } | Measure::Errors { flow: of, .. }
            | Measure::Latency { flow: of, .. } | Measure::Slower { flow: of, .. } if of == flow)
    };
    let unit = estate.flows().get(flow).map(|flow| &flow.unit);
    unit == Some(&stage.unit) || stage.gate.criteria.iter().any(|one| is_counted(&one.measure))
}

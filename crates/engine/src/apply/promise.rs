//! What was counted and told for objectives and invariants enters their state, and a person who closes an incident closes what
//! it was about.

use tidegate_model::ask::Decimal;
use tidegate_model::objective::{Gauge, Promise, UNSAID_MAX, Unsaid};
use tidegate_model::seam::{Observation, Stratum};
use tidegate_model::{IncidentId, Timestamp};
use tidegate_stats::burn::{Count, SLICE};

use crate::event::{Origin, ToldPromise};
use crate::promises::Kept;
use crate::state::State;

/// Takes what a gateway counted, at the time at which it was counted by the gateway's clock, which is never ahead of ours. It may
/// come late: an error that was met while nobody listened was met all the same. What was counted of another promise, by its flow
/// or its limit, or before it was made, says nothing about this one.
pub(super) fn count(state: &mut State, stratum: &Stratum, at: Timestamp) {
    let ended = stratum.began.after(stratum.lasted).min(at);
    for counts in &stratum.promised {
        let promise = Promise::Objective(counts.of.domain.clone(), counts.of.objective.clone());
        let Some(kept) = state.promises.kept(&promise) else {
            continue;
        };
        if kept.adopted.meter.as_ref() != Some(&counts.of) || stratum.began < kept.since {
            continue;
        }
        kept.history.push(ended.0, Count::new(counts.total, counts.bad));
        kept.heard = Some(at);
        kept.counted = kept.counted.max(Some(ended));
    }
}

/// Takes what a source told. A number about a moment that is known already is no further slice of time, but of violations the
/// larger number counts.
pub(super) fn observe(state: &mut State, told: &ToldPromise, at: Timestamp) {
    let Some(kept) = state.promises.kept(&told.promise) else {
        return;
    };
    if kept.adopted.asked != told.asked {
        return;
    }
    match &told.observation {
        Observation::Level { at: about, value } => {
            kept.said = None;
            let is_new = kept.told.is_none_or(|(known, before)| {
                known < *about || (known == *about && told.gauge == Gauge::Violations && before < *value)
            });
            if !is_new {
                return;
            }
            kept.told = Some((*about, *value));
            kept.heard = Some(at);
            kept.armed = at;
            kept.excused = kept.excused.min(*value).max(Decimal::default());
            let about = (*about).min(at);
            kept.counted = kept.counted.max(Some(about));
            push(kept, told.gauge, told.unsaid, about, *value);
        }
        Observation::Equality { .. }
        | Observation::Reconciled { .. }
        | Observation::Surveyed { .. }
        | Observation::Counts { .. }
        | Observation::Nothing { .. }
        | Observation::Unusable { .. }
        | Observation::Silent(_) => {
            // One answer that is lost is no silence.
            if kept.said.is_none() {
                kept.armed = at;
            }
            kept.said = Some(told.observation.clone());
        }
    }
}

/// The slices of time that an answer tells of.
fn push(kept: &mut Kept, gauge: Gauge, unsaid: Option<Unsaid>, about: Timestamp, value: Decimal) {
    let slice = match gauge {
        Gauge::Attempts | Gauge::Shown(_) | Gauge::Violations => return,
        Gauge::Slices(bound) => Count::new(1, u64::from(!bound.holds(value))),
        Gauge::Shares(_) => Count::share(SLICE - u64::try_from(value.0).unwrap_or(0).min(SLICE)),
    };
    if let Some(unsaid) = unsaid {
        let answers = u64::from(unsaid.answers.min(UNSAID_MAX));
        let all = unsaid.missing.min(answers * SLICE);
        let span = about.since(unsaid.since).0;
        for place in 0..answers {
            let missing = all * (place + 1) / answers - all * place / answers;
            let one = match gauge {
                Gauge::Shares(_) => Count::share(missing),
                Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => Count::new(1, 0),
            };
            let at = i64::try_from(span / answers * place).unwrap_or(i64::MAX);
            kept.history.push(unsaid.since.0.saturating_add(at).min(about.0), one);
        }
    }
    kept.history.push(about.0, slice);
}

/// People are told of as many violations as stand now.
pub(super) fn opened(state: &mut State, origin: &Origin) {
    if let Origin::Promise(promise) = origin
        && let Some(kept) = state.promises.kept(promise)
    {
        kept.paged = kept.told.map(|(_, value)| value).unwrap_or_default();
    }
}

/// A person closed an incident: what was bad until now is known, as far as the incident told it; and a source that is silent has
/// its time again.
pub(super) fn closed(state: &mut State, incident: &IncidentId, at: Timestamp) {
    let origin = state.incidents.get(incident).map(|known| known.origin.clone());
    if let Some(Origin::Promise(promise)) = &origin
        && let Some(kept) = state.promises.kept(promise)
    {
        kept.closed = Some(at);
        kept.excused = kept.told.map(|(_, value)| value.min(kept.paged)).unwrap_or_default();
    }
    if let Some(Origin::PromiseSilent(domain, source)) = &origin {
        state.promises.arm(domain, source, at);
    }
}

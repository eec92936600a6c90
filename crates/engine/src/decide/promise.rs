//! What owners promise is watched: an objective whose budget burns too fast, and every violation of an invariant, pages the
//! domain's owner, once. What nobody can tell is no breach, and never good.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::ask::{Cadence, Decimal};
use tidegate_model::domain::Domain;
use tidegate_model::objective::{Gauge, Invariant, Objective, Promise, UNSAID_MAX, Unsaid};
use tidegate_model::seam::{InvalidReason, Observation};
use tidegate_model::{DomainId, IncidentId, Millis, ObjectiveId, Severity, SourceId};
use tidegate_stats::burn::{Budget, Count, Pair, QUICK, SLICE, SLOW};

use super::evidence::SKEW_MAX;
use super::incident;
use super::turn::{Turn, unknown};
use crate::event::{Body, Origin, ToldPromise};
use crate::promises::Kept;
use crate::refusal::Refusal;

/// An open incident of an invariant is succeeded by another once so many times as many violations stand as it told of.
const GROWN_TIMES: i64 = 2;

/// Records what the source of a promise said, as far as it is new: an answer to a question that nobody asks any more is not taken,
/// and what is known already is not written again.
pub(super) fn observe(
    turn: &mut Turn<'_>,
    promise: &Promise,
    asked: &str,
    unsaid: Option<Unsaid>,
    observation: &Observation,
) -> Result<(), Refusal> {
    let cadence = cadence(turn, promise);
    let kept = turn.state.promises.of(promise);
    let (Some(cadence), Some(kept)) = (cadence, kept) else {
        return Err(unknown("promise with a source", &promise.to_string()));
    };
    if kept.adopted.asked != asked {
        return Ok(());
    }
    let gauge = kept.adopted.gauge;
    let observation = judgeable(turn, observation, gauge, cadence);
    if is_known(turn, kept, &observation, cadence) {
        return Ok(());
    }
    turn.emit(Body::PromiseObserved(ToldPromise {
        promise: promise.clone(),
        asked: asked.to_owned(),
        gauge,
        unsaid: unsaid.and_then(|unsaid| countable(gauge, unsaid, &observation)),
        observation,
    }));
    Ok(())
}

/// How a source is asked; nothing where none is.
fn cadence(turn: &Turn<'_>, promise: &Promise) -> Option<Cadence> {
    match promise {
        Promise::Objective(domain, id) => declared(turn, domain, id)?.1.cadence(),
        Promise::Invariant(id) => turn.estate.invariants().get(id).map(Invariant::cadence),
    }
}

/// Answers before a number that were not told one by one, as far as there can be as many.
fn countable(gauge: Gauge, unsaid: Unsaid, observation: &Observation) -> Option<Unsaid> {
    let Observation::Level { at, .. } = observation else {
        return None;
    };
    let is_told = match gauge {
        Gauge::Slices(_) | Gauge::Shares(_) => true,
        Gauge::Attempts | Gauge::Shown(_) | Gauge::Violations => false,
    };
    let answers = unsaid.answers.min(UNSAID_MAX);
    (is_told && answers > 0 && unsaid.since < *at).then(|| Unsaid {
        answers,
        missing: unsaid.missing.min(u64::from(answers) * SLICE),
        ..unsaid
    })
}

/// Whether what was said says nothing new. A number that nothing is counted from and that stays as it is, is written as a sign of
/// life alone; a silence that goes on, or a number that cannot be used, is known since it began.
fn is_known(turn: &Turn<'_>, kept: &Kept, observation: &Observation, cadence: Cadence) -> bool {
    match (observation, &kept.said) {
        // The source is back.
        (Observation::Level { .. }, Some(_)) => false,
        (Observation::Level { at, value }, None) => {
            let Some((known, before)) = kept.told else {
                return false;
            };
            let is_young = kept
                .heard
                .is_some_and(|heard| turn.now.since(heard) < cadence.stale_after);
            match kept.adopted.gauge {
                Gauge::Attempts => true,
                Gauge::Slices(_) | Gauge::Shares(_) => *at <= known,
                Gauge::Shown(_) => *at <= known || is_young,
                // A late correction counts when it is for the worse.
                Gauge::Violations if *at == known => *value <= before,
                Gauge::Violations => *at < known || (*value == before && is_young),
            }
        }
        (Observation::Unusable { reason, .. }, Some(Observation::Unusable { reason: known, .. })) => reason == known,
        (_, Some(said)) => std::mem::discriminant(said) == std::mem::discriminant(observation),
        (_, None) => false,
    }
}

/// A number that cannot be, or about a moment too long ago or still to come, is none.
fn judgeable(turn: &Turn<'_>, observation: &Observation, gauge: Gauge, cadence: Cadence) -> Observation {
    let unusable = |reason, detail: String| Observation::Unusable {
        at: turn.now,
        reason,
        detail,
    };
    match observation {
        Observation::Level { value, .. } if !gauge.is_possible(*value) => {
            let detail = format!("{value} was told, which cannot be");
            unusable(InvalidReason::Impossible, detail)
        }
        Observation::Level { at, value } if turn.now.since(*at) > cadence.stale_after => {
            let (now, bound) = (turn.now, cadence.stale_after);
            let detail =
                format!("{value} was told about {at}, and it is {now} here; what is older than {bound} does not count");
            unusable(InvalidReason::Stale, detail)
        }
        Observation::Level { at, value } if at.since(turn.now) > SKEW_MAX => {
            let detail = format!(
                "{value} was told about {at}, which is still to come: it is {} here",
                turn.now
            );
            unusable(InvalidReason::Impossible, detail)
        }
        Observation::Level { .. }
        | Observation::Equality { .. }
        | Observation::Reconciled { .. }
        | Observation::Surveyed { .. }
        | Observation::Counts { .. }
        | Observation::Nothing { .. }
        | Observation::Unusable { .. }
        | Observation::Silent(_) => observation.clone(),
    }
}

/// Judges what was just heard of, or whose incident was closed, and of that alone: time by itself makes no budget burn faster. It
/// does make a source silent.
pub(super) fn watch(turn: &mut Turn<'_>) {
    let mut heard = BTreeSet::new();
    for event in &turn.events {
        if let Body::EvidenceRecorded { stratum, .. } = &event.body {
            let counted = stratum.promised.iter().map(|one| &one.of);
            heard.extend(counted.map(|of| Promise::Objective(of.domain.clone(), of.objective.clone())));
        } else if let Body::PromiseObserved(told) = &event.body {
            heard.insert(told.promise.clone());
        } else if let Body::IncidentResolved { incident, .. } = &event.body {
            let closed = turn.state.incidents.get(incident).map(|known| &known.origin);
            if let Some(Origin::Promise(promise)) = closed {
                heard.insert(promise.clone());
            }
        }
    }
    for promise in heard {
        let found = match &promise {
            Promise::Objective(domain, id) => declared(turn, domain, id)
                .and_then(|(domain, objective)| burning(turn, domain, objective, &promise))
                .map(|(severity, summary)| (domain.clone(), severity, summary)),
            Promise::Invariant(id) => {
                let invariant = turn.estate.invariants().get(id);
                invariant.and_then(|invariant| {
                    let summary = violated(turn, invariant, &promise)?;
                    Some((invariant.domain.clone(), invariant.severity, summary))
                })
            }
        };
        if let Some((domain, severity, summary)) = found {
            call(turn, &domain, severity, promise, summary);
        }
    }
    listen(turn);
}

/// Opens the incident of a broken promise, unless one stands that says as much. One that says less is succeeded by it: nobody is
/// called for both.
fn call(turn: &mut Turn<'_>, domain: &DomainId, severity: Severity, promise: Promise, summary: String) {
    let has_grown = turn.state.promises.of(&promise).is_some_and(|kept| {
        let now = kept.told.map(|(_, value)| value).unwrap_or_default();
        matches!(promise, Promise::Invariant(_)) && now.0 >= kept.paged.0.saturating_mul(GROWN_TIMES)
    });
    let origin = Origin::Promise(promise);
    let of_it = turn
        .state
        .open_incidents()
        .filter(|(_, incident)| incident.origin == origin);
    let open: Vec<(IncidentId, DomainId, Severity)> = of_it
        .map(|(id, incident)| (id.clone(), incident.domain.clone(), incident.severity))
        .collect();
    let says_as_much = |(_, of, known): &(IncidentId, DomainId, Severity)| of == domain && *known <= severity;
    if !has_grown && open.iter().any(says_as_much) {
        return;
    }
    let next = incident::begin(turn, domain, severity, origin, summary);
    for (known, ..) in open {
        incident::succeeded(turn, &known, &next);
    }
}

/// Calls the owner of promises whose source has told no number for too long, once for each source; and says when all of them are
/// told of, or when nobody promises any more what was asked.
fn listen(turn: &mut Turn<'_>) {
    let now = turn.now;
    let is_silent = |kept: &Kept| kept.silent_at().is_some_and(|at| now >= at);
    let mut over = Vec::new();
    for (_, incident) in turn.state.open_incidents() {
        let Origin::PromiseSilent(domain, source) = &incident.origin else {
            continue;
        };
        let of_it = || turn.state.promises.all().filter(|kept| kept.is_of(domain, source));
        let is_untold = |kept: &Kept| kept.said.is_some() && kept.heard.is_none_or(|heard| heard < incident.opened);
        if of_it().next().is_none() {
            over.push((incident.origin.clone(), "none, because nobody promises it any more"));
        } else if !of_it().any(|kept| is_silent(kept) || is_untold(kept)) {
            over.push((incident.origin.clone(), "none, because its source tells again"));
        }
    }
    for (origin, lesson) in over {
        incident::recovered(turn, &origin, lesson);
    }
    let mut silent: BTreeMap<(DomainId, SourceId), Vec<Promise>> = BTreeMap::new();
    for kept in turn.state.promises.all().filter(|kept| is_silent(kept)) {
        let adopted = &kept.adopted;
        if let Some(source) = &adopted.source {
            let of_it = silent.entry((adopted.domain.clone(), source.clone())).or_default();
            of_it.push(adopted.promise.clone());
        }
    }
    for ((domain, source), promises) in silent {
        let first = promises.first().and_then(|promise| turn.state.promises.of(promise));
        let why = first.and_then(|kept| kept.unknown(now));
        let why = why.unwrap_or_else(|| "its source tells nothing new".to_owned());
        let names: Vec<String> = promises.iter().map(Promise::to_string).collect();
        let names = names.join(", ");
        let summary = format!("{source} tells nothing, so that nobody knows whether these hold: {names} - {why}");
        let origin = Origin::PromiseSilent(domain.clone(), source);
        incident::open(turn, &domain, Severity::Sev3, origin, summary);
    }
}

fn declared<'a>(turn: &Turn<'a>, domain: &DomainId, id: &ObjectiveId) -> Option<(&'a Domain, &'a Objective)> {
    let domain = turn.estate.domains().get(domain)?;
    let objective = domain.objectives.iter().find(|one| &one.id == id)?;
    Some((domain, objective))
}

/// Whether the budget of an objective burns too fast, and how bad that is: what spends it within two days stops the growth of the
/// domain's stages, what spends it within five calls somebody.
fn burning(turn: &Turn<'_>, domain: &Domain, objective: &Objective, promise: &Promise) -> Option<(Severity, String)> {
    let kept = turn.state.promises.of(promise)?;
    let budget = Budget::of_target(objective.share()?.get())?;
    let fires = |pair: &Pair| kept.burns(pair, budget, turn.now);
    let (severity, pair, (long, short)) = match (fires(&QUICK), fires(&SLOW)) {
        (Some(seen), _) => (Severity::Sev2, QUICK, seen),
        (None, Some(seen)) => (Severity::Sev3, SLOW, seen),
        (None, None) => return None,
    };
    let rate = budget.burn(long)?;
    let bad = |count: Count, over: u64| match kept.adopted.gauge {
        Gauge::Shares(_) => {
            let percent = count.bad as f64 / count.total as f64 * 100.0;
            format!("{percent:.2} % bad within {}", Millis(over))
        }
        Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => {
            format!("{} of {} bad within {}", count.bad, count.total, Millis(over))
        }
    };
    let summary = format!(
        "{}, promised by {}: {}, and its budget burns {rate:.1} times as fast as it lasts ({}, {})",
        objective.title,
        domain.owner,
        objective.target,
        bad(long, pair.long_ms),
        bad(short, pair.short_ms),
    );
    Some((severity, summary))
}

/// Whether an invariant is violated more than what a person has closed already.
fn violated(turn: &Turn<'_>, invariant: &Invariant, promise: &Promise) -> Option<String> {
    let kept = turn.state.promises.of(promise)?;
    let (at, violations) = kept.told?;
    if kept.said.is_some() || violations <= kept.excused {
        return None;
    }
    let before = match kept.excused {
        Decimal(0) => String::new(),
        excused => format!("; {excused} of them were known"),
    };
    Some(format!(
        "{}: {violations} violations were told about {at}, and none is allowed{before}",
        invariant.title
    ))
}

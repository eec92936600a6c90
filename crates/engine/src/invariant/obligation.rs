//! Promise 5: Every open incident has a durable next obligation; no path ends in silence.

use tidegate_model::IncidentId;

use super::{Broken, Step};
use crate::command::Request;
use crate::deadline;
use crate::event::{Body, Event};
use crate::state::IncidentPhase;

pub(super) fn check(step: &Step<'_>, broken: &mut Broken) {
    let next = deadline(step.after);
    for (id, incident) in step.after.open_incidents() {
        let due = match &incident.phase {
            IncidentPhase::Open | IncidentPhase::Resolved { .. } => incident.answer_by,
            IncidentPhase::Acknowledged { until, .. } | IncidentPhase::Mitigating { until, .. } => *until,
        };
        broken.unless(next.is_some_and(|next| next <= due), 5, || {
            format!("{id} is due at {due} and the clock is set to {next:?}")
        });
        broken.unless(incident.attempt > 0, 5, || {
            format!("{id} is open and nobody was ever called")
        });
    }
    if matches!(step.command.request, Request::Tick) && step.decision.answer.is_ok() {
        broken.unless(next.is_none_or(|next| next > step.now), 5, || {
            format!("after a tick at {} something is still due at {next:?}", step.now)
        });
    }
    calls(step, broken);
}

/// Calls follow from what needs them in the same batch, each with a higher count, and a rung that reaches nobody is not the last.
fn calls(step: &Step<'_>, broken: &mut Broken) {
    let events = &step.decision.events;
    for (place, event) in events.iter().enumerate() {
        let later = &events[place + 1..];
        if let Body::IncidentOpened { incident, .. } | Body::AcknowledgementLapsed { incident } = &event.body {
            let is_called = later.iter().any(|event| calls_for(event, incident).is_some());
            broken.unless(is_called, 5, || {
                format!("{incident}: {} and nobody was called", event.body.kind())
            });
        }
        if let Body::RungCalled {
            incident,
            rung,
            sent,
            attempt,
            answer_by,
        } = &event.body
        {
            broken.unless(*answer_by > event.at, 5, || format!("{incident} is due again at once"));
            let before = step
                .before
                .incidents
                .get(incident)
                .map_or(0, |incident| incident.attempt);
            let earlier = events[..place]
                .iter()
                .filter(|event| calls_for(event, incident).is_some())
                .count();
            let expected = before + u32::try_from(earlier).unwrap_or(u32::MAX) + 1;
            broken.unless(*attempt == expected, 5, || {
                format!("{incident}: call {attempt} where {expected} was next")
            });
            let goes_on = later.iter().any(|event| calls_for(event, incident) == Some(rung + 1));
            broken.unless(
                !sent.is_empty() || rung + 1 >= ladder_length(step, incident) || goes_on,
                5,
                || {
                    format!(
                        "rung {} of {incident} reaches nobody and the next was not called",
                        rung + 1
                    )
                },
            );
        }
    }
}

/// The rung that an event calls for an incident, when it does.
fn calls_for(event: &Event, incident: &IncidentId) -> Option<u32> {
    if let Body::RungCalled {
        incident: called, rung, ..
    } = &event.body
    {
        (called == incident).then_some(*rung)
    } else {
        None
    }
}

fn ladder_length(step: &Step<'_>, incident: &IncidentId) -> u32 {
    let ladder = step
        .after
        .incidents
        .get(incident)
        .and_then(|incident| step.next.domains().get(&incident.domain))
        .and_then(|domain| step.next.ladders().get(&domain.ladder));
    ladder.map_or(1, |ladder| u32::try_from(ladder.rungs.len()).unwrap_or(u32::MAX))
}

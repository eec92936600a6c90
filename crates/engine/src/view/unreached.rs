//! Whom a call of an incident did not reach: nobody may be told to have been called when nothing left the building.

use std::collections::BTreeMap;

use tidegate_model::seam::{Effect, Errand};
use tidegate_model::{IncidentId, PersonId};

use crate::state::{Incident, State};
use crate::view::words::list;

/// Everybody whose last call failed by every way that it took, with the reason of the last.
pub(super) fn unreached<'a>(state: &State, id: &IncidentId, incident: &'a Incident) -> Vec<(&'a PersonId, &'a str)> {
    let failed = incident.failed.iter();
    failed
        .filter(|(person, _)| !incident.reached.contains(*person) && !is_being_called(state, id, person))
        .map(|(person, reason)| (person, reason.as_str()))
        .collect()
}

/// Whether a page to somebody is under way.
fn is_being_called(state: &State, id: &IncidentId, person: &PersonId) -> bool {
    state.outbox().values().any(|waiting| match &waiting.effect {
        Effect::Page(letter) => &letter.to == person && letter.errand == Errand::Incident(id.clone()),
        Effect::SetExposure(_) | Effect::AskApproval(_) | Effect::Notify(_) => false,
    })
}

/// Whom no call of an incident reached, in words by reason; nothing while each was reached or is being called.
pub(super) fn words(unreached: &[(&PersonId, &str)]) -> Option<String> {
    let mut by_reason: BTreeMap<&str, Vec<&PersonId>> = BTreeMap::new();
    for (person, reason) in unreached {
        by_reason.entry(reason).or_default().push(person);
    }
    let told: Vec<String> = by_reason
        .into_iter()
        .map(|(reason, people)| format!("{} could not be called: {reason}", list(&people)))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Whether an incident that waits for an answer has reached nobody so far and is reaching nobody.
pub(super) fn is_unheard(incident: &Incident, unreached: &[(&PersonId, &str)]) -> bool {
    incident.called.len() == unreached.len()
}

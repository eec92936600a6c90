//! Contacts: who is named can be reached, and who is on call may decide.

use std::collections::BTreeMap;

use tidegate_model::PersonId;

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

/// Checks escalation contacts and rosters.
pub(crate) fn check(reading: &mut Reading) {
    let methods: BTreeMap<PersonId, bool> = reading
        .parts
        .people
        .iter()
        .map(|person| (person.id.clone(), !person.methods.is_empty()))
        .collect();
    for domain in reading.parts.domains.clone() {
        // Somebody who is not declared is complained about as a reference.
        if let Some(contact) = domain.escalation_contact
            && methods.get(&contact) == Some(&false)
        {
            let place = reading.place(&format!("domain `{}`", domain.id), "escalation-contact");
            reading.sink.add(
                Finding::error(
                    Code::ContactUnreachable,
                    place,
                    format!("the escalation contact of domain `{}` cannot be reached", domain.id),
                )
                .expected("a person with a contact method", format!("`{contact}` without one"))
                .help(format!(
                    "add `profile: {{ email: ... }}` to `{contact}`, or name somebody else"
                )),
            );
        }
    }
    for (team, person, place) in std::mem::take(&mut reading.on_call) {
        stranger(&team, &person, place, reading);
    }
}

fn stranger(team: &str, person: &PersonId, place: Place, reading: &mut Reading) {
    let Some(found) = reading.parts.teams.iter().find(|known| known.id.as_str() == team) else {
        return;
    };
    if found.members.is_empty() || found.members.contains(person) {
        return;
    }
    let members = list(found.members.iter().map(PersonId::as_str));
    reading.sink.add(
        Finding::warning(
            Code::OnCallStranger,
            place,
            format!("`{person}` is on call for team `{team}` and is not in it"),
        )
        .expected(format!("one of its members: {members}"), format!("`{person}`"))
        .help("who is paged and may decide nothing loses time: add the person to the team, or roster a member"),
    );
}

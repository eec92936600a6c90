//! Contacts: who is named can be reached, who is on call may decide, and a team has one roster.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::{PersonId, TeamId};

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
        let subject = format!("domain `{}`", domain.id);
        // One that is written and could not be read is complained about where it stands.
        if domain.escalation_contact.is_none() && !reading.has_place(&subject, "escalation-contact") {
            let place = reading.place(&subject, "");
            reading.sink.add(
                Finding::warning(Code::NoContact, place, format!("{subject} has no escalation contact"))
                    .expected("`escalation-contact` with a person", "none")
                    .help("name whom others call when the ladder is not enough: `escalation-contact: <person>`"),
            );
        }
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
    let on_call = std::mem::take(&mut reading.on_call);
    let reached: BTreeSet<&str> = (on_call.iter())
        .filter(|(_, person, _)| methods.get(person) == Some(&true))
        .map(|(team, ..)| team.as_str())
        .collect();
    for (team, person, place) in &on_call {
        stranger(team, person, *place, reading);
        // A roster that reaches nobody is a rung that reaches nobody.
        if methods.get(person) == Some(&false) && reached.contains(team.as_str()) {
            unreachable(team, person, *place, reading);
        }
    }
    twice(reading);
}

fn unreachable(team: &str, person: &PersonId, place: Place, reading: &mut Reading) {
    reading.sink.add(
        Finding::warning(
            Code::OnCallUnreachable,
            place,
            format!("`{person}` is on call for team `{team}` and cannot be reached"),
        )
        .expected("a person with a contact method", format!("`{person}` without one"))
        .help(format!(
            "add `profile: {{ email: ... }}` to `{person}`, or take the name off the roster"
        )),
    );
}

/// Rosters know no hours, so two of one team do not take turns.
fn twice(reading: &mut Reading) {
    let mut first: BTreeMap<TeamId, Place> = BTreeMap::new();
    for (team, place) in std::mem::take(&mut reading.rostered) {
        let Some(earlier) = first.get(&team).copied() else {
            first.insert(team, place);
            continue;
        };
        reading.sink.add(
            Finding::warning(Code::TwoRosters, place, format!("team `{team}` has two rosters"))
                .expected("one roster of a team", "a second one")
                .help("a roster knows no hours, so both page at once: put everybody into one, and adopt another version for another shift")
                .related(earlier, "the first roster"),
        );
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

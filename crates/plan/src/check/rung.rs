//! Rungs: whoever is called next is somebody else and may decide more.

use std::collections::BTreeSet;

use tidegate_model::ladder::{DecisionScope, Ladder, Target};
use tidegate_model::{PersonId, TeamId};

use super::escalation::RUNGS_MIN;
use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Checks every ladder, and the first two rungs of every domain.
pub(crate) fn check(reading: &mut Reading) {
    let mut ladders = reading.parts.ladders.clone();
    ladders.retain(|ladder| !reading.is_torn(&format!("ladder `{}`", ladder.id), "rungs"));
    for ladder in &ladders {
        scopes(ladder, reading);
    }
    let mut seen = BTreeSet::new();
    for domain in reading.parts.domains.clone() {
        if let Some(ladder) = ladders.iter().find(|ladder| ladder.id == domain.ladder)
            && seen.insert((domain.owner.clone(), ladder.id.clone()))
        {
            asked_twice(domain.id.as_str(), &domain.owner, ladder, reading);
        }
    }
}

fn word(scope: DecisionScope) -> &'static str {
    match scope {
        DecisionScope::Domain => "domain",
        DecisionScope::CrossDomain => "cross-domain",
        DecisionScope::Platform => "platform",
        DecisionScope::Organisation => "organisation",
    }
}

fn scopes(ladder: &Ladder, reading: &mut Reading) {
    let subject = format!("ladder `{}`", ladder.id);
    for (at, pair) in ladder.rungs.windows(2).enumerate() {
        if let [lower, upper] = pair
            && upper.scope < lower.scope
        {
            let what = format!("rung {} of {subject}", at + 2);
            let place = reading.place(&what, "");
            let below = reading.place(&format!("rung {} of {subject}", at + 1), "");
            reading.sink.add(
                Finding::warning(
                    Code::ScopeShrinks,
                    place,
                    format!("{what} may decide less than the one below it"),
                )
                .expected(
                    format!("`{}` or more", word(lower.scope)),
                    format!("`{}`", word(upper.scope)),
                )
                .help("who is called later decides more: change `decides`, or the order of the rungs")
                .related(below, "the rung below"),
            );
        }
    }
    if let Some(top) = ladder.rungs.last()
        && top.scope < DecisionScope::Organisation
        // Too few rungs is an error of its own, and one that is added decides more.
        && ladder.rungs.len() >= RUNGS_MIN
    {
        let place = reading.place(&format!("rung {} of {subject}", ladder.rungs.len()), "");
        reading.sink.add(
            Finding::warning(
                Code::TopDecidesLittle,
                place,
                format!("nobody on {subject} decides for the organisation"),
            )
            .expected(
                "`decides: organisation` on the last rung",
                format!("`{}`", word(top.scope)),
            )
            .help("end the ladder with somebody who may decide what concerns everybody"),
        );
    }
}

fn paged(team: &TeamId, reading: &Reading) -> BTreeSet<PersonId> {
    let found = reading.parts.teams.iter().find(|known| known.id == *team);
    let people = found.map(|team| {
        if team.on_call.is_empty() {
            &team.members
        } else {
            &team.on_call
        }
    });
    people.into_iter().flatten().cloned().collect()
}

fn asked_twice(domain: &str, owner: &TeamId, ladder: &Ladder, reading: &mut Reading) {
    let [first, second, ..] = ladder.rungs.as_slice() else {
        return;
    };
    let reach = |targets: &[Target]| -> BTreeSet<PersonId> {
        let one = |target: &Target| match target {
            Target::OwnerOnCall => paged(owner, reading),
            Target::Team(team) => paged(team, reading),
            Target::Person(person) => BTreeSet::from([person.clone()]),
        };
        targets.iter().flat_map(one).collect()
    };
    let (first, second) = (reach(&first.targets), reach(&second.targets));
    // Somebody who stands on every rung is told by another rule.
    let others: BTreeSet<PersonId> = ladder.rungs.iter().flat_map(|rung| reach(&rung.targets)).collect();
    let (Some(person), 1, true) = (first.first(), first.len(), first == second) else {
        return;
    };
    if others.len() < 2 {
        return;
    }
    let place = reading.place(&format!("domain `{domain}`"), "owner");
    let rung = reading.place(&format!("rung 2 of ladder `{}`", ladder.id), "reaches");
    let finding = Finding::warning(
        Code::AskedTwice,
        place,
        format!("the first two rungs of domain `{domain}` both reach `{person}` and nobody else"),
    )
    .expected("somebody else on the second rung", format!("`{person}` twice"))
    .help("a page that one person has not answered goes to another: put somebody beside them on call, or change the second rung")
    .related(rung, "the second rung");
    reading.sink.add(finding);
}

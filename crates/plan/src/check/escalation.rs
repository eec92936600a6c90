//! Escalation: at least four rungs, each reaches somebody, and not always the same one.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::ladder::{Ladder, Target};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Rungs of the ownership model: domain owner, engineering, platform, organisation.
pub(super) const RUNGS_MIN: usize = 4;

/// Whom each team's pager reaches, and who has a contact method.
struct People {
    on_call: BTreeMap<String, Vec<String>>,
    reachable: BTreeSet<String>,
}

/// Checks every ladder, and every domain on its ladder.
pub(crate) fn check(reading: &mut Reading) {
    let people = People {
        on_call: reading
            .parts
            .teams
            .iter()
            .map(|team| {
                let paged = if team.on_call.is_empty() {
                    &team.members
                } else {
                    &team.on_call
                };
                (team.id.to_string(), paged.iter().map(ToString::to_string).collect())
            })
            .collect(),
        reachable: reading
            .parts
            .people
            .iter()
            .filter(|person| !person.methods.is_empty())
            .map(|person| person.id.to_string())
            .collect(),
    };
    let ladders: BTreeMap<String, Ladder> = reading
        .parts
        .ladders
        .iter()
        .map(|ladder| (ladder.id.to_string(), ladder.clone()))
        .collect();
    // A rung that could not be read may be the one that is missed.
    let ladders: BTreeMap<String, Ladder> = ladders
        .into_iter()
        .filter(|(_, ladder)| !reading.is_torn(&format!("ladder `{}`", ladder.id), "rungs"))
        .collect();
    for ladder in ladders.values() {
        check_ladder(ladder, &people, reading);
    }
    let domains: Vec<(String, String, String)> = reading
        .parts
        .domains
        .iter()
        .map(|domain| {
            (
                domain.id.to_string(),
                domain.owner.to_string(),
                domain.ladder.to_string(),
            )
        })
        .collect();
    let mut seen = BTreeSet::new();
    for (domain, owner, ladder) in domains {
        if let Some(ladder) = ladders.get(&ladder)
            && seen.insert((owner.clone(), ladder.id.to_string()))
        {
            check_domain(&domain, &owner, ladder, &people, reading);
        }
    }
}

fn check_ladder(ladder: &Ladder, people: &People, reading: &mut Reading) {
    let subject = format!("ladder `{}`", ladder.id);
    if ladder.rungs.len() < RUNGS_MIN {
        let place = reading.place(&subject, "rungs");
        reading.sink.add(
            Finding::error(
                Code::FewRungs,
                place,
                format!("{subject} has {} rungs", ladder.rungs.len()),
            )
            .expected(format!("at least {RUNGS_MIN}"), ladder.rungs.len().to_string())
            .help("add rungs: the owner, engineering across domains, the platform, the organisation"),
        );
    }
    for (at, rung) in ladder.rungs.iter().enumerate() {
        let calls_owner = rung.targets.contains(&Target::OwnerOnCall);
        if !calls_owner && reached(&rung.targets, "", people).is_empty() {
            let what = format!("rung {} of {subject}", at + 1);
            let place = reading.place(&what, "reaches");
            reading.sink.add(
                Finding::error(Code::RungReachesNobody, place, format!("{what} reaches nobody"))
                    .expected("a person with a contact method", named(&rung.targets))
                    .help("add `reaches: [group:<team>]` with people whose profile has an `email`"),
            );
        }
    }
}

fn check_domain(domain: &str, owner: &str, ladder: &Ladder, people: &People, reading: &mut Reading) {
    let owner_place = reading.place(&format!("domain `{domain}`"), "owner");
    let ladder_place = reading.place(&format!("ladder `{}`", ladder.id), "rungs");
    let is_known_team = people.on_call.get(owner).is_some_and(|paged| !paged.is_empty());
    let mut everybody = BTreeSet::new();
    for (at, rung) in ladder.rungs.iter().enumerate() {
        let found = reached(&rung.targets, owner, people);
        if found.is_empty() && is_known_team && rung.targets.contains(&Target::OwnerOnCall) {
            reading.sink.add(
                Finding::error(
                    Code::RungReachesNobody,
                    owner_place,
                    format!(
                        "rung {} of ladder `{}` reaches nobody for domain `{domain}`",
                        at + 1,
                        ladder.id
                    ),
                )
                .expected("a person with a contact method", format!("team `{owner}` without one"))
                .help("add `profile: { email: ... }` to somebody who is on call"),
            );
        }
        everybody.extend(found);
    }
    if let Some(only) = everybody.first()
        && everybody.len() == 1
        && ladder.rungs.len() > 1
    {
        reading.sink.add(
            Finding::error(
                Code::SamePersonEverywhere,
                ladder_place,
                format!("person `{only}` stands on every rung of ladder `{}`", ladder.id),
            )
            .expected(
                "somebody else on an upper rung",
                format!("`{only}` on all {}", ladder.rungs.len()),
            )
            .help("when that person does not answer, nobody does: name other people further up")
            .related(owner_place, format!("for domain `{domain}`")),
        );
    }
}

/// Whom a rung names, in words.
fn named(targets: &[Target]) -> String {
    let names: Vec<String> = targets
        .iter()
        .map(|target| match target {
            Target::OwnerOnCall => "`owner`".to_owned(),
            Target::Team(id) => format!("team `{id}`"),
            Target::Person(id) => format!("person `{id}`"),
        })
        .collect();
    match names.as_slice() {
        [] => "no target".to_owned(),
        names => format!("{} without one", names.join(" and ")),
    }
}

fn reached(targets: &[Target], owner: &str, people: &People) -> BTreeSet<String> {
    let team = |team: &str| people.on_call.get(team).cloned().unwrap_or_default();
    targets
        .iter()
        .flat_map(|target| match target {
            Target::OwnerOnCall => team(owner),
            Target::Team(id) => team(id.as_str()),
            Target::Person(person) => vec![person.to_string()],
        })
        .filter(|person| people.reachable.contains(person))
        .collect()
}

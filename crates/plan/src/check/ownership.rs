//! Ownership: the owner of a domain is one declared team that has people.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::read::{Kind, Reading, declared, nearest};
use crate::sink::Finding;

/// Checks every owner. None and two are found while reading.
pub(crate) fn check(reading: &mut Reading) {
    let peopled: BTreeSet<String> = reading
        .parts
        .teams
        .iter()
        // Who is on call for a team and not in it decides nothing.
        .filter(|team| !team.members.is_empty())
        .map(|team| team.id.to_string())
        .collect();
    for (domain, (owner, place)) in reading.owners.clone() {
        if reading.declared.contains_key(&(Kind::Team, owner.clone())) {
            if !peopled.contains(&owner) {
                let group = reading.declared.get(&(Kind::Team, owner.clone())).copied();
                let mut finding = Finding::error(
                    Code::EmptyTeam,
                    place,
                    format!("team `{owner}`, which owns domain `{domain}`, has no people"),
                )
                .expected("a team with members", format!("`{owner}` without one"))
                .help("add `members` to the group, or `memberOf` to its people");
                if let Some(group) = group {
                    finding = finding.related(group, "declared here");
                }
                reading.sink.add(finding);
            }
            continue;
        }
        if let Some(person) = reading.declared.get(&(Kind::Person, owner.clone())).copied() {
            let finding = Finding::error(
                Code::PersonAsOwner,
                place,
                format!("the owner of domain `{domain}` is a person"),
            )
            .expected("a team", format!("person `{owner}`"))
            .help("people leave and sleep: name the person's team, and the person as `escalation-contact`")
            .related(person, "declared as a person here");
            reading.sink.add(finding);
            continue;
        }
        let teams = || {
            reading
                .declared
                .keys()
                .filter(|(kind, _)| *kind == Kind::Team && !reading.sink.is_full())
                .map(|(_, name)| name.as_str())
        };
        let help = match nearest(&owner, teams()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare `{owner}` as a Backstage `Group`, or name one that is declared"),
        };
        let expected = declared("team", teams());
        reading.sink.add(
            Finding::error(
                Code::UnknownOwner,
                place,
                format!("team `{owner}`, which owns domain `{domain}`, is not declared"),
            )
            .expected(expected, format!("`{owner}`"))
            .help(help),
        );
    }
}

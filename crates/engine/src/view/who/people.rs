//! Teams and people: what they own, which ladder their pages climb, and the lines that put somebody into a team.

use tidegate_model::ladder::{Ladder, Target};
use tidegate_model::{DomainId, Estate, PersonId, RunbookId, TeamId};

use super::{ladder, on_call_rule, team_words};
use crate::view::{Because, WhoView};

/// A name as a catalogue refers to it: lower-case, led by its namespace unless that is `default`.
pub(super) fn catalogued(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.split_once('/') {
        None => name,
        Some(("default", name)) => name.to_owned(),
        Some((namespace, name)) => format!("{namespace}.{name}"),
    }
}

/// The team that answers for a person: the first of theirs that owns a domain, else the first of theirs.
pub(super) fn team_of(estate: &Estate, id: &PersonId) -> Option<TeamId> {
    let teams = teams_of(estate, id);
    let owning = teams.iter().find(|team| !owned_by(estate, team).is_empty());
    owning.or(teams.first()).map(|team| (*team).clone())
}

pub(super) fn of_team(estate: &Estate, id: &TeamId, view: WhoView, because: &mut Vec<Because>) -> WhoView {
    because.extend(owns(estate, id, "it"));
    because.extend(on_call_rule(estate, id));
    if because.is_empty() {
        because.push(declared(estate, id));
    }
    because.extend(rungs(estate, |target| *target == Target::Team(id.clone())));
    of(estate, Some(id), owned_by(estate, id), view)
}

pub(super) fn of_person(estate: &Estate, id: &PersonId, view: WhoView, because: &mut Vec<Because>) -> WhoView {
    let teams = teams_of(estate, id);
    for team in &teams {
        because.push(membership(estate, id, team));
        because.extend(owns(estate, team, &format!("team `{team}`")));
    }
    if teams.is_empty() {
        because.push(Because::new(
            estate,
            format!("person `{id}` is declared, and is in no team"),
            ("User", id.as_str()),
        ));
    }
    because.extend(rungs(estate, |target| *target == Target::Person(id.clone())));
    let team = team_of(estate, id);
    let domains = estate.domains().values();
    let theirs = domains.filter(|domain| teams.contains(&&domain.owner));
    let theirs: Vec<DomainId> = theirs.map(|domain| domain.id.clone()).collect();
    of(estate, team.as_ref(), theirs, view)
}

/// The answer of a team, about these domains; a ladder and a runbook are told when all of the domains share them.
fn of(estate: &Estate, team: Option<&TeamId>, domains: Vec<DomainId>, view: WhoView) -> WhoView {
    let first = domains.first().filter(|first| {
        let climbs = |domain: &DomainId| estate.domains().get(domain).map(|one| (&one.ladder, &one.owner));
        domains.iter().all(|domain| climbs(domain) == climbs(first))
    });
    let runbook_of = |domain: &DomainId| estate.domains().get(domain)?.runbook.clone();
    let runbooks: Vec<Option<RunbookId>> = domains.iter().map(runbook_of).collect();
    let shared = runbooks
        .first()
        .filter(|first| runbooks.iter().all(|one| one == *first));
    let runbook = shared.and_then(Option::as_ref);
    let view = WhoView {
        ladder: first.map_or(Vec::new(), |domain| ladder(estate, domain)),
        repeat_every: first
            .and_then(|domain| estate.ladder_of(domain))
            .map(|ladder| ladder.repeat_every),
        domain: domains.first().filter(|_| domains.len() == 1).cloned(),
        domains,
        owner: team.map(|team| team_words(estate, team)),
        on_call: team.map_or(Vec::new(), |team| estate.on_call(team).to_vec()),
        ..view
    };
    super::with_runbook(estate, runbook, view)
}

fn teams_of<'e>(estate: &'e Estate, id: &PersonId) -> Vec<&'e TeamId> {
    let teams = estate.teams().values();
    let theirs = teams.filter(|team| team.members.contains(id) || team.on_call.contains(id));
    theirs.map(|team| &team.id).collect()
}

fn owned_by(estate: &Estate, team: &TeamId) -> Vec<DomainId> {
    let domains = estate.domains().values();
    let owned = domains.filter(|domain| &domain.owner == team);
    owned.map(|domain| domain.id.clone()).collect()
}

fn owns(estate: &Estate, team: &TeamId, who: &str) -> Vec<Because> {
    let told = |domain: DomainId| {
        let says = format!("{who} owns domain `{domain}`");
        Because::new(estate, says, ("Domain.owner", domain.as_str()))
    };
    owned_by(estate, team).into_iter().map(told).collect()
}

fn declared(estate: &Estate, team: &TeamId) -> Because {
    let says = format!("team `{team}` is declared, and owns no domain");
    Because::new(estate, says, ("Group", team.as_str()))
}

/// The line that says so: `memberOf` of the person, `members` of the team, or the roster.
fn membership(estate: &Estate, person: &PersonId, team: &TeamId) -> Because {
    let of_person = format!("{person} {team}");
    let of_team = format!("{team} {person}");
    let is_member = estate
        .teams()
        .get(team)
        .is_some_and(|team| team.members.contains(person));
    let (says, place) = match is_member {
        true if estate.declared("User.memberOf", &of_person).is_some() => (
            format!("member of team `{team}`"),
            ("User.memberOf", of_person.as_str()),
        ),
        true if estate.declared("Group.members", &of_team).is_some() => {
            (format!("member of team `{team}`"), ("Group.members", of_team.as_str()))
        }
        true => (format!("member of team `{team}`"), ("Group", team.as_str())),
        false => (format!("on call for team `{team}`"), ("Roster.team", team.as_str())),
    };
    Because::new(estate, says, place)
}

/// The rungs that name somebody, one reason a ladder.
fn rungs(estate: &Estate, is_meant: impl Fn(&Target) -> bool) -> Vec<Because> {
    let told = |ladder: &Ladder| {
        let rungs = ladder.rungs.iter().enumerate();
        let named: Vec<String> = rungs
            .filter(|(_, rung)| rung.targets.iter().any(&is_meant))
            .map(|(at, rung)| format!("{} ({})", at + 1, rung.title))
            .collect();
        let says = format!("called on rung {} of ladder `{}`", named.join(" and "), ladder.id);
        (!named.is_empty()).then(|| Because::new(estate, says, ("Ladder", ladder.id.as_str())))
    };
    estate.ladders().values().filter_map(told).collect()
}

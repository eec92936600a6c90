//! The answer to "who owns X?" for anything that has a name.

use tidegate_model::domain::Domain;
use tidegate_model::{DomainId, Estate, Millis, PersonId, TeamId, Timestamp};

use crate::state::State;
use crate::view::WhoView;

/// Who owns what is named; nothing when nothing has that name. A stage, flow or route leads to its domain.
#[must_use]
pub fn who(estate: &Estate, _: &State, _: Timestamp, text: &str) -> Option<WhoView> {
    // The roster is static, so neither the state nor the time changes the answer.
    let asked = text.trim();
    let (kind, domain) = find(estate, asked)?;
    Some(match domain {
        Found::Domain(id) => of_domain(estate, asked, kind, &id),
        Found::Team(id) => of_team(estate, asked, &id),
        Found::Person(id) => of_person(estate, asked, &id),
    })
}

enum Found {
    Domain(DomainId),
    Team(TeamId),
    Person(PersonId),
}

fn find(estate: &Estate, asked: &str) -> Option<(&'static str, Found)> {
    let domain = |kind, id: &DomainId| Some((kind, Found::Domain(id.clone())));
    if let Some((id, _)) = estate.domains().get_key_value(asked) {
        return domain("domain", id);
    }
    if let Some(flow) = estate.flows().get(asked) {
        return domain("flow", &flow.domain);
    }
    if let Some((_, stage)) = estate.stages().find(|(_, stage)| stage.id.as_str() == asked) {
        return domain("stage", &stage.owner);
    }
    if let Some((owner, _)) = switches(estate).find(|(_, name)| *name == asked) {
        return domain("switch", &owner.id);
    }
    if let Some((owner, _)) = actions(estate).find(|(_, name)| *name == asked) {
        return domain("action", &owner.id);
    }
    if let Some(mode) = estate.failure_modes().get(asked) {
        return domain("failure mode", &mode.domain);
    }
    if let Some((_, stage)) = estate.stages().find(|(_, stage)| stage.unit.as_str() == asked) {
        return domain("unit", &stage.owner);
    }
    if let Some(owner) = route_owner(estate, asked) {
        return domain("route", &owner);
    }
    if let Some((id, _)) = estate.teams().get_key_value(asked) {
        return Some(("team", Found::Team(id.clone())));
    }
    estate
        .people()
        .get_key_value(asked)
        .map(|(id, _)| ("person", Found::Person(id.clone())))
}

fn switches(estate: &Estate) -> impl Iterator<Item = (&Domain, &str)> {
    estate
        .domains()
        .values()
        .flat_map(|domain| domain.switches.iter().map(move |switch| (domain, switch.id.as_str())))
}

fn actions(estate: &Estate) -> impl Iterator<Item = (&Domain, &str)> {
    estate.domains().values().flat_map(|domain| {
        domain
            .authority
            .iter()
            .map(move |grant| (domain, grant.action.as_str()))
    })
}

/// A route by its name or by its public pattern, such as `/cart`: its unit's stage says whose it is.
fn route_owner(estate: &Estate, asked: &str) -> Option<DomainId> {
    let mut routes = estate.edges().values().flat_map(|edge| &edge.routes);
    let route = routes.find(|route| route.id.as_str() == asked || route.path == asked)?;
    let flow = estate
        .flows()
        .values()
        .find(|flow| flow.entry == route.id || flow.complete == route.id);
    let stage = estate
        .stages_of_unit(&route.unit)
        .next()
        .map(|stage| stage.owner.clone());
    flow.map(|flow| flow.domain.clone()).or(stage)
}

fn of_domain(estate: &Estate, asked: &str, kind: &str, id: &DomainId) -> WhoView {
    let domain = estate.domains().get(id);
    WhoView {
        asked: asked.to_owned(),
        kind: kind.to_owned(),
        domain: Some(id.clone()),
        owner: domain.map(|domain| team_words(estate, &domain.owner)),
        on_call: domain.map_or(Vec::new(), |domain| estate.on_call(&domain.owner).to_vec()),
        ladder: ladder(estate, id),
        runbook: domain
            .and_then(|domain| domain.runbook.as_ref())
            .and_then(|runbook| estate.runbooks().get(runbook))
            .map(|runbook| runbook.title.clone()),
    }
}

fn of_team(estate: &Estate, asked: &str, id: &TeamId) -> WhoView {
    let owned = estate
        .domains()
        .values()
        .find(|domain| &domain.owner == id)
        .map(|domain| domain.id.clone());
    WhoView {
        asked: asked.to_owned(),
        kind: "team".to_owned(),
        ladder: owned.as_ref().map_or(Vec::new(), |domain| ladder(estate, domain)),
        domain: owned,
        owner: Some(team_words(estate, id)),
        on_call: estate.on_call(id).to_vec(),
        runbook: None,
    }
}

fn of_person(estate: &Estate, asked: &str, id: &PersonId) -> WhoView {
    let team = estate
        .teams()
        .values()
        .find(|team| team.members.contains(id) || team.on_call.contains(id));
    WhoView {
        asked: asked.to_owned(),
        kind: "person".to_owned(),
        domain: None,
        owner: team.map(|team| team_words(estate, &team.id)),
        on_call: vec![id.clone()],
        ladder: Vec::new(),
        runbook: None,
    }
}

fn team_words(estate: &Estate, id: &TeamId) -> String {
    match estate.teams().get(id) {
        Some(team) if team.title != id.as_str() => format!("{} ({id})", team.title),
        Some(_) | None => id.to_string(),
    }
}

fn ladder(estate: &Estate, domain: &DomainId) -> Vec<(String, Vec<PersonId>, Millis)> {
    let rungs = estate
        .ladder_of(domain)
        .map_or(&[][..], |ladder| ladder.rungs.as_slice());
    rungs
        .iter()
        .enumerate()
        .map(|(place, rung)| {
            (
                rung.title.clone(),
                estate.rung_people(domain, place),
                rung.answer_within,
            )
        })
        .collect()
}

//! The answer to "who owns X?" for anything that has a name or an address, with the lines of the plan that say so.
//! Rosters are static, so neither state nor time changes an answer.

mod address;
mod catalogue;
mod code;
mod near;
mod people;
mod thing;

use tidegate_model::{DomainId, Estate, Millis, PersonId, RunbookId, TeamId};

use crate::view::{Because, OtherThing, WhoView};
use thing::{Leads, Thing};

/// Who owns what is named: `payments`, `route:payments`, `POST /payments`, a whole address, `stage/criterion`, a path of code.
///
/// A domain comes before anything else of its name. Other things that share a name are listed beside the answer when they lead
/// to the same owner; when they do not, the answer is `several`, with all of them and no owner. What nothing is called is
/// `nothing`, with the nearest names.
#[must_use]
pub fn who(estate: &Estate, text: &str) -> WhoView {
    let asked = text.trim();
    let mut found = named(estate, asked);
    if found.is_empty() {
        found = address::things(estate, asked);
    }
    if found.is_empty() {
        found = code::things(estate, asked);
    }
    if found.is_empty() {
        return WhoView {
            kind: "nothing".to_owned(),
            near: near::names(asked, &thing::all(estate)),
            ..empty(asked)
        };
    }
    let first = found.iter().position(|thing| thing.kind == "domain").unwrap_or(0);
    let chosen = found.remove(first);
    let owner = owner_of(estate, &chosen.leads);
    let disagree = found.iter().any(|other| owner_of(estate, &other.leads) != owner);
    if chosen.kind != "domain" && disagree {
        found.insert(0, chosen);
        return WhoView {
            kind: "several".to_owned(),
            also: found.iter().map(|thing| other(estate, thing)).collect(),
            ..empty(asked)
        };
    }
    WhoView {
        also: found.iter().map(|thing| other(estate, thing)).collect(),
        ..answer(estate, asked, chosen)
    }
}

/// Everything of that name, or of that kind and name as in `route:payments`. A catalogue's own words, `group:` and `user:`
/// with or without a namespace, lead to teams and people.
fn named(estate: &Estate, asked: &str) -> Vec<Thing> {
    let (kind, name) = match asked.split_once(':') {
        Some((kind, name)) if thing::is_kind(kind) => (Some(kind), name.trim()),
        Some(_) | None => (None, asked),
    };
    let (kind, name) = match kind {
        Some("group") => (Some("team"), people::catalogued(name)),
        Some("user") => (Some("person"), people::catalogued(name)),
        Some(_) | None => (kind, name.to_owned()),
    };
    thing::all(estate)
        .into_iter()
        .filter(|thing| thing.name == name && kind.is_none_or(|kind| thing.kind == kind))
        .collect()
}

fn empty(asked: &str) -> WhoView {
    WhoView {
        asked: asked.to_owned(),
        kind: String::new(),
        name: String::new(),
        domain: None,
        domains: Vec::new(),
        owner: None,
        on_call: Vec::new(),
        ladder: Vec::new(),
        repeat_every: None,
        contact: None,
        runbook: None,
        steps: Vec::new(),
        because: Vec::new(),
        also: Vec::new(),
        near: Vec::new(),
    }
}

fn answer(estate: &Estate, asked: &str, thing: Thing) -> WhoView {
    let mut because = thing.because;
    let view = WhoView {
        kind: thing.kind.to_owned(),
        name: thing.name,
        ..empty(asked)
    };
    let view = match &thing.leads {
        Leads::Domain(id) => of_domain(estate, id, view, &mut because),
        Leads::Team(id) => people::of_team(estate, id, view, &mut because),
        Leads::Person(id) => people::of_person(estate, id, view, &mut because),
        Leads::Nobody => view,
    };
    let runbook = thing.runbook.or_else(|| {
        let domain = estate.domains().get(view.domain.as_ref()?)?;
        domain.runbook.clone()
    });
    with_runbook(estate, runbook.as_ref(), WhoView { because, ..view })
}

fn of_domain(estate: &Estate, id: &DomainId, view: WhoView, because: &mut Vec<Because>) -> WhoView {
    let Some(domain) = estate.domains().get(id) else {
        return view;
    };
    because.push(Because::new(
        estate,
        format!("domain `{id}` is owned by team `{}`", domain.owner),
        ("Domain.owner", id.as_str()),
    ));
    because.extend(on_call_rule(estate, &domain.owner));
    WhoView {
        domain: Some(id.clone()),
        domains: vec![id.clone()],
        owner: Some(team_words(estate, &domain.owner)),
        on_call: estate.on_call(&domain.owner).to_vec(),
        ladder: ladder(estate, id),
        repeat_every: estate.ladder_of(id).map(|ladder| ladder.repeat_every),
        contact: domain.escalation_contact.clone(),
        ..view
    }
}

fn with_runbook(estate: &Estate, runbook: Option<&RunbookId>, view: WhoView) -> WhoView {
    let Some(runbook) = runbook.and_then(|id| estate.runbooks().get(id)) else {
        return view;
    };
    WhoView {
        runbook: Some(runbook.title.clone()),
        steps: runbook.steps.clone(),
        ..view
    }
}

fn on_call_rule(estate: &Estate, team: &TeamId) -> Option<Because> {
    let place = ("Roster.team", team.as_str());
    estate.declared(place.0, place.1)?;
    Some(Because::new(estate, format!("roster of team `{team}`"), place))
}

fn owner_of(estate: &Estate, leads: &Leads) -> Option<TeamId> {
    match leads {
        Leads::Domain(id) => estate.owner_of(id).cloned(),
        Leads::Team(id) => Some(id.clone()),
        Leads::Person(id) => people::team_of(estate, id),
        Leads::Nobody => None,
    }
}

fn other(estate: &Estate, thing: &Thing) -> OtherThing {
    OtherThing {
        ask: format!("{}:{}", thing.kind, thing.name),
        owner: owner_of(estate, &thing.leads).map(|team| team_words(estate, &team)),
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

impl Because {
    /// A reason with the place that the estate knows for it.
    fn new(estate: &Estate, says: String, (kind, name): (&str, &str)) -> Self {
        Self {
            says,
            at: estate.declared(kind, name).map(ToString::to_string),
        }
    }
}

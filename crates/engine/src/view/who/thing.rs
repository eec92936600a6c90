//! Everything of an estate that has a name, and to whom each leads.

use tidegate_model::edge::{Edge, Route};
use tidegate_model::entity::Resolver;
use tidegate_model::{DomainId, Estate, PersonId, RunbookId, TeamId, UnitId};

use super::catalogue;
use crate::view::Because;

/// To whom a thing leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leads {
    /// To the owner of a domain.
    Domain(DomainId),
    /// To a team.
    Team(TeamId),
    /// To a person.
    Person(PersonId),
    /// To nobody.
    Nobody,
}

/// A thing with a name.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    /// What it is, as in `route:payments`.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) name: String,
    /// To whom it leads.
    pub(super) leads: Leads,
    /// Its own runbook, before its domain's.
    pub(super) runbook: Option<RunbookId>,
    /// Why it leads there, but for the domain's own owner.
    pub(super) because: Vec<Because>,
}

/// Every kind that may lead a name, as in `route:payments`; the last two are a catalogue's words for teams and people.
const KINDS: [&str; 22] = [
    "domain",
    "flow",
    "stage",
    "criterion",
    "switch",
    "action",
    "failure-mode",
    "runbook",
    "entity",
    "objective",
    "invariant",
    "integration",
    "agreement",
    "transfer",
    "system",
    "component",
    "unit",
    "route",
    "team",
    "person",
    "group",
    "user",
];

/// Whether a word is a kind, whether or not the estate has any of it.
pub(super) fn is_kind(word: &str) -> bool {
    KINDS.contains(&word)
}

/// Everything, domains first.
pub(super) fn all(estate: &Estate) -> Vec<Thing> {
    let mut things: Vec<Thing> = estate
        .domains()
        .values()
        .map(|domain| plain("domain", domain.id.as_str(), Leads::Domain(domain.id.clone())))
        .collect();
    things.extend(plans(estate));
    things.extend(authority(estate));
    things.extend(hazards(estate));
    things.extend(entities(estate));
    things.extend(catalogue::things(estate));
    for edge in estate.edges().values() {
        let units = edge.units.iter().map(|unit| &unit.unit).chain(&edge.keyed);
        things.extend(units.map(|unit| of_unit(estate, unit)));
        things.extend(edge.routes.iter().map(|one| route(estate, edge, one)));
    }
    let teams = estate.teams().values();
    things.extend(teams.map(|team| plain("team", team.id.as_str(), Leads::Team(team.id.clone()))));
    let people = estate.people().values();
    things.extend(people.map(|person| plain("person", person.id.as_str(), Leads::Person(person.id.clone()))));
    things
}

pub(super) fn plain(kind: &'static str, name: &str, leads: Leads) -> Thing {
    Thing {
        kind,
        name: name.to_owned(),
        leads,
        runbook: None,
        because: Vec::new(),
    }
}

/// A thing of a domain, and the line that says so.
pub(super) fn of_domain(
    estate: &Estate,
    kind: &'static str,
    name: &str,
    domain: &DomainId,
    place: (&str, &str),
) -> Thing {
    let says = format!("{kind} `{name}` is in domain `{domain}`");
    Thing {
        because: vec![Because::new(estate, says, place)],
        ..plain(kind, name, Leads::Domain(domain.clone()))
    }
}

fn plans(estate: &Estate) -> Vec<Thing> {
    let mut things = Vec::new();
    for flow in estate.flows().values() {
        let name = flow.id.as_str();
        things.push(of_domain(estate, "flow", name, &flow.domain, ("Flow.domain", name)));
    }
    for (_, stage) in estate.stages() {
        let name = stage.id.as_str();
        things.push(Thing {
            runbook: Some(stage.rollback.runbook.clone()),
            ..of_domain(estate, "stage", name, &stage.owner, ("Plan.stages.owner", name))
        });
        for criterion in &stage.gate.criteria {
            let full = format!("{name}/{}", criterion.id);
            let place = ("Plan.stages", name);
            things.push(of_domain(estate, "criterion", &full, &criterion.owner, place));
        }
    }
    things
}

fn authority(estate: &Estate) -> Vec<Thing> {
    let mut things = Vec::new();
    for domain in estate.domains().values() {
        for switch in &domain.switches {
            let name = switch.id.as_str();
            things.push(of_domain(estate, "switch", name, &domain.id, ("Domain.switches", name)));
        }
        for grant in &domain.authority {
            let name = grant.action.as_str();
            things.push(of_domain(
                estate,
                "action",
                name,
                &domain.id,
                ("Domain.authority", name),
            ));
        }
    }
    things
}

fn hazards(estate: &Estate) -> Vec<Thing> {
    let mut things = Vec::new();
    for mode in estate.failure_modes().values() {
        let name = mode.id.as_str();
        things.push(Thing {
            runbook: Some(mode.runbook.clone()),
            ..of_domain(estate, "failure-mode", name, &mode.domain, ("FailureMode.domain", name))
        });
    }
    for runbook in estate.runbooks().values() {
        let name = runbook.id.as_str();
        let of = estate
            .domains()
            .values()
            .find(|domain| domain.runbook.as_ref() == Some(&runbook.id))
            .map(|domain| &domain.id)
            .or_else(|| {
                let mut modes = estate.failure_modes().values();
                modes.find(|mode| mode.runbook == runbook.id).map(|mode| &mode.domain)
            });
        let thing = match of {
            Some(domain) => of_domain(estate, "runbook", name, domain, ("Runbook", name)),
            None => plain("runbook", name, Leads::Nobody),
        };
        things.push(Thing {
            runbook: Some(runbook.id.clone()),
            ..thing
        });
    }
    things
}

fn entities(estate: &Estate) -> impl Iterator<Item = Thing> + '_ {
    estate.entities().values().map(|entity| {
        let (name, place) = (entity.id.as_str(), ("Entity.owner", entity.id.as_str()));
        match &entity.owner {
            Resolver::Domain(domain) => of_domain(estate, "entity", name, domain, place),
            Resolver::Team(team) => Thing {
                because: vec![Because::new(
                    estate,
                    format!("differences of entity `{name}` are resolved by team `{team}`"),
                    place,
                )],
                ..plain("entity", name, Leads::Team(team.clone()))
            },
        }
    })
}

/// A unit leads to the owner of the stage that moves it, else of a flow that is measured on it.
fn of_unit(estate: &Estate, unit: &UnitId) -> Thing {
    let name = unit.as_str();
    let Some((domain, says, place)) = unit_owner(estate, unit) else {
        return Thing {
            because: vec![Because::new(
                estate,
                format!("no stage moves unit `{name}` and no flow is measured on it"),
                ("Edge.units", name),
            )],
            ..plain("unit", name, Leads::Nobody)
        };
    };
    Thing {
        because: vec![Because::new(estate, says, (place.0, place.1.as_str()))],
        ..plain("unit", name, Leads::Domain(domain))
    }
}

fn unit_owner(estate: &Estate, unit: &UnitId) -> Option<(DomainId, String, (&'static str, String))> {
    if let Some(stage) = estate.stages_of_unit(unit).next() {
        let says = format!("stage `{}` of domain `{}` moves unit `{unit}`", stage.id, stage.owner);
        return Some((stage.owner.clone(), says, ("Plan.stages", stage.id.to_string())));
    }
    let flow = estate.flows().values().find(|flow| &flow.unit == unit)?;
    let says = format!(
        "flow `{}` of domain `{}` is measured on unit `{unit}`",
        flow.id, flow.domain
    );
    Some((flow.domain.clone(), says, ("Flow", flow.id.to_string())))
}

/// A route leads to the flow that begins or ends there, else to its unit.
pub(super) fn route(estate: &Estate, edge: &Edge, route: &Route) -> Thing {
    let says = format!("route `{}` of edge `{}` takes `{}`", route.id, edge.id, words(route));
    led(estate, route, says)
}

/// The same for the address that a route has on one of the sides.
pub(super) fn route_of_side(estate: &Estate, edge: &Edge, route: &Route, side: &str, path: &str) -> Thing {
    let says = format!(
        "route `{}` of edge `{}` takes `{}`, which is `{path}` on the {side} side",
        route.id,
        edge.id,
        words(route)
    );
    led(estate, route, says)
}

fn led(estate: &Estate, route: &Route, says: String) -> Thing {
    let name = route.id.as_str();
    let lies = Because::new(estate, says, ("Edge.routes", name));
    let flow = estate
        .flows()
        .values()
        .find(|flow| flow.entry == route.id || flow.complete == route.id);
    let (leads, mut because) = match flow {
        Some(flow) => {
            let says = format!("flow `{}` of domain `{}` begins or ends there", flow.id, flow.domain);
            let reason = Because::new(estate, says, ("Flow.domain", flow.id.as_str()));
            (Leads::Domain(flow.domain.clone()), vec![reason])
        }
        None => {
            let unit = of_unit(estate, &route.unit);
            (unit.leads, unit.because)
        }
    };
    because.insert(0, lies);
    Thing {
        because,
        ..plain("route", name, leads)
    }
}

/// A route as plan files write it.
fn words(route: &Route) -> String {
    match route.methods.is_empty() {
        true => route.path.clone(),
        false => format!("{} {}", route.methods.join(","), route.path),
    }
}

/// What takes an address that no route of an edge takes.
pub(super) fn fallback(estate: &Estate, edge: &Edge, path: &str) -> Thing {
    let unit = of_unit(estate, &edge.fallback);
    let mut because = vec![Because::new(
        estate,
        format!(
            "no route of edge `{}` takes `{path}`; unit `{}` does what no route does",
            edge.id, edge.fallback
        ),
        ("Edge", edge.id.as_str()),
    )];
    because.extend(unit.because);
    Thing { because, ..unit }
}

//! Objectives, invariants, integrations, agreements, transfers, systems and components, and to whom each leads.

use tidegate_model::{Estate, TeamId};

use super::thing::{Leads, Thing, of_domain, plain};
use crate::view::Because;

/// Everything of these kinds.
pub(super) fn things(estate: &Estate) -> Vec<Thing> {
    let mut things = promises(estate);
    things.extend(joins(estate));
    for system in estate.systems().values() {
        let id = system.id.as_str();
        things.push(of_team(estate, "system", id, &system.owner, ("System.owner", id)));
    }
    for component in estate.components().values() {
        let id = component.id.as_str();
        things.push(of_team(
            estate,
            "component",
            id,
            &component.owner,
            ("Component.owner", id),
        ));
    }
    things
}

fn promises(estate: &Estate) -> Vec<Thing> {
    let mut things = Vec::new();
    for domain in estate.domains().values() {
        for objective in &domain.objectives {
            let name = format!("{}/{}", domain.id, objective.id);
            let place = ("Domain.objectives", objective.id.as_str());
            things.push(of_domain(estate, "objective", &name, &domain.id, place));
        }
    }
    for invariant in estate.invariants().values() {
        let id = invariant.id.as_str();
        things.push(of_domain(
            estate,
            "invariant",
            id,
            &invariant.domain,
            ("Invariant.domain", id),
        ));
    }
    things
}

/// What joins several domains leads to the one that has to act.
fn joins(estate: &Estate) -> Vec<Thing> {
    let mut things = Vec::new();
    for integration in estate.integrations().values() {
        let id = integration.id.as_str();
        let says = format!(
            "failures of integration `{id}` are handled by domain `{}`",
            integration.failures
        );
        things.push(Thing {
            because: vec![Because::new(estate, says, ("Integration", id))],
            ..plain("integration", id, Leads::Domain(integration.failures.clone()))
        });
    }
    for agreement in estate.agreements().values() {
        let id = agreement.id.as_str();
        let parties: Vec<String> = agreement.between.iter().map(|party| format!("`{party}`")).collect();
        let leads = agreement.between.first();
        let says = format!(
            "agreement `{id}` is between {}; the first of them stays accountable",
            parties.join(" and ")
        );
        things.push(Thing {
            because: vec![Because::new(estate, says, ("Agreement", id))],
            ..plain(
                "agreement",
                id,
                leads.map_or(Leads::Nobody, |domain| Leads::Domain(domain.clone())),
            )
        });
    }
    for transfer in estate.transfers().values() {
        let id = transfer.id.as_str();
        let says = match transfer.completed {
            Some(_) => format!(
                "transfer `{id}` of domain `{}` to team `{}` is complete",
                transfer.domain, transfer.to
            ),
            None => format!(
                "transfer `{id}` of domain `{}` to team `{}` is under way; the owner stays accountable until it is complete",
                transfer.domain, transfer.to
            ),
        };
        things.push(Thing {
            because: vec![Because::new(estate, says, ("Transfer", id))],
            ..plain("transfer", id, Leads::Domain(transfer.domain.clone()))
        });
    }
    things
}

fn of_team(estate: &Estate, kind: &'static str, name: &str, team: &TeamId, place: (&str, &str)) -> Thing {
    let says = format!("{kind} `{name}` is owned by team `{team}`");
    Thing {
        because: vec![Because::new(estate, says, place)],
        ..plain(kind, name, Leads::Team(team.clone()))
    }
}

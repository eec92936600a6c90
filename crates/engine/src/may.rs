//! The one place for authority: who may ask for what. States and windows are the business of the decisions themselves.

use tidegate_model::plan::Stage;
use tidegate_model::seam::Actor;
use tidegate_model::{DomainId, Estate, GatewayId, IncidentId, PersonId, RunbookId, ServiceId, StageId, TeamId};

use crate::command::Request;
use crate::decide::{gate, person};
use crate::refusal::{Refusal, Rule};
use crate::state::State;

/// The service whose key is good for noting changes.
const CHANGE_PURPOSE: &str = "change";

/// Why a report of one gateway in the name of another is refused.
const THE_GATEWAY: &str = "a gateway speaks for itself";

/// Whether an actor has authority for a request; the refusal names whose it is.
///
/// # Errors
/// The refusal `not-authorised`, or `unknown-subject`.
pub fn may(estate: &Estate, state: &State, actor: &Actor, request: &Request) -> Result<(), Refusal> {
    match request {
        Request::StartController
        | Request::DistrustJournal
        | Request::Tick
        | Request::Receive(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. } => only(
            matches!(actor, Actor::Controller),
            actor,
            "this comes from the controller itself",
        ),
        Request::Evidence(stratum) => only(is_gateway(actor, &stratum.id.gateway), actor, THE_GATEWAY),
        Request::GatewaySeen { gateway, .. } => only(is_gateway(actor, gateway), actor, THE_GATEWAY),
        Request::Look(_) => only(
            matches!(actor, Actor::Gateway { .. }),
            actor,
            "this comes from a gateway",
        ),
        Request::GatewayLost { gateway } => only(
            is_gateway(actor, gateway) || matches!(actor, Actor::Controller),
            actor,
            "the lease table says that a gateway is lost",
        ),
        Request::Adopt { .. } => need_person(
            actor,
            |id| is_on_any_ladder(estate, id),
            None,
            "people on a ladder adopt",
        ),
        Request::Approve { stage } | Request::Finalise { stage } => {
            let stage = declared(estate, stage)?;
            let owner = estate.owner_of(&stage.owner).cloned();
            need_person(
                actor,
                |id| is_approver(estate, stage, id),
                owner,
                "approvers approve, executors do not",
            )
        }
        Request::AcceptRisk { stage, .. } => {
            let stage = declared(estate, stage)?;
            let allowed = |id: &PersonId| is_approver(estate, stage, id) || stands_above(estate, &stage.owner, id);
            need_person(
                actor,
                allowed,
                estate.owner_of(&stage.owner).cloned(),
                "an approver and a rung above accept risk",
            )
        }
        Request::Hold { stage, .. } | Request::Resume { stage, .. } => {
            let stage = declared(estate, stage)?;
            need_person(
                actor,
                |id| is_touched(estate, state, stage, id),
                estate.owner_of(&stage.owner).cloned(),
                "anyone touched by the stage may",
            )
        }
        Request::Rollback { stage, .. } => {
            let stage = declared(estate, stage)?;
            let allowed = |id: &PersonId| {
                let is_trigger = |trigger| estate.is_approver(trigger, id);
                answers_for(estate, &stage.owner, id)
                    || commands(state, stage, id)
                    || stage.rollback.trigger.iter().any(is_trigger)
            };
            need_person(
                actor,
                allowed,
                estate.owner_of(&stage.owner).cloned(),
                "the owner, the rungs above and the triggers may",
            )
        }
        Request::NoteChange { stage, .. } => {
            let stage = declared(estate, stage)?;
            if is_change_service(actor) {
                return Ok(());
            }
            let allowed = |id: &PersonId| {
                answers_for(estate, &stage.owner, id) || is_member(estate, &stage.rollback.executor, id)
            };
            need_person(
                actor,
                allowed,
                estate.owner_of(&stage.owner).cloned(),
                "the owner, its executors and the rungs above note changes",
            )
        }
        Request::Attest { stage, criterion, .. } => {
            let stage = declared(estate, stage)?;
            let found = stage.gate.criteria.iter().find(|known| &known.id == criterion);
            let domain = found.map_or(&stage.owner, |criterion| &criterion.owner);
            let allowed = |id: &PersonId| answers_for(estate, domain, id) || is_approver(estate, stage, id);
            need_person(
                actor,
                allowed,
                estate.owner_of(domain).cloned(),
                "the criterion's owner and the approvers attest",
            )
        }
        Request::RecordDrill { runbook, .. } => {
            if !estate.runbooks().contains_key(runbook) {
                return Err(crate::decide::turn_unknown("runbook", runbook.as_str()));
            }
            need_person(
                actor,
                |id| may_drill(estate, runbook, id),
                None,
                "whoever answers for what the runbook is for, and its executors, say how a drill went",
            )
        }
        Request::FileFeedback { stage, .. } => {
            declared(estate, stage)?;
            need_person(
                actor,
                |id| estate.people().contains_key(id),
                None,
                "people of the estate file feedback",
            )
        }
        Request::AnswerLesson { stage, .. } => {
            let stage = declared(estate, stage)?;
            need_person(
                actor,
                |id| is_approver(estate, stage, id),
                estate.owner_of(&stage.owner).cloned(),
                "approvers of the next gate answer, executors do not",
            )
        }
        Request::OpenIncident { .. } => need_person(
            actor,
            |id| estate.people().contains_key(id),
            None,
            "people of the estate declare incidents",
        ),
        Request::Acknowledge { incident } | Request::Resolve { incident, .. } => {
            let domain = incident_domain(state, incident)?;
            let called = state
                .incidents
                .get(incident)
                .map(|incident| incident.called.clone())
                .unwrap_or_default();
            let allowed = |id: &PersonId| called.contains(id) || answers_for(estate, &domain, id);
            need_person(
                actor,
                allowed,
                estate.owner_of(&domain).cloned(),
                "the owner's people and the ladder answer",
            )
        }
        Request::Act { incident, .. } | Request::FinishStep { incident, .. } => {
            let domain = incident_domain(state, incident)?;
            let allowed = |id: &PersonId| answers_for(estate, &domain, id);
            need_person(
                actor,
                allowed,
                estate.owner_of(&domain).cloned(),
                "the owner's people and the rungs above act",
            )
        }
        Request::Revert { action } => {
            let Some((domain, _)) = estate.grant(action) else {
                return Err(crate::decide::turn_unknown("action", action.as_str()));
            };
            let allowed = |id: &PersonId| answers_for(estate, &domain.id, id);
            need_person(
                actor,
                allowed,
                Some(domain.owner.clone()),
                "the owner's people and the rungs above revert",
            )
        }
    }
}

fn is_change_service(actor: &Actor) -> bool {
    let change = ServiceId::parse(CHANGE_PURPOSE).expect("`change` is a name");
    matches!(actor, Actor::Service { id } if id == &change)
}

fn is_gateway(actor: &Actor, gateway: &GatewayId) -> bool {
    matches!(actor, Actor::Gateway { id } if id == gateway)
}

fn only(holds: bool, actor: &Actor, what: &str) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(not_authorised(actor, None, what))
    }
}

fn need_person(
    actor: &Actor,
    allowed: impl Fn(&PersonId) -> bool,
    owner: Option<TeamId>,
    rule: &str,
) -> Result<(), Refusal> {
    match person(actor) {
        Some(id) if allowed(id) => Ok(()),
        Some(_) | None => Err(not_authorised(actor, owner, rule)),
    }
}

fn not_authorised(actor: &Actor, owner: Option<TeamId>, rule: &str) -> Refusal {
    let remedy = match &owner {
        Some(team) => format!("ask somebody of {team}"),
        None => "ask somebody who may".into(),
    };
    Refusal {
        rule: Rule::NotAuthorised,
        what: format!("{actor} may not: {rule}"),
        owner,
        remedy,
    }
}

fn declared<'a>(estate: &'a Estate, stage: &StageId) -> Result<&'a Stage, Refusal> {
    estate
        .stage(stage)
        .map(|(_, stage)| stage)
        .ok_or_else(|| crate::decide::turn_unknown("stage", stage.as_str()))
}

fn incident_domain(state: &State, incident: &IncidentId) -> Result<DomainId, Refusal> {
    let known = state.incidents.get(incident);
    known
        .map(|incident| incident.domain.clone())
        .ok_or_else(|| crate::decide::turn_unknown("incident", incident.as_str()))
}

/// Whether a person belongs to a team.
pub(crate) fn is_member(estate: &Estate, team: &TeamId, person: &PersonId) -> bool {
    estate
        .teams()
        .get(team)
        .is_some_and(|team| team.members.contains(person) || team.on_call.contains(person))
}

/// Whether a person is an approver and not an executor of a stage.
#[must_use]
pub(crate) fn is_approver(estate: &Estate, stage: &Stage, person: &PersonId) -> bool {
    stage
        .gate
        .approvers
        .iter()
        .any(|approver| estate.is_approver(approver, person))
        && !is_member(estate, &stage.rollback.executor, person)
}

/// Whether a person stands on a rung above the first of a domain's ladder.
#[must_use]
pub(crate) fn stands_above(estate: &Estate, domain: &DomainId, person: &PersonId) -> bool {
    rungs(estate, domain).skip(1).any(|people| people.contains(person))
}

/// The owner's people and everybody on the ladder.
pub(crate) fn answers_for(estate: &Estate, domain: &DomainId, person: &PersonId) -> bool {
    estate
        .owner_of(domain)
        .cloned()
        .is_some_and(|team| is_member(estate, &team, person))
        || rungs(estate, domain).any(|people| people.contains(person))
}

fn rungs<'a>(estate: &'a Estate, domain: &'a DomainId) -> impl Iterator<Item = Vec<PersonId>> + 'a {
    let count = estate.ladder_of(domain).map_or(0, |ladder| ladder.rungs.len());
    (0..count).map(move |rung| estate.rung_people(domain, rung))
}

fn is_on_any_ladder(estate: &Estate, person: &PersonId) -> bool {
    estate
        .domains()
        .keys()
        .any(|domain| answers_for(estate, domain, person))
}

/// Whether a person may say how a drill went: they answer for a domain, a failure mode or a stage that the runbook is for, or
/// carry its way back out. One that nothing refers to is anybody's on a ladder.
fn may_drill(estate: &Estate, runbook: &RunbookId, person: &PersonId) -> bool {
    let domains = estate
        .domains()
        .values()
        .filter(|domain| domain.runbook.as_ref() == Some(runbook));
    let modes = estate.failure_modes().values().filter(|mode| &mode.runbook == runbook);
    let stages = || {
        estate
            .stages()
            .map(|(_, stage)| stage)
            .filter(|stage| &stage.rollback.runbook == runbook)
    };
    let whose: Vec<&DomainId> = domains
        .map(|domain| &domain.id)
        .chain(modes.map(|mode| &mode.domain))
        .chain(stages().map(|stage| &stage.owner))
        .collect();
    if whose.is_empty() {
        return is_on_any_ladder(estate, person);
    }
    whose.into_iter().any(|domain| answers_for(estate, domain, person))
        || stages().any(|stage| is_member(estate, &stage.rollback.executor, person))
}

/// Everybody whom a stage touches: owners of it and of its criteria, their ladders, its executors, and whoever commands an incident.
fn is_touched(estate: &Estate, state: &State, stage: &Stage, person: &PersonId) -> bool {
    let domains = std::iter::once(&stage.owner).chain(stage.gate.criteria.iter().map(|criterion| &criterion.owner));
    domains.into_iter().any(|domain| answers_for(estate, domain, person))
        || is_member(estate, &stage.rollback.executor, person)
        || is_approver(estate, stage, person)
        || commands(state, stage, person)
}

/// Whether a person commands an incident that the stage is in the scope of.
fn commands(state: &State, stage: &Stage, person: &PersonId) -> bool {
    state
        .open_incidents()
        .any(|(_, incident)| incident.commander() == Some(person) && gate::is_in_scope(state, incident, stage))
}

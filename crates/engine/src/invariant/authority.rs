//! Promise 4: No event stems from an actor without authority for it; refused attempts are journalled too.

use tidegate_model::plan::Stage;
use tidegate_model::seam::{Actor, Effect};
use tidegate_model::{DomainId, Estate, IncidentId, PersonId, TeamId};

use super::facts::Facts;
use super::lowering::is_answered_before;
use super::{Broken, Step};
use crate::command::Request;
use crate::decide::asked;
use crate::event::{Body, Event, Sent};

/// Equal refusals of one actor within this time are one event (architecture.md, "Settled doubts").
const COLLAPSED_FOR_MS: u64 = 60_000;

pub(super) fn check(step: &Step<'_>, facts: &Facts, broken: &mut Broken) {
    refusals(step, facts, broken);
    let is_carried_out = step.decision.answer.is_ok() && !step.decision.events.is_empty();
    broken.unless(!is_carried_out || may_ask(step), 4, || {
        format!(
            "{} was allowed to ask for `{}`",
            step.command.actor,
            asked(&step.command.request)
        )
    });
    for event in &step.decision.events {
        let allowed = match &event.actor {
            Actor::Controller => true,
            Actor::Gateway { id } => by_gateway(&event.body, id),
            Actor::Service { id } => by_service(&event.body, id.as_str()),
            Actor::Person { id, .. } => by_person(step, facts, &event.body, id),
        };
        broken.unless(allowed, 4, || {
            format!("{} caused {} without authority", event.actor, event.body.kind())
        });
    }
}

/// Whether this kind of actor may ask for this kind of thing; events that the controller causes do not name who asked.
fn may_ask(step: &Step<'_>) -> bool {
    let actor = &step.command.actor;
    match &step.command.request {
        Request::StartController
        | Request::DistrustJournal
        | Request::Tick
        | Request::Receive(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. } => {
            matches!(actor, Actor::Controller)
        }
        Request::Evidence(_) | Request::Look(_) | Request::GatewaySeen { .. } => matches!(actor, Actor::Gateway { .. }),
        Request::GatewayLost { .. } => matches!(actor, Actor::Gateway { .. } | Actor::Controller),
        Request::NoteChange { .. } => matches!(actor, Actor::Person { .. } | Actor::Service { .. }),
        Request::Adopt { .. }
        | Request::Approve { .. }
        | Request::AcceptRisk { .. }
        | Request::Hold { .. }
        | Request::Resume { .. }
        | Request::Rollback { .. }
        | Request::Finalise { .. }
        | Request::Attest { .. }
        | Request::RecordDrill { .. }
        | Request::FileFeedback { .. }
        | Request::AnswerLesson { .. }
        | Request::OpenIncident { .. }
        | Request::Acknowledge { .. }
        | Request::Act { .. }
        | Request::FinishStep { .. }
        | Request::Revert { .. }
        | Request::Resolve { .. } => match actor {
            Actor::Person { id, .. } => step.estate.people().contains_key(id),
            Actor::Service { .. } | Actor::Gateway { .. } | Actor::Controller => false,
        },
    }
}

fn refusals(step: &Step<'_>, facts: &Facts, broken: &mut Broken) {
    let Err(refusal) = &step.decision.answer else { return };
    match &step.command.actor {
        Actor::Person { .. } | Actor::Service { .. } => {}
        Actor::Gateway { .. } | Actor::Controller => return,
    }
    let is_journalled = step
        .decision
        .events
        .iter()
        .any(|event| matches!(&event.body, Body::CommandRefused { refusal: written, .. } if written == refusal));
    let key = (
        step.command.actor.to_string(),
        asked(&step.command.request),
        refusal.rule.code(),
    );
    let is_collapsed = facts
        .refusals
        .get(&key)
        .is_some_and(|at| step.now.since(*at).0 < COLLAPSED_FOR_MS);
    let is_repeat = is_answered_before(step);
    broken.unless(is_journalled || is_collapsed || is_repeat, 4, || {
        format!(
            "{} was refused `{}` and the journal does not say so",
            step.command.actor, refusal.what
        )
    });
}

fn by_gateway(body: &Body, gateway: &tidegate_model::GatewayId) -> bool {
    if let Body::EvidenceRecorded { stratum, .. } = body {
        &stratum.id.gateway == gateway
    } else if let Body::GatewayConnected { gateway: named, .. } | Body::GatewayLost { gateway: named } = body {
        named == gateway
    } else {
        // One that is ahead of the journal has its exposure asked for again, beyond what it holds.
        matches!(body, Body::ControllerStarted { .. })
    }
}

/// The service that notes changes notes changes; every service may be refused.
fn by_service(body: &Body, purpose: &str) -> bool {
    let is_change = matches!(body, Body::ChangeNoted { .. }) && purpose == "change";
    is_change || matches!(body, Body::CommandRefused { .. })
}

fn by_person(step: &Step<'_>, facts: &Facts, body: &Body, person: &PersonId) -> bool {
    let estate = step.estate;
    let declared = |id| estate.stage(id).map(|(_, stage)| stage);
    let owns = |id| declared(id).is_some_and(|stage| answers_for(estate, &stage.owner, person));
    let answers = |incident: &IncidentId| {
        let known = facts.incidents.get(incident);
        known.is_some_and(|known| answers_for(estate, &known.domain, person) || known.called.contains(person))
    };
    match body {
        Body::CommandRefused { .. } => true,
        Body::EstateAdopted { .. } => estate
            .domains()
            .keys()
            .any(|domain| answers_for(estate, domain, person)),
        Body::Approved { stage, by, .. } => {
            by == person && declared(stage).is_some_and(|stage| is_approver(estate, stage, person))
        }
        Body::RiskAccepted {
            stage, by, as_approver, ..
        } => {
            by == person
                && declared(stage).is_some_and(|stage| match as_approver {
                    true => is_approver(estate, stage, person),
                    false => is_above(estate, &stage.owner, person),
                })
        }
        Body::StageHeld { stage, .. } => declared(stage).is_some_and(|stage| is_touched(estate, facts, stage, person)),
        Body::HoldLifted { stage, of, .. } => {
            of.as_ref() == Some(person) || declared(stage).is_some_and(|stage| is_approver(estate, stage, person))
        }
        Body::ChangeNoted { stage, .. } => {
            owns(stage) || declared(stage).is_some_and(|stage| in_team(estate, &stage.rollback.executor, person))
        }
        Body::RollbackBegun { stage, .. } => {
            let is_trigger = |stage: &Stage| stage.rollback.trigger.iter().any(|one| estate.is_approver(one, person));
            owns(stage) || declared(stage).is_some_and(|stage| is_trigger(stage) || commands(facts, stage, person))
        }
        Body::Attested { stage, criterion, .. } => declared(stage).is_some_and(|stage| {
            let found = stage.gate.criteria.iter().find(|known| &known.id == criterion);
            found.is_some_and(|known| answers_for(estate, &known.owner, person)) || is_approver(estate, stage, person)
        }),
        Body::IncidentAcknowledged { incident, .. } | Body::IncidentResolved { incident, .. } => answers(incident),
        Body::ActionTaken {
            incident,
            action,
            by,
            domain,
            ..
        } => {
            let is_granted = estate
                .domains()
                .get(domain)
                .is_some_and(|domain| domain.authority.iter().any(|grant| &grant.action == action));
            let is_of_incident = facts
                .incidents
                .get(incident)
                .is_some_and(|known| &known.domain == domain);
            by == person && is_granted && is_of_incident && answers_for(estate, domain, person)
        }
        Body::RunbookStepDone { incident, by, .. } => {
            let known = facts.incidents.get(incident);
            by == person && known.is_some_and(|known| answers_for(estate, &known.domain, person))
        }
        Body::RunbookDrilled { runbook, by, .. } => {
            let modes = estate.failure_modes().values().filter(|mode| &mode.runbook == runbook);
            let domains = estate
                .domains()
                .values()
                .filter(|domain| domain.runbook.as_ref() == Some(runbook));
            let stages = estate
                .stages()
                .map(|(_, stage)| stage)
                .filter(|stage| &stage.rollback.runbook == runbook);
            let stages: Vec<&Stage> = stages.collect();
            let mut whose: Vec<&DomainId> = modes
                .map(|mode| &mode.domain)
                .chain(domains.map(|domain| &domain.id))
                .collect();
            whose.extend(stages.iter().map(|stage| &stage.owner));
            // One that nothing refers to is anybody's who answers for something.
            if whose.is_empty() {
                whose.extend(estate.domains().keys());
            }
            let carries_out = stages
                .iter()
                .any(|stage| in_team(estate, &stage.rollback.executor, person));
            by == person && (carries_out || whose.into_iter().any(|domain| answers_for(estate, domain, person)))
        }
        Body::FeedbackFiled { by, .. } => by == person && estate.people().contains_key(person),
        Body::LessonAnswered { stage, by, .. } => {
            by == person && declared(stage).is_some_and(|stage| is_approver(estate, stage, person))
        }
        Body::ActionReverted { action, .. } => {
            let domain = step.before.actions.get(action).map(|active| &active.domain);
            domain.is_some_and(|domain| answers_for(estate, domain, person))
        }
        Body::ControllerStarted { .. }
        | Body::StageReadied { .. }
        | Body::OpeningDeferred { .. }
        | Body::ApprovalAsked { .. }
        | Body::StepExposed { .. }
        | Body::SoakBegun { .. }
        | Body::GateOpened { .. }
        | Body::GatePassed { .. }
        | Body::EvidenceRecorded { .. }
        | Body::Observed { .. }
        | Body::CriterionJudged { .. }
        | Body::DecisionAsked { .. }
        | Body::ApprovalOverdue { .. }
        | Body::HarmFound { .. }
        | Body::RolledBack { .. }
        | Body::WatchBegun { .. }
        | Body::StageFinalised { .. }
        | Body::IncidentOpened { .. }
        | Body::RungCalled { .. }
        | Body::LessonOwed { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::GatewayConnected { .. }
        | Body::PromiseObserved { .. }
        | Body::GatewayLost { .. }
        | Body::EffectEnded { .. } => false,
    }
}

/// The person behind an event, when there is one.
pub(super) fn person(event: &Event) -> Option<&PersonId> {
    match &event.actor {
        Actor::Person { id, .. } => Some(id),
        Actor::Service { .. } | Actor::Gateway { .. } | Actor::Controller => None,
    }
}

/// Whom a letter goes to.
pub(super) fn addressee(sent: &Sent) -> Option<PersonId> {
    match &sent.effect {
        Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => Some(letter.to.clone()),
        Effect::SetExposure(_) => None,
    }
}

pub(super) fn in_team(estate: &Estate, team: &TeamId, person: &PersonId) -> bool {
    estate
        .teams()
        .get(team)
        .is_some_and(|team| team.members.contains(person) || team.on_call.contains(person))
}

fn rungs(estate: &Estate, domain: &DomainId) -> Vec<Vec<PersonId>> {
    let ladder = estate.ladder_of(domain);
    let count = ladder.map_or(0, |ladder| ladder.rungs.len());
    (0..count).map(|rung| estate.rung_people(domain, rung)).collect()
}

/// The owner's people and everybody on its ladder.
pub(super) fn answers_for(estate: &Estate, domain: &DomainId, person: &PersonId) -> bool {
    let owner = estate.domains().get(domain).map(|domain| &domain.owner);
    owner.is_some_and(|team| in_team(estate, team, person))
        || rungs(estate, domain).iter().any(|people| people.contains(person))
}

/// Somebody on a rung above the first.
pub(super) fn is_above(estate: &Estate, domain: &DomainId, person: &PersonId) -> bool {
    rungs(estate, domain)
        .iter()
        .skip(1)
        .any(|people| people.contains(person))
}

/// An approver who is no executor.
pub(super) fn is_approver(estate: &Estate, stage: &Stage, person: &PersonId) -> bool {
    let is_named = stage
        .gate
        .approvers
        .iter()
        .any(|approver| estate.is_approver(approver, person));
    is_named && !in_team(estate, &stage.rollback.executor, person)
}

/// Whoever has an open incident that concerns the stage.
pub(super) fn commands(facts: &Facts, stage: &Stage, person: &PersonId) -> bool {
    facts.incidents.values().any(|incident| {
        incident.is_open
            && incident.by.as_ref() == Some(person)
            && incident.concerns(&facts.promises, &stage.id, &stage.owner)
    })
}

/// Everybody whom a stage touches.
pub(super) fn is_touched(estate: &Estate, facts: &Facts, stage: &Stage, person: &PersonId) -> bool {
    let mut domains = vec![&stage.owner];
    domains.extend(stage.gate.criteria.iter().map(|criterion| &criterion.owner));
    domains.into_iter().any(|domain| answers_for(estate, domain, person))
        || in_team(estate, &stage.rollback.executor, person)
        || is_approver(estate, stage, person)
        || commands(facts, stage, person)
}

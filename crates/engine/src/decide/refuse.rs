//! A refusal is an answer and an event; equal ones of one actor within a minute are journalled once.

use tidegate_model::seam::Actor;
use tidegate_model::{Estate, Timestamp};

use super::harm;
use super::turn::Turn;
use crate::apply::refusal_key;
use crate::command::{Command, Decision, Request};
use crate::event::Body;
use crate::refusal::{Refusal, Rule};
use crate::state::State;

/// Equal refusals within this time are one event.
const COLLAPSE_MS: u64 = 60_000;

pub(super) fn refused(estate: &Estate, state: &State, command: &Command, now: Timestamp, refusal: Refusal) -> Decision {
    let is_journalled = match &command.actor {
        Actor::Person { .. } | Actor::Service { .. } => true,
        Actor::Gateway { .. } | Actor::Controller => false,
    };
    let asked = asked(&command.request);
    let key = refusal_key(&command.actor.to_string(), &asked, refusal.rule.code());
    let is_repeat = state
        .refusals
        .get(&key)
        .is_some_and(|at| now.since(*at).0 < COLLAPSE_MS);
    if !is_journalled || is_repeat {
        return Decision {
            events: Vec::new(),
            answer: Err(refusal),
        };
    }
    let mut turn = Turn::new(estate, state.clone(), command, now);
    turn.emit(Body::CommandRefused {
        asked,
        refusal: refusal.clone(),
    });
    if let (Request::Rollback { stage, reason }, Rule::WindowClosed) = (&command.request, refusal.rule) {
        harm::open_forward_fix(&mut turn, stage, reason);
    }
    Decision {
        events: turn.events,
        answer: Err(refusal),
    }
}

/// The command in two words.
pub(crate) fn asked(request: &Request) -> String {
    match request {
        Request::StartController => "start".into(),
        Request::DistrustJournal => "distrust the journal".into(),
        Request::Adopt { candidate } => format!("adopt {:.12}", candidate.digest()),
        Request::Approve { stage } => format!("approve {stage}"),
        Request::AcceptRisk { stage, .. } => format!("accept-risk {stage}"),
        Request::Hold { stage, .. } => format!("hold {stage}"),
        Request::Resume { stage, .. } => format!("resume {stage}"),
        Request::Rollback { stage, .. } => format!("rollback {stage}"),
        Request::NoteChange { stage, .. } => format!("change {stage}"),
        Request::Finalise { stage } => format!("finalise {stage}"),
        Request::Attest { stage, criterion, .. } => format!("attest {stage}/{criterion}"),
        Request::RecordDrill { runbook, .. } => format!("drill {runbook}"),
        Request::FileFeedback { stage, .. } => format!("feedback {stage}"),
        Request::AnswerLesson { stage, of, .. } => format!("answer {stage} {of}"),
        Request::OpenIncident { domain, .. } => format!("open incident {domain}"),
        Request::Acknowledge { incident } => format!("acknowledge {incident}"),
        Request::Act { incident, action, .. } => format!("act {incident} {action}"),
        Request::FinishStep {
            incident, action, step, ..
        } => format!("finish step {step} of {incident} {action}"),
        Request::Revert { action } => format!("revert {action}"),
        Request::Resolve { incident, .. } => format!("resolve {incident}"),
        Request::Evidence(_) => "evidence".into(),
        Request::Look(_) => "look".into(),
        Request::Observe { stage, criterion, .. } => format!("observe {stage}/{criterion}"),
        Request::ObservePromise { promise, .. } => format!("observe {promise}"),
        Request::GatewaySeen { gateway, .. } => format!("gateway {gateway}"),
        Request::GatewayLost { gateway } => format!("gateway lost {gateway}"),
        Request::Receive(_) => "receipt".into(),
        Request::Tick => "tick".into(),
    }
}

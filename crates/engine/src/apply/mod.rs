//! Folding one event into the state: total, needs no estate, decides nothing.

mod evidence;
mod incident;
mod lesson;
mod observation;
mod promise;
mod stage;

use std::sync::Arc;

use tidegate_model::seam::{Actor, Door, Effect, ExposureVersion};

use crate::event::{Body, Event, Sent};
use crate::state::{ANSWERS_MAX, Drill, EPOCHS_MAX, GatewayState, State, SwitchState, Waiting};

/// Applies one event.
pub fn apply(state: &mut State, event: &Event) {
    state.seq += 1;
    state.at = event.at;
    remember_answer(state, event);
    if let Actor::Person { id, door: Door::Link } = &event.actor {
        state.reached.insert(id.clone(), event.at);
    }
    for sent in sent_by(&event.body) {
        send(state, sent, event);
    }
    match &event.body {
        Body::ControllerStarted { epoch, promises, .. } => {
            state.epoch = *epoch;
            if let Some(promises) = promises {
                state.promises.adopt(promises, event.at);
            }
            state.promises.start(event.at);
        }
        Body::EstateAdopted {
            digest,
            owners,
            stages,
            switches,
            unreached,
            undrilled,
            promises,
        } => {
            state.promises.adopt(promises, event.at);
            state.estate = Some(digest.clone());
            state.owners = owners.iter().cloned().collect();
            stage::adopt(state, stages, event.at);
            adopt_switches(state, switches);
            state.reached.retain(|person, _| !unreached.contains(person));
            state.drills.retain(|runbook, _| !undrilled.contains(runbook));
        }
        Body::CommandRefused { asked, refusal, .. } => {
            state.refusals.insert(
                refusal_key(&event.actor.to_string(), asked, refusal.rule.code()),
                event.at,
            );
            state.refusals.retain(|_, at| event.at.since(*at).0 < 120_000);
        }
        Body::EffectEnded { effect, outcome, .. } => match state.outbox.remove(effect).map(|waiting| waiting.effect) {
            Some(Effect::SetExposure(snapshot)) => state.in_force = state.in_force.max(snapshot.version),
            Some(Effect::Page(letter)) => incident::page_ended(state, effect, &letter, outcome),
            Some(Effect::AskApproval(_) | Effect::Notify(_)) | None => {}
        },
        Body::GatewayConnected {
            gateway, incarnation, ..
        } => {
            let known = state.gateways.entry(gateway.clone()).or_insert_with(|| GatewayState {
                incarnation: *incarnation,
                is_lost: false,
                seen: Default::default(),
                heard: Default::default(),
            });
            known.incarnation = *incarnation;
            known.is_lost = false;
        }
        Body::GatewayLost { gateway } => {
            if let Some(known) = state.gateways.get_mut(gateway) {
                known.is_lost = true;
            }
        }
        Body::EvidenceRecorded { stratum, late } => {
            evidence::record(state, stratum, *late, event.at);
            promise::count(state, stratum, event.at);
        }
        Body::PromiseObserved(told) => promise::observe(state, told, event.at),
        Body::IncidentOpened { origin, .. } => {
            promise::opened(state, origin);
            incident::apply(state, event);
        }
        Body::RungCalled { .. }
        | Body::IncidentAcknowledged { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::ActionTaken { .. }
        | Body::RunbookStepDone { .. }
        | Body::ActionReverted { .. } => incident::apply(state, event),
        Body::IncidentResolved { incident, by, .. } => {
            if by.is_some() {
                promise::closed(state, incident, event.at);
            }
            incident::apply(state, event);
        }
        Body::RunbookDrilled {
            runbook,
            by,
            worked,
            note,
        } => {
            let drill = Drill {
                at: event.at,
                by: by.clone(),
                worked: *worked,
                note: note.clone(),
            };
            state.drills.insert(runbook.clone(), drill);
        }
        Body::FeedbackFiled { .. } | Body::LessonOwed { .. } | Body::LessonAnswered { .. } => {
            lesson::apply(state, event)
        }
        Body::StageReadied { .. }
        | Body::OpeningDeferred { .. }
        | Body::ApprovalAsked { .. }
        | Body::Approved { .. }
        | Body::RiskAccepted { .. }
        | Body::StepExposed { .. }
        | Body::SoakBegun { .. }
        | Body::GateOpened { .. }
        | Body::GatePassed { .. }
        | Body::Observed { .. }
        | Body::CriterionJudged { .. }
        | Body::Attested { .. }
        | Body::DecisionAsked { .. }
        | Body::ApprovalOverdue { .. }
        | Body::HarmFound { .. }
        | Body::StageHeld { .. }
        | Body::HoldLifted { .. }
        | Body::RollbackBegun { .. }
        | Body::RolledBack { .. }
        | Body::ChangeNoted { .. }
        | Body::WatchBegun { .. }
        | Body::StageFinalised { .. } => stage::apply(state, event),
    }
}

/// The effects that an event sends, in order.
#[must_use]
pub fn sent_by(body: &Body) -> Vec<&Sent> {
    match body {
        Body::ControllerStarted { sent, .. } | Body::ChangeNoted { sent, .. } => sent.iter().collect(),
        Body::ApprovalAsked { sent, .. } | Body::RungCalled { sent, .. } => sent.iter().collect(),
        Body::StepExposed { sent, .. } | Body::StageFinalised { sent, .. } => vec![sent],
        Body::RollbackBegun { sent, notices, .. } => std::iter::once(sent).chain(notices).collect(),
        Body::ActionReverted { notices, .. } => notices.iter().collect(),
        Body::ActionTaken { begun, .. } => begun.iter().flat_map(|begun| &begun.notices).collect(),
        Body::EstateAdopted { .. }
        | Body::CommandRefused { .. }
        | Body::StageReadied { .. }
        | Body::OpeningDeferred { .. }
        | Body::Approved { .. }
        | Body::RiskAccepted { .. }
        | Body::SoakBegun { .. }
        | Body::GateOpened { .. }
        | Body::GatePassed { .. }
        | Body::EvidenceRecorded { .. }
        | Body::Observed { .. }
        | Body::CriterionJudged { .. }
        | Body::DecisionAsked { .. }
        | Body::ApprovalOverdue { .. }
        | Body::Attested { .. }
        | Body::HarmFound { .. }
        | Body::StageHeld { .. }
        | Body::HoldLifted { .. }
        | Body::RolledBack { .. }
        | Body::WatchBegun { .. }
        | Body::IncidentOpened { .. }
        | Body::IncidentAcknowledged { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::RunbookStepDone { .. }
        | Body::IncidentResolved { .. }
        | Body::RunbookDrilled { .. }
        | Body::FeedbackFiled { .. }
        | Body::LessonOwed { .. }
        | Body::LessonAnswered { .. }
        | Body::GatewayConnected { .. }
        | Body::PromiseObserved { .. }
        | Body::GatewayLost { .. }
        | Body::EffectEnded { .. } => Vec::new(),
    }
}

/// Names a refusal among equal ones.
#[must_use]
pub(crate) fn refusal_key(actor: &str, asked: &str, code: &str) -> String {
    format!("{actor}\u{1f}{asked}\u{1f}{code}")
}

fn send(state: &mut State, sent: &Sent, event: &Event) {
    if let Effect::SetExposure(snapshot) = &sent.effect {
        // A complete snapshot supersedes every earlier one.
        state
            .outbox
            .retain(|_, waiting| !matches!(waiting.effect, Effect::SetExposure(_)));
        remember_asserted(state, snapshot.version);
    }
    state.outbox.insert(
        sent.key.clone(),
        Waiting {
            effect: sent.effect.clone(),
            since: event.at,
        },
    );
}

fn remember_asserted(state: &mut State, version: ExposureVersion) {
    state.asserted.insert(version.epoch, version.seq);
    if state.asserted.len() > EPOCHS_MAX {
        state.asserted.pop_first();
    }
}

fn remember_answer(state: &mut State, event: &Event) {
    let Some(key) = &event.key else { return };
    if state.answers.by_key.contains_key(key) {
        return;
    }
    let answer = if let Body::CommandRefused { refusal, .. } = &event.body {
        Err(refusal.clone())
    } else {
        Ok(crate::words::said(&event.body))
    };
    let answers = Arc::make_mut(&mut state.answers);
    answers.by_key.insert(key.clone(), answer);
    answers.order.push_back(key.clone());
    if answers.order.len() > ANSWERS_MAX
        && let Some(oldest) = answers.order.pop_front()
    {
        answers.by_key.remove(&oldest);
    }
}

fn adopt_switches(state: &mut State, switches: &[(tidegate_model::SwitchId, tidegate_model::switch::SwitchValue)]) {
    let seq = state.seq;
    state
        .switches
        .retain(|id, _| switches.iter().any(|(name, _)| name == id));
    for (id, default) in switches {
        let known = state.switches.entry(id.clone()).or_insert_with(|| SwitchState {
            default: default.clone(),
            value: default.clone(),
            action: None,
            until: None,
            seq,
        });
        known.default = default.clone();
        if known.action.is_none() {
            known.value = default.clone();
        }
    }
}

//! Events of incidents, pages and actions.

use tidegate_model::seam::{EffectKey, Outcome};

use crate::event::{Body, Event};
use crate::state::{ActiveAction, Incident, IncidentPhase, State};

pub(super) fn apply(state: &mut State, event: &Event) {
    let seq = state.seq;
    let at = event.at;
    match &event.body {
        Body::IncidentOpened {
            incident,
            domain,
            severity,
            origin,
            summary,
        } => {
            let opened = Incident {
                domain: domain.clone(),
                severity: *severity,
                origin: origin.clone(),
                summary: summary.clone(),
                opened: at,
                phase: IncidentPhase::Open,
                rung: 0,
                attempt: 0,
                answer_by: at,
                called: Vec::new(),
                pages: Vec::new(),
                timeline: vec![seq],
            };
            state.incidents.insert(incident.clone(), opened);
        }
        Body::RungCalled {
            incident,
            rung,
            attempt,
            sent,
            answer_by,
        } => {
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            known.phase = IncidentPhase::Open;
            known.rung = *rung;
            known.attempt = *attempt;
            known.answer_by = *answer_by;
            known.pages = sent.iter().map(|sent| sent.key.clone()).collect();
            for sent in sent {
                if let tidegate_model::seam::Effect::Page(letter) = &sent.effect
                    && !known.called.contains(&letter.to)
                {
                    known.called.push(letter.to.clone());
                }
            }
            known.timeline.push(seq);
        }
        Body::IncidentAcknowledged {
            incident,
            by,
            until,
            superseded,
        } => {
            forget_pages(state, superseded);
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            known.phase = match known.phase {
                IncidentPhase::Mitigating { .. } => IncidentPhase::Mitigating {
                    by: by.clone(),
                    until: *until,
                },
                IncidentPhase::Open | IncidentPhase::Acknowledged { .. } | IncidentPhase::Resolved { .. } => {
                    IncidentPhase::Acknowledged {
                        by: by.clone(),
                        until: *until,
                    }
                }
            };
            known.pages.clear();
            known.timeline.push(seq);
        }
        Body::AcknowledgementLapsed { incident } => {
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            known.phase = IncidentPhase::Open;
            known.answer_by = at;
            known.timeline.push(seq);
        }
        Body::ActionTaken {
            incident,
            action,
            by,
            domain,
            switches,
            until,
        } => {
            for (id, value) in switches {
                if let Some(switch) = state.switches.get_mut(id) {
                    switch.value = value.clone();
                    switch.action = Some(action.clone());
                    switch.until = Some(*until);
                    switch.seq = seq;
                }
            }
            if !switches.is_empty() {
                let active = ActiveAction {
                    incident: incident.clone(),
                    domain: domain.clone(),
                    by: by.clone(),
                    switches: switches.iter().map(|(id, _)| id.clone()).collect(),
                    until: *until,
                };
                state.actions.insert(action.clone(), active);
            }
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            if let IncidentPhase::Acknowledged { by, until } = &known.phase {
                known.phase = IncidentPhase::Mitigating {
                    by: by.clone(),
                    until: *until,
                };
            }
            known.timeline.push(seq);
        }
        Body::ActionReverted { action, .. } => {
            let Some(active) = state.actions.remove(action) else {
                return;
            };
            for id in &active.switches {
                if let Some(switch) = state.switches.get_mut(id)
                    && switch.action.as_ref() == Some(action)
                {
                    switch.value = switch.default.clone();
                    switch.action = None;
                    switch.until = None;
                    switch.seq = seq;
                }
            }
            if let Some(known) = state.incidents.get_mut(&active.incident) {
                known.timeline.push(seq);
            }
        }
        Body::IncidentResolved {
            incident,
            by,
            lesson,
            superseded,
        } => {
            forget_pages(state, superseded);
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            known.phase = IncidentPhase::Resolved {
                by: by.clone(),
                lesson: lesson.clone(),
            };
            known.pages.clear();
            known.timeline.push(seq);
        }
        Body::ControllerStarted { .. }
        | Body::EstateAdopted { .. }
        | Body::CommandRefused { .. }
        | Body::StageReadied { .. }
        | Body::ApprovalAsked { .. }
        | Body::Approved { .. }
        | Body::RiskAccepted { .. }
        | Body::StepExposed { .. }
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
        | Body::RollbackBegun { .. }
        | Body::RolledBack { .. }
        | Body::ChangeNoted { .. }
        | Body::WatchBegun { .. }
        | Body::StageFinalised { .. }
        | Body::GatewayConnected { .. }
        | Body::GatewayLost { .. }
        | Body::EffectEnded { .. } => {}
    }
}

/// A page that failed for good no longer waits for an answer.
pub(super) fn page_ended(state: &mut State, effect: &EffectKey, outcome: &Outcome) {
    if !matches!(outcome, Outcome::FailedForGood { .. }) {
        return;
    }
    for incident in state.incidents.values_mut() {
        incident.pages.retain(|key| key != effect);
    }
}

fn forget_pages(state: &mut State, superseded: &[EffectKey]) {
    for key in superseded {
        state.outbox.remove(key);
    }
}

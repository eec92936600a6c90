//! Events of incidents, pages and actions.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::SwitchId;
use tidegate_model::seam::{Effect, EffectKey, Errand, Letter, Outcome};

use crate::event::{Body, Event, Origin};
use crate::state::{
    ActiveAction, Incident, IncidentPhase, PAGED_FOR, PAGED_MAX, Paged, RESOLVED_MAX, Run, State, StepDone,
    TIMELINE_MAX,
};

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
            stages,
        } => {
            let opened = Incident {
                domain: domain.clone(),
                severity: *severity,
                origin: origin.clone(),
                summary: summary.clone(),
                stages: stages.clone(),
                opened: at,
                phase: IncidentPhase::Open,
                rung: 0,
                attempt: 0,
                answer_by: at,
                called: Vec::new(),
                reached: BTreeSet::new(),
                failed: BTreeMap::new(),
                pages: Vec::new(),
                runs: BTreeMap::new(),
                timeline: vec![seq],
            };
            state.incidents_opened += 1;
            state.incidents.insert(incident.clone(), opened);
            forget_oldest_resolved(state);
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
            let mut people = BTreeSet::new();
            for sent in sent {
                if let Effect::Page(letter) = &sent.effect {
                    people.insert(letter.to.clone());
                    known.reached.remove(&letter.to);
                    known.failed.remove(&letter.to);
                    if !known.called.contains(&letter.to) {
                        known.called.push(letter.to.clone());
                    }
                }
            }
            let about = match &known.origin {
                Origin::Criterion(stage, criterion) => Some((stage.clone(), criterion.clone())),
                Origin::Brake(_)
                | Origin::Silence(..)
                | Origin::Waiting(_)
                | Origin::Gateway(_)
                | Origin::Journal
                | Origin::Promise(_)
                | Origin::PromiseSilent(..)
                | Origin::Person(_) => None,
            };
            tell(known, seq);
            for person in people {
                let pages = state.paged.entry(person).or_default();
                pages.retain(|page| at.since(page.at) < PAGED_FOR);
                if pages.len() >= PAGED_MAX {
                    pages.remove(0);
                }
                pages.push(Paged {
                    at,
                    about: about.clone(),
                });
            }
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
            let has_acted = known.runs.values().any(|run| run.left() > 0);
            known.phase = match known.phase {
                // A runbook is under way: whoever has the incident now has it as one that somebody acts in.
                IncidentPhase::Open if has_acted => IncidentPhase::Mitigating {
                    by: by.clone(),
                    until: *until,
                },
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
            tell(known, seq);
        }
        Body::AcknowledgementLapsed { incident } => {
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            known.phase = IncidentPhase::Open;
            known.answer_by = at;
            tell(known, seq);
        }
        Body::ActionTaken {
            incident,
            action,
            by,
            domain,
            switches,
            until,
            reason,
            begun,
        } => {
            if !switches.is_empty() {
                let active = ActiveAction {
                    incident: incident.clone(),
                    domain: domain.clone(),
                    by: by.clone(),
                    switches: switches.clone(),
                    until: *until,
                    seq,
                };
                state.actions.insert(action.clone(), active);
                for (id, _) in switches {
                    settle(state, id);
                }
            }
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            if let Some(begun) = begun {
                let run = Run {
                    runbook: begun.runbook.clone(),
                    title: begun.title.clone(),
                    by: by.clone(),
                    at,
                    reason: reason.clone(),
                    steps: begun.steps.clone(),
                    done: BTreeMap::new(),
                };
                known.runs.insert(action.clone(), run);
            }
            if let IncidentPhase::Acknowledged { by, until } = &known.phase {
                known.phase = IncidentPhase::Mitigating {
                    by: by.clone(),
                    until: *until,
                };
            }
            tell(known, seq);
        }
        Body::RunbookStepDone {
            incident,
            action,
            step,
            by,
            note,
            ..
        } => {
            let Some(known) = state.incidents.get_mut(incident) else {
                return;
            };
            if let (Some(run), Some(place)) = (known.runs.get_mut(action), step.checked_sub(1)) {
                let done = StepDone {
                    by: by.clone(),
                    at,
                    note: note.clone(),
                };
                run.done.insert(place, done);
            }
            tell(known, seq);
        }
        Body::ActionReverted { action, .. } => {
            let Some(active) = state.actions.remove(action) else {
                return;
            };
            for (id, _) in &active.switches {
                settle(state, id);
            }
            if let Some(known) = state.incidents.get_mut(&active.incident) {
                tell(known, seq);
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
            tell(known, seq);
        }
        Body::ControllerStarted { .. }
        | Body::EstateAdopted { .. }
        | Body::CommandRefused { .. }
        | Body::StageReadied { .. }
        | Body::OpeningDeferred { .. }
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
        | Body::RunbookDrilled { .. }
        | Body::FeedbackFiled { .. }
        | Body::LessonOwed { .. }
        | Body::LessonAnswered { .. }
        | Body::GatewayConnected { .. }
        | Body::PromiseObserved { .. }
        | Body::GatewayLost { .. }
        | Body::EffectEnded { .. } => {}
    }
}

/// How a page ended. One that failed for good no longer waits for an answer; one that had no way to leave does, as on another
/// rung there is none either.
pub(super) fn page_ended(state: &mut State, effect: &EffectKey, letter: &Letter, outcome: &Outcome) {
    let Errand::Incident(id) = &letter.errand else {
        return;
    };
    let seq = state.seq;
    let Some(incident) = state.incidents.get_mut(id) else {
        return;
    };
    let reason = match outcome {
        Outcome::Accepted { .. } | Outcome::InForce { .. } => {
            incident.reached.insert(letter.to.clone());
            return;
        }
        Outcome::FailedForGood { reason } => {
            incident.pages.retain(|key| key != effect);
            reason
        }
        Outcome::NoChannel { reason } => reason,
    };
    incident.failed.insert(letter.to.clone(), reason.clone());
    tell(incident, seq);
}

fn tell(incident: &mut Incident, seq: u64) {
    if incident.timeline.len() >= TIMELINE_MAX {
        incident.timeline.remove(0);
    }
    incident.timeline.push(seq);
}

/// A switch has the value that the latest active action gives it, else its default.
fn settle(state: &mut State, id: &SwitchId) {
    let Some(switch) = state.switches.get_mut(id) else {
        return;
    };
    let setting = state.actions.iter().filter_map(|(action, active)| {
        let (_, value) = active.switches.iter().find(|(set, _)| set == id)?;
        Some((active.seq, action, value, active.until))
    });
    match setting.max_by_key(|(seq, ..)| *seq) {
        Some((_, action, value, until)) => {
            switch.value = value.clone();
            switch.action = Some(action.clone());
            switch.until = Some(until);
        }
        None => {
            switch.value = switch.default.clone();
            switch.action = None;
            switch.until = None;
        }
    }
    switch.seq = state.seq;
}

fn forget_oldest_resolved(state: &mut State) {
    let resolved = |incident: &Incident| !incident.is_open();
    while state.incidents.values().filter(|incident| resolved(incident)).count() > RESOLVED_MAX {
        let oldest = state
            .incidents
            .iter()
            .filter(|(_, incident)| resolved(incident))
            .min_by_key(|(_, incident)| incident.opened)
            .map(|(id, _)| id.clone());
        let Some(oldest) = oldest else { return };
        state.incidents.remove(&oldest);
    }
}

fn forget_pages(state: &mut State, superseded: &[EffectKey]) {
    for key in superseded {
        state.outbox.remove(key);
    }
}

//! Events of a stage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidegate_model::seam::{Actor, ExposureVersion, Verdict};
use tidegate_model::{BasisPoints, PersonId, StageId, Timestamp};

use super::{lesson, observation};
use crate::event::{AdoptedStage, Body, Event, Opening};
use crate::state::{
    Aftermath, Approval, Asked, Batches, Exposed, Fall, Hold, LevelRun, Phase, Risk, Said, StageState, State,
};

/// Changes of exposure kept for charts.
const EXPOSURES_MAX: usize = 256;

/// Brings the adopted stages in, keeps what is known of them, and forgets stages that are gone.
pub(super) fn adopt(state: &mut State, stages: &[AdoptedStage], at: Timestamp) {
    state
        .stages
        .retain(|id, _| stages.iter().any(|stage| &stage.stage == id));
    for adopted in stages {
        let known = state
            .stages
            .entry(adopted.stage.clone())
            .or_insert_with(|| fresh(adopted, at));
        known.plan = adopted.plan.clone();
        known.unit = adopted.unit.clone();
        known.owner = adopted.owner.clone();
        known.steps = adopted.steps.clone();
        known.criteria = adopted.criteria.clone();
        let sources = adopted.sources.iter();
        known.sources = sources
            .map(|source| (source.criterion.clone(), source.clone()))
            .collect();
        // A criterion that comes back under its name begins with nothing.
        let criteria = &known.criteria;
        known.batches.retain(|criterion, _| criteria.contains(criterion));
        known.told_until.retain(|criterion, _| criteria.contains(criterion));
        for criterion in criteria {
            known.criteria_since.entry(criterion.clone()).or_insert(at);
        }
        known.deferred_until = None;
        withdraw_agreements(known);
    }
    lesson::open_again(state);
}

fn fresh(adopted: &AdoptedStage, at: Timestamp) -> StageState {
    StageState {
        plan: adopted.plan.clone(),
        unit: adopted.unit.clone(),
        owner: adopted.owner.clone(),
        steps: Vec::new(),
        criteria: Vec::new(),
        sources: BTreeMap::new(),
        phase: Phase::Pending,
        since: at,
        attempt: 0,
        step: None,
        exposure: BasisPoints::ZERO,
        proven: BasisPoints::ZERO,
        groups: Vec::new(),
        proven_groups: Vec::new(),
        passed: None,
        restarts: 0,
        is_changed: false,
        criteria_since: BTreeMap::new(),
        lessons: Vec::new(),
        holds: Vec::new(),
        approvals: Vec::new(),
        risks: Vec::new(),
        asked: None,
        verdicts: BTreeMap::new(),
        judged: 0,
        worsened: 0,
        cells: BTreeMap::new(),
        tallies: BTreeMap::new(),
        harmed: BTreeSet::new(),
        batches: BTreeMap::new(),
        told_until: BTreeMap::new(),
        observations: BTreeMap::new(),
        levels: BTreeMap::new(),
        answered: BTreeMap::new(),
        attested: BTreeMap::new(),
        evidence_since: ExposureVersion::default(),
        evidence_since_at: at,
        step_since: ExposureVersion::default(),
        step_since_at: at,
        fallbacks: 0,
        soak_until: None,
        decide_by: None,
        deferred_until: None,
        exposing_seq: 0,
        rolled_back: None,
        brake: None,
        aftermath: BTreeMap::new(),
        watch_until: None,
        way_back_until: None,
        exposures: Vec::new(),
    }
}

pub(super) fn apply(state: &mut State, event: &Event) {
    let seq = state.seq;
    let at = event.at;
    let version = ExposureVersion {
        epoch: state.epoch,
        seq,
    };
    let Some(id) = stage_of(&event.body) else { return };
    let Some(stage) = state.stages.get_mut(id) else { return };
    match &event.body {
        Body::StageReadied { attempt, .. } => {
            stage.attempt = *attempt;
            stage.step = None;
            stage.passed = None;
            stage.is_changed = false;
            stage.proven = BasisPoints::ZERO;
            stage.groups.clear();
            stage.proven_groups.clear();
            forget_evidence(stage);
            enter(stage, Phase::Ready, at);
        }
        Body::OpeningDeferred { until, .. } => stage.deferred_until = *until,
        Body::ApprovalAsked {
            opens,
            answer_by,
            standing,
            ..
        } => {
            // Asked again only when what was given has gone stale.
            stage.approvals.retain(|approval| standing.contains(&approval.by));
            stage.asked = Some(Asked {
                opens: opens.clone(),
                answer_by: *answer_by,
                is_overdue: false,
                is_answered: false,
            });
        }
        Body::ApprovalOverdue { .. } => {
            if let Some(asked) = &mut stage.asked {
                asked.is_overdue = true;
            }
        }
        Body::Approved { by, bound, is_last, .. } => {
            if *is_last && let Some(asked) = &mut stage.asked {
                asked.is_answered = true;
            }
            stage.approvals.retain(|approval| &approval.by != by);
            stage.approvals.push(Approval {
                by: by.clone(),
                bound: bound.clone(),
                at,
            });
        }
        Body::RiskAccepted {
            by, as_approver, bound, ..
        } => {
            stage.risks.retain(|risk| &risk.by != by);
            stage.risks.push(Risk {
                by: by.clone(),
                as_approver: *as_approver,
                bound: bound.clone(),
                at,
            });
        }
        Body::StepExposed {
            step,
            to,
            flips,
            because,
            ..
        } => {
            if *step == 0 {
                forget_evidence(stage);
                stage.evidence_since = version;
                stage.evidence_since_at = at;
            }
            begin_step(stage);
            stage.step = Some(*step);
            stage.step_since = version;
            stage.step_since_at = at;
            stage.passed = None;
            stage.soak_until = None;
            stage.deferred_until = None;
            expose(stage, *to, seq, at);
            stage.groups.extend(flips.iter().cloned());
            if let (Opening::AcceptedRisk(_), Some(exposed)) = (because, stage.exposures.last_mut()) {
                exposed.on_risk = true;
            }
            withdraw_agreements(stage);
            stage.decide_by = None;
            enter(stage, Phase::Exposing, at);
        }
        Body::SoakBegun {
            since,
            until,
            decide_by,
            ..
        } => {
            stage.step_since = *since;
            stage.step_since_at = at;
            stage.soak_until = Some(*until);
            stage.decide_by = Some(*decide_by);
            stage.fallbacks = 0;
            stage.passed = None;
            stage.verdicts.clear();
            begin_step(stage);
            enter(stage, Phase::Soaking, at);
        }
        Body::GateOpened { .. } => enter(stage, Phase::Gating, at),
        Body::GatePassed { step, .. } => {
            stage.passed = Some(*step);
            stage.proven = stage.exposure;
            stage.proven_groups = stage.groups.clone();
            stage.decide_by = None;
        }
        Body::DecisionAsked { .. } => stage.decide_by = None,
        Body::CriterionJudged {
            criterion,
            verdict,
            reading,
            ..
        } => {
            let said = Said {
                verdict: verdict.clone(),
                since: at,
                reading: reading.clone(),
            };
            if *verdict == Verdict::Harm {
                stage.harmed.insert(criterion.clone());
                if let Some(run) = stage.levels.get_mut(criterion) {
                    run.found_harm();
                }
            }
            stage.judged = seq;
            if is_worse(verdict) {
                stage.worsened = seq;
            }
            stage.verdicts.insert(criterion.clone(), said);
        }
        Body::Observed {
            criterion, observation, ..
        } => {
            observation::record(stage, criterion, observation, at);
        }
        Body::Attested { criterion, holds, .. } => {
            stage.attested.insert(criterion.clone(), (*holds, at));
        }
        Body::StageHeld { criterion, reason, .. } => {
            let of = criterion.is_none().then(|| person(&event.actor)).flatten();
            stage.holds.push(Hold {
                criterion: criterion.clone(),
                of,
                reason: reason.clone(),
                at,
            });
        }
        Body::HoldLifted { criterion, of, .. } => {
            stage
                .holds
                .retain(|hold| !(&hold.criterion == criterion && &hold.of == of));
        }
        Body::RollbackBegun { from, cause, .. } => {
            stage.rolled_back = Some(Fall {
                at,
                from: *from,
                cause: cause.clone(),
            });
            stage.is_changed = false;
            stage.proven = BasisPoints::ZERO;
            stage.groups.clear();
            stage.proven_groups.clear();
            stage.passed = None;
            withdraw_agreements(stage);
            stage.soak_until = None;
            stage.decide_by = None;
            stage.watch_until = None;
            stage.way_back_until = None;
            stage.deferred_until = None;
            expose(stage, BasisPoints::ZERO, seq, at);
            let counted = stage.tallies.iter().filter(|(id, _)| stage.criteria.contains(id));
            stage.aftermath = counted.map(|(id, tally)| (id.clone(), Aftermath::of(tally))).collect();
            enter(stage, Phase::RollingBack, at);
        }
        Body::RolledBack { .. } => enter(stage, Phase::RolledBack, at),
        Body::ChangeNoted { sent, .. } => {
            stage.restarts += 1;
            stage.is_changed = true;
            withdraw_agreements(stage);
            stage.passed = None;
            stage.holds.retain(|hold| hold.criterion.is_none());
            stage.deferred_until = None;
            forget_evidence(stage);
            stage.evidence_since = version;
            stage.evidence_since_at = at;
            stage.step_since = version;
            stage.step_since_at = at;
            if sent.is_some() {
                stage.exposing_seq = seq;
                stage.soak_until = None;
                stage.decide_by = None;
                enter(stage, Phase::Exposing, at);
            }
        }
        Body::WatchBegun {
            until, way_back_until, ..
        } => {
            stage.watch_until = Some(*until);
            stage.way_back_until = Some(*way_back_until);
            stage.soak_until = None;
            stage.verdicts.clear();
            stage.step_since_at = at;
            begin_step(stage);
            enter(stage, Phase::Watching, at);
        }
        Body::StageFinalised { .. } => {
            stage.proven = BasisPoints::FULL;
            withdraw_agreements(stage);
            stage.holds.clear();
            stage.watch_until = None;
            stage.exposing_seq = seq;
            enter(stage, Phase::Finalised, at);
        }
        // It only explains what the events after it do.
        Body::HarmFound { look, .. } => stage.brake = look.clone(),
        // The rest are no stage's events.
        Body::ControllerStarted { .. }
        | Body::EstateAdopted { .. }
        | Body::CommandRefused { .. }
        | Body::EvidenceRecorded { .. }
        | Body::IncidentOpened { .. }
        | Body::RungCalled { .. }
        | Body::IncidentAcknowledged { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::ActionTaken { .. }
        | Body::RunbookStepDone { .. }
        | Body::ActionReverted { .. }
        | Body::IncidentResolved { .. }
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

fn person(actor: &Actor) -> Option<PersonId> {
    match actor {
        Actor::Person { id, .. } => Some(id.clone()),
        Actor::Service { .. } | Actor::Gateway { .. } | Actor::Controller => None,
    }
}

/// Whether an agreement that was given before such a verdict was given for something else.
fn is_worse(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Harm | Verdict::NoData { .. } | Verdict::Invalid { .. } | Verdict::SourceDown { .. } => true,
        Verdict::Pass | Verdict::NotYet { .. } => false,
    }
}

fn enter(stage: &mut StageState, phase: Phase, at: Timestamp) {
    stage.phase = phase;
    stage.since = at;
}

fn expose(stage: &mut StageState, to: BasisPoints, seq: u64, at: Timestamp) {
    stage.exposure = to;
    stage.exposing_seq = seq;
    if stage.exposures.len() >= EXPOSURES_MAX {
        stage.exposures.remove(0);
    }
    stage.exposures.push(Exposed {
        at,
        seq,
        to,
        on_risk: false,
    });
}

/// What was agreed to is no longer what would happen.
fn withdraw_agreements(stage: &mut StageState) {
    stage.approvals.clear();
    stage.risks.clear();
    stage.asked = None;
}

/// Evidence that passes starts anew.
fn begin_step(stage: &mut StageState) {
    stage.levels.values_mut().for_each(LevelRun::begin_step);
    stage.batches.values_mut().for_each(Batches::begin_step);
    for tally in stage.tallies.values_mut() {
        Arc::make_mut(tally).begin_step();
    }
}

fn forget_evidence(stage: &mut StageState) {
    stage.cells.clear();
    stage.tallies.clear();
    stage.aftermath.clear();
    stage.harmed.clear();
    stage.batches.values_mut().for_each(Batches::forget);
    stage.observations.clear();
    stage.levels.clear();
    stage.answered.clear();
    stage.attested.clear();
    stage.verdicts.clear();
    stage.fallbacks = 0;
}

fn stage_of(body: &Body) -> Option<&StageId> {
    match body {
        Body::StageReadied { stage, .. }
        | Body::OpeningDeferred { stage, .. }
        | Body::ApprovalAsked { stage, .. }
        | Body::ApprovalOverdue { stage }
        | Body::Approved { stage, .. }
        | Body::RiskAccepted { stage, .. }
        | Body::StepExposed { stage, .. }
        | Body::SoakBegun { stage, .. }
        | Body::GateOpened { stage, .. }
        | Body::GatePassed { stage, .. }
        | Body::DecisionAsked { stage, .. }
        | Body::Observed { stage, .. }
        | Body::CriterionJudged { stage, .. }
        | Body::Attested { stage, .. }
        | Body::HarmFound { stage, .. }
        | Body::StageHeld { stage, .. }
        | Body::HoldLifted { stage, .. }
        | Body::RollbackBegun { stage, .. }
        | Body::RolledBack { stage, .. }
        | Body::ChangeNoted { stage, .. }
        | Body::WatchBegun { stage, .. }
        | Body::StageFinalised { stage, .. } => Some(stage),
        Body::ControllerStarted { .. }
        | Body::EstateAdopted { .. }
        | Body::CommandRefused { .. }
        | Body::EvidenceRecorded { .. }
        | Body::IncidentOpened { .. }
        | Body::RungCalled { .. }
        | Body::IncidentAcknowledged { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::ActionTaken { .. }
        | Body::RunbookStepDone { .. }
        | Body::ActionReverted { .. }
        | Body::IncidentResolved { .. }
        | Body::RunbookDrilled { .. }
        | Body::FeedbackFiled { .. }
        | Body::LessonOwed { .. }
        | Body::LessonAnswered { .. }
        | Body::GatewayConnected { .. }
        | Body::PromiseObserved { .. }
        | Body::GatewayLost { .. }
        | Body::EffectEnded { .. } => None,
    }
}

//! What events alone say: a second, smaller memory beside the state, so that a mistake in one is seen by the other.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::seam::{Actor, Door, ExposureVersion, Observation, Verdict};
use tidegate_model::{
    BasisPoints, CriterionId, DomainId, GroupId, IncidentId, PersonId, RunbookId, Severity, StageId, Timestamp,
};

use super::promised::{self, PromisesFacts};
use crate::event::{AdoptedStage, Binding, Body, Event, LessonAnswer, LessonOf, Origin};

/// What is known of everything.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) estate: Option<String>,
    pub(super) stages: BTreeMap<StageId, StageFacts>,
    pub(super) incidents: BTreeMap<IncidentId, IncidentFacts>,
    /// When each runbook was last drilled, whether it worked, and who says so.
    pub(super) drills: BTreeMap<RunbookId, (Timestamp, bool, PersonId)>,
    /// When each person last did something through a letter.
    pub(super) reached: BTreeMap<PersonId, Timestamp>,
    /// What was told of each promise.
    pub(super) promises: PromisesFacts,
    /// When a refusal was journalled, by actor, what was asked and rule.
    pub(super) refusals: BTreeMap<(String, String, &'static str), Timestamp>,
}

/// What is known of a stage.
#[derive(Debug, Default)]
pub(super) struct StageFacts {
    pub(super) exposure: BasisPointsOrNone,
    /// Groups that have flipped.
    pub(super) groups: Vec<GroupId>,
    pub(super) is_final: bool,
    pub(super) is_rolling_back: bool,
    pub(super) attempt: u32,
    pub(super) restarts: u32,
    pub(super) passed: Option<(u32, Timestamp)>,
    pub(super) approvals: Vec<(PersonId, Binding, Timestamp)>,
    pub(super) risks: Vec<(PersonId, bool, Binding, Timestamp)>,
    /// Its owner, as adopted.
    pub(super) owner: Option<DomainId>,
    /// Whether it ever was, and when it last went back.
    pub(super) was_exposed: bool,
    pub(super) fell: Option<Timestamp>,
    /// What nobody has answered yet.
    pub(super) lessons: Vec<LessonOf>,
    /// What was answered with a criterion.
    pub(super) answered: Vec<(LessonOf, StageId, CriterionId)>,
    /// A rollback was not followed by a change yet.
    pub(super) needs_change: bool,
    /// Holds, by criterion or person; neither for the controller's own.
    pub(super) holds: Vec<(Option<CriterionId>, Option<PersonId>)>,
    /// When counts or answers that may pass the present step last came.
    pub(super) evidence: BTreeMap<CriterionId, Timestamp>,
    /// Criteria whose last word is `pass`.
    pub(super) passing: BTreeSet<CriterionId>,
    /// When what was last looked at as a whole began.
    pub(super) began: BTreeMap<CriterionId, Timestamp>,
    /// When the gate asked last.
    pub(super) asked: Option<Timestamp>,
    /// The version from which counts belong to this step.
    pub(super) since: ExposureVersion,
    pub(super) way_back_until: Option<Timestamp>,
    /// When its watch is over, and its last gate asks.
    pub(super) watch_until: Option<Timestamp>,
}

/// Exposure, zero before anything happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BasisPointsOrNone(pub(super) BasisPoints);

impl Default for BasisPointsOrNone {
    fn default() -> Self {
        Self(BasisPoints::ZERO)
    }
}

/// What is known of an incident.
#[derive(Debug)]
pub(super) struct IncidentFacts {
    pub(super) domain: DomainId,
    pub(super) severity: Severity,
    pub(super) origin: Origin,
    pub(super) opened: Timestamp,
    pub(super) is_open: bool,
    pub(super) by: Option<PersonId>,
    pub(super) called: Vec<PersonId>,
    /// Stages that it stops beside those of its domain, as they were when it began.
    pub(super) stages: Vec<StageId>,
}

impl IncidentFacts {
    /// Whether it stops the growth of a stage of this domain.
    pub(super) fn freezes(&self, promises: &PromisesFacts, stage: &StageId, owner: &DomainId) -> bool {
        self.is_open && self.severity <= Severity::Sev2 && self.concerns(promises, stage, owner)
    }

    /// Whether a stage of this domain is in its scope.
    pub(super) fn concerns(&self, promises: &PromisesFacts, stage: &StageId, owner: &DomainId) -> bool {
        let is_about = match &self.origin {
            Origin::Criterion(id, _) | Origin::Brake(id) | Origin::Silence(id, _) | Origin::Waiting(id) => id == stage,
            Origin::Gateway(_) | Origin::Journal => true,
            Origin::Promise(promise) => self.stages.contains(stage) || promised::concerns(promises, promise, stage),
            Origin::PromiseSilent(..) | Origin::Person(_) => false,
        };
        &self.domain == owner || is_about
    }

    /// Whether a stage is to learn from it: one that is everybody's taught whoever was exposed since it began.
    fn taught(&self, promises: &PromisesFacts, id: &StageId, stage: &StageFacts) -> bool {
        let Some(owner) = stage.owner.as_ref().filter(|_| !stage.is_final) else {
            return false;
        };
        let is_everywhere = matches!(self.origin, Origin::Gateway(_) | Origin::Journal);
        let was_there = stage.exposure.0 > BasisPoints::ZERO
            || stage.fell.is_some_and(|at| at >= self.opened)
            || (&self.domain == owner && stage.was_exposed);
        self.concerns(promises, id, owner) && (!is_everywhere || was_there)
    }
}

impl StageFacts {
    fn heard(&mut self, criterion: &CriterionId, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => {
                self.passing.insert(criterion.clone());
                return;
            }
            Verdict::NotYet { .. } => {}
            // What was agreed to before it was agreed to on better evidence.
            Verdict::Harm | Verdict::NoData { .. } | Verdict::Invalid { .. } | Verdict::SourceDown { .. } => {
                self.approvals.clear();
                self.risks.clear();
            }
        }
        self.passing.remove(criterion);
    }

    fn owe(&mut self, of: LessonOf) {
        if !self.lessons.contains(&of) {
            self.lessons.push(of);
        }
    }
}

impl Facts {
    /// Takes one event in.
    pub(super) fn note(&mut self, seq: u64, event: &Event) {
        let at = event.at;
        if let Actor::Person { id, door: Door::Link } = &event.actor {
            self.reached.insert(id.clone(), at);
        }
        if let Body::EvidenceRecorded { stratum, .. } = &event.body {
            promised::count(&mut self.promises, stratum, at);
        }
        match &event.body {
            Body::PromiseObserved(told) => promised::tell(&mut self.promises, told, at),
            Body::ControllerStarted { promises, .. } => {
                if let Some(adopted) = promises {
                    promised::adopt(&mut self.promises, adopted, at);
                }
            }
            Body::RunbookDrilled {
                runbook, worked, by, ..
            } => {
                self.drills.insert(runbook.clone(), (at, *worked, by.clone()));
            }
            Body::FeedbackFiled { stage, feedback, .. } => {
                let stage = self.stage(stage);
                // What was agreed to before was agreed to without it.
                stage.approvals.clear();
                stage.risks.clear();
                stage.owe(LessonOf::Feedback(feedback.clone()));
            }
            Body::LessonOwed { stage, incident, .. } => {
                self.stage(stage).owe(LessonOf::Incident(incident.clone()));
            }
            Body::LessonAnswered { stage, of, answer, .. } => {
                let known = self.stage(stage);
                known.lessons.retain(|one| one != of);
                if let LessonAnswer::Criterion { stage, criterion } = answer {
                    known.answered.push((of.clone(), stage.clone(), criterion.clone()));
                }
            }
            Body::CriterionJudged {
                stage,
                criterion,
                verdict,
                ..
            } => self.stage(stage).heard(criterion, verdict),
            Body::EstateAdopted {
                digest,
                stages,
                unreached,
                undrilled,
                promises,
                ..
            } => {
                promised::adopt(&mut self.promises, promises, at);
                self.estate = Some(digest.clone());
                self.reached.retain(|person, _| !unreached.contains(person));
                self.drills.retain(|runbook, _| !undrilled.contains(runbook));
                self.adopt(stages);
            }
            Body::CommandRefused { asked, refusal } => {
                let key = (event.actor.to_string(), asked.clone(), refusal.rule.code());
                self.refusals.insert(key, at);
            }
            Body::EvidenceRecorded { stratum, late: false } => {
                for counts in stratum.counts.iter().filter(|counts| counts.new.n > 0) {
                    let stage = self.stages.entry(counts.stage.clone()).or_default();
                    if stratum.version >= stage.since {
                        stage.evidence.insert(counts.criterion.clone(), at);
                    }
                }
            }
            Body::Observed {
                stage,
                criterion,
                observation,
            } => {
                self.note_observed(stage, criterion, observation, at);
            }
            Body::Attested {
                stage,
                criterion,
                holds: true,
                ..
            } => {
                self.stage(stage).evidence.insert(criterion.clone(), at);
            }
            Body::IncidentOpened {
                incident,
                domain,
                severity,
                origin,
                stages,
                ..
            } => {
                let facts = IncidentFacts {
                    domain: domain.clone(),
                    severity: *severity,
                    origin: origin.clone(),
                    opened: at,
                    is_open: true,
                    by: None,
                    called: Vec::new(),
                    stages: stages.clone(),
                };
                self.incidents.insert(incident.clone(), facts);
            }
            Body::RungCalled { incident, sent, .. } => {
                if let Some(known) = self.incidents.get_mut(incident) {
                    known.by = None;
                    known.called.extend(sent.iter().filter_map(super::authority::addressee));
                }
            }
            Body::IncidentAcknowledged { incident, by, .. } => {
                if let Some(known) = self.incidents.get_mut(incident) {
                    known.by = Some(by.clone());
                }
            }
            Body::IncidentResolved { incident, by, .. } => {
                let Some(known) = self.incidents.get_mut(incident) else {
                    return;
                };
                known.is_open = false;
                // Whatever else is said of it: what a person closes is answered for.
                if by.is_some() {
                    let of = LessonOf::Incident(incident.clone());
                    let taught = self
                        .stages
                        .iter_mut()
                        .filter(|(id, stage)| known.taught(&self.promises, id, stage));
                    taught.for_each(|(_, stage)| stage.owe(of.clone()));
                }
            }
            Body::StageReadied { .. }
            | Body::Approved { .. }
            | Body::RiskAccepted { .. }
            | Body::StepExposed { .. }
            | Body::GateOpened { .. }
            | Body::GatePassed { .. }
            | Body::StageHeld { .. }
            | Body::HoldLifted { .. }
            | Body::RollbackBegun { .. }
            | Body::RolledBack { .. }
            | Body::ChangeNoted { .. }
            | Body::WatchBegun { .. }
            | Body::StageFinalised { .. } => self.note_stage(seq, event),
            Body::OpeningDeferred { .. }
            | Body::ApprovalAsked { .. }
            | Body::SoakBegun { .. }
            | Body::EvidenceRecorded { late: true, .. }
            | Body::DecisionAsked { .. }
            | Body::ApprovalOverdue { .. }
            | Body::Attested { holds: false, .. }
            | Body::HarmFound { .. }
            | Body::AcknowledgementLapsed { .. }
            | Body::ActionTaken { .. }
            | Body::RunbookStepDone { .. }
            | Body::ActionReverted { .. }
            | Body::GatewayConnected { .. }
            | Body::GatewayLost { .. }
            | Body::EffectEnded { .. } => {}
        }
    }

    fn adopt(&mut self, stages: &[AdoptedStage]) {
        // One that comes back later is another one.
        self.stages
            .retain(|id, _| stages.iter().any(|stage| &stage.stage == id));
        for adopted in stages {
            let known = self.stage(&adopted.stage);
            known.owner = Some(adopted.owner.clone());
        }
        let is_gone = |(_, stage, criterion): &mut (LessonOf, StageId, CriterionId)| {
            let other = stages.iter().find(|other| &other.stage == stage);
            !other.is_some_and(|other| other.criteria.contains(criterion))
        };
        for stage in self.stages.values_mut() {
            stage.approvals.clear();
            stage.risks.clear();
            let open = stage.answered.extract_if(.., is_gone).map(|(of, ..)| of);
            stage.lessons.extend(open.collect::<Vec<_>>());
        }
    }

    fn note_observed(&mut self, stage: &StageId, criterion: &CriterionId, observation: &Observation, at: Timestamp) {
        let stage = self.stage(stage);
        let is_usable = match observation {
            Observation::Equality { .. } | Observation::Level { .. } | Observation::Counts { .. } => true,
            Observation::Surveyed { at: began, found } => {
                stage.began.insert(criterion.clone(), *began);
                found.gap.is_none() && found.looked_at > 0
            }
            Observation::Reconciled { at: began, found } => {
                stage.began.insert(criterion.clone(), *began);
                found.says_nothing().is_none()
            }
            Observation::Nothing { .. } | Observation::Unusable { .. } | Observation::Silent(_) => false,
        };
        // What cannot be used opens nothing, however lately it came.
        if is_usable {
            stage.evidence.insert(criterion.clone(), at);
        } else {
            stage.evidence.remove(criterion);
        }
    }

    fn stage(&mut self, id: &StageId) -> &mut StageFacts {
        self.stages.entry(id.clone()).or_default()
    }

    fn note_stage(&mut self, seq: u64, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::StageReadied { stage, attempt } => {
                let stage = self.stage(stage);
                stage.attempt = *attempt;
                stage.passed = None;
            }
            Body::Approved { stage, by, bound, .. } => {
                self.stage(stage).approvals.push((by.clone(), bound.clone(), at));
            }
            Body::RiskAccepted {
                stage,
                by,
                as_approver,
                bound,
                ..
            } => {
                self.stage(stage)
                    .risks
                    .push((by.clone(), *as_approver, bound.clone(), at));
            }
            Body::StepExposed {
                stage, to, flips, sent, ..
            } => {
                let stage = self.stage(stage);
                stage.exposure = BasisPointsOrNone(*to);
                stage.was_exposed = true;
                stage.groups.extend(flips.iter().cloned());
                stage.passed = None;
                stage.approvals.clear();
                stage.risks.clear();
                stage.evidence.clear();
                stage.began.clear();
                stage.since = ExposureVersion {
                    epoch: super::growth::epoch_of(sent),
                    seq,
                };
            }
            Body::GateOpened { stage, .. } => self.stage(stage).asked = Some(at),
            Body::GatePassed { stage, step, .. } => self.stage(stage).passed = Some((*step, at)),
            Body::StageHeld { stage, criterion, .. } => {
                let of = if criterion.is_none() {
                    super::authority::person(event).cloned()
                } else {
                    None
                };
                self.stage(stage).holds.push((criterion.clone(), of));
            }
            Body::HoldLifted {
                stage, criterion, of, ..
            } => {
                self.stage(stage)
                    .holds
                    .retain(|hold| hold != &(criterion.clone(), of.clone()));
            }
            Body::RollbackBegun { stage, .. } => {
                let stage = self.stage(stage);
                stage.exposure = BasisPointsOrNone(BasisPoints::ZERO);
                stage.fell = Some(at);
                stage.passing.clear();
                stage.groups.clear();
                stage.is_rolling_back = true;
                stage.needs_change = true;
                stage.passed = None;
                stage.approvals.clear();
                stage.risks.clear();
                stage.evidence.clear();
                stage.began.clear();
                stage.way_back_until = None;
                stage.watch_until = None;
            }
            Body::RolledBack { stage, .. } => self.stage(stage).is_rolling_back = false,
            Body::ChangeNoted { stage, sent, .. } => {
                let stage = self.stage(stage);
                stage.needs_change = false;
                stage.restarts += 1;
                stage.passed = None;
                stage.approvals.clear();
                stage.risks.clear();
                stage.evidence.clear();
                stage.began.clear();
                stage.holds.retain(|(criterion, _)| criterion.is_none());
                stage.watch_until = None;
                if let Some(sent) = sent {
                    stage.since = ExposureVersion {
                        epoch: super::growth::epoch_of(sent),
                        seq,
                    };
                }
            }
            Body::WatchBegun {
                stage,
                until,
                way_back_until,
            } => {
                let stage = self.stage(stage);
                stage.way_back_until = Some(*way_back_until);
                stage.watch_until = Some(*until);
            }
            Body::StageFinalised { stage, .. } => {
                let stage = self.stage(stage);
                stage.is_final = true;
                stage.holds.clear();
            }
            Body::ControllerStarted { .. }
            | Body::EstateAdopted { .. }
            | Body::CommandRefused { .. }
            | Body::OpeningDeferred { .. }
            | Body::ApprovalAsked { .. }
            | Body::SoakBegun { .. }
            | Body::EvidenceRecorded { .. }
            | Body::Observed { .. }
            | Body::CriterionJudged { .. }
            | Body::DecisionAsked { .. }
            | Body::ApprovalOverdue { .. }
            | Body::Attested { .. }
            | Body::HarmFound { .. }
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
}

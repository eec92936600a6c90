//! What happened in a demo, read from its journal alone: the moments that the report and the exit code rest on.

use tidegate_engine::event::{Body, Cause, Event, Origin, Reading};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, CriterionId, IncidentId, PersonId, StageId, Timestamp};

/// One verdict of a criterion.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) at: Timestamp,
    pub(crate) criterion: CriterionId,
    pub(crate) verdict: Verdict,
    pub(crate) reading: Reading,
}

/// A rollback from beginning to end.
#[derive(Debug, Clone)]
pub(crate) struct RolledBack {
    pub(crate) from: BasisPoints,
    pub(crate) harm_at: Timestamp,
    pub(crate) done_at: Option<Timestamp>,
    /// The criterion that found harm, or `brake`.
    pub(crate) by: String,
}

/// What happened to one stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct StageStory {
    /// Exposures with their instants.
    pub(crate) exposed: Vec<(Timestamp, BasisPoints)>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) changes: Vec<Timestamp>,
    pub(crate) holds: Vec<(Timestamp, Option<CriterionId>)>,
    pub(crate) rollbacks: Vec<RolledBack>,
    pub(crate) watched_at: Option<Timestamp>,
    pub(crate) finalised_at: Option<Timestamp>,
    /// Attempts of both sides while the stage was exposed and before its first rollback ended.
    pub(crate) attempts_until_rollback: u64,
}

/// One page: when, which rung, to whom.
#[derive(Debug, Clone)]
pub(crate) struct Paged {
    pub(crate) at: Timestamp,
    pub(crate) incident: IncidentId,
    pub(crate) rung: u32,
    pub(crate) to: Vec<PersonId>,
}

/// An incident of a stage.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) incident: IncidentId,
    pub(crate) stage: Option<StageId>,
    pub(crate) rung_called: u32,
    pub(crate) by: Option<(Timestamp, PersonId)>,
    pub(crate) action: Option<String>,
    pub(crate) resolved: bool,
}

/// Everything that happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    pub(crate) stages: Vec<(StageId, StageStory)>,
    pub(crate) pages: Vec<Paged>,
    pub(crate) incidents: Vec<Answered>,
}

impl Story {
    /// Reads one more event.
    pub(crate) fn read(&mut self, event: &Event) {
        let at = event.at;
        match &event.body {
            Body::StepExposed { stage, to, .. } => self.stage_mut(stage).exposed.push((at, *to)),
            Body::CriterionJudged {
                stage,
                criterion,
                verdict,
                reading,
                ..
            } => {
                let judged = Judged {
                    at,
                    criterion: criterion.clone(),
                    verdict: verdict.clone(),
                    reading: reading.clone(),
                };
                self.stage_mut(stage).judged.push(judged);
            }
            Body::ChangeNoted { stage, .. } => self.stage_mut(stage).changes.push(at),
            Body::StageHeld { stage, criterion, .. } => self.stage_mut(stage).holds.push((at, criterion.clone())),
            Body::RollbackBegun { stage, from, cause, .. } => {
                let by = match cause {
                    Cause::Harm(criterion) => criterion.to_string(),
                    Cause::Brake => "brake".into(),
                    Cause::Person(reason) => format!("person: {reason}"),
                    Cause::Action(action) => action.to_string(),
                    Cause::Unknown(gateway) => format!("gateway {gateway}"),
                };
                let rolled_back = RolledBack {
                    from: *from,
                    harm_at: at,
                    done_at: None,
                    by,
                };
                self.stage_mut(stage).rollbacks.push(rolled_back);
            }
            Body::RolledBack { stage, .. } => {
                if let Some(last) = self.stage_mut(stage).rollbacks.last_mut() {
                    last.done_at = Some(at);
                }
            }
            Body::WatchBegun { stage, .. } => self.stage_mut(stage).watched_at = Some(at),
            Body::StageFinalised { stage, .. } => self.stage_mut(stage).finalised_at = Some(at),
            Body::EvidenceRecorded { stratum, .. } => {
                for counts in stratum
                    .counts
                    .iter()
                    .filter(|counts| counts.criterion.as_str() == "split")
                {
                    let story = self.stage_mut(&counts.stage);
                    if !story.exposed.is_empty() && story.rollbacks.is_empty() {
                        story.attempts_until_rollback += counts.old.n + counts.new.n;
                    }
                }
            }
            Body::IncidentOpened { incident, origin, .. } => {
                let stage = match origin {
                    Origin::Criterion(stage, _) | Origin::Brake(stage) => Some(stage.clone()),
                    Origin::Silence(..) | Origin::Waiting(_) | Origin::Gateway(_) | Origin::Person(_) => None,
                };
                self.incidents.push(Answered {
                    incident: incident.clone(),
                    stage,
                    rung_called: 0,
                    by: None,
                    action: None,
                    resolved: false,
                });
            }
            Body::RungCalled {
                incident, rung, sent, ..
            } => {
                let to = sent.iter().filter_map(|sent| addressee(&sent.effect)).collect();
                self.pages.push(Paged {
                    at,
                    incident: incident.clone(),
                    rung: *rung,
                    to,
                });
                if let Some(answered) = self.incident_mut(incident) {
                    answered.rung_called = (*rung).max(answered.rung_called);
                }
            }
            Body::IncidentAcknowledged { incident, by, .. } => {
                if let Some(answered) = self.incident_mut(incident) {
                    answered.by.get_or_insert((at, by.clone()));
                }
            }
            Body::ActionTaken { incident, action, .. } => {
                if let Some(answered) = self.incident_mut(incident) {
                    answered.action = Some(action.to_string());
                }
            }
            Body::IncidentResolved { incident, .. } => {
                if let Some(answered) = self.incident_mut(incident) {
                    answered.resolved = true;
                }
            }
            Body::ControllerStarted { .. }
            | Body::EstateAdopted { .. }
            | Body::CommandRefused { .. }
            | Body::StageReadied { .. }
            | Body::OpeningDeferred { .. }
            | Body::ApprovalAsked { .. }
            | Body::Approved { .. }
            | Body::RiskAccepted { .. }
            | Body::SoakBegun { .. }
            | Body::GateOpened { .. }
            | Body::GatePassed { .. }
            | Body::Observed { .. }
            | Body::Attested { .. }
            | Body::DecisionAsked { .. }
            | Body::ApprovalOverdue { .. }
            | Body::HarmFound { .. }
            | Body::HoldLifted { .. }
            | Body::AcknowledgementLapsed { .. }
            | Body::ActionReverted { .. }
            | Body::GatewayConnected { .. }
            | Body::GatewayLost { .. }
            | Body::EffectEnded { .. } => {}
        }
    }

    /// The story of a stage, empty when nothing happened to it.
    pub(crate) fn stage(&self, name: &str) -> StageStory {
        self.stages
            .iter()
            .find(|(id, _)| id.as_str() == name)
            .map(|(_, story)| story.clone())
            .unwrap_or_default()
    }

    /// The incident that harm to a stage opened.
    pub(crate) fn incident_of(&self, stage: &str) -> Option<&Answered> {
        self.incidents
            .iter()
            .find(|answered| answered.stage.as_ref().is_some_and(|id| id.as_str() == stage))
    }

    fn stage_mut(&mut self, stage: &StageId) -> &mut StageStory {
        let place = match self.stages.iter().position(|(id, _)| id == stage) {
            Some(place) => place,
            None => {
                self.stages.push((stage.clone(), StageStory::default()));
                self.stages.len() - 1
            }
        };
        &mut self.stages[place].1
    }

    fn incident_mut(&mut self, incident: &IncidentId) -> Option<&mut Answered> {
        self.incidents
            .iter_mut()
            .find(|answered| &answered.incident == incident)
    }
}

impl StageStory {
    /// The first harm verdict of a criterion.
    pub(crate) fn first_harm(&self) -> Option<&Judged> {
        self.judged.iter().find(|judged| judged.verdict == Verdict::Harm)
    }

    /// Whether a criterion said `pass` after an instant.
    pub(crate) fn passed_after(&self, criterion: &CriterionId, since: Timestamp) -> bool {
        self.judged
            .iter()
            .any(|judged| &judged.criterion == criterion && judged.at >= since && judged.verdict == Verdict::Pass)
    }

    /// Whether full exposure was reached and stands.
    pub(crate) fn is_through(&self) -> bool {
        self.finalised_at.is_some()
    }
}

fn addressee(effect: &tidegate_model::seam::Effect) -> Option<PersonId> {
    use tidegate_model::seam::Effect;
    match effect {
        Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => Some(letter.to.clone()),
        Effect::SetExposure(_) => None,
    }
}

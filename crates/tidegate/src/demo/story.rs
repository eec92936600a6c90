//! What happened in a demo, read from its journal alone: the moments that the report and the exit code rest on.

use tidegate_engine::event::{Body, Cause, Event, Origin};
use tidegate_model::seam::{Effect, ExposureVersion, Stratum, StratumPart, Verdict};
use tidegate_model::{ActionId, BasisPoints, CriterionId, IncidentId, PersonId, StageId, Timestamp};

use super::losses::Cohort;

/// The criterion of the demo's estate that counts completed orders.
const COMPLETION: &str = "buy-completion";

/// One verdict of a criterion.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) at: Timestamp,
    pub(crate) criterion: CriterionId,
    pub(crate) verdict: Verdict,
}

/// A rollback from beginning to end.
#[derive(Debug, Clone)]
pub(crate) struct RolledBack {
    pub(crate) from: BasisPoints,
    pub(crate) harm_at: Timestamp,
    pub(crate) done_at: Option<Timestamp>,
    /// The criterion that found harm, or `brake`.
    pub(crate) by: String,
    /// The snapshot that took everybody back.
    pub(crate) version: ExposureVersion,
}

/// What happened to one stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct StageStory {
    /// The snapshot that exposed it for the first time.
    pub(crate) exposed_as: Option<ExposureVersion>,
    /// When groups of it were flipped for the first time.
    pub(crate) flipped_at: Option<Timestamp>,
    pub(crate) judged: Vec<Judged>,
    pub(crate) changes: Vec<Timestamp>,
    pub(crate) holds: Vec<(Timestamp, Option<CriterionId>)>,
    pub(crate) rollbacks: Vec<RolledBack>,
    pub(crate) watched_at: Option<Timestamp>,
    pub(crate) finalised_at: Option<Timestamp>,
    /// Start cohorts of completed orders, those that came late for judging too.
    pub(crate) cohorts: Vec<Cohort>,
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
    /// Who acknowledged it first.
    pub(crate) by: Option<(Timestamp, PersonId)>,
    pub(crate) acted: Vec<Acted>,
}

/// A granted action that somebody used.
#[derive(Debug, Clone)]
pub(crate) struct Acted {
    pub(crate) by: PersonId,
    pub(crate) action: ActionId,
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
            Body::StepExposed { stage, flips, sent, .. } => {
                let version = exposure(&sent.effect);
                let story = self.stage_mut(stage);
                story.exposed_as = story.exposed_as.or(version);
                if !flips.is_empty() {
                    story.flipped_at.get_or_insert(at);
                }
            }
            Body::CriterionJudged {
                stage,
                criterion,
                verdict,
                ..
            } => {
                let judged = Judged {
                    at,
                    criterion: criterion.clone(),
                    verdict: verdict.clone(),
                };
                self.stage_mut(stage).judged.push(judged);
            }
            Body::ChangeNoted { stage, .. } => self.stage_mut(stage).changes.push(at),
            Body::StageHeld { stage, criterion, .. } => self.stage_mut(stage).holds.push((at, criterion.clone())),
            Body::RollbackBegun {
                stage,
                from,
                cause,
                sent,
                ..
            } => {
                let by = match cause {
                    Cause::Harm(criterion) => criterion.to_string(),
                    Cause::Brake => "brake".into(),
                    Cause::Person(reason) => format!("person: {reason}"),
                    Cause::Action(action) => action.to_string(),
                    Cause::Restored => "journal".into(),
                    Cause::Unknown(gateway) => format!("gateway {gateway}"),
                };
                let version = exposure(&sent.effect).expect("a rollback orders an exposure");
                self.stage_mut(stage).rollbacks.push(RolledBack {
                    from: *from,
                    harm_at: at,
                    done_at: None,
                    by,
                    version,
                });
            }
            Body::RolledBack { stage, .. } => {
                if let Some(last) = self.stage_mut(stage).rollbacks.last_mut() {
                    last.done_at = Some(at);
                }
            }
            Body::WatchBegun { stage, .. } => self.stage_mut(stage).watched_at = Some(at),
            Body::StageFinalised { stage, .. } => self.stage_mut(stage).finalised_at = Some(at),
            Body::EvidenceRecorded { stratum, .. } => self.count(stratum),
            Body::IncidentOpened { incident, origin, .. } => {
                let stage = match origin {
                    Origin::Criterion(stage, _) | Origin::Brake(stage) => Some(stage.clone()),
                    Origin::Silence(..)
                    | Origin::Waiting(_)
                    | Origin::Gateway(_)
                    | Origin::Journal
                    | Origin::Promise(_)
                    | Origin::PromiseSilent(..)
                    | Origin::Person(_) => None,
                };
                self.incidents.push(Answered {
                    incident: incident.clone(),
                    stage,
                    by: None,
                    acted: Vec::new(),
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
            }
            Body::IncidentAcknowledged { incident, by, .. } => {
                if let Some(answered) = self.incident_mut(incident) {
                    answered.by.get_or_insert((at, by.clone()));
                }
            }
            Body::ActionTaken {
                incident, action, by, ..
            } => {
                if let Some(answered) = self.incident_mut(incident) {
                    answered.acted.push(Acted {
                        by: by.clone(),
                        action: action.clone(),
                    });
                }
            }
            Body::IncidentResolved { .. }
            | Body::ControllerStarted { .. }
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
            | Body::RunbookStepDone { .. }
            | Body::ActionReverted { .. }
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

    /// Cohorts that a restart of a gateway has cut short say nothing.
    fn count(&mut self, stratum: &Stratum) {
        if stratum.voided || stratum.id.part != StratumPart::Cohort {
            return;
        }
        for counts in stratum.counts.iter().filter(|of| of.criterion.as_str() == COMPLETION) {
            self.stage_mut(&counts.stage).cohorts.push(Cohort {
                version: stratum.version,
                old: counts.old,
                new: counts.new,
            });
        }
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
    pub(crate) fn first_harm_of(&self, criterion: &str) -> Option<&Judged> {
        self.judged
            .iter()
            .find(|judged| judged.criterion.as_str() == criterion && judged.verdict == Verdict::Harm)
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

fn addressee(effect: &Effect) -> Option<PersonId> {
    match effect {
        Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => Some(letter.to.clone()),
        Effect::SetExposure(_) => None,
    }
}

fn exposure(effect: &Effect) -> Option<ExposureVersion> {
    match effect {
        Effect::SetExposure(snapshot) => Some(snapshot.version),
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::Millis;
    use tidegate_model::seam::{Actor, ArmCounts, MeterCounts, StratumId};

    use super::*;

    fn event(body: Body) -> Event {
        Event {
            v: 1,
            at: Timestamp(1),
            actor: Actor::Controller,
            key: None,
            body,
        }
    }

    fn evidence(part: StratumPart, late: bool, voided: bool, n: u64) -> Event {
        let counts = |criterion: &str| {
            MeterCounts::whole(
                StageId::parse("checkout").expect("a name"),
                CriterionId::parse(criterion).expect("a name"),
                ArmCounts { n, hits: n },
                ArmCounts { n, hits: 0 },
            )
        };
        event(Body::EvidenceRecorded {
            stratum: Stratum {
                id: StratumId {
                    gateway: tidegate_model::GatewayId::parse("gateway-1").expect("a name"),
                    incarnation: 1,
                    index: n,
                    part,
                },
                began: Timestamp(0),
                lasted: Millis::seconds(1),
                version: ExposureVersion { epoch: 1, seq: 7 },
                untracked: 0,
                fallbacks: 0,
                voided,
                counts: vec![counts(COMPLETION), counts("buy-errors")],
                promised: Vec::new(),
            },
            late,
        })
    }

    #[test]
    fn orders_are_counted_by_start_cohort_whether_or_not_they_came_in_time_for_a_verdict() {
        let mut story = Story::default();
        for read in [
            evidence(StratumPart::Cohort, false, false, 1),
            evidence(StratumPart::Cohort, true, false, 2),
            evidence(StratumPart::Cohort, true, true, 4),
            evidence(StratumPart::Prompt, false, false, 8),
        ] {
            story.read(&read);
        }
        let counted: Vec<u64> = story.stage("checkout").cohorts.iter().map(|of| of.new.n).collect();
        assert_eq!(counted, [1, 2]);
    }

    #[test]
    fn the_first_to_acknowledge_is_kept() {
        let incident = IncidentId::parse("inc-1").expect("a name");
        let mut story = Story::default();
        story.read(&event(Body::IncidentOpened {
            incident: incident.clone(),
            domain: tidegate_model::DomainId::parse("checkout").expect("a name"),
            severity: tidegate_model::Severity::Sev2,
            origin: Origin::Brake(StageId::parse("checkout").expect("a name")),
            summary: String::new(),
            stages: Vec::new(),
        }));
        for by in ["emma", "ana"] {
            story.read(&event(Body::IncidentAcknowledged {
                incident: incident.clone(),
                by: PersonId::parse(by).expect("a name"),
                until: Timestamp(2),
                superseded: Vec::new(),
            }));
        }
        let known = story.incident_of("checkout").expect("its brake opened it");
        assert_eq!(known.by.as_ref().map(|(_, by)| by.as_str()), Some("emma"));
    }
}

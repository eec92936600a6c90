//! Whether somebody may do something now, and what it would do: the engine's own answer, asked without being carried out.

use tidegate_model::plan::{Measure, Plan, Stage};
use tidegate_model::seam::Actor;
use tidegate_model::{BasisPoints, Estate, Millis, Timestamp};

use crate::command::{Command, Request, Side};
use crate::decide::panel::Panel;
use crate::decide::{decide, gate};
use crate::event::LessonAnswer;
use crate::judge;
use crate::may::may;
use crate::refusal::Refusal;
use crate::state::{Phase, StageState, State};
use crate::view::RulingView;
use crate::view::incident::consequence;
use crate::view::words::{counted, duration, loss, money};
use crate::words;

/// Stands for the text that a person would write; only its presence matters.
const SOME_TEXT: &str = "-";

/// Every button that could matter now, with its ruling.
#[must_use]
pub fn rulings(estate: &Estate, state: &State, actor: &Actor, now: Timestamp) -> Vec<RulingView> {
    let bench = Bench {
        estate,
        state,
        actor,
        now,
    };
    let mut rulings = Vec::new();
    for (_, stage) in estate.stages() {
        if let Some(known) = state.stages.get(&stage.id) {
            bench.of_stage(stage, known, &mut rulings);
        }
    }
    for plan in estate.plans().values() {
        rulings.extend(bench.everything_back(plan));
    }
    for (id, incident) in state.open_incidents() {
        bench.of_incident(id, incident, &mut rulings);
    }
    for runbook in estate.runbooks().keys() {
        let request = Request::RecordDrill {
            runbook: runbook.clone(),
            worked: true,
            note: SOME_TEXT.to_owned(),
        };
        let says = "Tells that it was tried out; entries that ask for it count from now.".to_owned();
        rulings.push(bench.permit("drill", runbook.to_string(), &request, says));
    }
    for action in state.actions.keys() {
        let says = "Ends it now: its switches go back to their defaults.".to_owned();
        rulings.push(bench.rule(
            "revert",
            action.to_string(),
            Request::Revert { action: action.clone() },
            says,
        ));
    }
    rulings
}

struct Bench<'a> {
    estate: &'a Estate,
    state: &'a State,
    actor: &'a Actor,
    now: Timestamp,
}

impl Bench<'_> {
    fn rule(&self, action: &str, subject: String, request: Request, says: String) -> RulingView {
        let command = Command {
            actor: self.actor.clone(),
            key: None,
            request,
        };
        let answer = decide(self.estate, self.state, &command, self.now).answer;
        ruled(action, subject, answer.map(|_| ()), says)
    }

    /// As before, where authority alone decides.
    fn permit(&self, action: &str, subject: String, request: &Request, says: String) -> RulingView {
        let answer = may(self.estate, self.state, self.actor, request);
        ruled(action, subject, answer, says)
    }

    fn of_stage(&self, stage: &Stage, known: &StageState, into: &mut Vec<RulingView>) {
        let id = &stage.id;
        let text = || SOME_TEXT.to_owned();
        let mut rule = |action, request, says| into.push(self.rule(action, id.to_string(), request, says));
        if known.phase == Phase::Finalised {
            return;
        }
        rule(
            "approve",
            Request::Approve { stage: id.clone() },
            approving(stage, known),
        );
        rule(
            "hold",
            Request::Hold {
                stage: id.clone(),
                reason: None,
            },
            format!("Growth stops at {}; nobody is moved.", known.exposure),
        );
        if !known.holds.is_empty() {
            let says = "The hold is lifted; the gate decides again.".to_owned();
            rule(
                "resume",
                Request::Resume {
                    stage: id.clone(),
                    reason: text(),
                },
                says,
            );
        }
        if known.exposure > BasisPoints::ZERO {
            rule(
                "rollback",
                Request::Rollback {
                    stage: id.clone(),
                    reason: text(),
                },
                self.rolling_back(stage, known),
            );
        }
        if known.phase == Phase::Gating {
            let says = format!(
                "Opens the next step although the gate cannot tell{}. Needs an approver and somebody on a rung above.",
                self.unexcluded(stage, known)
            );
            rule(
                "accept-risk",
                Request::AcceptRisk {
                    stage: id.clone(),
                    reason: text(),
                },
                says,
            );
        }
        if known.phase == Phase::Watching {
            let says = "The new side becomes final: the point of no return.".to_owned();
            rule("finalise", Request::Finalise { stage: id.clone() }, says);
        }
        let change = Request::NoteChange {
            stage: id.clone(),
            side: Side::New,
            reference: text(),
            summary: text(),
        };
        rule(
            "change",
            change,
            "The stage's evidence starts anew and its approvals lapse.".to_owned(),
        );
        let feedback = Request::FileFeedback {
            stage: id.clone(),
            from: text(),
            text: text(),
        };
        let says = "Its approver answers it before the next gate opens.".to_owned();
        into.push(self.permit("feedback", id.to_string(), &feedback, says));
        for lesson in known.lessons.iter().filter(|lesson| lesson.answer.is_none()) {
            let answer = Request::AnswerLesson {
                stage: id.clone(),
                of: lesson.of.clone(),
                answer: LessonAnswer::None { because: text() },
            };
            let says = "The answer is signed with your name and stands in the journal.".to_owned();
            into.push(self.permit("answer", format!("{id}/{}", lesson.of), &answer, says));
        }
        for criterion in stage
            .gate
            .criteria
            .iter()
            .filter(|one| matches!(one.measure, Measure::Manual { .. }))
        {
            let Measure::Manual { question } = &criterion.measure else {
                continue;
            };
            let attest = Request::Attest {
                stage: id.clone(),
                criterion: criterion.id.clone(),
                holds: true,
                note: text(),
            };
            into.push(self.rule("attest", format!("{id}/{}", criterion.id), attest, question.clone()));
        }
    }

    /// Every exposed stage of a plan back to the old side: what that moves, stage by stage; none where nothing is exposed.
    fn everything_back(&self, plan: &Plan) -> Option<RulingView> {
        let is_exposed = |known: &StageState| known.exposure > BasisPoints::ZERO && known.phase != Phase::Finalised;
        let ruled: Vec<RulingView> = plan
            .stages
            .iter()
            .filter_map(|stage| {
                Some((
                    stage,
                    self.state.stages.get(&stage.id).filter(|known| is_exposed(known))?,
                ))
            })
            .map(|(stage, known)| {
                let request = Request::Rollback {
                    stage: stage.id.clone(),
                    reason: SOME_TEXT.to_owned(),
                };
                let says = self.rolling_back(stage, known);
                self.rule("rollback", stage.id.to_string(), request, says)
            })
            .collect();
        let going = ruled.iter().filter(|ruling| ruling.allowed).count() as u64;
        let left = ruled.len() as u64 - going;
        let head = match left {
            0 => format!("{} at once:", counted(going, "stage goes back", "stages go back")),
            left => format!(
                "{} at once, {}:",
                counted(going, "stage goes back", "stages go back"),
                counted(left, "does not", "do not")
            ),
        };
        let lines: Vec<String> = ruled.iter().map(|ruling| format!("- {}", ruling.says)).collect();
        (!ruled.is_empty()).then(|| RulingView {
            action: "rollback-all".to_owned(),
            subject: plan.id.to_string(),
            allowed: going > 0,
            says: format!("{head}\n{}", lines.join("\n")),
        })
    }

    fn rolling_back(&self, stage: &Stage, known: &StageState) -> String {
        let pace = self.attempts_a_minute(known);
        let pace = if pace == 0 {
            String::new()
        } else {
            format!(" ({} in the last minute)", counted(pace, "attempt", "attempts"))
        };
        let forward = if stage.rollback.forward_fix.is_empty() {
            String::new()
        } else {
            format!(" Not undone by it: {}.", stage.rollback.forward_fix.join(", "))
        };
        let still = if known.proven > BasisPoints::ZERO {
            " What was proven has to be proven again."
        } else {
            ""
        };
        let completed = self
            .estate
            .stage(&stage.id)
            .and_then(|(plan, _)| judge::completed_on_new(plan, stage, known));
        let made = completed.map_or(String::new(), |(attempts, worth)| {
            let attempts = counted(attempts, "attempt", "attempts");
            format!(
                " At least {attempts} completed there, worth {} as declared, and what they made stays there.",
                money(&worth)
            )
        });
        format!(
            "{} of visitors{pace} return to the old side of {} at once.{made}{forward}{still}",
            known.exposure, stage.title
        )
    }

    /// The largest loss that the gate's evidence leaves possible in the next step.
    fn unexcluded(&self, stage: &Stage, known: &StageState) -> String {
        let (Some(step), Some((plan, _))) = (known.step, self.estate.stage(&stage.id)) else {
            return String::new();
        };
        let readings = Panel::hear(self.estate, self.state, stage, self.now).readings();
        let stake = judge::unexcluded(plan, stage, gate::exposure_of(stage, step + 1), &readings);
        stake.as_ref().map(loss).unwrap_or_default()
    }

    /// Attempts of the new side in the last minute.
    fn attempts_a_minute(&self, known: &StageState) -> u64 {
        let recent = |at: Timestamp| self.now.since(at) <= Millis::minutes(1);
        let of_criterion = known.cells.values().map(|cells| {
            cells
                .iter()
                .filter(|cell| recent(cell.received))
                .map(|cell| cell.new.n)
                .sum::<u64>()
        });
        of_criterion.max().unwrap_or(0)
    }

    fn of_incident(
        &self,
        id: &tidegate_model::IncidentId,
        incident: &crate::state::Incident,
        into: &mut Vec<RulingView>,
    ) {
        let domain = self.estate.domains().get(&incident.domain);
        let silent = domain
            .and_then(|domain| self.estate.ladders().get(&domain.ladder))
            .map_or(String::new(), |ladder| {
                format!(" for {}", duration(ladder.acknowledged_for))
            });
        let says = format!("You have it; the pager is silent{silent}, then it calls again.");
        into.push(self.rule(
            "acknowledge",
            id.to_string(),
            Request::Acknowledge { incident: id.clone() },
            says,
        ));
        for grant in domain.map_or(&[][..], |domain| domain.authority.as_slice()) {
            let request = Request::Act {
                incident: id.clone(),
                action: grant.action.clone(),
                reason: Some(SOME_TEXT.to_owned()),
            };
            let says = format!("{}: {}.", grant.title, consequence(self.estate, grant));
            into.push(self.rule("act", format!("{id}/{}", grant.action), request, says));
        }
        for (action, run) in &incident.runs {
            let places = (1_u32..).zip(&run.steps);
            for (step, text) in places.filter(|(step, _)| !run.done.contains_key(&(step - 1))) {
                let request = Request::FinishStep {
                    incident: id.clone(),
                    action: action.clone(),
                    step,
                    note: String::new(),
                };
                let says =
                    format!("Says that you did it: {text}. The journal keeps who and when; nothing is done by it.");
                into.push(self.rule("finish-step", format!("{id}/{action}/{step}"), request, says));
            }
        }
        let lesson = SOME_TEXT.to_owned();
        let says = "Closes it; the lesson stays in the journal.".to_owned();
        into.push(self.rule(
            "resolve",
            id.to_string(),
            Request::Resolve {
                incident: id.clone(),
                lesson,
            },
            says,
        ));
    }
}

fn ruled(action: &str, subject: String, answer: Result<(), Refusal>, says: String) -> RulingView {
    let (allowed, says) = match answer {
        Ok(()) => (true, says),
        Err(refusal) => {
            let owner = refusal
                .owner
                .map(|team| format!(" (owner: {team})"))
                .unwrap_or_default();
            (
                false,
                format!("{}{owner}. What helps: {}.", refusal.what, refusal.remedy),
            )
        }
    };
    RulingView {
        action: action.to_owned(),
        subject,
        allowed,
        says,
    }
}

fn approving(stage: &Stage, known: &StageState) -> String {
    let step = |place: usize| {
        stage
            .steps
            .get(place)
            .map_or_else(|| "its next step".to_owned(), ToString::to_string)
    };
    let flips = |place: usize| stage.steps.get(place).filter(|step| !step.flips.is_empty());
    match known.phase {
        Phase::Ready => format!(
            "Opens the first step: {} of visitors go to the new side, once every approver has agreed.",
            step(0)
        ),
        Phase::Watching => "Agrees to the finalisation: the point of no return.".to_owned(),
        Phase::Pending
        | Phase::Exposing
        | Phase::Soaking
        | Phase::Gating
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => {
            let place = known
                .passed
                .map_or(0, |step| usize::try_from(step).unwrap_or(usize::MAX).saturating_add(1));
            if let Some(step) = flips(place) {
                return format!(
                    "Opens the next step: whoever has no cookie meets {} on the new side, crawlers too, once every approver has agreed.",
                    words::groups(&step.flips)
                );
            }
            format!(
                "Opens the next step: from {} to {} of visitors, once every approver has agreed.",
                known.exposure,
                step(place)
            )
        }
    }
}

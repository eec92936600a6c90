//! What events say in plain words: one sentence, for timelines, answers and the command line.

use tidegate_model::seam::{Effect, Outcome};
use tidegate_model::{GroupId, IncidentId, PersonId};

use crate::event::{Body, Cause, Opening, Origin, RunbookBegun, Sent};
use crate::view::words::loss;

/// Groups of routes, as a list.
#[must_use]
pub fn groups(groups: &[GroupId]) -> String {
    groups.iter().map(GroupId::as_str).collect::<Vec<_>>().join(", ")
}

/// The sentence of an event.
#[must_use]
pub fn said(body: &Body) -> String {
    match body {
        Body::ControllerStarted { epoch, .. } => format!("controller started, epoch {epoch}"),
        Body::EstateAdopted { digest, stages, .. } => format!("estate {digest:.12} adopted, {} stages", stages.len()),
        Body::CommandRefused { asked, refusal } => format!("refused: {asked} - {}", refusal.what),
        Body::StageReadied { stage, attempt } => format!("{stage} is ready for attempt {attempt}"),
        Body::OpeningDeferred { stage, until } => match until {
            Some(until) => format!("{stage} waits for the plan's window, which opens at {until}"),
            None => format!("{stage} no longer waits for the plan's window alone"),
        },
        Body::ApprovalAsked { stage, opens, sent, .. } => {
            format!("{} asked to approve: {stage}, {}", people(sent), opening(opens))
        }
        Body::Approved { stage, by, bound, .. } => format!("{by} approved {stage}: {}", opening(&bound.opens)),
        Body::RiskAccepted {
            stage,
            by,
            as_approver,
            reason,
            unexcluded,
            ..
        } => {
            let role = if *as_approver {
                "as approver"
            } else {
                "from a rung above"
            };
            let loss = unexcluded.as_ref().map(loss).unwrap_or_default();
            format!("{by} accepted the risk of {stage} {role}: {reason}{loss}")
        }
        Body::StepExposed {
            stage,
            to,
            flips,
            attempt,
            ..
        } => match flips.is_empty() {
            true => format!("{stage} exposed to {to}, attempt {attempt}"),
            false => format!("{stage} flipped {} at {to}, attempt {attempt}", groups(flips)),
        },
        Body::SoakBegun { stage, until, .. } => format!("{stage} is in force at every gateway; soaks until {until}"),
        Body::GateOpened { stage, step } => format!("the gate of {stage} decides step {}", step + 1),
        Body::GatePassed { stage, step, .. } => format!("the gate of {stage} passed at step {}", step + 1),
        Body::EvidenceRecorded { stratum, late } => {
            let word = if *late { "late, not judged" } else { "recorded" };
            format!("counts of {} from {}: {word}", stratum.began, stratum.id.gateway)
        }
        Body::Observed { stage, criterion, .. } => format!("{stage}/{criterion} was asked"),
        Body::PromiseObserved(told) => format!("{} was asked", told.promise),
        Body::CriterionJudged {
            stage,
            criterion,
            verdict,
            reading,
            ..
        } => {
            format!("{stage}/{criterion} says {}: {}", verdict.word(), reading.why)
        }
        Body::DecisionAsked { stage, .. } => {
            format!("the gate of {stage} cannot tell in time; people are asked to decide")
        }
        Body::ApprovalOverdue { stage } => format!("the approval of {stage} is overdue"),
        Body::Attested {
            stage,
            criterion,
            holds,
            note,
        } => {
            format!(
                "{stage}/{criterion} {}: {note}",
                if *holds { "holds" } else { "does not hold" }
            )
        }
        Body::HarmFound { stage, criterion, .. } => match criterion {
            Some(criterion) => format!("{stage}/{criterion} turned harm"),
            None => format!("the emergency brake of {stage} was drawn"),
        },
        Body::StageHeld { stage, reason, .. } if reason.is_empty() => format!("{stage} is held"),
        Body::StageHeld { stage, reason, .. } => format!("{stage} is held: {reason}"),
        Body::HoldLifted { stage, reason, .. } => format!("a hold of {stage} was lifted: {reason}"),
        Body::RollbackBegun { stage, from, cause, .. } => {
            let by = match cause {
                Cause::Harm(criterion) => format!("harm of {criterion}"),
                Cause::Brake => "the emergency brake".into(),
                Cause::Person(reason) => reason.clone(),
                Cause::Action(action) => format!("action {action}"),
                Cause::Restored => "the journal was restored".to_owned(),
                Cause::Unknown(gateway) => format!("gateway {gateway} holds what the journal does not know"),
            };
            format!("{stage} is rolled back from {from} to 0 %: {by}")
        }
        Body::RolledBack {
            stage,
            acknowledged,
            lapsed,
        } => {
            let late = if lapsed.is_empty() {
                String::new()
            } else {
                format!(", {} by lapse of lease", lapsed.len())
            };
            format!("{stage} is on the old side at {}{late}", gateways(acknowledged.len()))
        }
        Body::ChangeNoted {
            stage,
            side,
            reference,
            summary,
            ..
        } => {
            let side = match side {
                crate::command::Side::Old => "old",
                crate::command::Side::New => "new",
            };
            let colon = if summary.is_empty() { "" } else { ": " };
            format!("{stage}: the {side} side changed ({reference}){colon}{summary}; its evidence starts anew")
        }
        Body::WatchBegun {
            stage, way_back_until, ..
        } => {
            format!("{stage} is at 100 % and watched; the way back is open until {way_back_until}")
        }
        Body::StageFinalised { stage, .. } => format!("{stage} is final on the new side"),
        Body::IncidentOpened {
            incident,
            domain,
            severity,
            summary,
            origin,
            ..
        } => {
            let what = match origin {
                Origin::Waiting(_) => "waiting",
                Origin::Silence(..) | Origin::PromiseSilent(..) => "silence",
                Origin::Promise(_) => "breach",
                Origin::Criterion(..) | Origin::Brake(_) | Origin::Gateway(_) | Origin::Journal | Origin::Person(_) => {
                    "incident"
                }
            };
            format!(
                "{incident} ({}, {what}) opened for {domain}: {summary}",
                severity.word()
            )
        }
        Body::RungCalled {
            incident,
            rung,
            sent,
            attempt,
            ..
        } => {
            if sent.is_empty() {
                format!("{incident}: rung {} reaches nobody", rung + 1)
            } else {
                format!("{incident}: paged {} (rung {}, call {attempt})", people(sent), rung + 1)
            }
        }
        Body::IncidentAcknowledged { incident, by, .. } => format!("{by} has {incident}"),
        Body::AcknowledgementLapsed { incident } => format!("{incident}: the acknowledgement lapsed without an update"),
        Body::ActionTaken {
            incident,
            action,
            by,
            switches,
            until,
            reason,
            begun,
            ..
        } => {
            if let Some(begun) = begun {
                return begin(by, incident, begun, reason);
            }
            let set: Vec<String> = switches.iter().map(|(id, value)| format!("{id} = {value}")).collect();
            let set = if set.is_empty() {
                String::new()
            } else {
                format!(": {} until {until}", set.join(", "))
            };
            format!("{by} used {action} in {incident}{set}{}", because(reason))
        }
        Body::RunbookStepDone {
            incident,
            action,
            step,
            text,
            by,
            note,
            left,
        } => step_done(
            &format!("{incident}: {by} did step {step} of {action}, {text}"),
            note,
            *left,
        ),
        Body::ActionReverted { action, expired, .. } => {
            format!(
                "the mode of {action} ended{}",
                if *expired { " by its expiry" } else { "" }
            )
        }
        Body::IncidentResolved {
            incident, by, lesson, ..
        } => match by {
            Some(by) => format!("{by} resolved {incident}; lesson: {lesson}"),
            None => format!("{incident} is over by itself"),
        },
        Body::RunbookDrilled {
            runbook,
            by,
            worked,
            note,
        } => format!("{by} drilled {runbook}: {}, {note}", drilled(*worked)),
        Body::FeedbackFiled {
            feedback,
            stage,
            from,
            text,
            ..
        } => format!("{feedback} filed against {stage}, from {from}: {text}"),
        Body::LessonOwed {
            stage,
            incident,
            lesson,
        } => format!("an approver of {stage} is to answer {incident}: {lesson}"),
        Body::LessonAnswered { stage, of, by, answer } => format!("{by} answered {of} for {stage}: {answer}"),
        Body::GatewayConnected { gateway, .. } => format!("gateway {gateway} connected"),
        Body::GatewayLost { gateway } => format!("gateway {gateway} is lost"),
        Body::EffectEnded { effect, outcome, .. } => match outcome {
            Outcome::Accepted { .. } => format!("effect {:.8} was accepted", effect.0),
            Outcome::InForce { acknowledged, lapsed } => {
                format!(
                    "exposure is in force at {}",
                    gateways(acknowledged.len() + lapsed.len())
                )
            }
            Outcome::FailedForGood { reason } => format!("effect {:.8} failed for good: {reason}", effect.0),
            Outcome::NoChannel { reason } => format!("effect {:.8} has no way to leave: {reason}", effect.0),
        },
    }
}

/// That a runbook was begun, what that does and what it does not.
#[must_use]
pub fn begin(by: &PersonId, incident: &IncidentId, begun: &RunbookBegun, reason: &str) -> String {
    let steps = match begun.steps.len() {
        1 => "its only step".to_owned(),
        count => format!("its {count} steps"),
    };
    format!(
        "{by} runs {} in {incident}{}; people do {steps} and tick them on the incident's page, Tidegate itself moves nothing",
        begun.runbook,
        because(reason)
    )
}

/// A step that was done, with what is left.
#[must_use]
pub fn step_done(what: &str, note: &str, left: u32) -> String {
    let left = match left {
        0 => "every step is done".to_owned(),
        1 => "1 step is left".to_owned(),
        left => format!("{left} steps are left"),
    };
    format!("{what}{}; {left}", because(note))
}

/// `: reason`, or nothing when none was given.
fn because(reason: &str) -> String {
    if reason.trim().is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

/// How a drill went, in words.
#[must_use]
pub fn drilled(worked: bool) -> &'static str {
    if worked { "it worked" } else { "it did not work" }
}

/// What a decision opens, in words.
#[must_use]
pub fn opening(opens: &Opening) -> String {
    match opens {
        Opening::Entry => "its first step".into(),
        Opening::Step(step) => format!("step {}", step + 1),
        Opening::AcceptedRisk(step) => format!("step {} on accepted risk", step + 1),
        Opening::Finalisation => "its finalisation, the point of no return".into(),
    }
}

fn gateways(count: usize) -> String {
    format!("{count} gateway{}", if count == 1 { "" } else { "s" })
}

fn people(sent: &[Sent]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for sent in sent {
        if let Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) = &sent.effect
            && !names.contains(&letter.to.as_str())
        {
            names.push(letter.to.as_str());
        }
    }
    if names.is_empty() {
        "nobody".into()
    } else {
        names.join(", ")
    }
}

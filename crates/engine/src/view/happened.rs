//! Each event in plain words, for people who read a timeline. Needs no estate: events are complete in themselves.

use tidegate_model::seam::{Actor, Effect};
use tidegate_model::{IncidentId, PersonId, StageId, Timestamp};

use crate::command::Side;
use crate::decide;
use crate::event::{Body, Event, Opening, Origin, Sent};
use crate::refusal::Refusal;
use crate::view::ended::ended;
use crate::view::measured::{asked, evidence, harm, judged, observed};
use crate::view::words::{clock, counted, instants, list, loss};
use crate::view::{HappenedView, Tone, blame};
use crate::words::{begin, drilled, groups, step_done};

/// A text with how it feels.
pub(super) type Told = (Tone, String);

/// An event in plain words.
#[must_use]
pub fn happened(seq: u64, event: &Event) -> HappenedView {
    let (tone, text) = tell(&event.body, &event.actor);
    HappenedView {
        seq,
        at: event.at,
        text: instants(&text),
        tone,
    }
}

/// One arm per event; what takes more than a line has a function below.
fn tell(body: &Body, actor: &Actor) -> Told {
    match body {
        Body::ControllerStarted { epoch, .. } => (Tone::Calm, started(*epoch, actor)),
        Body::EstateAdopted { digest, stages, .. } => {
            let stages = counted(stages.len() as u64, "stage", "stages");
            (Tone::Calm, format!("{actor} adopted estate {digest:.12} with {stages}"))
        }
        Body::CommandRefused { asked, refusal } => refused(actor, asked, refusal),
        Body::StageReadied { stage, attempt } => (
            Tone::Calm,
            format!("{stage} is ready to be entered (attempt {attempt})"),
        ),
        Body::OpeningDeferred {
            stage,
            until: Some(until),
        } => (
            Tone::Wait,
            format!("{stage} waits for the plan's window, which opens at {}", clock(*until)),
        ),
        Body::OpeningDeferred { stage, until: None } => (
            Tone::Calm,
            format!("{stage} no longer waits for the plan's window alone"),
        ),
        Body::ApprovalAsked {
            stage,
            opens,
            sent,
            answer_by,
            ..
        } => (
            Tone::Wait,
            format!(
                "asked {} to approve {}, until {}",
                people(sent),
                opening(stage, opens),
                clock(*answer_by)
            ),
        ),
        Body::Approved { stage, by, bound, .. } => {
            (Tone::Good, format!("{by} approved {}", opening(stage, &bound.opens)))
        }
        Body::RiskAccepted {
            stage,
            by,
            as_approver,
            reason,
            bound,
            unexcluded,
            ..
        } => {
            let standing = if *as_approver {
                "as approver"
            } else {
                "from a rung above"
            };
            (
                Tone::Wait,
                format!(
                    "{by} accepted the risk of {} {standing}: {reason}{}",
                    opening(stage, &bound.opens),
                    unexcluded.as_ref().map(loss).unwrap_or_default()
                ),
            )
        }
        Body::StepExposed {
            stage,
            step,
            to,
            flips,
            because,
            ..
        } => {
            let what = match flips.is_empty() {
                true => format!("exposed {stage} to {to}"),
                false => format!("flipped {} of {stage} for whoever has no cookie", groups(flips)),
            };
            (Tone::Good, format!("{what} (step {}), {}", step + 1, grounds(because)))
        }
        Body::SoakBegun { stage, step, until, .. } => (
            Tone::Calm,
            format!(
                "step {} of {stage} is in force; it soaks until {}",
                step + 1,
                clock(*until)
            ),
        ),
        Body::GateOpened { stage, step } => (
            Tone::Calm,
            format!("the soak of {stage} step {} is over; its gate decides", step + 1),
        ),
        Body::GatePassed { stage, step, readings } => {
            let criteria = counted(readings.len() as u64, "criterion", "criteria");
            (
                Tone::Good,
                format!("the gate of {stage} step {} passed on {criteria}", step + 1),
            )
        }
        Body::EvidenceRecorded { stratum, late } => evidence(stratum, *late),
        Body::Observed {
            stage,
            criterion,
            observation,
        } => observed(stage, criterion, observation),
        Body::PromiseObserved(told) => asked(told),
        Body::CriterionJudged {
            stage,
            criterion,
            verdict,
            reading,
            ..
        } => judged(stage, criterion, verdict, reading),
        Body::DecisionAsked { stage, step } => (
            Tone::Wait,
            format!(
                "the gate of {stage} step {} cannot tell in its time; people are asked to decide",
                step + 1
            ),
        ),
        Body::ApprovalOverdue { stage } => (
            Tone::Wait,
            format!("the approval of {stage} is overdue; its owner is paged"),
        ),
        Body::Attested {
            stage,
            criterion,
            holds,
            note,
        } => {
            let (tone, word) = if *holds {
                (Tone::Good, "holds")
            } else {
                (Tone::Harm, "does not hold")
            };
            (tone, format!("{actor} says that {criterion} of {stage} {word}: {note}"))
        }
        Body::HarmFound {
            stage,
            criterion,
            on_harm,
            look,
            ..
        } => harm(stage, criterion.as_ref(), *on_harm, look.as_ref()),
        Body::StageHeld {
            stage,
            criterion,
            reason,
        } => {
            let by = criterion
                .as_ref()
                .map_or_else(|| actor.to_string(), |criterion| format!("the gate ({criterion})"));
            (Tone::Wait, format!("{by} holds {stage}{}", because(reason)))
        }
        Body::HoldLifted {
            stage,
            criterion,
            of,
            reason,
        } => {
            let whose = match (criterion, of) {
                (Some(criterion), _) => format!("the hold of {criterion}"),
                (None, Some(person)) if decide::person(actor) == Some(person) => "their hold".to_owned(),
                (None, Some(person)) => format!("the hold of {person}"),
                (None, None) => "the hold".to_owned(),
            };
            (
                Tone::Calm,
                format!("{actor} lifted {whose} on {stage}{}", because(reason)),
            )
        }
        Body::RollbackBegun { stage, from, cause, .. } => (
            Tone::Harm,
            format!("rolling {stage} back from {from} to 0 %, {}", blame(cause)),
        ),
        Body::RolledBack {
            stage,
            acknowledged,
            lapsed,
        } => rolled_back(stage, acknowledged.len(), lapsed),
        Body::ChangeNoted {
            stage,
            side,
            reference,
            summary,
            ..
        } => {
            let side = match side {
                Side::Old => "old",
                Side::New => "new",
            };
            (
                Tone::Calm,
                format!(
                    "{actor} changed the {side} side of {stage} ({reference}){}; its evidence starts anew",
                    because(summary)
                ),
            )
        }
        Body::WatchBegun {
            stage,
            until,
            way_back_until,
        } => (
            Tone::Good,
            format!(
                "{stage} is at 100 % and watched until {}; its way back stays open until {}",
                clock(*until),
                clock(*way_back_until)
            ),
        ),
        Body::StageFinalised { stage, .. } => (Tone::Good, format!("{actor} finalised {stage}; there is no way back")),
        Body::IncidentOpened {
            incident,
            domain,
            severity,
            origin,
            summary,
            ..
        } => (
            Tone::Harm,
            format!(
                "{incident} opened ({}, {domain}, by {}): {summary}",
                severity.word(),
                origin_words(origin)
            ),
        ),
        Body::RungCalled {
            incident,
            rung,
            attempt,
            sent,
            answer_by,
        } => called(incident, *rung, *attempt, sent, *answer_by),
        Body::IncidentAcknowledged {
            incident, by, until, ..
        } => {
            let has = if decide::person(actor) == Some(by) {
                format!("{by} acknowledged {incident}")
            } else {
                format!("{by} still has {incident}")
            };
            (
                Tone::Good,
                format!("{has}; the pager is silent until {}", clock(*until)),
            )
        }
        Body::AcknowledgementLapsed { incident } => (
            Tone::Wait,
            format!("the acknowledgement of {incident} ran out without an update"),
        ),
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
                return (Tone::Good, begin(by, incident, begun, reason));
            }
            let set: Vec<String> = switches
                .iter()
                .map(|(switch, value)| format!("{switch} = {value}"))
                .collect();
            let set = if set.is_empty() {
                String::new()
            } else {
                format!(" ({}, until {})", list(&set), clock(*until))
            };
            (
                Tone::Good,
                format!("{by} used {action} in {incident}{set}{}", because(reason)),
            )
        }
        Body::RunbookStepDone {
            action,
            step,
            text,
            by,
            note,
            left,
            ..
        } => {
            let what = format!("{by} did step {step} of {action}, {text}");
            (Tone::Good, step_done(&what, note, *left))
        }
        Body::ActionReverted {
            action, expired: true, ..
        } => (Tone::Wait, format!("{action} ended by its expiry")),
        Body::ActionReverted {
            action, expired: false, ..
        } => (Tone::Calm, format!("{actor} ended {action}")),
        Body::IncidentResolved {
            incident, by, lesson, ..
        } => resolved(incident, by.as_ref(), lesson),
        Body::RunbookDrilled {
            runbook,
            by,
            worked,
            note,
        } => {
            let tone = if *worked { Tone::Good } else { Tone::Harm };
            (tone, format!("{by} drilled {runbook}, {}: {note}", drilled(*worked)))
        }
        Body::FeedbackFiled {
            feedback,
            stage,
            by,
            from,
            text,
        } => (
            Tone::Wait,
            format!("{by} filed {feedback} against {stage}, from {from}: {text}"),
        ),
        Body::LessonOwed { stage, incident, .. } => (
            Tone::Wait,
            format!("an approver of {stage} answers {incident} before its next gate"),
        ),
        Body::LessonAnswered { stage, of, by, answer } => {
            (Tone::Good, format!("{by} answered {of} for {stage}: {answer}"))
        }
        Body::GatewayConnected { gateway, .. } => (Tone::Calm, format!("gateway {gateway} connected")),
        Body::GatewayLost { gateway } => (
            Tone::Harm,
            format!("gateway {gateway} is gone; what it did not report counts as missing"),
        ),
        Body::EffectEnded {
            outcome, undelivered, ..
        } => ended(outcome, undelivered.as_ref()),
    }
}

fn refused(actor: &Actor, asked: &str, refusal: &Refusal) -> Told {
    (Tone::Wait, format!("refused {actor} to {asked}: {}", refusal.what))
}

fn opening(stage: &StageId, opens: &Opening) -> String {
    match opens {
        Opening::Entry => format!("entering {stage}"),
        Opening::Step(step) | Opening::AcceptedRisk(step) => format!("step {} of {stage}", step + 1),
        Opening::Finalisation => format!("the finalisation of {stage}"),
    }
}

fn grounds(because: &Opening) -> String {
    match because {
        Opening::Entry => "as approved".to_owned(),
        Opening::Step(_) => "as the gate before it passed".to_owned(),
        Opening::AcceptedRisk(_) => "on accepted risk".to_owned(),
        Opening::Finalisation => "as it was finalised".to_owned(),
    }
}

/// `: reason`, or nothing when none was given.
pub(super) fn because(reason: &str) -> String {
    if reason.trim().is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    }
}

/// A start, or what stands for one when a gateway is ahead of the journal.
fn started(epoch: u64, actor: &Actor) -> String {
    match actor {
        Actor::Gateway { .. } => format!("starts are counted on from {epoch}, beyond what {actor} holds"),
        Actor::Person { .. } | Actor::Service { .. } | Actor::Controller => {
            format!("the controller started (start {epoch})")
        }
    }
}

fn rolled_back<G: std::fmt::Display>(stage: &StageId, acknowledged: usize, lapsed: &[G]) -> Told {
    let gateways = counted(acknowledged as u64, "gateway", "gateways");
    let lapsed = if lapsed.is_empty() {
        String::new()
    } else {
        format!("; the lease of {} ran out", list(lapsed))
    };
    (
        Tone::Wait,
        format!("{stage} is back on the old side, on {gateways}{lapsed}"),
    )
}

fn origin_words(origin: &Origin) -> String {
    match origin {
        Origin::Criterion(stage, criterion) => format!("{criterion} of {stage}"),
        Origin::Brake(stage) => format!("the brake of {stage}"),
        Origin::Silence(stage, criterion) => format!("the silence of {criterion} ({stage})"),
        Origin::Waiting(stage) => format!("a decision that waits ({stage})"),
        Origin::Gateway(gateway) => format!("gateway {gateway}"),
        Origin::Journal => "the journal".to_owned(),
        Origin::Promise(promise) => format!("the promise {promise}"),
        Origin::PromiseSilent(domain, source) => {
            format!("the silence of {source}, which promises of {domain} are measured on")
        }
        Origin::Person(person) => person.to_string(),
    }
}

fn called(incident: &IncidentId, rung: u32, attempt: u32, sent: &[Sent], answer_by: Timestamp) -> Told {
    let place = rung + 1;
    if sent.is_empty() {
        return (Tone::Harm, format!("rung {place} of {incident} reaches nobody"));
    }
    let text = format!(
        "called {} for {incident} (rung {place}, call {attempt}); next at {}",
        people(sent),
        clock(answer_by)
    );
    (Tone::Wait, text)
}

/// The people whom letters go to, each once.
fn people(sent: &[Sent]) -> String {
    let mut people: Vec<&PersonId> = Vec::new();
    for sent in sent {
        match &sent.effect {
            Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => {
                if !people.contains(&&letter.to) {
                    people.push(&letter.to);
                }
            }
            Effect::SetExposure(_) => {}
        }
    }
    if people.is_empty() {
        "nobody".to_owned()
    } else {
        list(&people)
    }
}

fn resolved(incident: &IncidentId, by: Option<&PersonId>, lesson: &str) -> Told {
    let lesson = if lesson.trim().is_empty() {
        String::new()
    } else {
        format!("; lesson: {lesson}")
    };
    match by {
        Some(by) => (Tone::Good, format!("{by} resolved {incident}{lesson}")),
        None => (Tone::Good, format!("{incident} is over by itself{lesson}")),
    }
}

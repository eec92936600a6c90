//! `decide`: a command becomes events and an answer. Every reaction that follows from the new state is decided here too,
//! in the same batch, so that nothing is left to execution.

mod adopt;
mod approve;
mod change;
mod drill;
mod entry;
mod evidence;
mod exposure;
pub mod gate;
mod harm;
mod hold;
mod incident;
mod kept;
mod lesson;
mod letter;
pub(crate) mod panel;
mod progress;
mod promise;
mod receipt;
mod refuse;
mod runbook;
mod start;
mod turn;
mod window;

use tidegate_model::seam::Actor;
use tidegate_model::{Estate, Timestamp};

use crate::command::{Accepted, COMMAND_KEY_BYTES_MAX, Command, Decision, Request, TEXT_BYTES_MAX};
use crate::event::LessonAnswer;
use crate::refusal::{Refusal, Rule};
use crate::state::State;
pub use exposure::snapshot;
pub(crate) use refuse::asked;
pub(crate) use turn::Turn;
pub(crate) use turn::unknown as turn_unknown;

/// Decides a command at engine time `now` (never before the last event's).
pub fn decide(estate: &Estate, state: &State, command: &Command, now: Timestamp) -> Decision {
    let now = now.max(state.at);
    if let Some(answer) = command.key.as_ref().and_then(|key| state.answers.by_key.get(key)) {
        return Decision {
            events: Vec::new(),
            answer: answer.clone().map(|said| Accepted { said }),
        };
    }
    if is_nothing(estate, state, &command.request) {
        return Decision {
            events: Vec::new(),
            answer: Ok(Accepted {
                said: "nothing changes".into(),
            }),
        };
    }
    let mut turn = Turn::new(estate, state.clone(), command, now);
    let outcome = check_form(command)
        .and_then(|()| crate::may::may(estate, state, &command.actor, &command.request))
        .and_then(|()| carry(&mut turn, &command.request));
    match outcome {
        Ok(()) => {
            let said = turn
                .events
                .first()
                .map_or_else(|| "nothing changes".into(), |event| crate::words::said(&event.body));
            progress::follow_up(&mut turn);
            Decision {
                events: turn.events,
                answer: Ok(Accepted { said }),
            }
        }
        Err(refusal) => refuse::refused(estate, state, command, now, refusal),
    }
}

/// What the brake sees mostly changes nothing, and must cost nothing.
fn is_nothing(estate: &Estate, state: &State, request: &Request) -> bool {
    matches!(request, Request::Look(look) if !harm::trips(estate, state, look))
}

fn check_form(command: &Command) -> Result<(), Refusal> {
    let texts: Vec<&str> = match &command.request {
        Request::AcceptRisk { reason, .. } | Request::Resume { reason, .. } | Request::Rollback { reason, .. } => {
            vec![reason]
        }
        Request::Hold { reason, .. } | Request::Act { reason, .. } => reason.iter().map(String::as_str).collect(),
        Request::NoteChange { reference, summary, .. } => vec![reference, summary],
        Request::Attest { note, .. } => vec![note],
        Request::RecordDrill { note, .. } | Request::FinishStep { note, .. } => vec![note],
        Request::FileFeedback { from, text, .. } => vec![from, text],
        Request::AnswerLesson { answer, .. } => match answer {
            LessonAnswer::None { because } => vec![because],
            LessonAnswer::Criterion { .. } => Vec::new(),
        },
        Request::OpenIncident { summary, .. } => vec![summary],
        Request::Resolve { lesson, .. } => vec![lesson],
        Request::StartController
        | Request::DistrustJournal
        | Request::Adopt { .. }
        | Request::Approve { .. }
        | Request::Finalise { .. }
        | Request::Acknowledge { .. }
        | Request::Revert { .. }
        | Request::Evidence(_)
        | Request::Look(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. }
        | Request::GatewaySeen { .. }
        | Request::GatewayLost { .. }
        | Request::Receive(_)
        | Request::Tick => Vec::new(),
    };
    let too_long = texts
        .iter()
        .any(|text| text.len() > TEXT_BYTES_MAX || text.contains('\0'));
    let bad_key = command
        .key
        .as_ref()
        .is_some_and(|key| key.0.is_empty() || key.0.len() > COMMAND_KEY_BYTES_MAX);
    if too_long || bad_key {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: "a text or key is too long".into(),
            owner: None,
            remedy: format!("send at most {TEXT_BYTES_MAX} bytes of text and {COMMAND_KEY_BYTES_MAX} of key"),
        });
    }
    Ok(())
}

fn carry<'a>(turn: &mut Turn<'a>, request: &'a Request) -> Result<(), Refusal> {
    match request {
        Request::StartController => start::start(turn),
        Request::DistrustJournal => {
            receipt::journal_restored(turn);
            Ok(())
        }
        Request::Adopt { candidate } => adopt::adopt(turn, candidate),
        Request::Approve { stage } => approve::approve(turn, stage),
        Request::Finalise { stage } => approve::finalise(turn, stage),
        Request::AcceptRisk { stage, reason } => approve::accept_risk(turn, stage, reason),
        Request::Hold { stage, reason } => hold::hold(turn, stage, reason.as_deref()),
        Request::Resume { stage, reason } => hold::resume(turn, stage, reason),
        Request::Rollback { stage, reason } => harm::by_person(turn, stage, reason),
        Request::NoteChange {
            stage,
            side,
            reference,
            summary,
        } => change::note(turn, stage, *side, reference, summary),
        Request::Attest {
            stage,
            criterion,
            holds,
            note,
        } => evidence::attest(turn, stage, criterion, *holds, note),
        Request::RecordDrill { runbook, worked, note } => drill::record(turn, runbook, *worked, note),
        Request::FileFeedback { stage, from, text } => lesson::file(turn, stage, from, text),
        Request::AnswerLesson { stage, of, answer } => lesson::answer(turn, stage, of, answer),
        Request::OpenIncident {
            domain,
            severity,
            summary,
        } => incident::open_by_person(turn, domain, *severity, summary),
        Request::Acknowledge { incident } => incident::acknowledge(turn, incident),
        Request::Act {
            incident,
            action,
            reason,
        } => incident::act(turn, incident, action, reason.as_deref().unwrap_or_default()),
        Request::FinishStep {
            incident,
            action,
            step,
            note,
        } => runbook::step_done(turn, incident, action, *step, note),
        Request::Revert { action } => incident::revert(turn, action),
        Request::Resolve { incident, lesson } => incident::resolve(turn, incident, lesson),
        Request::Evidence(stratum) => evidence::record(turn, stratum),
        Request::Look(look) => harm::by_brake(turn, look),
        Request::Observe {
            stage,
            criterion,
            observation,
        } => evidence::observe(turn, stage, criterion, observation),
        Request::ObservePromise {
            promise,
            asked,
            unsaid,
            observation,
        } => promise::observe(turn, promise, asked, *unsaid, observation),
        Request::GatewaySeen {
            gateway,
            incarnation,
            holds,
        } => receipt::gateway_seen(turn, gateway, *incarnation, *holds),
        Request::GatewayLost { gateway } => receipt::gateway_lost(turn, gateway),
        Request::Receive(receipt) => receipt::receive(turn, receipt),
        Request::Tick => Ok(()),
    }
}

/// The person behind an actor, when there is one.
pub(crate) fn person(actor: &Actor) -> Option<&tidegate_model::PersonId> {
    match actor {
        Actor::Person { id, .. } => Some(id),
        Actor::Service { .. } | Actor::Gateway { .. } | Actor::Controller => None,
    }
}

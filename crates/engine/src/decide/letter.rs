//! Letters to people: complete texts, one for each contact method of each person.

use tidegate_model::domain::ActionEffect;
use tidegate_model::plan::Stage;
use tidegate_model::seam::{Effect, Errand, Letter};
use tidegate_model::{Estate, IncidentId, Millis, PersonId, StageId, Timestamp};

use super::turn::{Turn, sent};
use crate::event::{Opening, Sent};
use crate::state::StageState;
use crate::words;

/// A link in a letter works for so long.
const LINK_FOR: Millis = Millis(24 * 3_600_000);

/// Pages of one rung of an incident: who is called, why, and what they can do.
pub(super) fn pages(turn: &Turn<'_>, incident: &IncidentId, rung: u32, attempt: u32, until: Timestamp) -> Vec<Sent> {
    let Some(known) = turn.state.incidents.get(incident) else {
        return Vec::new();
    };
    let Some(domain) = turn.estate.domains().get(&known.domain) else {
        return Vec::new();
    };
    let rungs = turn
        .estate
        .ladders()
        .get(&domain.ladder)
        .map_or(0, |ladder| ladder.rungs.len());
    let mut lines = vec![
        known.summary.clone(),
        String::new(),
        format!(
            "Domain {} of {}, {}.",
            domain.title,
            domain.owner,
            known.severity.word()
        ),
        format!("You are rung {} of {rungs}; the next call is due at {until}.", rung + 1),
    ];
    let ladder = turn.estate.ladders().get(&domain.ladder);
    let place = usize::try_from(rung).unwrap_or(usize::MAX);
    if let Some(purpose) = ladder.and_then(|ladder| ladder.rungs.get(place)?.purpose()) {
        lines.push(format!("Your rung is {purpose}."));
    }
    if let Some(runbook) = domain.runbook.as_ref().and_then(|id| turn.estate.runbooks().get(id)) {
        lines.push(String::new());
        lines.push(format!("Runbook {}:", runbook.title));
        lines.extend(
            runbook
                .steps
                .iter()
                .enumerate()
                .map(|(place, step)| format!("  {}. {step}", place + 1)),
        );
    }
    if !domain.authority.is_empty() {
        lines.push(String::new());
        lines.push("Granted actions:".into());
        lines.extend(domain.authority.iter().map(|grant| match &grant.effect {
            ActionEffect::SetSwitches(_) | ActionEffect::Rollback => {
                format!("  {} - {}, for {}", grant.action, grant.title, grant.expires)
            }
            ActionEffect::RunRunbook(runbook) => {
                format!(
                    "  {} - {}, by people, with runbook {runbook}",
                    grant.action, grant.title
                )
            }
        }));
    }
    let subject = format!(
        "[{}] {} {}: {}",
        known.severity.word(),
        incident,
        domain.title,
        known.summary
    );
    let people = turn
        .estate
        .rung_people(&known.domain, usize::try_from(rung).unwrap_or(usize::MAX));
    each_method(turn.estate, &people, |person, method| {
        let letter = Letter {
            to: person.clone(),
            method,
            thread: incident.to_string(),
            subject: subject.clone(),
            lines: lines.clone(),
            errand: Errand::Incident(incident.clone()),
            link_until: turn.now.after(LINK_FOR),
        };
        let parts = [
            "page",
            incident.as_str(),
            &rung.to_string(),
            &attempt.to_string(),
            person.as_str(),
            &method.to_string(),
        ];
        sent(&parts, Effect::Page(letter))
    })
}

/// Questions to the approvers of a stage's next move.
pub(super) fn approvals(turn: &Turn<'_>, stage: &StageId, opens: &Opening, people: &[PersonId]) -> Vec<Sent> {
    let Some((plan, declared)) = turn.declared(stage) else {
        return Vec::new();
    };
    let Some(state) = turn.state.stages.get(stage) else {
        return Vec::new();
    };
    let mut lines = vec![
        format!(
            "{} of {}: your approval opens {}.",
            declared.title,
            plan.title,
            opened(declared, state, opens)
        ),
        String::new(),
        format!("Attempt {} of {}.", state.attempt.max(1), declared.attempts_max),
    ];
    for (criterion, said) in &state.verdicts {
        lines.push(format!("  {criterion}: {} - {}", said.verdict.word(), said.reading.why));
    }
    lines.push(String::new());
    lines.push(way_back(declared, opens));
    let subject = format!("Approve {}: {}", declared.title, words::opening(opens));
    let attempt = state.attempt.to_string();
    let restarts = state.restarts.to_string();
    let seq = turn.next_seq().to_string();
    each_method(turn.estate, people, |person, method| {
        let letter = Letter {
            to: person.clone(),
            method,
            thread: format!("stage-{stage}"),
            subject: subject.clone(),
            lines: lines.clone(),
            errand: Errand::Stage(stage.clone()),
            link_until: turn.now.after(LINK_FOR),
        };
        let parts = [
            "ask",
            stage.as_str(),
            &attempt,
            &restarts,
            &seq,
            person.as_str(),
            &method.to_string(),
        ];
        sent(&parts, Effect::AskApproval(letter))
    })
}

/// What an approval opens, with the visitors whom that moves.
fn opened(declared: &Stage, state: &StageState, opens: &Opening) -> String {
    let step = match opens {
        Opening::Entry => Some(0),
        Opening::Step(step) | Opening::AcceptedRisk(step) => usize::try_from(*step).ok(),
        Opening::Finalisation => None,
    };
    let what = words::opening(opens);
    match step.and_then(|step| declared.steps.get(step)) {
        Some(step) if !step.flips.is_empty() => format!(
            "{what}: whoever has no cookie meets {} on the new side, crawlers too",
            words::groups(&step.flips)
        ),
        Some(step) => format!("{what}, from {} to {} of visitors", state.exposure, step.to),
        None => what,
    }
}

fn way_back(declared: &Stage, opens: &Opening) -> String {
    let rollback = &declared.rollback;
    match opens {
        Opening::Entry | Opening::Step(_) | Opening::AcceptedRisk(_) => {
            format!("Way back: {}, within {}.", rollback.what, rollback.within)
        }
        Opening::Finalisation if rollback.forward_fix.is_empty() => "After it there is no way back.".into(),
        Opening::Finalisation => {
            format!(
                "After it there is no way back; what is left then: {}.",
                rollback.forward_fix.join("; ")
            )
        }
    }
}

/// Notices to people who are told and need not answer, in the thread of what they are about.
pub(super) fn notices(
    turn: &Turn<'_>,
    about: &str,
    thread: &str,
    people: &[PersonId],
    subject: &str,
    line: &str,
) -> Vec<Sent> {
    let seq = turn.next_seq().to_string();
    each_method(turn.estate, people, |person, method| {
        let letter = Letter {
            to: person.clone(),
            method,
            thread: thread.to_owned(),
            subject: subject.to_owned(),
            lines: vec![line.to_owned()],
            errand: Errand::Nothing,
            link_until: turn.now,
        };
        let parts = ["notify", about, &seq, person.as_str(), &method.to_string()];
        sent(&parts, Effect::Notify(letter))
    })
}

fn each_method(estate: &Estate, people: &[PersonId], make: impl Fn(&PersonId, u8) -> Sent) -> Vec<Sent> {
    let mut letters = Vec::new();
    for person in people {
        let methods = estate.people().get(person).map_or(0, |person| person.methods.len());
        letters.extend(
            (0..methods)
                .filter_map(|method| u8::try_from(method).ok())
                .map(|method| make(person, method)),
        );
    }
    letters
}

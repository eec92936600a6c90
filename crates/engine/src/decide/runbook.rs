//! A granted runbook: begun with a reason, its steps said done one by one. People do them; the engine keeps who did what.

use tidegate_model::{ActionId, IncidentId, PersonId, RunbookId};

use super::incident::{open_incident, take};
use super::turn::{Turn, unknown};
use super::{letter, person};
use crate::event::{Body, RunbookBegun};
use crate::refusal::{Refusal, Rule};

/// The runbook as it stands now, with letters to whoever was called or is on call. One that is under way is not begun twice.
pub(super) fn begin(
    turn: &Turn<'_>,
    incident: &IncidentId,
    action: &ActionId,
    runbook: &RunbookId,
    by: &PersonId,
    reason: &str,
) -> Result<RunbookBegun, Refusal> {
    let known = open_incident(turn, incident)?;
    let Some(declared) = turn.estate.runbooks().get(runbook) else {
        return Err(unknown("runbook", runbook.as_str()));
    };
    if let Some(run) = known.runs.get(action).filter(|run| run.left() > 0) {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{} began {action} in {incident} already, and it is not through", run.by),
            owner: None,
            remedy: "do its next step and say so; it may be begun again when every step is done".into(),
        });
    }
    if reason.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: format!("{action} opens runbook {runbook} without a reason"),
            owner: None,
            remedy: "say why it is begun: whoever joins reads that first".into(),
        });
    }
    let mut people = turn.estate.rung_people(&known.domain, 0);
    people.extend(known.called.iter().cloned());
    people.sort();
    people.dedup();
    people.retain(|one| one != by);
    let subject = format!("[{}] {by} runs {} in {incident}", known.severity.word(), declared.title);
    let line = format!(
        "{by} runs {}, because: {reason}. Its steps are done by people and ticked on the page of {incident}; Tidegate itself moves nothing.",
        declared.title
    );
    Ok(RunbookBegun {
        runbook: runbook.clone(),
        title: declared.title.clone(),
        steps: declared.steps.clone(),
        notices: letter::notices(turn, action.as_str(), incident.as_str(), &people, &subject, &line),
    })
}

/// Somebody says that a step was done, 1 first. Steps may be done out of order; none is done twice.
pub(super) fn step_done(
    turn: &mut Turn<'_>,
    incident: &IncidentId,
    action: &ActionId,
    step: u32,
    note: &str,
) -> Result<(), Refusal> {
    let known = open_incident(turn, incident)?;
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    let Some(run) = known.runs.get(action) else {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("no runbook of {action} was begun in {incident}"),
            owner: None,
            remedy: format!("begin it: `tidegate act {incident} {action} --reason ...`"),
        });
    };
    let place = step.checked_sub(1);
    let Some((place, text)) = place.and_then(|place| Some((place, run.steps.get(usize::try_from(place).ok()?)?)))
    else {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: format!("{} has no step {step}", run.runbook),
            owner: None,
            remedy: format!("name one of its {} steps, 1 first", run.steps.len()),
        });
    };
    if let Some(done) = run.done.get(&place) {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{} has done step {step} of {action}", done.by),
            owner: None,
            remedy: "nothing: it stands in the journal".into(),
        });
    }
    let left = u32::try_from(run.left().saturating_sub(1)).unwrap_or(u32::MAX);
    turn.emit(Body::RunbookStepDone {
        incident: incident.clone(),
        action: action.clone(),
        step,
        text: text.clone(),
        by: by.clone(),
        note: note.to_owned(),
        left,
    });
    // Whoever works on it keeps it.
    take(turn, incident, known.commander().cloned().unwrap_or(by));
    Ok(())
}

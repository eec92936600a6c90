//! Drills: a runbook that was tried out, told by somebody who answers for it.

use tidegate_model::RunbookId;

use super::person;
use super::turn::{Turn, unknown};
use crate::event::Body;
use crate::refusal::{Refusal, Rule};

pub(super) fn record(turn: &mut Turn<'_>, runbook: &RunbookId, worked: bool, note: &str) -> Result<(), Refusal> {
    if note.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: format!("the drill of {runbook} says nothing of what was seen"),
            owner: None,
            remedy: "say what was done and what was seen".into(),
        });
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    turn.emit(Body::RunbookDrilled {
        runbook: runbook.clone(),
        by,
        worked,
        note: note.to_owned(),
    });
    Ok(())
}

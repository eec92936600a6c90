//! Holds: anyone touched may stop growth; who held, or an approver, lets it go on.

use tidegate_model::StageId;

use super::person;
use super::turn::Turn;
use crate::event::Body;
use crate::may;
use crate::refusal::{Refusal, Rule};
use crate::state::{Hold, Phase};

pub(super) fn hold(turn: &mut Turn<'_>, id: &StageId, reason: Option<&str>) -> Result<(), Refusal> {
    let (_, _, state) = turn.stage(id)?;
    if state.phase == Phase::Finalised {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{id} is final; nothing grows any more"),
            owner: None,
            remedy: "open an incident if something is wrong".into(),
        });
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(super::turn::unknown("person", ""));
    };
    if state.holds.iter().any(|hold| hold.of.as_ref() == Some(&by)) {
        // One hold of a person is enough; it is theirs to lift.
        return Ok(());
    }
    turn.emit(Body::StageHeld {
        stage: id.clone(),
        criterion: None,
        reason: reason.unwrap_or_default().to_owned(),
    });
    Ok(())
}

pub(super) fn resume(turn: &mut Turn<'_>, id: &StageId, reason: &str) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(id)?;
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(super::turn::unknown("person", ""));
    };
    let approves = may::is_approver(turn.estate, declared, &by);
    let lifted: Vec<Hold> = state
        .holds
        .iter()
        .filter(|hold| approves || hold.of.as_ref() == Some(&by))
        .cloned()
        .collect();
    if state.holds.is_empty() {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{id} is not held"),
            owner: None,
            remedy: "nothing needs to be lifted".into(),
        });
    }
    if lifted.is_empty() {
        return Err(Refusal {
            rule: Rule::NotAuthorised,
            what: format!("the hold of {id} is not yours to lift"),
            owner: turn.estate.owner_of(&declared.owner).cloned(),
            remedy: "ask whoever held it, or an approver".into(),
        });
    }
    for hold in lifted {
        let body = Body::HoldLifted {
            stage: id.clone(),
            criterion: hold.criterion,
            of: hold.of,
            reason: reason.to_owned(),
        };
        turn.emit(body);
    }
    Ok(())
}

//! A side changed: approvals lapse, the gate's own holds end, and evidence starts anew under a new version of the exposure.

use tidegate_model::{ActionId, DomainId, StageId};

use super::exposure::{Ask, ask};
use super::turn::Turn;
use crate::command::Side;
use crate::event::Body;
use crate::refusal::{Refusal, Rule};
use crate::state::Phase;

pub(super) fn note(
    turn: &mut Turn<'_>,
    id: &StageId,
    side: Side,
    reference: &str,
    summary: &str,
) -> Result<(), Refusal> {
    let (_, _, state) = turn.stage(id)?;
    if state.phase == Phase::Finalised {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{id} is final; it is no longer judged"),
            owner: None,
            remedy: "nothing of the stage rests on it any more".into(),
        });
    }
    if reference.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: "a change is named by its commit, ticket or command".into(),
            owner: None,
            remedy: "give a reference".into(),
        });
    }
    noted(turn, id, side, reference, summary, By::Asked);
    Ok(())
}

/// A switch that a granted action set or reverted, or that fell back at its expiry, is a change of the new side of every stage of its domain.
pub(super) fn by_action(turn: &mut Turn<'_>, domain: &DomainId, action: &ActionId, by: By) {
    let touched: Vec<StageId> = turn
        .state
        .stages
        .iter()
        .filter(|(_, stage)| &stage.owner == domain && stage.attempt > 0 && stage.phase != Phase::Finalised)
        .map(|(id, _)| id.clone())
        .collect();
    for stage in touched {
        noted(turn, &stage, Side::New, action.as_str(), "its switches changed", by);
    }
}

/// Who causes a change of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Whoever asked.
    Asked,
    /// The clock.
    Expiry,
}

fn noted(turn: &mut Turn<'_>, id: &StageId, side: Side, reference: &str, summary: &str, by: By) {
    let is_exposed = turn.state.is_exposed(id);
    let sent = is_exposed.then(|| ask(&turn.state, turn.next_seq(), turn.state.epoch, &Ask::Again));
    let body = Body::ChangeNoted {
        stage: id.clone(),
        side,
        reference: reference.to_owned(),
        summary: summary.to_owned(),
        sent,
    };
    match by {
        By::Asked => turn.emit(body),
        By::Expiry => turn.emit_self(body),
    }
}

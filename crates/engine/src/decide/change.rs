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
    turn.stage(id)?;
    if reference.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: "a change is named by its commit, ticket or command".into(),
            owner: None,
            remedy: "give a reference".into(),
        });
    }
    noted(turn, id, side, reference, summary);
    Ok(())
}

/// A switch that a granted action set or reverted is a change of the new side of every stage of its domain.
pub(super) fn by_action(turn: &mut Turn<'_>, domain: &DomainId, action: &ActionId) {
    let touched: Vec<StageId> = turn
        .state
        .stages
        .iter()
        .filter(|(_, stage)| &stage.owner == domain && stage.attempt > 0 && stage.phase != Phase::Finalised)
        .map(|(id, _)| id.clone())
        .collect();
    for stage in touched {
        noted(turn, &stage, Side::New, action.as_str(), "its switches changed");
    }
}

fn noted(turn: &mut Turn<'_>, id: &StageId, side: Side, reference: &str, summary: &str) {
    let is_exposed = turn.state.is_exposed(id);
    let sent = is_exposed.then(|| ask(&turn.state, turn.next_seq(), turn.state.epoch, &Ask::Again));
    turn.emit(Body::ChangeNoted {
        stage: id.clone(),
        side,
        reference: reference.to_owned(),
        summary: summary.to_owned(),
        sent,
    });
}

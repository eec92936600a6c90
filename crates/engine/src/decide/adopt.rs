//! Another version of the estate: refused when it would change an owner, remove what is in use, or touch a running stage.

use tidegate_model::Estate;
use tidegate_model::plan::Stage;

use super::start::adopted;
use super::turn::Turn;
use crate::event::Body;
use crate::refusal::{Refusal, Rule};
use crate::state::Phase;

pub(super) fn adopt(turn: &mut Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    if turn.state.estate.as_deref() == Some(candidate.digest()) {
        return Err(unsafe_because(
            "this estate is the one that runs".into(),
            "change the plan files first".into(),
        ));
    }
    same_owners(turn, candidate)?;
    nothing_in_use_removed(turn, candidate)?;
    same_salt(turn, candidate)?;
    for (id, state) in &turn.state.stages {
        let runs = state.phase.is_exposed() || state.phase == Phase::RollingBack;
        if !runs {
            continue;
        }
        let (before, after) = (turn.estate.stage(id), candidate.stage(id));
        let is_same = matches!((before, after), (Some((_, before)), Some((_, after))) if before == after);
        if !is_same {
            return Err(unsafe_because(
                format!("stage `{id}` is {} and the new estate changes it", state.phase.words()),
                "roll it back or finalise it first, or leave the stage as it is".into(),
            ));
        }
    }
    let body: Body = adopted(candidate);
    turn.emit(body);
    Ok(())
}

fn same_owners(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    for (domain, owner) in &turn.state.owners {
        match candidate.domains().get(domain) {
            Some(found) if found.owner.as_str() == owner => {}
            Some(found) => {
                return Err(unsafe_because(
                    format!("domain `{domain}` would go from {owner} to {} by an edit", found.owner),
                    format!("leave {owner} as the owner; a change of owner is a transfer that the new owner accepts"),
                ));
            }
            None => {
                return Err(unsafe_because(
                    format!("domain `{domain}` of {owner} would disappear"),
                    "a domain in use keeps its owner; leave it in the estate".into(),
                ));
            }
        }
    }
    Ok(())
}

fn nothing_in_use_removed(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let untouched = |stage: &&Stage| {
        turn.state
            .stages
            .get(&stage.id)
            .is_none_or(|state| matches!(state.phase, Phase::Pending | Phase::Ready))
    };
    for (_, stage) in turn.estate.stages() {
        if candidate.stage(&stage.id).is_none() && !untouched(&stage) {
            return Err(unsafe_because(
                format!("stage `{}` has begun and would disappear", stage.id),
                "leave it in the plan".into(),
            ));
        }
    }
    for action in turn.state.actions.keys() {
        if candidate.grant(action).is_none() {
            return Err(unsafe_because(
                format!("action `{action}` is active and would disappear"),
                "revert it first".into(),
            ));
        }
    }
    for (_, incident) in turn.state.open_incidents() {
        if let Some(person) = incident
            .called
            .iter()
            .find(|person| !candidate.people().contains_key(*person))
        {
            return Err(unsafe_because(
                format!("{person} was called in an open incident and would disappear"),
                "resolve the incident first".into(),
            ));
        }
    }
    Ok(())
}

fn same_salt(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let has_begun = turn
        .state
        .stages
        .values()
        .any(|stage| stage.attempt > 0 && stage.step.is_some());
    for (id, edge) in turn.estate.edges() {
        let other = candidate.edges().get(id);
        if has_begun && other.is_some_and(|other| other.salt != edge.salt) {
            return Err(unsafe_because(
                format!("the salt of edge `{id}` would reshuffle every visitor"),
                "leave the salt as it was when the first stage was exposed".into(),
            ));
        }
    }
    Ok(())
}

fn unsafe_because(what: String, remedy: String) -> Refusal {
    Refusal {
        rule: Rule::AdoptionUnsafe,
        what,
        owner: None,
        remedy,
    }
}

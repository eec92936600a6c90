//! Approvals: of the next move of a stage, bound to what it was when they were given.

use tidegate_model::StageId;
use tidegate_model::seam::Verdict;

use super::turn::Turn;
use super::{gate, person};
use crate::event::{Binding, Body, Opening};
use crate::judge;
use crate::may;
use crate::refusal::{Refusal, Rule};
use crate::state::{Phase, StageState};

pub(super) fn approve(turn: &mut Turn<'_>, id: &StageId) -> Result<(), Refusal> {
    let (_, _, state) = turn.stage(id)?;
    let Some(opens) = next_opening(state) else {
        return Err(nothing_to_approve(state, id));
    };
    give(turn, id, opens)
}

pub(super) fn finalise(turn: &mut Turn<'_>, id: &StageId) -> Result<(), Refusal> {
    let (_, _, state) = turn.stage(id)?;
    let is_over = state.phase == Phase::Watching && state.watch_until.is_some_and(|until| turn.now >= until);
    if !is_over {
        return Err(nothing_to_approve(state, id));
    }
    give(turn, id, Opening::Finalisation)
}

fn give(turn: &mut Turn<'_>, id: &StageId, opens: Opening) -> Result<(), Refusal> {
    let (_, _, state) = turn.stage(id)?;
    let bound = binding(turn, state, opens);
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(super::turn::unknown("person", ""));
    };
    turn.emit(Body::Approved {
        stage: id.clone(),
        by,
        bound,
    });
    Ok(())
}

/// What an approval given now would open.
pub(super) fn next_opening(state: &StageState) -> Option<Opening> {
    match state.phase {
        Phase::Ready => Some(Opening::Entry),
        Phase::Gating => state.passed.map(|step| Opening::Step(step + 1)),
        Phase::Watching => match &state.asked {
            Some(asked) if asked.opens == Opening::Finalisation => Some(Opening::Finalisation),
            Some(_) | None => None,
        },
        Phase::Pending
        | Phase::Exposing
        | Phase::Soaking
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => None,
    }
}

/// What an approval of this opening is bound to now.
pub(super) fn binding(turn: &Turn<'_>, state: &StageState, opens: Opening) -> Binding {
    Binding {
        estate: turn.state.estate.clone().unwrap_or_default(),
        opens,
        attempt: state.attempt,
        restarts: state.restarts,
    }
}

fn nothing_to_approve(state: &StageState, id: &StageId) -> Refusal {
    let (rule, remedy) = match state.phase {
        Phase::Pending => (Rule::DependencyOpen, "the stages that it comes after pass first"),
        Phase::Soaking | Phase::Gating | Phase::Exposing => (Rule::GateNotPassed, "wait until its gate has passed"),
        Phase::Watching => (Rule::WrongState, "wait until its watch is over"),
        Phase::RollingBack | Phase::RolledBack => (
            Rule::WrongState,
            "note the change that mends it: `tidegate change STAGE SIDE REF`",
        ),
        Phase::Ready | Phase::Finalised => (Rule::WrongState, "there is nothing left to approve"),
    };
    Refusal {
        rule,
        what: format!("{id} is {}; there is nothing to approve now", state.phase.words()),
        owner: None,
        remedy: remedy.into(),
    }
}

/// Accepts the risk of a gate that says `not yet`, never of one that says anything worse.
pub(super) fn accept_risk(turn: &mut Turn<'_>, id: &StageId, reason: &str) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(id)?;
    let Some(step) = state.step.filter(|_| state.phase == Phase::Gating) else {
        return Err(Refusal {
            rule: Rule::RiskNotAcceptable,
            what: format!(
                "{id} is {}; risk is accepted only where a gate cannot tell",
                state.phase.words()
            ),
            owner: None,
            remedy: "wait until the soak is over".into(),
        });
    };
    let mut readings = Vec::new();
    let mut passing = 0;
    for criterion in &declared.gate.criteria {
        let (verdict, reading) = judge::judge(turn.estate, &turn.state, id, criterion, turn.now);
        match verdict {
            Verdict::Pass => {
                passing += 1;
                readings.push((criterion.id.clone(), reading));
            }
            Verdict::NotYet { .. } => readings.push((criterion.id.clone(), reading)),
            Verdict::Harm | Verdict::NoData { .. } | Verdict::Invalid { .. } | Verdict::SourceDown { .. } => {
                return Err(Refusal {
                    rule: Rule::RiskNotAcceptable,
                    what: format!("`{}` says {}", criterion.id, verdict.word()),
                    owner: turn
                        .estate
                        .domains()
                        .get(&criterion.owner)
                        .map(|domain| domain.owner.clone()),
                    remedy: "risk can be accepted on `not yet` only".into(),
                });
            }
        }
    }
    if readings.len() == passing {
        return Err(Refusal {
            rule: Rule::RiskNotAcceptable,
            what: format!("the gate of {id} passes; there is no risk to accept"),
            owner: None,
            remedy: "approve its next step".into(),
        });
    }
    if reason.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: "accepting risk needs a reason".into(),
            owner: None,
            remedy: "say why".into(),
        });
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(super::turn::unknown("person", ""));
    };
    let bound = binding(turn, state, Opening::AcceptedRisk(step + 1));
    let has_approver = gate::has_risk(
        turn.estate,
        &turn.state,
        declared,
        &bound.opens,
        gate::Role::Approver,
        turn.now,
    );
    let is_above = may::stands_above(turn.estate, &declared.owner, &by);
    let as_approver = may::is_approver(turn.estate, declared, &by) && !(is_above && has_approver);
    turn.emit(Body::RiskAccepted {
        stage: id.clone(),
        by,
        as_approver,
        reason: reason.to_owned(),
        bound,
        readings,
    });
    Ok(())
}

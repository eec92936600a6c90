//! Approvals: of the next move of a stage, bound to what it was when they were given.

use tidegate_model::StageId;
use tidegate_model::plan::{Plan, Stage};
use tidegate_model::seam::Verdict;

use super::panel::{Panel, Said, Standing};
use super::turn::Turn;
use super::{gate, person};
use crate::event::{Body, Opening};
use crate::judge;
use crate::may;
use crate::refusal::{Refusal, Rule};
use crate::state::{Phase, StageState};
use crate::view::words::list;
use crate::words;

pub(super) fn approve(turn: &mut Turn<'_>, id: &StageId) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(id)?;
    let Some(opens) = next_opening(state) else {
        return Err(nothing_to_approve(turn, declared, state));
    };
    give(turn, id, opens)
}

pub(super) fn finalise(turn: &mut Turn<'_>, id: &StageId) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(id)?;
    let is_over = state.phase == Phase::Watching && state.watch_until.is_some_and(|until| turn.now >= until);
    if !is_over {
        return Err(not_to_be_finalised(declared, state));
    }
    give(turn, id, Opening::Finalisation)
}

/// Why a stage cannot be made final yet.
fn not_to_be_finalised(declared: &Stage, state: &StageState) -> Refusal {
    let remedy = match (state.phase, state.watch_until) {
        (Phase::Watching, Some(until)) => format!("wait until its watch is over, at {until}"),
        (Phase::Finalised, _) => "nothing is left to finalise".into(),
        (_, _) => "it must come to 100 % and be watched there first".into(),
    };
    Refusal {
        rule: Rule::WrongState,
        what: format!(
            "{} is {}; it cannot be made final now",
            declared.id,
            state.phase.words()
        ),
        owner: None,
        remedy,
    }
}

/// What no approval can be given before: a ladder that reaches somebody; and for the point of no return, which is not agreed to
/// in advance, everything but the other approvals.
fn stands_in_the_way(turn: &Turn<'_>, plan: &Plan, declared: &Stage, opens: &Opening) -> Option<Refusal> {
    let is_final = *opens == Opening::Finalisation;
    let found = gate::obstacles(turn.estate, &turn.state, plan, declared, opens, turn.now);
    let obstacle = found.into_iter().find(|obstacle| match obstacle.rule {
        Rule::ApprovalMissing => false,
        Rule::LadderUnreachable => true,
        Rule::NotAuthorised
        | Rule::UnknownSubject
        | Rule::WrongState
        | Rule::GateNotPassed
        | Rule::IncidentOpen
        | Rule::OutsideWindow
        | Rule::Held
        | Rule::DependencyOpen
        | Rule::AttemptsUsedUp
        | Rule::RiskNotAcceptable
        | Rule::WindowClosed
        | Rule::AdoptionUnsafe
        | Rule::EntryUnmet
        | Rule::LessonOwed
        | Rule::BadInput => is_final,
    })?;
    let remedy = if is_final {
        "see to that first; the point of no return is not approved in advance"
    } else {
        "give somebody on the ladder a way to be reached, and adopt that"
    };
    Some(Refusal {
        rule: obstacle.rule,
        what: if is_final {
            format!("{} cannot be made final: {}", declared.id, obstacle.what)
        } else {
            format!(
                "nobody can approve {} of {}: {}",
                words::opening(opens),
                declared.id,
                obstacle.what
            )
        },
        owner: turn.estate.owner_of(&declared.owner).cloned(),
        remedy: remedy.into(),
    })
}

fn give(turn: &mut Turn<'_>, id: &StageId, opens: Opening) -> Result<(), Refusal> {
    let (plan, declared, _) = turn.stage(id)?;
    if let Some(refusal) = stands_in_the_way(turn, plan, declared, &opens) {
        return Err(refusal);
    }
    if let Some(refusal) = passes_no_longer(turn, declared, &opens) {
        return Err(refusal);
    }
    let bound = turn.state.binding(id, &opens);
    let (Some(by), Some(bound)) = (person(&turn.actor).cloned(), bound) else {
        return Err(super::turn::unknown("person", ""));
    };
    let is_last = gate::missing_but_for(turn.estate, &turn.state, declared, &opens, turn.now, &by).is_empty();
    turn.emit(Body::Approved {
        stage: id.clone(),
        by,
        bound,
        is_last,
    });
    Ok(())
}

/// A step is approved while the gate before it passes, and not on the strength of what it said before.
fn passes_no_longer(turn: &Turn<'_>, declared: &Stage, opens: &Opening) -> Option<Refusal> {
    match opens {
        Opening::Step(_) => {}
        Opening::Entry | Opening::AcceptedRisk(_) | Opening::Finalisation => return None,
    }
    let panel = Panel::hear(turn.estate, &turn.state, declared, turn.now);
    (panel.standing() != Standing::Pass).then(|| Refusal {
        rule: Rule::GateNotPassed,
        what: format!(
            "the gate of {} does not pass now: {}",
            declared.id,
            panel.shut().join("; ")
        ),
        owner: turn.estate.owner_of(&declared.owner).cloned(),
        remedy: "wait until it passes again".into(),
    })
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

/// Why there is nothing to approve, and what there must be first.
fn nothing_to_approve(turn: &Turn<'_>, declared: &Stage, state: &StageState) -> Refusal {
    let id = &declared.id;
    let (rule, remedy) = match state.phase {
        Phase::Pending => {
            let open = declared
                .after
                .iter()
                .filter(|earlier| !gate::has_passed(&turn.state, earlier));
            (
                Rule::DependencyOpen,
                format!("wait until {} has come to 100 %", list(&open.collect::<Vec<_>>())),
            )
        }
        Phase::Exposing => (Rule::GateNotPassed, "wait until every gateway holds its step".into()),
        Phase::Soaking => (
            Rule::GateNotPassed,
            "wait until its soak is over and its gate has passed".into(),
        ),
        Phase::Gating => {
            let said = Panel::hear(turn.estate, &turn.state, declared, turn.now).shut();
            (
                Rule::GateNotPassed,
                format!("its gate must pass first: {}", said.join(", ")),
            )
        }
        Phase::Watching => (Rule::WrongState, "wait until its watch is over".into()),
        Phase::RollingBack => (Rule::WrongState, "wait until every gateway holds 0 %".into()),
        Phase::RolledBack => back_again(turn, declared, state),
        Phase::Ready | Phase::Finalised => (Rule::WrongState, "nothing is left to approve".into()),
    };
    Refusal {
        rule,
        what: format!("{id} is {}; there is nothing to approve now", state.phase.words()),
        owner: None,
        remedy,
    }
}

/// What a stage that was rolled back needs before it may be entered again.
fn back_again(turn: &Turn<'_>, declared: &Stage, state: &StageState) -> (Rule, String) {
    if state.attempt >= declared.attempts_max {
        let remedy = format!("adopt a plan that allows more attempts than {}", declared.attempts_max);
        return (Rule::AttemptsUsedUp, remedy);
    }
    if !state.is_changed {
        let remedy = format!(
            "note the change that mends it: `tidegate change {} SIDE REF`",
            declared.id
        );
        return (Rule::WrongState, remedy);
    }
    match gate::freezing_incident(&turn.state, declared) {
        Some(incident) => (Rule::IncidentOpen, format!("resolve {incident} first")),
        None => (Rule::WrongState, "wait until it is ready".into()),
    }
}

/// Accepts the risk of a gate that says `not yet`, never of one that says anything worse.
pub(super) fn accept_risk(turn: &mut Turn<'_>, id: &StageId, reason: &str) -> Result<(), Refusal> {
    let (plan, declared, state) = turn.stage(id)?;
    let Some(step) = state.step.filter(|_| state.phase == Phase::Gating) else {
        return Err(Refusal {
            rule: Rule::RiskNotAcceptable,
            what: format!(
                "{id} is {}; risk is accepted only where a gate cannot tell",
                state.phase.words()
            ),
            owner: None,
            remedy: match state.phase {
                Phase::Exposing | Phase::Soaking => "wait until the soak is over".into(),
                Phase::Watching => "there is no step after this one".into(),
                Phase::Pending
                | Phase::Ready
                | Phase::Gating
                | Phase::RollingBack
                | Phase::RolledBack
                | Phase::Finalised => "it must be exposed first, and its gate unable to tell".into(),
            },
        });
    };
    let panel = Panel::hear(turn.estate, &turn.state, declared, turn.now);
    if let Some(said) = panel.unacceptable() {
        return Err(unacceptable(turn, said));
    }
    if panel.standing() == Standing::Pass {
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
    let bound = turn.state.binding(id, &Opening::AcceptedRisk(step + 1));
    let (Some(by), Some(bound)) = (person(&turn.actor).cloned(), bound) else {
        return Err(super::turn::unknown("person", ""));
    };
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
    let readings = panel.readings();
    let unexcluded = judge::unexcluded(plan, declared, gate::exposure_of(declared, step + 1), &readings);
    turn.emit(Body::RiskAccepted {
        stage: id.clone(),
        by,
        as_approver,
        reason: reason.to_owned(),
        bound,
        readings,
        unexcluded,
    });
    Ok(())
}

/// A criterion whose risk nobody can accept.
fn unacceptable(turn: &Turn<'_>, said: &Said<'_>) -> Refusal {
    let (what, remedy) = match said.verdict {
        Verdict::NotYet { .. } => (
            "has seen nothing under this step".to_owned(),
            "wait until it has; what nobody has looked at is no risk that is known",
        ),
        Verdict::Pass
        | Verdict::Harm
        | Verdict::NoData { .. }
        | Verdict::Invalid { .. }
        | Verdict::SourceDown { .. } => (
            format!("says {}", said.verdict.word()),
            "risk can be accepted on `not yet` only",
        ),
    };
    Refusal {
        rule: Rule::RiskNotAcceptable,
        what: format!("`{}` {what}", said.criterion.id),
        owner: turn.estate.owner_of(&said.criterion.owner).cloned(),
        remedy: remedy.into(),
    }
}

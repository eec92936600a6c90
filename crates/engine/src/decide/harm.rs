//! Harm: what stops a stage or takes everybody back. Whatever found it, the very next effect lowers exposure.

use tidegate_model::plan::{Criterion, OnHarm, Stage};
use tidegate_model::seam::{ArmCounts, BrakeLook};
use tidegate_model::{BasisPoints, Estate, PersonId, Severity, StageId};

use super::exposure::{Ask, ask};
use super::turn::Turn;
use super::{incident, letter, person};
use crate::event::{Body, Cause, Origin};
use crate::judge;
use crate::refusal::{Refusal, Rule};
use crate::state::{Hold, Phase, State};
use crate::view::blame;

/// Attempts of the old side below which the brake does not excuse the new side by it.
const CONTROL_AT_LEAST: u64 = 20;

/// How the reason of a hold by the brake begins.
const BRAKE_HOLD: &str = "the emergency brake";

/// A criterion says harm: exposure falls, or growth stops, as the plan declares. This is the function that decides a rollback.
pub(super) fn found(turn: &mut Turn<'_>, id: &StageId, criterion: &Criterion, why: &str) {
    let Some((_, declared)) = turn.declared(id) else { return };
    let found = Body::HarmFound {
        stage: id.clone(),
        criterion: Some(criterion.id.clone()),
        on_harm: criterion.on_harm,
        look: None,
        spent: spent(turn, id, criterion),
    };
    let origin = Origin::Criterion(id.clone(), criterion.id.clone());
    match criterion.on_harm {
        OnHarm::Rollback if is_way_back_closed(turn, id) => hold_and_fix(turn, declared, Some(criterion), origin, why),
        OnHarm::Rollback => {
            turn.emit_self(found);
            roll_back(turn, id, Cause::Harm(criterion.id.clone()));
            let summary = format!("{} was rolled back because {}", declared.title, failed(criterion, why));
            incident::open(turn, &declared.owner, Severity::Sev2, origin, summary);
        }
        OnHarm::Hold => {
            let is_held = turn.state.stages.get(id).is_some_and(|stage| {
                stage
                    .holds
                    .iter()
                    .any(|hold| hold.criterion.as_ref() == Some(&criterion.id))
            });
            if is_held {
                return;
            }
            turn.emit_self(found);
            let reason = failed(criterion, why);
            turn.emit_self(Body::StageHeld {
                stage: id.clone(),
                criterion: Some(criterion.id.clone()),
                reason,
            });
            let summary = format!("{} is held because {}", declared.title, failed(criterion, why));
            incident::open(turn, &criterion.owner, Severity::Sev3, origin, summary);
        }
    }
}

/// Alpha that the alarms of a criterion have spent by now.
fn spent(turn: &Turn<'_>, id: &StageId, criterion: &Criterion) -> Option<f64> {
    let (plan, _) = turn.declared(id)?;
    judge::spent(plan, criterion, turn.state.stages.get(id)?)
}

/// A criterion's title is what should hold; this says that it does not.
fn failed(criterion: &Criterion, why: &str) -> String {
    format!("this failed: {} ({why})", criterion.title)
}

/// Whether only forward fixes remain for a stage.
pub(super) fn is_way_back_closed(turn: &Turn<'_>, id: &StageId) -> bool {
    turn.state.stages.get(id).is_some_and(|stage| {
        stage.phase == Phase::Finalised || stage.way_back_until.is_some_and(|until| turn.now >= until)
    })
}

/// Harm after the way back has closed: nothing may be undone, so growth stops and the forward-fix routine opens.
fn hold_and_fix(turn: &mut Turn<'_>, stage: &Stage, criterion: Option<&Criterion>, origin: Origin, why: &str) {
    let name = criterion.map(|criterion| criterion.id.clone());
    let is_held = turn.state.stages.get(&stage.id).is_some_and(|known| {
        let is_of_brake = |hold: &Hold| hold.of.is_none() && hold.reason.starts_with(BRAKE_HOLD);
        known
            .holds
            .iter()
            .any(|hold| hold.criterion == name && (name.is_some() || is_of_brake(hold)))
    });
    if is_held {
        return;
    }
    turn.emit_self(Body::HarmFound {
        stage: stage.id.clone(),
        criterion: name.clone(),
        on_harm: OnHarm::Hold,
        look: None,
        spent: criterion.and_then(|criterion| spent(turn, &stage.id, criterion)),
    });
    let reason = match criterion {
        Some(criterion) => failed(criterion, why),
        None => format!("{BRAKE_HOLD}: {why}"),
    };
    turn.emit_self(Body::StageHeld {
        stage: stage.id.clone(),
        criterion: name,
        reason: reason.clone(),
    });
    let summary = format!(
        "{}: {reason}; the way back is closed - {}",
        stage.title,
        forward_fix(stage)
    );
    incident::open(turn, &stage.owner, Severity::Sev1, origin, summary);
}

/// Lowers a stage to the old side and tells those who are told.
pub(super) fn roll_back(turn: &mut Turn<'_>, id: &StageId, cause: Cause) {
    let Some((_, declared)) = turn.declared(id) else { return };
    let Some(state) = turn.state.stages.get(id) else { return };
    if !state.phase.is_exposed() {
        return;
    }
    let from = state.exposure;
    let sent = ask(&turn.state, turn.next_seq(), turn.state.epoch, &Ask::Retreat(id));
    let told = told(turn.estate, declared);
    let subject = format!("{} is being rolled back", declared.title);
    let line = format!(
        "{} goes from {from} back to the old side, {}. What that does: {}.",
        declared.title,
        blame(&cause),
        declared.rollback.what
    );
    let thread = format!("stage-{id}");
    let notices = letter::notices(turn, id.as_str(), &thread, &told, &subject, &line);
    let is_asked_for = match cause {
        Cause::Person(_) | Cause::Action(_) => true,
        Cause::Harm(_) | Cause::Brake | Cause::Restored | Cause::Unknown(_) => false,
    };
    let body = Body::RollbackBegun {
        stage: id.clone(),
        from,
        cause,
        sent,
        notices,
    };
    if is_asked_for {
        turn.emit(body);
    } else {
        turn.emit_self(body);
    }
    incident::recovered(
        turn,
        &Origin::Waiting(id.clone()),
        "none, because the stage was rolled back",
    );
}

fn told(estate: &Estate, stage: &Stage) -> Vec<PersonId> {
    let mut people = Vec::new();
    for person in stage
        .communication
        .on_rollback
        .iter()
        .chain(std::iter::once(&stage.rollback.executor))
        .flat_map(|team| estate.on_call(team))
    {
        if !people.contains(person) {
            people.push(person.clone());
        }
    }
    people
}

/// A person takes a stage back. Never refused to whoever may while something is exposed and the way back is open.
pub(super) fn by_person(turn: &mut Turn<'_>, id: &StageId, reason: &str) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(id)?;
    let owner = turn.estate.owner_of(&declared.owner).cloned();
    if state.phase == Phase::RollingBack {
        // On its way already: asking again is no error and changes nothing.
        return Ok(());
    }
    if is_way_back_closed(turn, id) {
        return Err(Refusal {
            rule: Rule::WindowClosed,
            what: format!("the way back of {id} is closed"),
            owner,
            remedy: forward_fix(declared),
        });
    }
    if !state.phase.is_exposed() {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("{id} is {}; nothing is exposed", state.phase.words()),
            owner,
            remedy: "everybody is on the old side already".into(),
        });
    }
    roll_back(turn, id, Cause::Person(reason.to_owned()));
    Ok(())
}

/// A person asked for a way back that is closed: the routine that is left is opened instead, once.
pub(super) fn open_forward_fix(turn: &mut Turn<'_>, id: &StageId, reason: &str) {
    let (Some((_, declared)), Some(by)) = (turn.declared(id), person(&turn.actor).cloned()) else {
        return;
    };
    let summary = format!(
        "{} cannot be rolled back any more ({reason}) - {}",
        declared.title,
        forward_fix(declared)
    );
    let is_open = turn
        .state
        .open_incidents()
        .any(|(_, incident)| incident.domain == declared.owner && incident.summary == summary);
    if !is_open {
        incident::open(turn, &declared.owner, Severity::Sev2, Origin::Person(by), summary);
    }
}

fn forward_fix(stage: &Stage) -> String {
    let routine = if stage.rollback.forward_fix.is_empty() {
        "fix forward".to_owned()
    } else {
        format!("fix forward: {}", stage.rollback.forward_fix.join("; "))
    };
    format!("{routine}; runbook {}", stage.rollback.runbook)
}

/// Whether the running moment draws the emergency brake: too many failures on the new side, and too many more than on the old
/// one when that is over the limit itself.
#[must_use]
pub(super) fn trips(estate: &Estate, state: &State, look: &BrakeLook) -> bool {
    let (Some((_, declared)), Some(stage)) = (estate.stage(&look.stage), state.stages.get(&look.stage)) else {
        return false;
    };
    let brake = &declared.gate.brake;
    let is_sound = look.new.hits <= look.new.n && look.old.hits <= look.old.n;
    let speaks_of_now = stage.phase.is_exposed() && look.version >= stage.step_since;
    if !is_sound || !speaks_of_now || look.new.n < brake.attempts_at_least {
        return false;
    }
    let limit = u128::from(brake.bad_share.get());
    let bad = |arm: ArmCounts| u128::from(arm.hits) * 1_000_000 / u128::from(arm.n.max(1));
    let is_control = look.old.n >= CONTROL_AT_LEAST && stage.exposure < BasisPoints::FULL;
    let allowed = if is_control && bad(look.old) > limit {
        bad(look.old) + limit
    } else {
        limit
    };
    bad(look.new) > allowed
}

/// Draws the brake.
pub(super) fn by_brake(turn: &mut Turn<'_>, look: &BrakeLook) -> Result<(), Refusal> {
    let (_, declared, _) = turn.stage(&look.stage)?;
    if is_way_back_closed(turn, &look.stage) {
        let why = format!(
            "{} of {} attempts failed within {}",
            look.new.hits, look.new.n, look.over
        );
        hold_and_fix(turn, declared, None, Origin::Brake(look.stage.clone()), &why);
        return Ok(());
    }
    turn.emit_self(Body::HarmFound {
        stage: look.stage.clone(),
        criterion: None,
        on_harm: OnHarm::Rollback,
        look: Some(look.clone()),
        spent: None,
    });
    roll_back(turn, &look.stage, Cause::Brake);
    let summary = format!(
        "{} was rolled back by the emergency brake: {} of {} attempts failed within {}",
        declared.title, look.new.hits, look.new.n, look.over
    );
    incident::open(
        turn,
        &declared.owner,
        Severity::Sev1,
        Origin::Brake(look.stage.clone()),
        summary,
    );
    Ok(())
}

//! What another version of the estate leaves in place: what has begun, what is set or called, and what a stage still owes.

use tidegate_model::Estate;
use tidegate_model::plan::Stage;

use super::adopt::unsafe_because;
use super::lesson;
use super::turn::Turn;
use crate::refusal::Refusal;
use crate::state::{Phase, StageState};

/// Nothing in use is removed, and nothing that a stage owes is left behind.
pub(super) fn in_place(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    for (_, stage) in turn.estate.stages() {
        let Some(known) = turn.state.stages.get(&stage.id) else {
            continue;
        };
        match candidate.stage(&stage.id) {
            None => may_go(turn, stage, known)?,
            Some((_, other)) => stays_itself(turn, stage, other, known)?,
        }
    }
    switches(turn, candidate)?;
    actions(turn, candidate)?;
    called(turn, candidate)
}

/// What keeps a stage where it is.
struct Owed {
    /// The state of affairs.
    what: String,
    /// How it would be lost.
    lost: &'static str,
    /// What to do about it.
    remedy: &'static str,
}

/// What a stage owes before it may be let go of. What is final has no gate that anything could keep shut.
fn owed(turn: &Turn<'_>, stage: &Stage, known: &StageState) -> Option<Owed> {
    if known.phase == Phase::Finalised {
        return None;
    }
    if known.lessons.iter().any(|lesson| lesson.answer.is_none()) {
        return Some(Owed {
            what: "has something to answer".into(),
            lost: "with it",
            remedy: "let an approver answer first",
        });
    }
    if let Some(owed) = open_incident(turn, stage, known) {
        return Some(owed);
    }
    (!known.holds.is_empty()).then(|| Owed {
        what: "is held".into(),
        lost: "with its hold",
        remedy: "lift the hold first",
    })
}

/// An open incident that the stage would have something to learn from.
fn open_incident(turn: &Turn<'_>, stage: &Stage, known: &StageState) -> Option<Owed> {
    if known.phase == Phase::Finalised {
        return None;
    }
    let mut open = turn.state.open_incidents();
    let (id, _) = open.find(|(_, incident)| lesson::is_touched(&turn.state, incident, stage, known))?;
    Some(Owed {
        what: format!("is in the scope of {id}"),
        lost: "before it is closed",
        remedy: "close it, and answer what it leaves, first",
    })
}

/// A stage that has not begun and owes nothing may disappear.
fn may_go(turn: &Turn<'_>, stage: &Stage, known: &StageState) -> Result<(), Refusal> {
    // What was tried has spent attempts and alpha, which would be whole again if the stage went and came back.
    let what = if was_tried(known) {
        Some("was tried and would disappear with what its tries have spent")
    } else if has_begun(known) {
        Some("has begun and would disappear")
    } else {
        None
    };
    if let Some(what) = what {
        return Err(unsafe_because(
            format!("stage `{}` {what}", stage.id),
            "leave it in the plan".into(),
        ));
    }
    match owed(turn, stage, known) {
        None => Ok(()),
        Some(owed) => Err(unsafe_because(
            format!("stage `{}` {} and would disappear {}", stage.id, owed.what, owed.lost),
            owed.remedy.into(),
        )),
    }
}

/// A stage that has begun keeps its unit; one that owes something too, and its owner while an incident is open.
fn stays_itself(turn: &Turn<'_>, stage: &Stage, other: &Stage, known: &StageState) -> Result<(), Refusal> {
    let id = &stage.id;
    if has_begun(known) && other.unit != stage.unit {
        return Err(unsafe_because(
            format!("stage `{id}` has begun and would cut another unit over"),
            "leave its unit as it is".into(),
        ));
    }
    if let Some(incident) = open_incident(turn, stage, known)
        && other.owner != stage.owner
    {
        let (what, lost) = (incident.what, incident.lost);
        return Err(unsafe_because(
            format!(
                "stage `{id}` {what} and would go from {} to {} {lost}",
                stage.owner, other.owner
            ),
            incident.remedy.into(),
        ));
    }
    let Some(Owed { what, remedy, .. }) = owed(turn, stage, known) else {
        return Ok(());
    };
    if other.unit != stage.unit {
        return Err(unsafe_because(
            format!("stage `{id}` {what} and would cut another unit over"),
            remedy.into(),
        ));
    }
    Ok(())
}

fn was_tried(known: &StageState) -> bool {
    known.attempt > 1 || known.restarts > 0
}

fn has_begun(known: &StageState) -> bool {
    !matches!(known.phase, Phase::Pending | Phase::Ready) || was_tried(known)
}

fn switches(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let mut set = turn.state.switches.iter().filter(|(_, known)| known.action.is_some());
    match set.find(|(switch, _)| candidate.switch(switch).is_none()) {
        None => Ok(()),
        Some((switch, _)) => Err(unsafe_because(
            format!("switch `{switch}` is set and would disappear"),
            "revert its action first".into(),
        )),
    }
}

fn actions(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let mut active = turn.state.actions.keys();
    match active.find(|action| candidate.grant(action).is_none()) {
        None => Ok(()),
        Some(action) => Err(unsafe_because(
            format!("action `{action}` is active and would disappear"),
            "revert it first".into(),
        )),
    }
}

fn called(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let mut called = turn.state.open_incidents().flat_map(|(_, incident)| &incident.called);
    match called.find(|person| !candidate.people().contains_key(*person)) {
        None => Ok(()),
        Some(person) => Err(unsafe_because(
            format!("{person} was called in an open incident and would disappear"),
            "resolve the incident first".into(),
        )),
    }
}

//! A stage as people see it: where it is, what it waits for, who has approved.

use tidegate_model::plan::Stage;
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, Estate, GroupId, Timestamp};

use crate::client;
use crate::decide::gate;
use crate::event::Opening;
use crate::judge;
use crate::refusal::Rule;
use crate::state::{Hold, Phase, StageState, State};
use crate::view::words::clock;
use crate::view::{ApprovalView, GroupView, MarkView, StageView, Tone, criterion, exploration, lesson};

/// The view of one stage.
pub(super) fn view(estate: &Estate, state: &State, declared: &Stage, known: &StageState, now: Timestamp) -> StageView {
    let approvals = approvals(estate, state, declared, known, now);
    StageView {
        id: declared.id.clone(),
        title: declared.title.clone(),
        unit: known.unit.clone(),
        owner: known.owner.clone(),
        phase: known.phase.words().to_owned(),
        since: known.since,
        exposure: known.exposure,
        proven: known.proven,
        step: known.step.filter(|_| known.phase.is_exposed()),
        steps: known.steps.clone(),
        groups: groups(estate, declared, known),
        attempt: known.attempt,
        attempts_max: declared.attempts_max,
        waits_for: waits_for(estate, state, declared, known, now),
        holds: known.holds.iter().map(hold).collect(),
        way_back_until: known.way_back_until.filter(|_| known.phase != Phase::Finalised),
        soak_until: known.soak_until.filter(|_| known.phase == Phase::Soaking),
        approvals,
        completed_on_new: estate
            .stage(&declared.id)
            .filter(|_| known.phase != Phase::Finalised)
            .and_then(|(plan, _)| judge::completed_on_new(plan, declared, known)),
        lessons: lesson::of_stage(known),
        criteria: declared
            .gate
            .criteria
            .iter()
            .map(|one| criterion::view(estate, state, declared, known, one, now))
            .collect(),
        exploration: exploration::view(estate, declared, known),
        marks: marks(known),
    }
}

/// The unit's groups of routes, and those among them that have flipped.
fn groups(estate: &Estate, declared: &Stage, known: &StageState) -> Vec<GroupView> {
    let plan = estate.stage(&declared.id).map(|(plan, _)| plan);
    let edge = plan.and_then(|plan| estate.edges().get(&plan.edge));
    let of_unit = edge.map_or(Vec::new(), |edge| edge.groups_of(&declared.unit));
    let is_final = known.phase == Phase::Finalised;
    let view = |group: &GroupId| GroupView {
        id: group.clone(),
        is_flipped: is_final || known.groups.contains(group),
        is_proven: is_final || known.proven_groups.contains(group),
        flips_at: declared
            .steps
            .iter()
            .position(|step| step.flips.contains(group))
            .and_then(|step| u32::try_from(step).ok()),
    };
    of_unit.into_iter().map(view).collect()
}

fn hold(hold: &Hold) -> String {
    let by = match (&hold.criterion, &hold.of) {
        (Some(criterion), _) => format!("the gate, for {criterion}"),
        (None, Some(person)) => person.to_string(),
        (None, None) => "tidegate".to_owned(),
    };
    let why = if hold.reason.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", hold.reason)
    };
    format!("held by {by} since {}{why}", clock(hold.at))
}

/// What an approval given now would open.
pub(super) fn next_opening(known: &StageState) -> Option<Opening> {
    match known.phase {
        Phase::Ready => Some(Opening::Entry),
        Phase::Gating => known.passed.map(|step| Opening::Step(step + 1)),
        Phase::Watching => known
            .asked
            .as_ref()
            .map(|asked| asked.opens.clone())
            .filter(|opens| *opens == Opening::Finalisation),
        Phase::Pending
        | Phase::Exposing
        | Phase::Soaking
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => None,
    }
}

/// Approvals of the next move; empty while there is nothing to approve.
fn approvals(
    estate: &Estate,
    state: &State,
    declared: &Stage,
    known: &StageState,
    now: Timestamp,
) -> Vec<ApprovalView> {
    let Some(opens) = next_opening(known) else {
        return Vec::new();
    };
    gate::approvals(estate, state, declared, &opens, now)
        .into_iter()
        .map(|(approver, by)| ApprovalView { approver, by })
        .collect()
}

/// What stops growth now, each one sentence; holds are told apart.
fn waits_for(estate: &Estate, state: &State, declared: &Stage, known: &StageState, now: Timestamp) -> Vec<String> {
    let mut waits = Vec::new();
    match known.phase {
        Phase::Pending => return dependencies(state, declared),
        Phase::Finalised => return waits,
        Phase::Exposing => waits.push(format!("not every gateway holds {} yet", known.exposure)),
        Phase::Soaking => {
            if let Some(until) = known.soak_until {
                waits.push(format!("it soaks until {}", clock(until)));
            }
            waits.extend(criteria(declared, known));
        }
        Phase::Gating if known.passed.is_none() => {
            waits.extend(criteria(declared, known));
            waits.extend(gate::missing_acceptances(estate, state, declared, now));
        }
        Phase::Ready | Phase::Gating => {}
        Phase::RollingBack => waits.push("not every gateway holds 0 % yet".to_owned()),
        Phase::RolledBack if known.attempt >= declared.attempts_max => {
            waits.push(format!(
                "all {} attempts of the plan are used up",
                declared.attempts_max
            ));
        }
        Phase::RolledBack if !known.is_changed => waits.push("no change that repairs it has been noted yet".to_owned()),
        Phase::RolledBack => {}
        Phase::Watching => {
            if let Some(until) = known.watch_until.filter(|_| known.asked.is_none()) {
                waits.push(format!("it is watched until {}", clock(until)));
                waits.extend(staying(estate, declared, now));
            }
        }
    }
    waits.extend(obstacles(estate, state, declared, known, now));
    waits
}

/// The client that cannot move yet, for which the old side stays.
fn staying(estate: &Estate, declared: &Stage, now: Timestamp) -> Option<String> {
    let (plan, _) = estate.stage(&declared.id)?;
    let (id, day) = client::last_to_move(estate, plan, declared).filter(|(_, day)| now < *day)?;
    let date = day.to_string();
    let date = date.split('T').next().unwrap_or(&date);
    Some(format!("client {id} cannot move before {date}"))
}

/// What else stands between the stage and its next move. While there is none to approve, only what will still be there then.
fn obstacles(estate: &Estate, state: &State, declared: &Stage, known: &StageState, now: Timestamp) -> Vec<String> {
    let Some((plan, _)) = estate.stage(&declared.id) else {
        return Vec::new();
    };
    let next = next_opening(known);
    let is_asked = next.is_some();
    let opens = next.unwrap_or(Opening::Entry);
    let is_shown = |rule: Rule| match rule {
        Rule::Held => false,
        Rule::LessonOwed => true,
        Rule::IncidentOpen | Rule::LadderUnreachable => known.phase != Phase::Watching || is_asked,
        Rule::ApprovalMissing | Rule::GateNotPassed | Rule::OutsideWindow | Rule::AttemptsUsedUp => is_asked,
        Rule::NotAuthorised
        | Rule::UnknownSubject
        | Rule::WrongState
        | Rule::DependencyOpen
        | Rule::RiskNotAcceptable
        | Rule::WindowClosed
        | Rule::AdoptionUnsafe
        | Rule::EntryUnmet
        | Rule::BadInput => is_asked,
    };
    gate::obstacles(estate, state, plan, declared, &opens, now)
        .into_iter()
        .filter(|obstacle| is_shown(obstacle.rule))
        .map(|obstacle| {
            if obstacle.rule == Rule::ApprovalMissing {
                format!("{} is missing", obstacle.what)
            } else {
                obstacle.what
            }
        })
        .collect()
}

fn dependencies(state: &State, declared: &Stage) -> Vec<String> {
    let open = declared.after.iter().filter(|earlier| {
        let phase = state.stages.get(*earlier).map(|earlier| earlier.phase);
        !matches!(phase, Some(Phase::Watching | Phase::Finalised))
    });
    open.map(|earlier| format!("{earlier} has not passed yet")).collect()
}

/// Criteria that do not say `pass`, with their word.
fn criteria(declared: &Stage, known: &StageState) -> Vec<String> {
    let word = |id| known.verdicts.get(id).map_or("no data", |said| said.verdict.word());
    declared
        .gate
        .criteria
        .iter()
        .filter(|criterion| {
            !known
                .verdicts
                .get(&criterion.id)
                .is_some_and(|said| said.verdict == Verdict::Pass)
        })
        .map(|criterion| format!("{} says {}", criterion.title, word(&criterion.id)))
        .collect()
}

fn marks(known: &StageState) -> Vec<MarkView> {
    known
        .exposures
        .iter()
        .map(|asked| {
            let (label, tone) = if asked.to == BasisPoints::ZERO {
                ("rolled back".to_owned(), Tone::Harm)
            } else if asked.on_risk {
                (format!("{}, risk accepted", asked.to), Tone::Wait)
            } else {
                (asked.to.to_string(), Tone::Good)
            };
            MarkView {
                at: asked.at,
                exposure: asked.to,
                label,
                tone,
            }
        })
        .collect()
}

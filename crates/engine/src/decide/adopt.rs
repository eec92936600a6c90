//! Another version of the estate: refused when it would change an owner, remove what is in use, or touch a running stage.

use std::collections::BTreeSet;

use tidegate_model::plan::{Measure, Plan, Stage};
use tidegate_model::{EntityId, Estate, PersonId, RunbookId, StageId};

use super::start::adopted;
use super::turn::Turn;
use super::{kept, person};
use crate::refusal::{Refusal, Rule};
use crate::state::{Phase, StageState};
use crate::{judge, may};

pub(super) fn adopt<'a>(turn: &mut Turn<'a>, candidate: &'a Estate) -> Result<(), Refusal> {
    if turn.state.estate.as_deref() == Some(candidate.digest()) {
        return Err(unsafe_because(
            "this estate is the one that runs".into(),
            "change the plan files first".into(),
        ));
    }
    same_owners(turn, candidate)?;
    kept::in_place(turn, candidate)?;
    same_salt(turn, candidate)?;
    for (id, state) in &turn.state.stages {
        let runs = state.phase.is_exposed() || state.phase == Phase::RollingBack;
        if !runs {
            continue;
        }
        running_stays(turn, candidate, id, state)?;
    }
    turn.emit(adopted(
        candidate,
        unreached(turn, candidate),
        undrilled(turn, candidate),
    ));
    // What follows in this batch follows from the new estate.
    turn.estate = candidate;
    Ok(())
}

/// Who has answered a letter, and is reached otherwise in the new estate or gone: that proves nothing of what comes.
fn unreached(turn: &Turn<'_>, candidate: &Estate) -> Vec<PersonId> {
    let is_same = |person: &PersonId| {
        let after = candidate.people().get(person);
        let before = turn.estate.people().get(person);
        before
            .zip(after)
            .is_some_and(|(before, after)| before.methods == after.methods)
    };
    let people = turn.state.reached.keys().filter(|person| !is_same(person));
    people.cloned().collect()
}

/// Runbooks that were drilled, and say something else in the new estate or are gone.
fn undrilled(turn: &Turn<'_>, candidate: &Estate) -> Vec<RunbookId> {
    let is_same = |runbook: &RunbookId| {
        let after = candidate.runbooks().get(runbook);
        let before = turn.estate.runbooks().get(runbook);
        before
            .zip(after)
            .is_some_and(|(before, after)| (&before.steps, &before.actions) == (&after.steps, &after.actions))
    };
    let runbooks = turn.state.drills.keys().filter(|runbook| !is_same(runbook));
    runbooks.cloned().collect()
}

/// A running stage stays as it is. Who decides about it, and when it may grow, is changed by its approvers and the rungs above only.
fn running_stays(turn: &Turn<'_>, candidate: &Estate, id: &StageId, state: &StageState) -> Result<(), Refusal> {
    let running = turn.estate;
    let (Some((plan, before)), Some((other, after))) = (running.stage(id), candidate.stage(id)) else {
        return Err(changes(id, state));
    };
    let is_same = before == after
        && is_measured_alike(running, candidate, plan, other, before)
        && is_alarmed_alike(plan, other, before, state);
    if !is_same {
        return Err(changes(id, state));
    }
    let is_decided_alike = plan.expand == other.expand
        && deciders(running, before) == deciders(candidate, before)
        && is_counted_alike(running, candidate, before);
    let may_change = |by| may::is_approver(running, before, by) || may::stands_above(running, &before.owner, by);
    if is_decided_alike || person(&turn.actor).is_some_and(may_change) {
        return Ok(());
    }
    Err(Refusal {
        owner: running.owner_of(&before.owner).cloned(),
        ..unsafe_because(
            format!(
                "stage `{id}` is {} and the new estate changes who decides about it or when it may grow",
                state.phase.words()
            ),
            "let one of its approvers or somebody on a rung above adopt it".into(),
        )
    })
}

fn changes(id: &StageId, state: &StageState) -> Refusal {
    unsafe_because(
        format!("stage `{id}` is {} and the new estate changes it", state.phase.words()),
        "roll it back or finalise it first, or leave the stage as it is".into(),
    )
}

/// Who approves a stage, who accepts its risk from above, and who must not approve because he carries it out.
fn deciders<'a>(estate: &'a Estate, stage: &Stage) -> [BTreeSet<&'a PersonId>; 3] {
    let those = |decides: &dyn Fn(&PersonId) -> bool| estate.people().keys().filter(|person| decides(person)).collect();
    [
        those(&|person| may::is_approver(estate, stage, person)),
        those(&|person| may::stands_above(estate, &stage.owner, person)),
        those(&|person| may::is_member(estate, &stage.rollback.executor, person)),
    ]
}

/// Whether the load of a running stage is counted over the same people.
fn is_counted_alike(running: &Estate, candidate: &Estate, stage: &Stage) -> bool {
    let mut measures = stage.gate.criteria.iter().map(|criterion| &criterion.measure);
    let is_counted = measures.any(|measure| matches!(measure, Measure::Load { .. }));
    !is_counted || running.rung_people(&stage.owner, 0) == candidate.rung_people(&stage.owner, 0)
}

/// Whether each alarm of a running stage keeps its share of the plan's alpha, which criteria of other stages take part in.
fn is_alarmed_alike(plan: &Plan, other: &Plan, stage: &Stage, state: &StageState) -> bool {
    stage.gate.criteria.iter().all(|criterion| {
        let share = |plan| judge::harm_alpha(plan, criterion, state).to_bits();
        share(plan) == share(other)
    })
}

/// Whether what a running stage is measured with stays as it is: its plan's alpha, its edge and its flows.
fn is_measured_alike(running: &Estate, candidate: &Estate, plan: &Plan, other: &Plan, stage: &Stage) -> bool {
    let flows = stage
        .gate
        .criteria
        .iter()
        .filter_map(|criterion| match &criterion.measure {
            Measure::Completion { flow }
            | Measure::Errors { flow, .. }
            | Measure::Latency { flow, .. }
            | Measure::Slower { flow, .. } => Some(flow),
            Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => None,
        });
    let mut entities = stage
        .gate
        .criteria
        .iter()
        .filter_map(|criterion| entity_of(&criterion.measure));
    plan.id == other.id
        && plan.alpha == other.alpha
        && plan.edge == other.edge
        && running.edges().get(&plan.edge) == candidate.edges().get(&other.edge)
        && flows
            .into_iter()
            .all(|flow| running.flows().get(flow) == candidate.flows().get(flow))
        && entities.all(|entity| running.entities().get(entity) == candidate.entities().get(entity))
}

fn entity_of(measure: &Measure) -> Option<&EntityId> {
    match measure {
        Measure::Reconcile { entity, .. } => Some(entity),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
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

fn same_salt(turn: &Turn<'_>, candidate: &Estate) -> Result<(), Refusal> {
    let has_begun = turn.state.stages.values().any(|stage| !stage.exposures.is_empty());
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

pub(super) fn unsafe_because(what: String, remedy: String) -> Refusal {
    Refusal {
        rule: Rule::AdoptionUnsafe,
        what,
        owner: None,
        remedy,
    }
}

//! Plans: exposure grows to 100 %, stages do not wait for each other, and who approves does not execute.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::edge::Edge;
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Approver, Criterion, Plan, Stage};
use tidegate_model::{BasisPoints, FlowId, StageId, UnitId};

use super::route::{serves, touches, unknown_unit, walks};
use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

/// Checks every plan.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    for plan in &plans {
        for stage in &plan.stages {
            check_steps(stage, reading);
            check_unit(plan, stage, reading);
            check_executor(stage, reading);
        }
    }
    check_units(&plans, reading);
    check_cycles(&plans, reading);
    reading.parts.plans = plans;
}

fn check_steps(stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    for (at, pair) in stage.steps.windows(2).enumerate() {
        if let [earlier, later] = pair
            && later.flips.is_empty()
            && later.to <= earlier.to
        {
            let place = reading.place(&subject, &format!("step {}", at + 1));
            let before = reading.place(&subject, &format!("step {at}"));
            reading.sink.add(
                Finding::error(
                    Code::StepsNotGrowing,
                    place,
                    format!("step {} of {subject} does not grow", at + 2),
                )
                .expected(format!("more than {}", earlier.to), later.to.to_string())
                .help("exposure grows from step to step; lowering it is what a rollback does")
                .related(before, "the step before"),
            );
        }
    }
    let last = stage.steps.last().map(|step| step.to);
    // A step that could not be read may be that one.
    if last != Some(BasisPoints::FULL) && !reading.is_torn(&subject, "steps") {
        let place = match stage.steps.len().checked_sub(1) {
            Some(at) => reading.place(&subject, &format!("step {at}")),
            None => reading.place(&subject, "steps"),
        };
        let found = last.map_or_else(|| "no step".to_owned(), |last| last.to_string());
        reading.sink.add(
            Finding::error(
                Code::NotToTheEnd,
                place,
                format!("the last step of {subject} is not 100 %"),
            )
            .expected("100 %", found)
            .help("add `{ to: 100% }`: a cutover that never ends keeps both systems alive for ever"),
        );
    }
}

/// A stage moves visitors only over routes of its unit on its plan's edge, or keys that programs ask about; its gate sees only
/// what is walked there.
fn check_unit(plan: &Plan, stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "unit");
    let edge = reading.parts.edges.iter().find(|edge| edge.id == plan.edge).cloned();
    if let Some(edge) = edge.as_ref().filter(|edge| !edge.keyed.contains(&stage.unit)) {
        if !serves(edge, &stage.unit) {
            unknown_unit(&stage.unit, place, &[edge], reading);
            return;
        }
        if edge.routes.iter().all(|route| route.unit != stage.unit) {
            let finding = no_route(stage, edge, place, reading);
            reading.sink.add(finding);
        }
    }
    for criterion in &stage.gate.criteria {
        let watched = flow_of(criterion)
            .and_then(|id| reading.parts.flows.iter().find(|flow| flow.id == *id))
            .cloned();
        let Some(flow) = watched else { continue };
        let place = reading.place(&subject, &format!("criterion {}", criterion.id));
        if flow.unit != stage.unit {
            reading.sink.add(other_unit(stage, &flow, place));
        } else if let Some(edge) = &edge
            && !touches(edge, &flow)
            && let Some(other) = reading.parts.edges.iter().find(|other| walks(other, &flow))
        {
            let finding = other_edge(plan, stage, &flow, other, place, reading);
            reading.sink.add(finding);
        }
    }
}

/// A unit has one exposure, so one stage moves it.
fn check_units(plans: &[Plan], reading: &mut Reading) {
    let mut moved_by: BTreeMap<&UnitId, &StageId> = BTreeMap::new();
    for stage in plans.iter().flat_map(|plan| &plan.stages) {
        let Some(first) = moved_by.get(&stage.unit) else {
            moved_by.insert(&stage.unit, &stage.id);
            continue;
        };
        let place = reading.place(&format!("stage `{}`", stage.id), "unit");
        let earlier = reading.place(&format!("stage `{first}`"), "unit");
        reading.sink.add(
            Finding::error(
                Code::SharedUnit,
                place,
                format!("stages `{first}` and `{}` both move unit `{}`", stage.id, stage.unit),
            )
            .expected("a unit that no other stage moves", format!("`{}`", stage.unit))
            .help("make it steps of one stage, or split the unit on the edge so that each has routes of its own")
            .related(earlier, format!("stage `{first}` moves it")),
        );
    }
}

fn no_route(stage: &Stage, edge: &Edge, place: Place, reading: &Reading) -> Finding {
    let with_routes: BTreeSet<&str> = edge.routes.iter().map(|route| route.unit.as_str()).collect();
    Finding::error(
        Code::NoRoute,
        place,
        format!("no route of edge `{}` leads to unit `{}`", edge.id, stage.unit),
    )
    .expected(
        format!("a unit with a route: {}", list(with_routes.into_iter())),
        format!("`{}` without one", stage.unit),
    )
    .help(format!(
        "add a route with `unit: {}`: what no route matches goes to the old side, so this stage would move nobody",
        stage.unit
    ))
    .related(reading.place(&format!("edge `{}`", edge.id), ""), "the edge")
}

fn other_unit(stage: &Stage, flow: &Flow, place: Place) -> Finding {
    Finding::error(
        Code::OtherUnit,
        place,
        format!(
            "flow `{}` belongs to unit `{}`, stage `{}` cuts over `{}`",
            flow.id, flow.unit, stage.id, stage.unit
        ),
    )
    .expected(format!("a flow of unit `{}`", stage.unit), format!("`{}`", flow.id))
    .help("attempts of another unit are not split by this stage: they cannot show its harm")
}

fn other_edge(plan: &Plan, stage: &Stage, flow: &Flow, other: &Edge, place: Place, reading: &Reading) -> Finding {
    Finding::error(
        Code::OtherEdge,
        place,
        format!(
            "flow `{}` is walked on edge `{}`, stage `{}` moves edge `{}`",
            flow.id, other.id, stage.id, plan.edge
        ),
    )
    .expected(
        format!("a flow with its routes on edge `{}`", plan.edge),
        format!("`{}` with `{}` on edge `{}`", flow.id, flow.entry, other.id),
    )
    .help("give that edge a plan of its own, or watch a flow that this plan's edge carries")
    .related(
        reading.place(&format!("flow `{}`", flow.id), "entry"),
        "its entry point",
    )
}

/// The flow that a criterion watches.
pub(crate) fn flow_of(criterion: &Criterion) -> Option<&FlowId> {
    crate::read::criterion::flow_of(&criterion.measure)
}

fn check_executor(stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    let members = |team: &str| -> BTreeSet<String> {
        reading
            .parts
            .teams
            .iter()
            .filter(|found| found.id.as_str() == team)
            .flat_map(|found| found.members.iter().map(ToString::to_string))
            .collect()
    };
    let executors = members(stage.rollback.executor.as_str());
    let mut findings = Vec::new();
    for (at, approver) in stage.gate.approvers.iter().enumerate() {
        let approving: BTreeSet<String> = match approver {
            Approver::OwnerOf(domain) => reading
                .owners
                .get(domain.as_str())
                .map(|(team, _)| members(team))
                .unwrap_or_default(),
            Approver::Team(team) => members(team.as_str()),
            Approver::Person(person) => BTreeSet::from([person.to_string()]),
        };
        if !approving.is_empty() && approving.is_subset(&executors) {
            let place = reading.place(&subject, &format!("approver {at}"));
            let executor = reading.place(&subject, "executor");
            findings.push(
                Finding::error(
                    Code::ApproverExecutes,
                    place,
                    format!("who approves {subject} also executes its rollback"),
                )
                .expected(
                    "somebody outside the executing team",
                    format!("only people of team `{}`", stage.rollback.executor),
                )
                .help("let another team execute, or another one approve: four eyes see more")
                .related(executor, "the executor"),
            );
        }
    }
    for finding in findings {
        reading.sink.add(finding);
    }
}

/// Finds stages that wait for themselves over others.
fn check_cycles(plans: &[Plan], reading: &mut Reading) {
    let after: BTreeMap<&StageId, &[StageId]> = plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .map(|stage| (&stage.id, stage.after.as_slice()))
        .collect();
    let mut reported: BTreeSet<&StageId> = BTreeSet::new();
    for stage in after.keys() {
        if reported.contains(*stage) {
            continue;
        }
        if let Some(cycle) = cycle_from(stage, &after) {
            let path: Vec<String> = cycle
                .iter()
                .chain(cycle.first())
                .map(|stage| format!("`{stage}`"))
                .collect();
            let place = reading.place(&format!("stage `{stage}`"), "after");
            reading.sink.add(
                Finding::error(Code::Cycle, place, format!("stage `{stage}` waits for itself"))
                    .expected("stages before it that do not wait for it", path.join(" after "))
                    .help("remove one of these from `after`: as written none of them can begin"),
            );
            reported.extend(cycle);
        }
    }
}

/// The shortest way from a stage back to itself.
fn cycle_from<'a>(start: &'a StageId, after: &BTreeMap<&'a StageId, &'a [StageId]>) -> Option<Vec<&'a StageId>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for next in after.get(last).copied().unwrap_or_default() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                let mut longer = way.clone();
                longer.push(next);
                ways.push_back(longer);
            }
        }
    }
    None
}

//! Plans: exposure grows to 100 %, stages do not wait for each other, and who approves does not execute.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::plan::{Approver, Criterion, Measure, Plan, Stage};
use tidegate_model::{BasisPoints, FlowId, StageId};

use super::route::{serves, unknown_unit};
use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

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
    check_cycles(&plans, reading);
    reading.parts.plans = plans;
}

fn check_steps(stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    for (at, pair) in stage.steps.windows(2).enumerate() {
        if let [earlier, later] = pair
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
    if last != Some(BasisPoints::FULL) {
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

fn check_unit(plan: &Plan, stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    let edge = reading.parts.edges.iter().find(|edge| edge.id == plan.edge).cloned();
    if let Some(edge) = edge
        && !serves(&edge, &stage.unit)
    {
        let place = reading.place(&subject, "unit");
        unknown_unit(&stage.unit, place, &edge, reading);
        return;
    }
    for criterion in &stage.gate.criteria {
        let watched = flow_of(criterion)
            .and_then(|id| reading.parts.flows.iter().find(|flow| flow.id == *id))
            .map(|flow| (flow.id.clone(), flow.unit.clone()));
        if let Some((flow, unit)) = watched
            && unit != stage.unit
        {
            let place = reading.place(&subject, &format!("criterion {}", criterion.id));
            reading.sink.add(
                Finding::error(
                    Code::OtherUnit,
                    place,
                    format!(
                        "flow `{flow}` belongs to unit `{unit}`, {subject} cuts over `{}`",
                        stage.unit
                    ),
                )
                .expected(format!("a flow of unit `{}`", stage.unit), format!("`{flow}`"))
                .help("attempts of another unit are not split by this stage: they cannot show its harm"),
            );
        }
    }
}

/// The flow that a criterion watches.
pub(crate) fn flow_of(criterion: &Criterion) -> Option<&FlowId> {
    match &criterion.measure {
        Measure::Completion { flow } | Measure::Errors { flow, .. } | Measure::Latency { flow, .. } => Some(flow),
        Measure::SqlEqual { .. } | Measure::Incidents { .. } | Measure::Manual { .. } => None,
    }
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
                Finding::error(
                    Code::Cycle,
                    place,
                    format!("stages wait for each other: {}", path.join(" after ")),
                )
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

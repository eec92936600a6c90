//! What each gateway of an estate is asked to route and to count.

use tidegate_gateway::BrakeSpec;
use tidegate_model::exploration::explorations;
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::seam::{Meter, MeterKind, PromiseMeter, SPLIT};
use tidegate_model::{CriterionId, EdgeId, Estate, FlowId};

/// Meters of all stages on an edge.
pub(crate) fn meters(estate: &Estate, edge: &EdgeId) -> Vec<Meter> {
    let mut meters = Vec::new();
    for stage in stages(estate, edge) {
        for criterion in &stage.gate.criteria {
            let (flow, kind) = match &criterion.measure {
                Measure::Completion { flow } => (flow, MeterKind::Completed),
                Measure::Errors { flow, .. } => (flow, MeterKind::Errored),
                Measure::Latency { flow, limit, .. } => (flow, MeterKind::Slow { limit: *limit }),
                Measure::Slower { flow, threshold, .. } => (flow, MeterKind::Slow { limit: *threshold }),
                Measure::Level { .. }
                | Measure::Counted { .. }
                | Measure::SqlEqual { .. }
                | Measure::Reconcile { .. }
                | Measure::Survey { .. }
                | Measure::Incidents { .. }
                | Measure::Load { .. }
                | Measure::Manual { .. } => continue,
            };
            meters.push(Meter {
                segment: criterion.segment.clone(),
                ..meter(stage, criterion.id.clone(), flow, kind)
            });
        }
        meters.extend(explorations(estate, stage).into_iter().map(|explored| Meter {
            segment: Some(explored.value),
            ..meter(stage, explored.id, &explored.flow, MeterKind::Completed)
        }));
        if let Some(flow) = split_flow(estate, stage) {
            let split = CriterionId::parse(SPLIT).expect("`split` is a name");
            meters.push(meter(stage, split, &flow.id, MeterKind::Began));
        }
    }
    meters
}

/// What owners promise of flows. A gateway counts for those that are walked on its edge.
pub(crate) fn promises(estate: &Estate) -> Vec<PromiseMeter> {
    let domains = estate.domains().values();
    domains
        .flat_map(|domain| domain.objectives.iter().filter_map(|one| one.meter(&domain.id)))
        .collect()
}

/// What the brake of each stage looks at: stage, flow, time.
pub(crate) fn brakes(estate: &Estate, edge: &EdgeId) -> Vec<BrakeSpec> {
    stages(estate, edge)
        .filter_map(|stage| {
            let flow = split_flow(estate, stage)?.id.clone();
            Some(BrakeSpec {
                stage: stage.id.clone(),
                flow,
                over: stage.gate.brake.over,
            })
        })
        .collect()
}

fn stages<'a>(estate: &'a Estate, edge: &'a EdgeId) -> impl Iterator<Item = &'a Stage> {
    estate
        .stages()
        .filter(move |(plan, _)| &plan.edge == edge)
        .map(|(_, stage)| stage)
}

fn meter(stage: &Stage, criterion: CriterionId, flow: &FlowId, kind: MeterKind) -> Meter {
    Meter {
        stage: stage.id.clone(),
        criterion,
        flow: flow.clone(),
        kind,
        segment: None,
    }
}

/// The flow whose visitors are split by the stage's unit: the one its completion is measured on, else any of the unit.
fn split_flow<'a>(estate: &'a Estate, stage: &Stage) -> Option<&'a Flow> {
    let measured = stage
        .gate
        .criteria
        .iter()
        .find_map(|criterion| match &criterion.measure {
            Measure::Completion { flow } => estate.flows().get(flow),
            Measure::Errors { .. }
            | Measure::Latency { .. }
            | Measure::Slower { .. }
            | Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => None,
        });
    measured.or_else(|| estate.flows().values().find(|flow| flow.unit == stage.unit))
}

//! What the journal holds of owners' promises: how each is measured since an adoption, and what its source said.

use serde::{Deserialize, Serialize};
use tidegate_model::objective::{Gauge, MeasuredOn, Objective, Promise, Unsaid};
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::seam::{Observation, PromiseMeter};
use tidegate_model::{DomainId, Estate, FlowId, Millis, SourceId, StageId};

/// A promise that something measures, as adopted: what replay needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedPromise {
    /// The promise.
    pub promise: Promise,
    /// Whose it is.
    pub domain: DomainId,
    /// Names what is promised and measured; with another name it is another promise.
    pub asked: String,
    /// How it is measured.
    pub gauge: Gauge,
    /// What gateways count for it; none where a source is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<PromiseMeter>,
    /// The source that is asked; none where gateways count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// A source from which no number comes for longer than this is silent; none where gateways count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_after: Option<Millis>,
    /// Stages that move its flow or are judged by it: they stand still while it burns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageId>,
}

/// What the source of a promise said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToldPromise {
    /// What was promised.
    pub promise: Promise,
    /// Names what was asked.
    pub asked: String,
    /// What a number says.
    pub gauge: Gauge,
    /// Answers before it that were not told one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsaid: Option<Unsaid>,
    /// What it said.
    pub observation: Observation,
}

/// Every promise of an estate that something measures.
pub(crate) fn of_estate(estate: &Estate) -> Vec<AdoptedPromise> {
    let domains = estate.domains().values();
    let objectives = domains.flat_map(|domain| {
        domain.objectives.iter().filter_map(|one| {
            Some(AdoptedPromise {
                promise: Promise::Objective(domain.id.clone(), one.id.clone()),
                domain: domain.id.clone(),
                asked: one.asked(),
                gauge: one.gauge()?,
                meter: one.meter(&domain.id),
                source: match &one.of {
                    Some(MeasuredOn::Source(ask)) => Some(ask.on.clone()),
                    Some(MeasuredOn::Flow(_) | MeasuredOn::Route(_)) | None => None,
                },
                silent_after: one.cadence().map(|cadence| cadence.silent_after()),
                stages: touched(estate, one),
            })
        })
    });
    let invariants = estate.invariants().values().map(|one| AdoptedPromise {
        promise: Promise::Invariant(one.id.clone()),
        domain: one.domain.clone(),
        source: Some(one.violations.on.clone()),
        asked: one.asked(),
        gauge: Gauge::Violations,
        meter: None,
        silent_after: Some(one.cadence().silent_after()),
        stages: Vec::new(),
    });
    objectives.chain(invariants).collect()
}

/// Stages that move the flow of an objective, or are judged by it.
fn touched(estate: &Estate, one: &Objective) -> Vec<StageId> {
    let Some(MeasuredOn::Flow(flow)) = &one.of else {
        return Vec::new();
    };
    let unit = estate.flows().get(flow).map(|flow| &flow.unit);
    let stages = estate.stages().map(|(_, stage)| stage);
    stages
        .filter(|stage| Some(&stage.unit) == unit || is_judged_by(stage, flow))
        .map(|stage| stage.id.clone())
        .collect()
}

/// Whether a criterion of a stage counts attempts of a flow.
fn is_judged_by(stage: &Stage, wanted: &FlowId) -> bool {
    stage.gate.criteria.iter().any(|criterion| match &criterion.measure {
        Measure::Completion { flow }
        | Measure::Errors { flow, .. }
        | Measure::Latency { flow, .. }
        | Measure::Slower { flow, .. } => flow == wanted,
        Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => false,
    })
}

//! Exploration: values of declared segments that no criterion judges. They are counted and shown, and decide nothing.

use crate::flow::{OTHER, SegmentValue};
use crate::plan::{Measure, Stage};
use crate::{CriterionId, Estate, FlowId};

/// What the names of explorations begin with; no criterion has such a name.
pub const EXPLORE: &str = "explore.";
/// Explorations of one stage that are counted; further ones of its segments are not.
pub const EXPLORATIONS_MAX: usize = 256;

/// One value of one segment that is counted for a stage without a criterion of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Stands for a criterion where it is counted: `explore.` and the places of its criterion, segment and value, from 0.
    pub id: CriterionId,
    /// The criterion that judges the completion of its flow.
    pub criterion: CriterionId,
    /// The flow.
    pub flow: FlowId,
    /// The visitors that it counts.
    pub value: SegmentValue,
}

/// Every value of the segments of each flow whose completion a gate judges, but those that a criterion of their own watches.
/// Gateways count by this list and pages are made of it; equal estates give equal lists.
#[must_use]
pub fn explorations(estate: &Estate, stage: &Stage) -> Vec<Exploration> {
    let mut found: Vec<Exploration> = Vec::new();
    for (place, criterion) in stage.gate.criteria.iter().enumerate() {
        let Some(flow) = completed(&criterion.measure) else {
            continue;
        };
        let (Some(declared), false) = (estate.flows().get(flow), found.iter().any(|known| &known.flow == flow)) else {
            continue;
        };
        for (at, segment) in declared.segments.iter().enumerate() {
            let words = segment.words.iter().map(|word| word.name.as_str());
            for (word, name) in words.chain([OTHER]).enumerate() {
                let value = SegmentValue {
                    segment: segment.id.clone(),
                    value: name.to_owned(),
                };
                if is_watched(stage, flow, &value) {
                    continue;
                }
                let id = CriterionId::parse(&format!("{EXPLORE}{place}.{at}.{word}"));
                found.push(Exploration {
                    id: id.expect("digits and dots are a name"),
                    criterion: criterion.id.clone(),
                    flow: flow.clone(),
                    value,
                });
            }
        }
    }
    found.truncate(EXPLORATIONS_MAX);
    found
}

fn is_watched(stage: &Stage, flow: &FlowId, value: &SegmentValue) -> bool {
    let mut criteria = stage.gate.criteria.iter();
    criteria.any(|other| completed(&other.measure) == Some(flow) && other.segment.as_ref() == Some(value))
}

fn completed(measure: &Measure) -> Option<&FlowId> {
    match measure {
        Measure::Completion { flow } => Some(flow),
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
    }
}

//! Declared shares of traffic by segment: what forecasts compute with and nothing else does.

use std::collections::BTreeMap;

use tidegate_model::flow::SegmentValue;
use tidegate_model::{FlowId, PartsPerMillion, PlanId};

/// Shares of a flow's attempts that a plan declares for values of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares(BTreeMap<(PlanId, FlowId, SegmentValue), PartsPerMillion>);

impl Shares {
    /// The declared share; none when the plan does not say.
    #[must_use]
    pub fn of(&self, plan: &PlanId, flow: &FlowId, segment: &SegmentValue) -> Option<PartsPerMillion> {
        self.0.get(&(plan.clone(), flow.clone(), segment.clone())).copied()
    }

    /// Notes a declared share.
    pub(crate) fn declare(&mut self, plan: &str, flow: &FlowId, segment: SegmentValue, share: PartsPerMillion) {
        let plan = PlanId::parse(plan).expect("the envelope checked the name");
        self.0.insert((plan, flow.clone(), segment), share);
    }

    /// Every declared share.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&PlanId, &FlowId, &SegmentValue, PartsPerMillion)> {
        self.0
            .iter()
            .map(|((plan, flow, segment), share)| (plan, flow, segment, *share))
    }
}

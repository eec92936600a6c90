//! Lanes: what the attempts of a flow are counted in. Everybody is in the first one; a segment's value that a meter asks for
//! has its own.

use tidegate_model::Millis;
use tidegate_model::flow::SegmentValue;
use tidegate_model::seam::{Meter, MeterKind};

use crate::config::Counting;
use crate::roads::Roads;
use crate::segment::{Class, Classes};

/// The lane of everybody.
pub const EVERYBODY: usize = 0;

/// The lanes of a flow.
#[derive(Debug, Default)]
pub struct Lanes {
    /// Latency limits of its meters, sorted.
    pub limits: Vec<Millis>,
    /// By lane after the first one. A value that the flow does not declare has nobody: its meters say that nothing was seen.
    values: Vec<(SegmentValue, Option<Class>)>,
}

impl Lanes {
    /// How many there are, at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.values.len() + 1
    }

    /// The lanes of a visitor.
    pub fn of(&self, classes: Classes) -> impl Iterator<Item = usize> {
        let segments = self.values.iter().enumerate();
        let own = segments.filter(move |(_, (_, class))| class.is_some_and(|c| classes.has(c)));
        std::iter::once(EVERYBODY).chain(own.map(|(at, _)| at + 1))
    }

    /// The lane that a meter reads.
    #[must_use]
    pub fn read_by(&self, meter: &Meter) -> usize {
        let own = |asked| self.values.iter().position(|(value, _)| value == asked);
        meter.segment.as_ref().and_then(own).map_or(EVERYBODY, |at| at + 1)
    }
}

/// The lanes of every flow, by its place.
#[must_use]
pub fn lanes(counting: &Counting, roads: &Roads) -> Vec<Lanes> {
    let mut all: Vec<Lanes> = roads.paths.iter().map(|_| Lanes::default()).collect();
    for meter in &counting.meters {
        let Some(flow) = roads.path_of(&meter.flow) else {
            continue;
        };
        let lanes = &mut all[flow];
        if let MeterKind::Slow { limit } = meter.kind {
            lanes.limits.push(limit);
        }
        if let Some(value) = &meter.segment
            && lanes.values.iter().all(|(known, _)| known != value)
        {
            let class = roads.paths[flow].sorting.class(value);
            lanes.values.push((value.clone(), class));
        }
    }
    for lanes in &mut all {
        lanes.limits.sort();
        lanes.limits.dedup();
    }
    all
}

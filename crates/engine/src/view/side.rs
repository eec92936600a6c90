//! Which side runs a key of a unit: what a gateway decides of a visitor, told to programs that split work of their own. It
//! knows no lease: who asks is told what is asked of gateways now. Open carts, groups, kills and callbacks are a gateway's alone.

use tidegate_model::bucket::{bucket, is_exposed};
use tidegate_model::{BasisPoints, Estate, UnitId};

use crate::command::Side;
use crate::state::{Phase, State};

/// A unit whose keys can be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitView {
    /// The unit.
    pub unit: UnitId,
    /// Salt of its edge's buckets.
    pub salt: String,
    /// Share of keys that the new side runs.
    pub exposure: BasisPoints,
    /// Whether the new side is final.
    pub is_final: bool,
    /// Journal sequence of the last change of its exposure; 0 before the first.
    pub seq: u64,
}

impl SplitView {
    /// The side that runs a key. The same key has the same side for as long as the exposure stays, and growth takes no key
    /// back from the new side.
    #[must_use]
    pub fn side_of(&self, key: &str) -> Side {
        if self.is_final || is_exposed(bucket(&self.salt, key), self.exposure) {
            Side::New
        } else {
            Side::Old
        }
    }

    /// Whether keys have different sides now.
    #[must_use]
    pub fn is_split(&self) -> bool {
        !self.is_final && self.exposure > BasisPoints::ZERO && self.exposure < BasisPoints::FULL
    }
}

/// Every unit of the adopted estate's edges, by name. One that no stage moves is on its old side; one that stands on two edges
/// has the salt of the edge whose plan moves it.
#[must_use]
pub fn splits(estate: &Estate, state: &State) -> Vec<SplitView> {
    let mut splits: Vec<SplitView> = Vec::new();
    for edge in estate.edges().values() {
        let units = edge.units.iter().map(|upstreams| &upstreams.unit).chain(&edge.keyed);
        for unit in units.filter(|unit| moved_on(estate, unit).is_none_or(|by| by == edge.id)) {
            if splits.iter().any(|known| known.unit == *unit) {
                continue;
            }
            let stage = state.stages.values().find(|stage| stage.unit == *unit);
            splits.push(SplitView {
                unit: unit.clone(),
                salt: edge.salt.clone(),
                exposure: stage.map_or(BasisPoints::ZERO, |stage| stage.exposure),
                is_final: stage.is_some_and(|stage| stage.phase == Phase::Finalised),
                seq: stage
                    .and_then(|stage| stage.exposures.last())
                    .map_or(0, |last| last.seq),
            });
        }
    }
    splits.sort_by(|a, b| a.unit.cmp(&b.unit));
    splits
}

fn moved_on(estate: &Estate, unit: &UnitId) -> Option<tidegate_model::EdgeId> {
    let plans = estate.plans().values();
    let moves = |plan: &&tidegate_model::plan::Plan| plan.stages.iter().any(|stage| stage.unit == *unit);
    plans.into_iter().find(moves).map(|plan| plan.edge.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(exposure: u16, is_final: bool) -> SplitView {
        SplitView {
            unit: UnitId::parse("integrations").expect("a name"),
            salt: "plan-a".into(),
            exposure: BasisPoints::new(exposure).expect("a share"),
            is_final,
            seq: 7,
        }
    }

    fn new_of(split: &SplitView) -> Vec<bool> {
        let keys = (0..500).map(|n| format!("O-{n}"));
        keys.map(|key| split.side_of(&key) == Side::New).collect()
    }

    #[test]
    fn growth_takes_no_key_back_and_a_rollback_takes_all() {
        let mut before = new_of(&split(0, false));
        assert!(before.iter().all(|is_new| !is_new));
        for exposure in [1_000, 5_000, 10_000] {
            let now = new_of(&split(exposure, false));
            assert!(before.iter().zip(&now).all(|(was, is)| *is || !was), "{exposure}");
            assert_ne!(before, now, "{exposure}");
            before = now;
        }
        assert!(before.iter().all(|is_new| *is_new));
        assert!(new_of(&split(0, true)).iter().all(|is_new| *is_new), "final");
    }

    #[test]
    fn a_key_has_the_bucket_that_gateways_give_a_visitor() {
        // From the table of `bucket`: 62268 and 29834 of 100000 under this salt.
        let at_half = split(5_000, false);
        assert_eq!(at_half.side_of("00000000000000000000000000000000"), Side::Old);
        assert_eq!(at_half.side_of("00000000000000000000000000000001"), Side::New);
        assert!(at_half.is_split() && !split(10_000, false).is_split() && !split(5_000, true).is_split());
    }
}

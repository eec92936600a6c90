//! The exposure in force: the last snapshot, seen through the lease and the kill file. One atomic store changes it.

use std::sync::Arc;

use tidegate_model::Timestamp;
use tidegate_model::seam::{ExposureSnapshot, ExposureVersion};

use crate::decision::{Flipped, Standing};
use crate::roads::Roads;

/// How every unit stands, and under which snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The snapshot.
    pub version: ExposureVersion,
    /// Whether the lease is valid.
    pub leased: bool,
    /// Whether the kill file is there.
    pub glass_broken: bool,
    /// By place of the unit.
    pub standings: Vec<Standing>,
    /// Since when.
    pub since: Timestamp,
}

impl InForce {
    /// What follows from a snapshot, the lease and the kill file.
    ///
    /// Without a lease every unit that is not final retreats to its proven exposure, and nothing is measured: the split is no
    /// longer the one that the snapshot's version names.
    #[must_use]
    pub fn derive(
        snapshot: &ExposureSnapshot,
        leased: bool,
        glass_broken: bool,
        roads: &Roads,
        since: Timestamp,
    ) -> Self {
        let standing = |at: usize, unit: &tidegate_model::UnitId| {
            let Some(told) = snapshot.unit(unit) else {
                return Standing {
                    glass_broken,
                    ..Standing::OLD
                };
            };
            let retreats = !leased && !told.finalised;
            let is_flipped = |id| told.groups.contains(id) && (!retreats || told.proven_groups.contains(id));
            let groups = roads.groups.iter().enumerate();
            let flipped = groups.filter(|(_, group)| group.unit == at && is_flipped(&group.id));
            Standing {
                exposure: if retreats {
                    told.exposure.min(told.proven)
                } else {
                    told.exposure
                },
                killed: told.killed,
                glass_broken,
                finalised: told.finalised,
                flipped: flipped.fold(Flipped::NONE, |all, (place, _)| all.with(place)),
                measured: told.measured && leased && !glass_broken && !told.killed,
            }
        };
        Self {
            version: snapshot.version,
            leased,
            glass_broken,
            standings: roads
                .places
                .iter()
                .enumerate()
                .map(|(at, p)| standing(at, &p.unit))
                .collect(),
            since,
        }
    }

    /// Whether anything but the instant differs.
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        let at = |force: &Self| Self {
            since: Timestamp(0),
            ..force.clone()
        };
        at(self) != at(other)
    }
}

/// Shared with every request.
pub type Shared = Arc<arc_swap::ArcSwap<InForce>>;

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::seam::UnitExposure;
    use tidegate_model::{BasisPoints, GroupId, UnitId};

    fn group(id: &str) -> GroupId {
        GroupId::parse(id).unwrap()
    }

    fn told(finalised: bool) -> ExposureSnapshot {
        ExposureSnapshot {
            version: ExposureVersion { epoch: 1, seq: 5 },
            units: vec![UnitExposure {
                unit: UnitId::parse("checkout").unwrap(),
                exposure: BasisPoints::new(5_000).unwrap(),
                proven: BasisPoints::new(1_000).unwrap(),
                killed: false,
                finalised,
                measured: true,
                groups: vec![group("pages"), group("lists")],
                proven_groups: vec![group("lists")],
            }],
        }
    }

    fn derive(snapshot: &ExposureSnapshot, leased: bool, glass: bool) -> Standing {
        let roads = Roads::compile(&crate::sample::edge(), &[]).unwrap();
        InForce::derive(snapshot, leased, glass, &roads, Timestamp(0)).standings[0]
    }

    #[test]
    fn without_a_lease_a_unit_retreats_to_what_is_proven_unless_it_is_final() {
        assert_eq!(derive(&told(false), true, false).exposure.get(), 5_000);
        assert!(derive(&told(false), true, false).measured);
        let retreated = derive(&told(false), false, false);
        assert_eq!(retreated.exposure.get(), 1_000);
        assert!(!retreated.measured);
        assert_eq!(derive(&told(true), false, false).exposure.get(), 5_000);
    }

    #[test]
    fn without_a_lease_only_proven_groups_stay_flipped() {
        let mut edge = crate::sample::edge();
        for (route, id) in edge.routes.iter_mut().zip(["pages", "lists", "other"]) {
            route.group = Some(group(id));
        }
        let roads = Roads::compile(&edge, &[]).unwrap();
        let flipped = |told: &ExposureSnapshot, leased| {
            let standing = InForce::derive(told, leased, false, &roads, Timestamp(0)).standings[0];
            [0, 1, 2].map(|at| standing.flipped.has(at))
        };
        assert_eq!(flipped(&told(false), true), [true, true, false]);
        assert_eq!(flipped(&told(false), false), [false, true, false]);
        assert_eq!(flipped(&told(true), false), [true, true, false]);
        assert_eq!(flipped(&ExposureSnapshot::default(), true), [false; 3]);
    }

    #[test]
    fn a_unit_that_is_not_named_stands_old_and_the_kill_file_reaches_it_too() {
        let nothing = ExposureSnapshot::default();
        assert_eq!(derive(&nothing, true, false), Standing::OLD);
        assert!(derive(&nothing, true, true).glass_broken);
    }
}

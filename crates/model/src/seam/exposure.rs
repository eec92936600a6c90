//! Exposure as gateways hold it: a versioned snapshot of what share of visitors each unit sends to the new side.

use serde::{Deserialize, Serialize};

use crate::{BasisPoints, GroupId, UnitId};

/// Orders snapshots; a gateway ignores every lower one. `epoch` grows with each controller start, `seq` is the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct ExposureVersion {
    /// Controller start, 1 and up.
    pub epoch: u64,
    /// Sequence number of the event that asked for it.
    pub seq: u64,
}

/// The exposure of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitExposure {
    /// The unit.
    pub unit: UnitId,
    /// Share of visitors on the new side.
    pub exposure: BasisPoints,
    /// What the gateway falls back to when its lease runs out; never above `exposure`.
    pub proven: BasisPoints,
    /// Kill: everybody, open carts included, goes to the old side at once (callbacks still follow their order).
    pub killed: bool,
    /// The new side is final: the unit's safe side is the new one.
    pub finalised: bool,
    /// A stage of this unit is being judged: its flows are counted.
    pub measured: bool,
    /// Groups of its routes that whoever has no visitor key meets on the new side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
    /// Those of them that stay when the gateway's lease runs out; never one that is not among `groups`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proven_groups: Vec<GroupId>,
}

/// Everything a gateway needs to route; complete, never a difference.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExposureSnapshot {
    /// Its place in the order.
    pub version: ExposureVersion,
    /// By unit name; a unit that is missing is on its old side.
    pub units: Vec<UnitExposure>,
}

impl ExposureSnapshot {
    /// The exposure of a unit, when the snapshot has it.
    #[must_use]
    pub fn unit(&self, unit: &UnitId) -> Option<&UnitExposure> {
        self.units.iter().find(|u| &u.unit == unit)
    }
}

//! Evidence: integer counts of closed strata, as gateways report them and the journal keeps them.

use serde::{Deserialize, Serialize};

use super::ExposureVersion;
use crate::flow::SegmentValue;
use crate::{CriterionId, FlowId, GatewayId, Millis, StageId, Timestamp};

/// Stands for a criterion where the split of a stage's visitors is counted; no criterion has this name.
pub const SPLIT: &str = "split";

/// What a gateway is asked to count for one criterion (or for the checks that every stage has).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// The stage it counts for.
    pub stage: StageId,
    /// The criterion, or [`SPLIT`] / `brake` for the stage's own checks.
    pub criterion: CriterionId,
    /// The flow whose attempts are counted.
    pub flow: FlowId,
    /// What is a hit.
    pub kind: MeterKind,
    /// Only attempts of these visitors count; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentValue>,
}

/// What a meter counts: `n` attempts, of which `hits` ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MeterKind {
    /// ... completed within the window. Reported as a start cohort, at start + window.
    Completed,
    /// ... met an error answer, a refused connection or a time-out. Reported when the stratum closes.
    Errored,
    /// ... had a first timed request slower than the limit. Reported when the stratum closes.
    Slow {
        /// The limit.
        limit: Millis,
    },
    /// ... began (hits = n): the split of visitors, for the sample-ratio check. Reported when the stratum closes.
    Began,
    /// ... failed for certain (explicit failure or error). For the brake only; never journalled as a stratum.
    Failed,
}

/// Counts of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArmCounts {
    /// Attempts.
    pub n: u64,
    /// Of which hits; never above `n`.
    pub hits: u64,
}

/// Counts of one meter in one stratum, by assigned side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeterCounts {
    /// The stage.
    pub stage: StageId,
    /// The criterion, or `split`.
    pub criterion: CriterionId,
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
}

/// Which half of a stratum's counts a report carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StratumPart {
    /// What is known when the stratum closes: errors, latency, split.
    Prompt,
    /// The start cohort, one window later: completion.
    Cohort,
}

/// Names a report; a repeat is dropped by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StratumId {
    /// Who counted.
    pub gateway: GatewayId,
    /// Grows with each start of that gateway (its start time in milliseconds, or one more than the last).
    pub incarnation: u64,
    /// Position in that incarnation, from 0; a new exposure closes a stratum early.
    pub index: u64,
    /// Which half.
    pub part: StratumPart,
}

/// One closed stratum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// Its name.
    pub id: StratumId,
    /// When it began, on the gateway's clock.
    pub began: Timestamp,
    /// How long it lasted.
    pub lasted: Millis,
    /// The one snapshot that was in force all the time.
    pub version: ExposureVersion,
    /// Attempts that were not tracked because the table was full (sampled equally on both sides).
    pub untracked: u64,
    /// Attempts on the new side that the gateway served from the old one (fallback, breaker); counted as failures of the new side.
    pub fallbacks: u64,
    /// Whether cohorts were voided by a restart of the gateway.
    pub voided: bool,
    /// The counts.
    pub counts: Vec<MeterCounts>,
}

/// What the emergency brake sees: explicit failures over the last moments, not yet a closed stratum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeLook {
    /// The stage.
    pub stage: StageId,
    /// The snapshot in force at the look.
    pub version: ExposureVersion,
    /// Time covered.
    pub over: Millis,
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
}

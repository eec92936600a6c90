//! Evidence: integer counts of closed strata, as gateways report them and the journal keeps them.

use serde::{Deserialize, Serialize};

use super::ExposureVersion;
use crate::flow::SegmentValue;
use crate::{CriterionId, DomainId, FlowId, GatewayId, Millis, ObjectiveId, StageId, Timestamp};

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
    /// ... met an error answer, a refused connection or a time-out. Reported twice: as they happen, when the stratum closes
    /// in which they did, and as a start cohort.
    Errored,
    /// ... had a first timed request slower than the limit. Reported when all of these have been answered.
    Slow {
        /// The limit.
        limit: Millis,
    },
    /// ... began (hits = n): the split of visitors, for the sample-ratio check. Reported when the stratum closes.
    Began,
    /// ... failed for certain (explicit failure or error). For the brake only; never journalled as a stratum.
    Failed,
}

/// What a gateway is asked to count for an objective, of both sides together and whether a stage is judged or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseMeter {
    /// The domain that promises it.
    pub domain: DomainId,
    /// The objective.
    pub objective: ObjectiveId,
    /// The flow whose attempts are counted.
    pub flow: FlowId,
    /// An entry request that takes longer, or ends in an error, is bad. Without a limit the first outcome of each attempt is
    /// counted: completed, or refused, failed, run out of its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Millis>,
}

/// Counts of one objective since they were last told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromisedCounts {
    /// What was asked for: an objective that asks for something else by now is another one.
    pub of: PromiseMeter,
    /// All of them.
    pub total: u64,
    /// The bad ones among them; never above `total`.
    pub bad: u64,
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
    /// How much is known of these attempts.
    #[serde(default, skip_serializing_if = "Ripeness::is_whole")]
    pub ripeness: Ripeness,
    /// Attempts of earlier strata that met their hit since hits were last told; only where some did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<LaterHits>,
}

impl MeterCounts {
    /// Counts to which nothing will be added.
    #[must_use]
    pub fn whole(stage: StageId, criterion: CriterionId, old: ArmCounts, new: ArmCounts) -> Self {
        Self {
            stage,
            criterion,
            old,
            new,
            ripeness: Ripeness::Whole,
            later: Vec::new(),
        }
    }
}

/// How much is known of the attempts that a count is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ripeness {
    /// Everything that is ever counted of them, told once.
    #[default]
    Whole,
    /// What happened to them until the stratum closed; what happens afterwards is in [`MeterCounts::later`] of the strata
    /// that it happens in. Open attempts count as without a hit, so that this can show harm and no pass.
    Young,
    /// Everything, of attempts that were told young before: for a pass, since an alarm has heard it.
    Grown,
}

impl Ripeness {
    /// Whether nothing will be added, and nothing was told before.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// Attempts begun under one snapshot, in earlier strata, that met their first hit since hits were last told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterHits {
    /// The snapshot that was in force when they began.
    pub version: ExposureVersion,
    /// The old side: those within their window and without a hit when hits were last told, and how many met one since.
    pub old: ArmCounts,
    /// The new side, likewise.
    pub new: ArmCounts,
}

/// Which of a stratum's counts a report carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StratumPart {
    /// What is known when the stratum closes: errors until then, split.
    Prompt,
    /// What is known when all entry requests have been answered: latency.
    Timed,
    /// The start cohort, one window later: completion, all errors.
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
    /// Which part.
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
    /// What was counted for objectives until it closed, since that was last told; in the prompt part alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<PromisedCounts>,
}

impl Stratum {
    /// The same stratum when its counts cannot be told.
    #[must_use]
    pub fn given_up(self) -> Self {
        Self {
            voided: true,
            counts: Vec::new(),
            promised: Vec::new(),
            ..self
        }
    }
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

//! What an adoption writes into the journal of each stage, so that a replay needs no estate.

use serde::{Deserialize, Serialize};
use tidegate_model::ask::Bound;
use tidegate_model::{BasisPoints, CriterionId, DomainId, Millis, PlanId, StageId, UnitId};

use crate::tally::RareEvents;

/// A stage as adopted: what replay needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedStage {
    /// Its plan.
    pub plan: PlanId,
    /// The stage.
    pub stage: StageId,
    /// Its unit.
    pub unit: UnitId,
    /// Its owner domain.
    pub owner: DomainId,
    /// Exposure of each step.
    pub steps: Vec<BasisPoints>,
    /// Criteria of its gate.
    pub criteria: Vec<CriterionId>,
    /// Those of them that are measured.
    pub sources: Vec<AdoptedSource>,
}

/// A measured criterion as adopted: what replay needs to know of its silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedSource {
    /// The criterion.
    pub criterion: CriterionId,
    /// Silence longer than this pages its owner; a cohort's window is part of it.
    pub max_silence: Millis,
    /// Whether it compares both sides, and so says nothing at full exposure.
    pub is_comparison: bool,
    /// Which events its exact alarm reads; not told by journals of the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rare: Option<RareEvents>,
    /// What a source outside tells about it; none where a gateway counts, or two databases are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<ToldOf>,
}

/// What a source outside tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToldOf {
    /// A number.
    Level {
        /// Where harm begins.
        bound: Bound,
        /// Answers that are further apart have one missing between them.
        stale_after: Millis,
    },
    /// What was counted between two questions, or in a batch.
    Counts,
}

//! What an adoption writes into the journal of each stage, so that a replay needs no estate.

use serde::{Deserialize, Serialize};
use tidegate_model::{BasisPoints, CriterionId, DomainId, Millis, PlanId, StageId, UnitId};

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
}

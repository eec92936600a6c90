//! What an adoption writes into the journal of each stage, so that a replay needs no estate.

use serde::{Deserialize, Serialize};
use tidegate_model::ask::{Bound, HitsAre};
use tidegate_model::{BasisPoints, CriterionId, DomainId, Millis, PartsPerMillion, PlanId, StageId, UnitId};
use tidegate_stats::batch::{BatchTest, Planned};
use tidegate_stats::{Hits, Ledger, Margin};

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
    /// After this time what was told as it happened comes again, whole; none where all is told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grown_after: Option<Millis>,
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
    Counts {
        /// How batches are compared; none in a stream, and where only a limit is judged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batches: Option<BatchesOf>,
    },
}

/// How batches are compared with the old side: what their test must know when one comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchesOf {
    /// What a hit is.
    pub hits: HitsAre,
    /// Largest absolute difference for the worse that may stay unexcluded.
    pub not_worse_by: PartsPerMillion,
    /// Batches that are planned in each step.
    pub planned: u32,
    /// Steps of the stage.
    pub steps: u32,
    /// Chance of a false alarm of the whole plan.
    pub alpha: PartsPerMillion,
    /// Weight of the criterion.
    pub weight: u32,
    /// Weights of all other criteria of the plan together.
    pub others: u32,
    /// What the criterion's alpha is divided by for this test.
    pub part: u32,
}

impl BatchesOf {
    /// The alarm over an attempt, in this try of it, from 1. It goes on through every step, each with as many looks as planned.
    #[must_use]
    pub fn alarm(&self, this_try: u32) -> Option<BatchTest> {
        let share = endless_ledger(self.alpha, self.weight, self.others)?.share(0, this_try)?;
        self.test(
            self.planned.saturating_mul(self.steps.max(1)),
            share / f64::from(self.part.max(1)),
        )
    }

    /// The pass test of a step.
    #[must_use]
    pub fn pass(&self) -> Option<BatchTest> {
        self.test(self.planned, self.alpha.ratio())
    }

    fn test(&self, looks: u32, alpha: f64) -> Option<BatchTest> {
        let hits = match self.hits {
            HitsAre::Good => Hits::Good,
            HitsAre::Bad => Hits::Bad,
        };
        let margin = Margin::Absolute(self.not_worse_by.ratio());
        BatchTest::new(hits, margin, alpha, alpha, Planned::Looks(looks))
    }
}

/// The ledger of a plan for one of its criteria, which comes first in it, and all others as one. As nobody knows how many tries
/// there will be, it is one without an end.
pub(crate) fn endless_ledger(alpha: PartsPerMillion, weight: u32, others: u32) -> Option<Ledger> {
    let weights = [weight, others];
    let weights = if others == 0 { &weights[..1] } else { &weights[..] };
    Ledger::new(alpha.ratio(), weights, u32::MAX)
}

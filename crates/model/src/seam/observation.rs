//! What the senses say: an observation, or silence as a value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ArmCounts, InvalidReason, Reconciled, Surveyed};
use crate::Timestamp;
use crate::ask::Decimal;

/// Rows of two queries, compared by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct EqualityCounts {
    /// Rows on the old side.
    pub old_rows: u64,
    /// Rows on the new side.
    pub new_rows: u64,
    /// Keys on one side only.
    pub missing: u64,
    /// Keys on both sides with different values.
    pub differing: u64,
    /// Keys that occur more than once on a side.
    pub duplicated: u64,
}

/// A source did not answer, or not usably.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Since when; the first failed question after the last answer.
    pub since: Timestamp,
    /// Why, in words for the signal's owner; never a row's content.
    pub reason: String,
}

/// An answer of a source, or its silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Observation {
    /// Two queries were compared.
    Equality {
        /// When the later query was answered, on the controller's clock.
        at: Timestamp,
        /// The counts.
        counts: EqualityCounts,
    },
    /// The rows of an entity were held against each other, or against a ledger.
    Reconciled {
        /// When the comparison began, on the controller's clock.
        at: Timestamp,
        /// What it ended with.
        found: Reconciled,
    },
    /// Pages or baskets were looked at one by one.
    Surveyed {
        /// When the first of them was asked for, on the controller's clock.
        at: Timestamp,
        /// What it ended with.
        found: Surveyed,
    },
    /// A number was told.
    Level {
        /// The moment it is about, on the source's clock; the question's when the source says none.
        at: Timestamp,
        /// The number.
        value: Decimal,
    },
    /// What was counted between two questions, or in one batch.
    Counts {
        /// When the question was asked, on the controller's clock.
        at: Timestamp,
        /// The batch that it is, such as a day; none in a stream. A batch counts once.
        batch: Option<String>,
        /// The old side; none where it is not asked.
        old: Option<ArmCounts>,
        /// The new side.
        new: ArmCounts,
    },
    /// The source answered, and had nothing to tell: no rows, no series.
    Nothing {
        /// When the question was asked.
        at: Timestamp,
        /// What was empty, in words for the signal's owner.
        detail: String,
    },
    /// The source answered with what cannot be judged.
    Unusable {
        /// When the question was asked.
        at: Timestamp,
        /// Why.
        reason: InvalidReason,
        /// What it was, in words for the signal's owner; never a row's content.
        detail: String,
    },
    /// No answer came.
    Silent(Silence),
}

//! What the senses say: an observation, or silence as a value.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Rows of two queries, compared by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// Nothing usable came.
    Silent(Silence),
}

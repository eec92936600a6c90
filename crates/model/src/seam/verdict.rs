//! The verdict of a criterion: six words, of which only `pass` opens a gate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Why evidence cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InvalidReason {
    /// Visitors are not split as planned.
    SampleRatio,
    /// Both sides are the same series, denominators included.
    Identical,
    /// Numbers that cannot be (more hits than attempts, clock skew beyond its bound).
    Impossible,
    /// Too many attempts of the new side were served by the old one.
    Fallbacks,
    /// A denominator of zero.
    ZeroDenominator,
    /// The answer is about a moment too long ago.
    Stale,
    /// Not a number.
    NotANumber,
    /// Infinite.
    Infinite,
    /// Null where a number was asked for.
    Null,
    /// Several series, rows or values where one was asked for.
    SeveralSeries,
    /// Not the shape that was asked for: other columns, other types, no such field.
    Shape,
}

/// What the evidence says about a criterion now.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// Not worse than declared; the only word that opens a gate.
    Pass,
    /// Worse; stops and, where declared, rolls back.
    Harm,
    /// The evidence does not decide yet.
    NotYet {
        /// Attempts on the new side that are still needed at the present split, when computable.
        needed: Option<u64>,
    },
    /// Nothing was measured.
    NoData {
        /// Since when.
        since: Timestamp,
    },
    /// Measured, but not judgeable.
    Invalid {
        /// Why.
        reason: InvalidReason,
    },
    /// The source does not answer.
    SourceDown {
        /// Since when.
        since: Timestamp,
    },
}

impl Verdict {
    /// The word on screen.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Harm => "harm",
            Self::NotYet { .. } => "not yet",
            Self::NoData { .. } => "no data",
            Self::Invalid { .. } => "invalid",
            Self::SourceDown { .. } => "source down",
        }
    }
}

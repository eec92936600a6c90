//! The numbers behind a verdict, as they were when it was given.

use serde::{Deserialize, Serialize};
use tidegate_model::ask::Decimal;
use tidegate_model::{Millis, Money, Timestamp};

/// Numbers behind a verdict, as they were when it was given. Shares are ratios; `None` means not computable, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// Old side: attempts and hits, or rows.
    pub old: Option<(u64, u64)>,
    /// New side: attempts and hits, or rows.
    pub new: Option<(u64, u64)>,
    /// New minus old, in ratio units.
    pub difference: Option<f64>,
    /// Its always-valid interval.
    pub interval: Option<(f64, f64)>,
    /// Orders lost so far against the old side's pace.
    pub lost: Option<f64>,
    /// The smallest relative loss that this step can see in the time it has.
    pub can_see: Option<f64>,
    /// Expected time until the test can speak, at the present traffic.
    pub speaks_in: Option<Millis>,
    /// The newest number that a source told, and the moment it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<(Timestamp, Decimal)>,
    /// Strata judged.
    pub strata: u64,
    /// Why it says what it says, one sentence.
    pub why: String,
}

/// A loss of completions that the evidence of a step leaves possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stake {
    /// Share of attempts that may be lost, a ratio above 0: the lower end of the harm alarm's interval.
    pub share: f64,
    /// What it costs in an hour of the busier half of the day, at the exposure in question.
    pub an_hour: Money,
}

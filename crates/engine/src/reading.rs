//! The numbers behind a verdict, as they were when it was given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::ask::Decimal;
use tidegate_model::{Millis, Money, Timestamp};

/// Numbers behind a verdict, as they were when it was given. Shares are ratios; `None` means not computable, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// The smallest harm that this step can see in the time it has: relative to the old side, and to the limit where the new side
    /// is held to one without the other ([`crate::view::words::sight`] tells which).
    pub can_see: Option<f64>,
    /// Expected time until the test can speak, at the present traffic.
    pub speaks_in: Option<Millis>,
    /// The newest number that a source told, and the moment it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<(Timestamp, Decimal)>,
    /// Strata judged.
    pub strata: u64,
    /// Its alpha, margin and money; none for what is not tested, and in what is told in passing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Why it says what it says, one sentence.
    pub why: String,
}

/// What goes with the numbers of a criterion that is tested: its alpha, its margin, and money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Chance of a false alarm of the whole plan.
    pub alpha_plan: f64,
    /// The criterion's share of it, over all tries.
    pub alpha_share: f64,
    /// What this try may spend: an attempt, or a restart of its evidence.
    pub alpha_of_try: f64,
    /// What was spent with it, this try included.
    pub alpha_spent: f64,
    /// The number of this try, from 1.
    pub this_try: u32,
    /// Largest difference for the worse that a pass leaves unexcluded, a ratio; none without a comparison.
    pub margin: Option<f64>,
    /// Whether the margin is relative to the old side's share; else it is in shares.
    pub is_margin_relative: bool,
    /// Largest share of bad events on the new side, a ratio.
    pub limit: Option<f64>,
    /// Orders lost so far at the declared basket; below zero is a gain.
    pub money: Option<Money>,
    /// The most that the interval leaves possible.
    pub money_most: Option<Money>,
    /// From now, the time until a harm as large as the margin, or twice the limit, would be found with a chance of 80 %.
    pub harm_in: Option<Millis>,
}

impl Reading {
    /// Whether a journalled reading is what these counts give again. What an older version did not write is no difference, nor
    /// is what only predicts, whose formula may change between versions: `can_see`, `speaks_in`, and `harm_in` of the account.
    #[must_use]
    pub fn confirms(&self, journalled: &Self) -> bool {
        let mut again = self.without_predictions();
        let journalled = journalled.without_predictions();
        if journalled.account.is_none() {
            again.account = None;
        }
        again == journalled
    }

    fn without_predictions(&self) -> Self {
        let account = self.account.clone();
        Self {
            can_see: None,
            speaks_in: None,
            account: account.map(|account| Account {
                harm_in: None,
                ..account
            }),
            ..self.clone()
        }
    }
}

/// A loss of completions that the evidence of a step leaves possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stake {
    /// Share of attempts that may be lost, a ratio above 0: the lower end of the harm alarm's interval.
    pub share: f64,
    /// What it costs in an hour of the busier half of the day, at the exposure in question.
    pub an_hour: Money,
}

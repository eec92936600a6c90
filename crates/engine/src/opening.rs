//! What may open next, and what an approval of it is bound to.

use serde::{Deserialize, Serialize};

/// What a decision would open, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opening {
    /// The first step.
    Entry,
    /// This step, after the gate of the one before.
    Step(u32),
    /// This step, on accepted risk.
    AcceptedRisk(u32),
    /// The point of no return.
    Finalisation,
}

/// What an approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Digest of the estate.
    pub estate: String,
    /// What it opens.
    pub opens: Opening,
    /// The attempt.
    pub attempt: u32,
    /// How often evidence had been restarted; a change lapses approvals.
    pub restarts: u32,
    /// Sequence of the last verdict of the gate that was there to be seen; a worse one after it lapses approvals. 0 is before
    /// any, and what journals of the first release say.
    #[serde(default, skip_serializing_if = "is_before_any")]
    pub evidence: u64,
}

fn is_before_any(evidence: &u64) -> bool {
    *evidence == 0
}

impl Binding {
    /// Whether it is about the same thing, whatever evidence there was.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.estate, &self.opens, self.attempt, self.restarts)
            == (&other.estate, &other.opens, other.attempt, other.restarts)
    }
}

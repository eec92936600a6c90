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
}

//! Runbooks that were begun in an incident: which, by whom, why, and which of their steps were done. People do the steps
//! and say so; nothing here moves anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tidegate_model::{PersonId, RunbookId, Timestamp};

use crate::event::Sent;

/// A runbook as it stood when it was begun; later versions of the estate do not change what is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunbookBegun {
    /// Which.
    pub runbook: RunbookId,
    /// What people call it.
    pub title: String,
    /// What is to be done, in order.
    pub steps: Vec<String>,
    /// Notices to whoever was called or is on call, so that nobody does the same beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Sent>,
}

/// A runbook that is under way in an incident, or was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Which.
    pub runbook: RunbookId,
    /// What people call it.
    pub title: String,
    /// Who began it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// What is to be done, in order.
    pub steps: Vec<String>,
    /// What was done, by the place of its step, 0 first.
    pub done: BTreeMap<u32, StepDone>,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepDone {
    /// Who said so.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What was seen.
    pub note: String,
}

impl Run {
    /// How many steps are not done.
    #[must_use]
    pub fn left(&self) -> usize {
        self.steps.len().saturating_sub(self.done.len())
    }
}

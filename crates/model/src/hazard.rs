//! Failure modes and the runbooks that answer them.

use crate::{ActionId, DomainId, FailureModeId, RunbookId, Severity, StageId};

/// How easily a failure is noticed; sorts from worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detectability {
    /// Nobody would notice for days.
    Hidden,
    /// Noticed by hand or late.
    Hard,
    /// A signal shows it.
    Easy,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureMode {
    /// The name that everything else refers to.
    pub id: FailureModeId,
    /// What happens, in words.
    pub title: String,
    /// Whose it is.
    pub domain: DomainId,
    /// How bad.
    pub severity: Severity,
    /// How easily noticed.
    pub detectability: Detectability,
    /// Criteria that notice it, as (stage, criterion text).
    pub signals: Vec<(StageId, String)>,
    /// What to do.
    pub runbook: RunbookId,
}

/// A runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runbook {
    /// The name that everything else refers to.
    pub id: RunbookId,
    /// What people call it.
    pub title: String,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// Granted actions that belong to it.
    pub actions: Vec<ActionId>,
}

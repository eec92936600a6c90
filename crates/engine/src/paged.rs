//! What is known of people and runbooks before anything happens: who was paged how often, and which runbook was tried out.

use serde::Serialize;
use tidegate_model::{CriterionId, Millis, PersonId, StageId, Timestamp};

/// Pages older than this are forgotten; no criterion counts over a longer time.
pub const PAGED_FOR: Millis = Millis::minutes(7 * 24 * 60);
/// Pages of one person that are kept; whoever had as many within the time of a criterion has too many by any bound.
pub const PAGED_MAX: usize = 1_000;

/// A page of a person; one call of an incident is one, by however many methods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paged {
    /// When.
    pub at: Timestamp,
    /// The criterion whose harm it is about, when it is.
    pub about: Option<(StageId, CriterionId)>,
}

/// A runbook that was tried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drill {
    /// When it was told.
    pub at: Timestamp,
    /// Who told it.
    pub by: PersonId,
    /// Whether it did what it is for.
    pub worked: bool,
    /// What was done and seen.
    pub note: String,
}

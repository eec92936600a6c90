//! Whom a letter did not reach, as the journal keeps it beside the reason.

use serde::{Deserialize, Serialize};
use tidegate_model::PersonId;
use tidegate_model::seam::Errand;

/// Whom a letter did not reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// The person.
    pub to: PersonId,
    /// What it was about.
    pub errand: Errand,
}

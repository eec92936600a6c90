//! What an incident is about, as it stands in the journal.

use serde::{Deserialize, Serialize};
use tidegate_model::{CriterionId, GatewayId, PersonId, StageId};

/// What an incident is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A criterion of a stage.
    Criterion(StageId, CriterionId),
    /// The brake of a stage.
    Brake(StageId),
    /// A signal that fell silent.
    Silence(StageId, CriterionId),
    /// A decision that waits too long.
    Waiting(StageId),
    /// A gateway that is gone.
    Gateway(GatewayId),
    /// The journal: entries of it were lost.
    Journal,
    /// A person.
    Person(PersonId),
}

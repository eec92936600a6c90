//! Why exposure fell, as it stands in the journal.

use serde::{Deserialize, Serialize};
use tidegate_model::{ActionId, CriterionId, GatewayId};

/// Why exposure fell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A criterion found harm.
    Harm(CriterionId),
    /// The emergency brake.
    Brake,
    /// A person.
    Person(String),
    /// A granted action in an incident.
    Action(ActionId),
    /// The journal was restored.
    Restored,
    /// A gateway holds an exposure that this journal never asked for: entries were lost.
    Unknown(GatewayId),
}

//! What an incident is about, as it stands in the journal.

use serde::{Deserialize, Serialize};
use tidegate_model::objective::Promise;
use tidegate_model::{CriterionId, DomainId, GatewayId, PersonId, SourceId, StageId};

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
    /// An objective whose budget burns too fast, or a violated invariant.
    Promise(Promise),
    /// A source that tells nothing of what a domain promises.
    PromiseSilent(DomainId, SourceId),
    /// A person.
    Person(PersonId),
}

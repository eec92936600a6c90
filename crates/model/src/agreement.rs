//! Agreements between owners: what two domains answer for together, and how a domain changes its owner. Neither is a
//! process that runs here: they are declared, checked and shown.

use crate::objective::Objective;
use crate::{AgreementId, DomainId, LadderId, Millis, PersonId, TeamId, Timestamp, TransferId};

/// What one of the parties of an agreement does alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// The party.
    pub domain: DomainId,
    /// What is its own, in words.
    pub does: String,
}

/// Somebody who has signed for a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The party.
    pub domain: DomainId,
    /// Who signed; one of the owning team.
    pub by: PersonId,
    /// The beginning of the day, UTC.
    pub at: Timestamp,
}

/// Something that two domains answer for together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// Its name.
    pub id: AgreementId,
    /// What is shared, in words.
    pub title: String,
    /// The domains; at least two.
    pub between: Vec<DomainId>,
    /// What they promise together.
    pub objective: Objective,
    /// What each does alone; one for each party.
    pub boundaries: Vec<Boundary>,
    /// Whom a page about it climbs.
    pub escalation: LadderId,
    /// How often the parties meet; above zero.
    pub meets_every: Millis,
    /// Who has signed; one for each party.
    pub signed: Vec<Signature>,
    /// The beginning of the first day, UTC, on which it is no longer in force.
    pub until: Timestamp,
}

/// Why a domain changes its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Teams are reorganised.
    Reorganisation,
    /// The owner leaves.
    OwnerLeaves,
    /// What the domain is changes.
    ScopeChange,
    /// The domain is not in good hands.
    Performance,
}

impl Cause {
    /// The words that people use.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reorganisation => "team reorganisation",
            Self::OwnerLeaves => "owner leaves",
            Self::ScopeChange => "scope change",
            Self::Performance => "performance issues",
        }
    }
}

/// A change of a domain's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// What people call it.
    pub title: String,
    /// The domain.
    pub domain: DomainId,
    /// The owner before.
    pub from: TeamId,
    /// The owner after.
    pub to: TeamId,
    /// Why.
    pub cause: Cause,
    /// How knowledge changes hands, in words: who meets whom, and where it is kept.
    pub sessions: Vec<String>,
    /// What is written anew: runbooks, diagrams, contracts.
    pub documents: Vec<String>,
    /// Who is told; at least one team.
    pub told: Vec<TeamId>,
    /// Who is named beside the ladder from then on.
    pub escalation_contact: PersonId,
    /// The beginning of the day, UTC, on which it was complete; none while it is under way.
    pub completed: Option<Timestamp>,
}

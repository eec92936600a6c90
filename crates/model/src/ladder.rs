//! The escalation path: rungs that are climbed until somebody answers, and that repeat at the top.

use crate::{LadderId, Millis, PersonId, TeamId};

/// How far a rung may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DecisionScope {
    /// Within one domain.
    Domain,
    /// Between domains.
    CrossDomain,
    /// The platform.
    Platform,
    /// The organisation.
    Organisation,
}

/// Whom a rung reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The on-call people of the domain's owner.
    OwnerOnCall,
    /// The on-call people of a team.
    Team(TeamId),
    /// One person.
    Person(PersonId),
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// What people call it.
    pub title: String,
    /// Whom it reaches; all at once.
    pub targets: Vec<Target>,
    /// Time to acknowledge before the next rung is called; above zero.
    pub answer_within: Millis,
    /// How far it may decide.
    pub scope: DecisionScope,
}

/// A ladder: never empty; after the last rung the page repeats there every `repeat_every`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// The name that everything else refers to.
    pub id: LadderId,
    /// Rung 1 first.
    pub rungs: Vec<Rung>,
    /// Time between repeats at the top; above zero.
    pub repeat_every: Millis,
    /// How long an acknowledgement keeps the pager silent without an update; above zero.
    pub acknowledged_for: Millis,
}

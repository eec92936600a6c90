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
    /// What it is called for, in words such as `critical issues`.
    pub called_for: Option<String>,
    /// What it handles, in words such as `platform-wide issues`.
    pub handles: Option<String>,
    /// What it decides on, in words such as `architectural decisions`.
    pub makes: Option<String>,
}

impl Rung {
    /// What it is for, as far as the ladder says it.
    #[must_use]
    pub fn purpose(&self) -> Option<String> {
        let said = [
            self.called_for.as_ref().map(|what| format!("called for {what}")),
            self.handles.as_ref().map(|what| format!("handles {what}")),
            self.makes.as_ref().map(|what| format!("makes {what}")),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
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

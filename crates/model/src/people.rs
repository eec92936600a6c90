//! Teams and people: who can own, answer and decide.

use crate::{PersonId, TeamId};

/// A way to reach a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactMethod {
    /// An electronic mail address.
    Mail(String),
}

/// A person. Contact methods are tried in order; an empty list reaches nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name that everything else refers to.
    pub id: PersonId,
    /// What people call them.
    pub title: String,
    /// How they are reached.
    pub methods: Vec<ContactMethod>,
}

/// A team; `on_call` is its static roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The name that everything else refers to.
    pub id: TeamId,
    /// What people call it.
    pub title: String,
    /// Everybody in it.
    pub members: Vec<PersonId>,
    /// Who is paged when the team is, all at once; a static roster, else the members.
    pub on_call: Vec<PersonId>,
}

//! Systems and their components, as a software catalogue lists them: what exists, and which team owns it.

use crate::{ComponentId, DomainId, SystemId, TeamId};

/// A system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// The name that everything else refers to.
    pub id: SystemId,
    /// What people call it.
    pub title: String,
    /// The team that owns it.
    pub owner: TeamId,
    /// The domain that it belongs to.
    pub domain: Option<DomainId>,
}

/// A part of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The name that everything else refers to.
    pub id: ComponentId,
    /// What people call it.
    pub title: String,
    /// What it is, in the catalogue's words, such as `service` or `website`.
    pub what: String,
    /// In which part of its life it is, in the catalogue's words, such as `production`.
    pub lifecycle: String,
    /// The team that owns it.
    pub owner: TeamId,
    /// The system that it is a part of.
    pub system: Option<SystemId>,
}

//! A domain: one owner, a ladder, and what its people may do in an incident without asking.

use crate::switch::{Switch, SwitchValue};
use crate::{ActionId, DomainId, LadderId, Millis, PersonId, RunbookId, SwitchId, TeamId};

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionEffect {
    /// Sets switches for as long as the grant says.
    SetSwitches(Vec<(SwitchId, SwitchValue)>),
    /// Takes every exposed stage of the domain back to the old side.
    Rollback,
}

/// A pre-authorised action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its name; unique within the estate.
    pub action: ActionId,
    /// What it does, in words.
    pub title: String,
    /// What it does.
    pub effect: ActionEffect,
    /// How long a mode lasts before it is reverted; above zero.
    pub expires: Millis,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The name that everything else refers to.
    pub id: DomainId,
    /// What people call it.
    pub title: String,
    /// The one accountable team.
    pub owner: TeamId,
    /// Who is called when the owner does not answer.
    pub ladder: LadderId,
    /// Named beside the ladder; may stand on any rung or on none.
    pub escalation_contact: Option<PersonId>,
    /// What the owner answers for.
    pub responsibilities: Vec<String>,
    /// Switches of the domain.
    pub switches: Vec<Switch>,
    /// What its people may do in an incident.
    pub authority: Vec<Grant>,
    /// Where recovery is written down.
    pub runbook: Option<RunbookId>,
}

//! A domain: one owner, a ladder, and what its people may do in an incident without asking.

use crate::objective::Objective;
use crate::switch::{Switch, SwitchValue};
use crate::{ActionId, DomainId, LadderId, Millis, PersonId, RunbookId, SwitchId, TeamId};

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionEffect {
    /// Sets switches for as long as the grant says.
    SetSwitches(Vec<(SwitchId, SwitchValue)>),
    /// Takes every exposed stage of the domain back to the old side.
    Rollback,
    /// Begins a runbook that people do, step by step.
    RunRunbook(RunbookId),
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

/// Where revenue is lost most often when a shop changes its platform.
///
/// # Source
/// The typical high-risk domains of a migration plan under live revenue risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Cart and order.
    Checkout,
    /// Paying.
    Payments,
    /// Reduced prices and codes.
    Promotions,
    /// Prices and their edge paths.
    Pricing,
    /// Routing, rendering, preferred addresses, indexing.
    Seo,
    /// ERP, CRM and PIM.
    Integrations,
    /// Products and their texts.
    Catalogue,
    /// Stock across sync paths.
    Inventory,
    /// What is seen during a cutover.
    Observability,
}

impl Area {
    /// Every area.
    pub const ALL: [Self; 9] = [
        Self::Checkout,
        Self::Payments,
        Self::Promotions,
        Self::Pricing,
        Self::Seo,
        Self::Integrations,
        Self::Catalogue,
        Self::Inventory,
        Self::Observability,
    ];

    /// The word that people write.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Payments => "payments",
            Self::Promotions => "promotions",
            Self::Pricing => "pricing",
            Self::Seo => "seo",
            Self::Integrations => "integrations",
            Self::Catalogue => "catalogue",
            Self::Inventory => "inventory",
            Self::Observability => "observability",
        }
    }
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
    /// Code that belongs to it: paths relative to the folder of the estate, where the repository's root is.
    pub code: Vec<String>,
    /// What the owner answers for.
    pub responsibilities: Vec<String>,
    /// Typical areas of risk that it covers.
    pub areas: Vec<Area>,
    /// Figures that the owner answers for.
    pub objectives: Vec<Objective>,
    /// Switches of the domain.
    pub switches: Vec<Switch>,
    /// What its people may do in an incident.
    pub authority: Vec<Grant>,
    /// Where recovery is written down.
    pub runbook: Option<RunbookId>,
}

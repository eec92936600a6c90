//! An incident as it stands: whose it is, who has it, and who was called.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tidegate_model::seam::EffectKey;
use tidegate_model::{ActionId, DomainId, PersonId, Severity, StageId, Timestamp};

use crate::event::Origin;
use crate::runbook::Run;

/// Where an incident is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum IncidentPhase {
    /// Somebody is being called.
    Open,
    /// Somebody has it.
    Acknowledged {
        /// Who.
        by: PersonId,
        /// The pager is silent until then.
        until: Timestamp,
    },
    /// Somebody has it and has acted.
    Mitigating {
        /// Who.
        by: PersonId,
        /// The pager is silent until then.
        until: Timestamp,
    },
    /// Over.
    Resolved {
        /// By a person, or by its signal.
        by: Option<PersonId>,
        /// The lesson.
        lesson: String,
    },
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// Whose it is.
    pub domain: DomainId,
    /// How bad.
    pub severity: Severity,
    /// What it is about.
    pub origin: Origin,
    /// In words.
    pub summary: String,
    /// Stages that it stops beside those of its domain, as they were when it began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageId>,
    /// When it began.
    pub opened: Timestamp,
    /// Where it is.
    pub phase: IncidentPhase,
    /// The rung that was called last.
    pub rung: u32,
    /// How many calls there were.
    pub attempt: u32,
    /// The next rung or repeat is due then, while open.
    pub answer_by: Timestamp,
    /// Everybody who was called, whether or not it reached them.
    pub called: Vec<PersonId>,
    /// Whose last call was accepted by one way at least.
    pub reached: BTreeSet<PersonId>,
    /// Whose last call failed by one way at least, and why the last such way did.
    pub failed: BTreeMap<PersonId, String>,
    /// Pages of the last call that have not failed.
    pub pages: Vec<EffectKey>,
    /// Runbooks that were begun in it, by the action that began them; beginning one again forgets what was done before.
    pub runs: BTreeMap<ActionId, Run>,
    /// Sequences of its last events.
    pub timeline: Vec<u64>,
}

impl Incident {
    /// Whether it still needs anybody.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.phase {
            IncidentPhase::Open | IncidentPhase::Acknowledged { .. } | IncidentPhase::Mitigating { .. } => true,
            IncidentPhase::Resolved { .. } => false,
        }
    }

    /// Who has it.
    #[must_use]
    pub fn commander(&self) -> Option<&PersonId> {
        match &self.phase {
            IncidentPhase::Acknowledged { by, .. } | IncidentPhase::Mitigating { by, .. } => Some(by),
            IncidentPhase::Open | IncidentPhase::Resolved { .. } => None,
        }
    }
}

//! Integrations: what flows between systems, and who answers for it when a part of it fails.

use std::collections::BTreeMap;

use crate::{DomainId, EntityId, IntegrationId, Millis, StageId, SystemId};

/// How a message that failed is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all; above zero.
    pub attempts_max: u32,
    /// Time before the second attempt; above zero.
    pub wait: Millis,
}

/// Where messages go that are given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetters {
    /// The queue or table, in words.
    pub place: String,
    /// The oldest that one may become before somebody has looked at it; above zero.
    pub looked_at_within: Millis,
}

/// Which side does something that must be done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// The old side.
    Old,
    /// The new side.
    New,
    /// The side on which the record lives.
    ByRecord,
}

/// Something that happens outside because of a record: a mail, a capture, an invoice number, a scheduled job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideEffect {
    /// What happens, in words; unique in an estate.
    pub what: String,
    /// Who does it before any stage.
    pub runs_on: Runner,
    /// Who does it from the beginning of a stage on.
    pub from: BTreeMap<StageId, Runner>,
}

/// What flows between two systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// Its name.
    pub id: IntegrationId,
    /// What people call it.
    pub title: String,
    /// Whose it is.
    pub domain: DomainId,
    /// Where messages come from.
    pub from: SystemId,
    /// Where they go.
    pub to: SystemId,
    /// What they are about.
    pub entity: Option<EntityId>,
    /// How a failure is tried again.
    pub retries: Retries,
    /// What makes a repeated message the same message, in words.
    pub idempotency_key: String,
    /// Where messages go that are given up.
    pub dead_letters: DeadLetters,
    /// Whose owner handles failures.
    pub failures: DomainId,
    /// Whom to call at the vendor.
    pub vendor_contact: Option<String>,
    /// What happens outside because of its records.
    pub effects: Vec<SideEffect>,
}

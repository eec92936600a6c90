//! The system declining a command: which rule, whose it is, and what would make it allowed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::TeamId;

/// The rule that forbids a command now. Each has a stable code for people and programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The actor has no authority for it.
    NotAuthorised,
    /// The subject is not part of the adopted estate, or not known.
    UnknownSubject,
    /// The stage or incident is not in a state that allows it.
    WrongState,
    /// Exposure grows only through a passed gate.
    GateNotPassed,
    /// An approval is missing or has lapsed.
    ApprovalMissing,
    /// An incident in scope is open.
    IncidentOpen,
    /// The plan's windows say not now.
    OutsideWindow,
    /// A hold is in place.
    Held,
    /// A stage named in `after` has not passed.
    DependencyOpen,
    /// The plan allows no further attempt.
    AttemptsUsedUp,
    /// Risk cannot be accepted on this verdict.
    RiskNotAcceptable,
    /// The window of the way back has closed; only forward fixes remain.
    WindowClosed,
    /// The new estate would change what a running stage or a domain rests on.
    AdoptionUnsafe,
    /// The owner's ladder reaches nobody.
    LadderUnreachable,
    /// The command breaks a limit of size or form.
    BadInput,
    /// A condition of the stage's entry does not hold, or nobody knows whether it does.
    EntryUnmet,
    /// Feedback or an incident has not been answered by the gate's approver.
    LessonOwed,
}

impl Rule {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 17] = [
        Self::NotAuthorised,
        Self::UnknownSubject,
        Self::WrongState,
        Self::GateNotPassed,
        Self::ApprovalMissing,
        Self::IncidentOpen,
        Self::OutsideWindow,
        Self::Held,
        Self::DependencyOpen,
        Self::AttemptsUsedUp,
        Self::RiskNotAcceptable,
        Self::WindowClosed,
        Self::AdoptionUnsafe,
        Self::LadderUnreachable,
        Self::BadInput,
        Self::EntryUnmet,
        Self::LessonOwed,
    ];

    /// The stable code, `TG9xxx`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAuthorised => "TG9001",
            Self::UnknownSubject => "TG9002",
            Self::WrongState => "TG9003",
            Self::GateNotPassed => "TG9004",
            Self::ApprovalMissing => "TG9005",
            Self::IncidentOpen => "TG9006",
            Self::OutsideWindow => "TG9007",
            Self::Held => "TG9008",
            Self::DependencyOpen => "TG9009",
            Self::AttemptsUsedUp => "TG9010",
            Self::RiskNotAcceptable => "TG9011",
            Self::WindowClosed => "TG9012",
            Self::AdoptionUnsafe => "TG9013",
            Self::LadderUnreachable => "TG9014",
            Self::BadInput => "TG9015",
            Self::EntryUnmet => "TG9016",
            Self::LessonOwed => "TG9017",
        }
    }
}

/// A refusal.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// What was refused and why, one sentence.
    pub what: String,
    /// Who may or must act, when somebody can.
    pub owner: Option<TeamId>,
    /// What would make it allowed, one sentence.
    pub remedy: String,
}

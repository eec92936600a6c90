//! Effects: complete orders to the hands. They ride inside events, wait in the outbox, and leave it by a journalled receipt.

use serde::{Deserialize, Serialize};

use super::ExposureSnapshot;
use crate::{GatewayId, IncidentId, PersonId, StageId, Timestamp};

/// The idempotency key of an effect: equal on every retry, different between effects. Lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EffectKey(pub String);

impl std::fmt::Display for EffectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the link in a letter is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Errand {
    /// Acknowledge an incident, act in it, resolve it.
    Incident(IncidentId),
    /// Approve the next move of a stage.
    Stage(StageId),
    /// Nothing to answer.
    Nothing,
}

/// A message to one person by one method. The text is complete; only the signed link is added at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub to: PersonId,
    /// Which of their contact methods, from 0.
    pub method: u8,
    /// Messages of one subject share a thread, such as `inc-3`.
    pub thread: String,
    /// One line.
    pub subject: String,
    /// Plain text lines.
    pub lines: Vec<String>,
    /// What the link is for.
    pub errand: Errand,
    /// The link stops working after this.
    pub link_until: Timestamp,
}

/// What the hands are asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Make every gateway hold this snapshot, or wait until the lease of those that do not has run out.
    SetExposure(ExposureSnapshot),
    /// Demand acknowledgement from a person.
    Page(Letter),
    /// Ask a person for an approval.
    AskApproval(Letter),
    /// Tell a person something.
    Notify(Letter),
}

/// What happens to an effect whose sending was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It is sent again under the same key.
    SameKey,
}

impl Effect {
    /// What happens after a crash in sending.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::SetExposure(_) | Self::Page(_) | Self::AskApproval(_) | Self::Notify(_) => Retry::SameKey,
        }
    }

    /// The stable word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetExposure(_) => "set-exposure",
            Self::Page(_) => "page",
            Self::AskApproval(_) => "ask-approval",
            Self::Notify(_) => "notify",
        }
    }
}

/// How an effect ended. Passing failures are retried by the hands and never reported.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The other side accepted it.
    Accepted {
        /// What it said, one short line.
        detail: String,
    },
    /// Exposure is in force.
    InForce {
        /// Gateways that acknowledged the version (or a higher one).
        acknowledged: Vec<GatewayId>,
        /// Gateways whose lease ran out instead.
        lapsed: Vec<GatewayId>,
    },
    /// It will never succeed this way.
    FailedForGood {
        /// Why.
        reason: String,
    },
    /// There is no way by which it, or anything like it, could leave. Of pages only: whoever it was for is no nearer to an answer
    /// on another rung.
    NoChannel {
        /// Which way is missing.
        reason: String,
    },
}

/// The journalled end of an effect.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which effect.
    pub key: EffectKey,
    /// How it ended.
    pub outcome: Outcome,
}

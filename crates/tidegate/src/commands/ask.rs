//! Commands that ask a running controller for a decision. Every attempt is authorised by the engine and journalled.

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use crate::client::Server;
use crate::names;

/// Approves the next move of a stage: entering it, its next step, or its finalisation.
#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    #[command(flatten)]
    server: Server,
}

/// Opens a step whose gate says `not yet`. Needs an approver and somebody on a rung above; never possible on harm or missing data.
#[derive(Debug, Args)]
pub(crate) struct AcceptRisk {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

/// Stops growth of a stage's exposure. Anyone touched by it may, and needs no reason first.
#[derive(Debug, Args)]
pub(crate) struct Hold {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Lifts a hold.
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

/// The old or the new system.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Side {
    Old,
    New,
}

/// Notes a change of a side (deploy, configuration, repair). The stage's evidence starts anew.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// The side.
    side: Side,
    /// A commit, ticket or command that names it.
    reference: String,
    /// What changed.
    #[arg(long, default_value = "")]
    summary: String,
    #[command(flatten)]
    server: Server,
}

/// Lowers a stage's exposure to the old side at once.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

/// Makes the new side of a stage final: the point of no return.
#[derive(Debug, Args)]
pub(crate) struct Finalise {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    #[command(flatten)]
    server: Server,
}

/// Answers a manual criterion.
#[derive(Debug, Args)]
pub(crate) struct Attest {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// The criterion.
    #[arg(add = ArgValueCandidates::new(names::criteria))]
    criterion: String,
    /// Whether it holds.
    #[arg(long, action = clap::ArgAction::Set)]
    holds: bool,
    /// What was seen.
    #[arg(long)]
    note: String,
    #[command(flatten)]
    server: Server,
}

/// Declares an incident; its owner is paged.
#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The domain.
    #[arg(add = ArgValueCandidates::new(names::domains))]
    domain: String,
    /// sev1 to sev4.
    severity: String,
    /// What happens.
    summary: String,
    #[command(flatten)]
    server: Server,
}

/// Acknowledges an incident: you have it.
#[derive(Debug, Args)]
pub(crate) struct Ack {
    /// The incident, such as inc-3.
    incident: String,
    #[command(flatten)]
    server: Server,
}

/// Uses a granted action in an incident.
#[derive(Debug, Args)]
pub(crate) struct Act {
    /// The incident.
    incident: String,
    /// The action.
    #[arg(add = ArgValueCandidates::new(names::actions))]
    action: String,
    /// Why. An action that begins a runbook needs it.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Says that a step of a runbook, which an action began in an incident, was done.
#[derive(Debug, Args)]
pub(crate) struct Done {
    /// The incident.
    incident: String,
    /// The action that began the runbook.
    #[arg(add = ArgValueCandidates::new(names::actions))]
    action: String,
    /// Which step, 1 first.
    step: u32,
    /// What was seen.
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    server: Server,
}

/// Ends the mode that an action set.
#[derive(Debug, Args)]
pub(crate) struct Revert {
    /// The action.
    #[arg(add = ArgValueCandidates::new(names::actions))]
    action: String,
    #[command(flatten)]
    server: Server,
}

/// Closes an incident with its lesson.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// The incident.
    incident: String,
    /// A criterion added to the next gate, or `none, because ...`.
    #[arg(long)]
    lesson: String,
    #[command(flatten)]
    server: Server,
}

impl Approve {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server
            .post(&format!("/api/v1/stages/{}/approve", self.stage), &json!({}))
    }
}

impl AcceptRisk {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/accept-risk", self.stage),
            &json!({ "reason": self.reason }),
        )
    }
}

impl Hold {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/hold", self.stage),
            &json!({ "reason": self.reason }),
        )
    }
}

impl Resume {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/resume", self.stage),
            &json!({ "reason": self.reason }),
        )
    }
}

impl Change {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let side = match self.side {
            Side::Old => "old",
            Side::New => "new",
        };
        self.server.post(
            &format!("/api/v1/stages/{}/change", self.stage),
            &json!({ "side": side, "reference": self.reference, "summary": self.summary }),
        )
    }
}

impl Rollback {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/rollback", self.stage),
            &json!({ "reason": self.reason }),
        )
    }
}

impl Finalise {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server
            .post(&format!("/api/v1/stages/{}/finalise", self.stage), &json!({}))
    }
}

impl Attest {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/attest", self.stage),
            &json!({ "criterion": self.criterion, "holds": self.holds, "note": self.note }),
        )
    }
}

impl Open {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            "/api/v1/incidents",
            &json!({ "domain": self.domain, "severity": self.severity, "summary": self.summary }),
        )
    }
}

impl Ack {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server
            .post(&format!("/api/v1/incidents/{}/acknowledge", self.incident), &json!({}))
    }
}

impl Act {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/incidents/{}/act", self.incident),
            &json!({ "action": self.action, "reason": self.reason }),
        )
    }
}

impl Done {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/incidents/{}/steps", self.incident),
            &json!({ "action": self.action, "step": self.step, "note": self.note }),
        )
    }
}

impl Revert {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server
            .post(&format!("/api/v1/actions/{}/revert", self.action), &json!({}))
    }
}

impl Resolve {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/incidents/{}/resolve", self.incident),
            &json!({ "lesson": self.lesson }),
        )
    }
}

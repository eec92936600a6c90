//! Commands that tell a running controller what people know: feedback, answers to it, and how drills went.

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use crate::client::Server;
use crate::names;

/// Files feedback against a stage. Its approver answers it before the next gate opens.
#[derive(Debug, Args)]
pub(crate) struct Feedback {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// What was heard.
    text: String,
    /// Where it comes from, such as support.
    #[arg(long)]
    from: String,
    #[command(flatten)]
    server: Server,
}

/// Answers feedback or a closed incident as an approver of the stage's next gate.
#[derive(Debug, Args)]
#[group(id = "what", required = true, multiple = false, args = ["criterion", "none"])]
pub(crate) struct Answer {
    /// The stage.
    #[arg(add = ArgValueCandidates::new(names::stages))]
    stage: String,
    /// What is answered, such as fb-1 or inc-3.
    of: String,
    /// A criterion that was added for it: its name, or STAGE/NAME of another stage of the plan.
    #[arg(long, add = ArgValueCandidates::new(names::criteria))]
    criterion: Option<String>,
    /// Why none is added.
    #[arg(long, value_name = "BECAUSE")]
    none: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// Tells how a drill of a runbook went.
#[derive(Debug, Args)]
#[group(id = "how", required = true, multiple = false, args = ["worked", "failed"])]
pub(crate) struct Drill {
    /// The runbook.
    #[arg(add = ArgValueCandidates::new(names::runbooks))]
    runbook: String,
    /// What was done and what was seen.
    #[arg(long)]
    note: String,
    /// It did what it is for.
    #[arg(long)]
    worked: bool,
    /// It did not.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    server: Server,
}

impl Feedback {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/feedback", self.stage),
            &json!({ "from": self.from, "text": self.text }),
        )
    }
}

impl Answer {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/stages/{}/answer", self.stage),
            &json!({ "of": self.of, "criterion": self.criterion, "because": self.none }),
        )
    }
}

impl Drill {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        self.server.post(
            &format!("/api/v1/runbooks/{}/drill", self.runbook),
            &json!({ "worked": self.worked, "note": self.note }),
        )
    }
}

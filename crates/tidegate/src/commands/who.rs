//! `tidegate who`: who owns something, who is on call, and the whole ladder.

use clap::Args;
use tidegate_engine::view::WhoView;

use crate::client::{Reply, Server};
use crate::exit;
use crate::say::say;

/// Answers "who owns this?" for a domain, flow, route, switch, stage, team or person.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// What.
    of: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Who {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let view = match self.server.get::<Option<WhoView>>("/api/v1/who", &[("q", &self.of)])? {
            Reply::Refused(code) => return Ok(code),
            Reply::Fine(view) => view,
        };
        let Some(view) = view else {
            say!("nobody: nothing named `{}` is declared", self.of);
            return Ok(exit::NOBODY);
        };
        if self.json {
            say!("{}", serde_json::to_string_pretty(&view)?);
        } else {
            say!("{}", describe(&view));
        }
        Ok(if view.owner.is_some() { exit::FINE } else { exit::NOBODY })
    }
}

fn describe(view: &WhoView) -> String {
    let names = |people: &[tidegate_model::PersonId]| {
        people
            .iter()
            .map(tidegate_model::PersonId::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = format!("{} `{}`\n", view.kind, view.asked);
    if let Some(domain) = &view.domain {
        text.push_str(&format!("  domain   {domain}\n"));
    }
    text.push_str(&format!("  owner    {}\n", view.owner.as_deref().unwrap_or("nobody")));
    text.push_str(&format!("  on call  {}\n", names(&view.on_call)));
    for (place, (title, people, answer_within)) in view.ladder.iter().enumerate() {
        text.push_str(&format!(
            "  rung {}   {title}: {}, answers within {answer_within}\n",
            place + 1,
            names(people)
        ));
    }
    if let Some(runbook) = &view.runbook {
        text.push_str(&format!("  runbook  {runbook}\n"));
    }
    text
}

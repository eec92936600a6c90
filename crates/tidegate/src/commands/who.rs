//! `tidegate who`: who owns something, who is on call, the whole ladder, and the lines that say so.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCandidates;
use tidegate_engine::view::{self, WhoView};
use tidegate_model::PersonId;

use super::check::Settings;
use super::folder::{self, Read};
use crate::client::{Reply, Server};
use crate::say::say;
use crate::{exit, names};

/// Answers "who owns this?" for a domain, flow, route, address, stage, unit, criterion, switch, action, entity, failure mode,
/// runbook, team or person.
///
/// An address is a path, a method and a path, or a whole URL; a path of code has no `/` before it, or `code:`. When a name means several things, ask for one as `kind:name`.
/// Exit code 4 when nobody owns it, 2 when it means things of several owners.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// What: `payments`, `route:payments`, `"POST /payments"`, `https://shop.example/cart`, `checkout/orders`.
    #[arg(add = ArgValueCandidates::new(names::owned))]
    of: String,
    /// Reads plan files in this folder instead of asking the controller.
    #[arg(long = "in", value_name = "FOLDER")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    server: Server,
}

impl Who {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let view = match &self.folder {
            Some(folder) => match folder::read(folder, &self.settings)? {
                Read::Fine { estate, .. } => view::who(&estate, &self.of),
                Read::Wrong(code) => return Ok(code),
            },
            None => match self.server.get::<WhoView>("/api/v1/who", &[("q", &self.of)])? {
                Reply::Refused(code) => return Ok(code),
                Reply::Fine(view) => view,
            },
        };
        if self.server.json {
            say!("{}", serde_json::to_string_pretty(&view)?);
        } else {
            say!("{}", describe(&view));
        }
        Ok(match view.kind.as_str() {
            "several" => exit::TROUBLE,
            _ if view.owner.is_some() => exit::FINE,
            _ => exit::NOBODY,
        })
    }
}

fn describe(view: &WhoView) -> String {
    match view.kind.as_str() {
        "nothing" => nothing(view),
        "several" => several(view),
        _ => owned(view),
    }
}

fn nothing(view: &WhoView) -> String {
    let mut text = format!("nobody: nothing named `{}` is declared\n", view.asked);
    if !view.near.is_empty() {
        text.push_str(&format!("  near it: {}\n", view.near.join(", ")));
    }
    text
}

fn several(view: &WhoView) -> String {
    let mut text = format!(
        "`{}` means things of several owners; ask for one of them:\n",
        view.asked
    );
    for other in &view.also {
        let owner = other.owner.as_deref().unwrap_or("nobody");
        text.push_str(&format!("  {:<30} {owner}\n", other.ask));
    }
    text
}

fn owned(view: &WhoView) -> String {
    let mut text = match view.name == view.asked || view.name.is_empty() {
        true => format!("{} `{}`\n", view.kind, view.asked),
        false => format!("{} `{}` ({})\n", view.kind, view.name, view.asked),
    };
    if !view.domains.is_empty() {
        let domains: Vec<&str> = view.domains.iter().map(|domain| domain.as_str()).collect();
        text.push_str(&format!("  domain   {}\n", domains.join(", ")));
    }
    text.push_str(&format!("  owner    {}\n", view.owner.as_deref().unwrap_or("nobody")));
    if !view.on_call.is_empty() {
        text.push_str(&format!("  on call  {}\n", names(&view.on_call)));
    }
    for (place, (title, people, answer_within)) in view.ladder.iter().enumerate() {
        text.push_str(&format!(
            "  rung {}   {title}: {}, answers within {answer_within}\n",
            place + 1,
            names(people)
        ));
    }
    if let Some(every) = view.repeat_every {
        text.push_str(&format!("           then the last rung again every {every}\n"));
    }
    if let Some(contact) = &view.contact {
        text.push_str(&format!("  contact  {contact}\n"));
    }
    if let Some(runbook) = &view.runbook {
        text.push_str(&format!("  runbook  {runbook}\n"));
        for (place, step) in view.steps.iter().enumerate() {
            text.push_str(&format!("           {}. {step}\n", place + 1));
        }
    }
    for (place, because) in view.because.iter().enumerate() {
        let lead = if place == 0 { "because" } else { "" };
        let at = because.at.as_ref().map_or(String::new(), |at| format!(" ({at})"));
        text.push_str(&format!("  {lead:<8} {}{at}\n", because.says));
    }
    for other in &view.also {
        let owner = other.owner.as_deref().unwrap_or("nobody");
        text.push_str(&format!("  also     {}, of {owner}\n", other.ask));
    }
    text
}

fn names(people: &[PersonId]) -> String {
    people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
}

//! `tidegate status`: what is going on, for people and programs.

use clap::Args;
use tidegate_engine::view::{CriterionView, StageView, StatusView};

use crate::client::{Reply, Server};
use crate::exit;
use crate::say::say;

/// Shows what is going on: the answer in one sentence, stages, gates, incidents, switches.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

impl Status {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        match self.server.get::<StatusView>("/api/v1/status", &[])? {
            Reply::Refused(code) => Ok(code),
            Reply::Fine(view) => {
                if self.json {
                    say!("{}", serde_json::to_string_pretty(&view)?);
                } else {
                    say!("{}", describe(&view));
                }
                Ok(exit::FINE)
            }
        }
    }
}

/// The whole status in plain text.
pub(crate) fn describe(view: &StatusView) -> String {
    let mut text = format!("{}\n", view.headline.sentence);
    for line in [&view.headline.detail, &view.headline.who] {
        if !line.is_empty() {
            text.push_str(&format!("{line}\n"));
        }
    }
    for plan in &view.plans {
        text.push_str(&format!("\n{} ({})\n", plan.title, plan.id));
        for stage in &plan.stages {
            describe_stage(stage, &mut text);
        }
    }
    let open = view.incidents.iter().filter(|incident| incident.phase != "resolved");
    for incident in open {
        let who: Vec<&str> = incident.who.iter().map(tidegate_model::PersonId::as_str).collect();
        text.push_str(&format!(
            "\n{} {} {}: {}\n  {}, rung {} of {}, {}\n",
            incident.id,
            incident.severity.word(),
            incident.domain,
            incident.summary,
            incident.phase,
            incident.rung + 1,
            incident.rungs,
            who.join(", ")
        ));
    }
    for switch in view.switches.iter().filter(|switch| switch.action.is_some()) {
        text.push_str(&format!("\nswitch {} = {}", switch.id, switch.value));
        if let Some(until) = switch.until {
            text.push_str(&format!(" until {until}"));
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "\njournal {} at {}, estate {:.12}\n",
        view.seq, view.at, view.estate
    ));
    text
}

fn describe_stage(stage: &StageView, text: &mut String) {
    text.push_str(&format!(
        "  {:<14} {:>7}  {}, proven {}, attempt {} of {}\n",
        stage.id.as_str(),
        stage.exposure.to_string(),
        stage.phase,
        stage.proven,
        stage.attempt,
        stage.attempts_max
    ));
    for line in stage.waits_for.iter().chain(&stage.holds) {
        text.push_str(&format!("      {line}\n"));
    }
    if stage.step.is_some() {
        for criterion in &stage.criteria {
            describe_criterion(criterion, text);
        }
    }
}

fn describe_criterion(criterion: &CriterionView, text: &mut String) {
    text.push_str(&format!(
        "      {:<12} {} - {}\n",
        criterion.verdict, criterion.title, criterion.reading.why
    ));
}

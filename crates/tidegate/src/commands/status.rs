//! `tidegate status`: what is going on, for people and programs.

mod watch;

use std::time::Duration;

use clap::Args;
use tidegate_engine::view::{CriterionView, StageView, StatusView, words};

use crate::client::{Reply, Server};
use crate::exit;
use crate::say::say;

/// Shows what is going on: the answer in one sentence, stages, gates, incidents, switches.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Shows it again and again until Ctrl-C: in place in a terminal, elsewhere whenever something changed.
    #[arg(long)]
    watch: bool,
    /// Seconds between two looks of --watch.
    #[arg(long, value_name = "SECONDS", default_value_t = 1, requires = "watch", value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    #[command(flatten)]
    server: Server,
}

impl Status {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        if self.watch {
            return watch::watch(&self.server, Duration::from_secs(self.every));
        }
        match self.server.get::<StatusView>("/api/v1/status", &[])? {
            Reply::Refused(code) => Ok(code),
            Reply::Fine(view) => {
                if self.server.json {
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
        if incident.phase == "open" {
            for (person, reason) in &incident.unreached {
                text.push_str(&format!("  {person} could not be called: {reason}\n"));
            }
        }
    }
    for switch in view.switches.iter().filter(|switch| switch.action.is_some()) {
        text.push_str(&format!("\nswitch {} = {}", switch.id, switch.value));
        if let Some(until) = switch.until {
            text.push_str(&format!(" until {}", words::instants(&until.to_string())));
        }
        text.push('\n');
    }
    describe_drills(view, &mut text);
    text.push_str(&format!(
        "\njournal {} at {}, estate {:.12}\n",
        view.seq,
        words::instants(&view.at.to_string()),
        view.estate
    ));
    text
}

/// Runbooks that nobody has tried out, or that did not work when somebody did.
fn describe_drills(view: &StatusView, text: &mut String) {
    let left: Vec<&str> = view
        .drills
        .iter()
        .filter(|drill| !drill.works())
        .map(|drill| drill.runbook.as_str())
        .collect();
    if !left.is_empty() {
        let of = words::counted(view.drills.len() as u64, "runbook", "runbooks");
        text.push_str(&format!(
            "\n{} of {of} never worked in a drill: {}\n",
            left.len(),
            left.join(", ")
        ));
    }
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
    for lesson in &stage.lessons {
        if let (Some(answer), Some(by)) = (&lesson.answer, &lesson.by) {
            text.push_str(&format!("      {}: {by} answered {answer}\n", lesson.id));
        }
    }
    let is_judged = stage.criteria.iter().any(|criterion| criterion.verdict != "not judged");
    if stage.step.is_some() || is_judged {
        for criterion in &stage.criteria {
            describe_criterion(criterion, text);
        }
    }
    if !stage.exploration.is_empty() {
        let segments = words::counted(stage.exploration.len() as u64, "segment", "segments");
        text.push_str(&format!(
            "      exploration  {segments} without a criterion: on the Plan page and in --json; they decide nothing\n"
        ));
    }
}

fn describe_criterion(criterion: &CriterionView, text: &mut String) {
    let only = match &criterion.segment {
        Some(segment) => format!(", only {segment}"),
        None => String::new(),
    };
    text.push_str(&format!(
        "      {:<12} {}{only} - {}\n",
        criterion.verdict,
        criterion.title,
        words::instants(&criterion.reading.why)
    ));
    if let Some(slowed) = &criterion.slowed {
        text.push_str(&format!("      {:<12} now {slowed}\n", ""));
    }
    let numbers = numbers(criterion);
    if !numbers.is_empty() {
        text.push_str(&format!("      {:<12} {}\n", "", numbers.join("; ")));
    }
}

/// Old, new, difference with its interval, what was lost, what can be seen, and when it speaks; what is not computable is left
/// out, never a zero.
fn numbers(criterion: &CriterionView) -> Vec<String> {
    let reading = &criterion.reading;
    let mut numbers = Vec::new();
    match criterion.kind.as_str() {
        "sql" => {
            if let (Some((old, _)), Some((new, differ))) = (reading.old, reading.new) {
                let (old, new, differ) = (words::count(old), words::count(new), words::count(differ));
                numbers.push(format!("old {old} rows, new {new}, {differ} differ"));
            }
        }
        _ => {
            let (old, new) = criterion.open;
            let sides = [("old", reading.old, old), ("new", reading.new, new)];
            let told = sides
                .into_iter()
                .filter_map(|(name, side, open)| counted(name, side?, open));
            numbers.extend(told);
        }
    }
    if let Some((at, value)) = &reading.told {
        numbers.push(format!("told {value} at {}", words::instants(&at.to_string())));
    }
    if let Some(difference) = reading.difference.filter(|_| criterion.kind != "sql") {
        let interval = match reading.interval {
            Some((low, high)) => format!(" [{}, {}]", words::signed(low), words::signed(high)),
            None => String::new(),
        };
        numbers.push(format!("difference {}{interval}", words::points(difference)));
    }
    if let Some(lost) = reading.lost {
        let account = reading.account.as_ref();
        let money = account.and_then(|account| account.money.as_ref());
        let worth = match money.filter(|money| money.minor > 0) {
            Some(money) => format!(", {}", words::money(money)),
            None => String::new(),
        };
        numbers.push(format!("lost {:.0}{worth}", lost.max(0.0)));
    }
    if let Some((share, of)) = words::sight(reading) {
        numbers.push(format!("can see {share} {of}"));
    }
    if let Some(wait) = reading.speaks_in {
        numbers.push(format!("speaks in {}", words::duration(wait)));
    }
    numbers
}

/// The share of a side; none when nobody was counted there.
/// A side's share; `open` of its attempts may still turn bad.
fn counted(name: &str, (n, hits): (u64, u64), open: u64) -> Option<String> {
    (n > 0).then(|| {
        let share = words::percent(hits as f64 / n as f64);
        let open = match open {
            0 => String::new(),
            open => format!(" ({} still open)", words::count(open)),
        };
        format!("{name} {share} of {}{open}", words::count(n))
    })
}

#[cfg(test)]
mod tests;

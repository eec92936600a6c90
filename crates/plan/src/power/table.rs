//! Power as a table: a block per step, a line per criterion, and what the figures rest on.

use std::fmt::{Display, Formatter, Result};

use super::{CriterionPower, Outcome, Power, Seen, StepPower};
use crate::forecast::rounded;

impl Display for Power {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "plan {}, try {}: chance of any false halt {}, over all stages, criteria and tries",
            self.plan, self.attempt, self.alpha
        )?;
        let width = self.width();
        for step in &self.steps {
            block(step, width, f)?;
        }
        writeln!(f)?;
        for (note, criteria) in self.notes() {
            writeln!(f, "{}: {note}", criteria.join(", "))?;
        }
        writeln!(f, "\n{LEGEND}")
    }
}

const LEGEND: &str = "\
night, day: attempts an hour on both sides; forecasts use the night's
seen: smallest change for the worse that the harm alarm finds with 80 % chance, in the soak and in the longest time
false halt: share of the plan's alpha in this try; try k has 1/k² of the first's; false pass: chance of passing at exactly the margin
needs: time after which the margin is excluded with 80 % chance when both sides are equal";

impl Power {
    /// Each note with the criteria that it is about, in the order of the plan.
    fn notes(&self) -> Vec<(&str, Vec<&str>)> {
        let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
        for one in self.steps.iter().flat_map(|step| &step.criteria) {
            let (Some(note), name) = (one.note.as_deref(), one.criterion.as_str()) else {
                continue;
            };
            match notes.iter_mut().find(|(known, _)| *known == note) {
                None => notes.push((note, vec![name])),
                Some((_, names)) if names.contains(&name) => {}
                Some((_, names)) => names.push(name),
            }
        }
        notes
    }

    fn width(&self) -> usize {
        self.steps
            .iter()
            .flat_map(|step| &step.criteria)
            .map(|one| one.criterion.as_str().len())
            .chain([9])
            .max()
            .unwrap_or(0)
    }
}

fn block(step: &StepPower, width: usize, f: &mut Formatter<'_>) -> Result {
    writeln!(
        f,
        "\n{} step {}: to {}, soak {}, at most {}",
        step.stage,
        step.step + 1,
        step.to,
        step.soak,
        step.at_most
    )?;
    writeln!(
        f,
        "  {:<width$} {:>7} {:>7} {:>14} {:>14} {:>10} {:>10} {:>13} {:>9}",
        "criterion", "night", "day", "seen in soak", "in longest", "false halt", "false pass", "margin", "needs"
    )?;
    for one in &step.criteria {
        writeln!(f, "{}", line(one, width).trim_end())?;
    }
    Ok(())
}

fn line(one: &CriterionPower, width: usize) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(dash, |rate| format!("{rate:.0}"));
    let chance = |chance: Option<f64>| chance.map_or_else(dash, |chance| format!("{:.3} %", 100.0 * chance));
    let needs = one.needs_s.map_or_else(dash, |seconds| rounded(seconds).to_string());
    format!(
        "  {:<width$} {:>7} {:>7} {:>14} {:>14} {:>10} {:>10} {:>13} {:>9}  {}",
        one.criterion.as_str(),
        rate(one.night_per_hour),
        rate(one.day_per_hour),
        one.in_soak.map_or_else(dash, change),
        one.in_longest.map_or_else(dash, change),
        chance(one.false_harm),
        chance(one.false_pass),
        one.margin,
        needs,
        verdict(one)
    )
}

fn dash() -> String {
    "-".to_owned()
}

fn change(seen: Seen) -> String {
    match seen {
        Seen::Completion { drop } => format!("-{:.1} %", 100.0 * drop),
        Seen::Answers { count } => format!("{count} answers"),
        Seen::Share { from, to } => format!("{:.1} to {:.1} %", 100.0 * from, 100.0 * to),
    }
}

fn verdict(one: &CriterionPower) -> String {
    let word = match one.outcome {
        Outcome::Fits => "OK",
        Outcome::TooShort => "too short",
        Outcome::Never => "never",
        Outcome::Undeclared => "no traffic",
        Outcome::NotCompared => "not compared",
        Outcome::NotForecast => "not forecast",
    };
    match one.code {
        None => word.to_owned(),
        Some(code) => format!("{word} {code}"),
    }
}

//! `tidegate why`: why a criterion says what it says, recomputed from the journal alone. Asks nothing of a server.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clap_complete::ArgValueCandidates;
use serde::Serialize;
use tidegate_api::why::{Section, tell};
use tidegate_engine::judge::Explanation;
use tidegate_engine::view::words;
use tidegate_journal::Journal;

use crate::live::reasons::{Asked, Counted, Journalled, Reasons, reasons};
use crate::say::say;
use crate::{exit, live, names};

/// Explains what a criterion says: recomputes it from the journal alone, with the plan in force then.
///
/// At the journal's end while its stage is exposed, else at its last journalled verdict. Exit code 1 when the journalled verdict
/// is not what the counts before it give.
#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The criterion's name, or `stage/criterion`.
    #[arg(add = ArgValueCandidates::new(names::criteria))]
    criterion: String,
    /// Its stage, when several have a criterion of this name.
    #[arg(long, add = ArgValueCandidates::new(names::stages))]
    stage: Option<String>,
    /// As it was at this journal sequence.
    #[arg(long, value_name = "SEQ")]
    at: Option<u64>,
    /// The controller's state folder.
    #[arg(long, env = "TIDEGATE_STATE", default_value = ".tidegate")]
    state: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    seq: u64,
    explanation: &'a Explanation,
    counted: &'a [Counted],
    journalled: Option<&'a Journalled>,
    told: &'a [Section],
}

impl Why {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let path = live::store::path(&self.state);
        let journal =
            Journal::open_read_only(&path).with_context(|| format!("cannot open the journal `{}`", path.display()))?;
        let (stage, criterion) = named(&self.criterion, self.stage.as_deref())?;
        let asked = Asked {
            criterion,
            stage,
            at: self.at,
        };
        let reasons = reasons(&journal, asked)?;
        let sections = sections(&reasons);
        if self.json {
            let told = Told {
                seq: reasons.seq,
                explanation: &reasons.explanation,
                counted: &reasons.counted,
                journalled: reasons.journalled.as_ref(),
                told: &sections,
            };
            say!("{}", serde_json::to_string_pretty(&told)?);
        } else {
            say!("{}", words::instants(&format!("{}{}", head(&reasons), body(&sections))));
        }
        Ok(if reasons.differ() { exit::WRONG } else { exit::FINE })
    }
}

/// A criterion as pages and `who` write it, `stage/criterion`, or by its name alone beside `--stage`.
fn named<'a>(written: &'a str, stage: Option<&'a str>) -> anyhow::Result<(Option<&'a str>, &'a str)> {
    let written = written.strip_prefix("criterion:").unwrap_or(written);
    match (written.split_once('/'), stage) {
        (None, stage) => Ok((stage, written)),
        (Some((at, _)), Some(stage)) if at != stage => {
            anyhow::bail!("`{written}` is of stage `{at}`, and `--stage` says `{stage}`")
        }
        (Some((at, criterion)), _) => Ok((Some(at), criterion)),
    }
}

fn sections(reasons: &Reasons) -> Vec<Section> {
    let explanation = &reasons.explanation;
    let mut sections = tell(&reasons.criterion, &explanation.reading, Some(explanation));
    let mut counted = Section::new("Counted by");
    for one in &reasons.counted {
        let strata = words::counted(one.strata, "stratum", "strata");
        let new = words::counted(one.new, "attempt", "attempts");
        let says = format!("{strata}: {new} on the new side, {} on the old", words::count(one.old));
        counted.row(format!("{} at {}", one.by, one.exposure), says);
    }
    if !counted.rows.is_empty() {
        sections.insert(1, counted);
    }
    sections.push(journal(reasons));
    sections
}

/// What the journal said, and whether its counts say it again.
fn journal(reasons: &Reasons) -> Section {
    let mut section = Section::new("Journal");
    let Some(journalled) = &reasons.journalled else {
        section.row("verdict", "none was journalled yet");
        return section;
    };
    let Journalled {
        seq,
        at,
        verdict,
        recomputed,
        is_equal,
        stats_version,
    } = journalled;
    section.row(format!("entry {seq}"), format!("{verdict}, at {at}"));
    let again = match is_equal {
        Some(true) => format!("{recomputed}: equal to the last bit of its numbers"),
        Some(false) if verdict == recomputed => format!("{recomputed}, with OTHER NUMBERS than those journalled"),
        Some(false) => format!("{recomputed}: DIFFERS from the journal"),
        None => format!(
            "{recomputed}; not compared, statistics {stats_version} gave it and this program has {}",
            tidegate_engine::STATS_VERSION
        ),
    };
    section.row("recomputed", again);
    section
}

fn head(reasons: &Reasons) -> String {
    let explanation = &reasons.explanation;
    let Explanation {
        stage,
        criterion,
        title,
        at,
        attempt,
        exposure,
        ..
    } = explanation;
    let segment = match &explanation.segment {
        Some(segment) => format!(", only {segment}"),
        None => String::new(),
    };
    let step = match explanation.step {
        Some(step) => format!(", step {}", step.saturating_add(1)),
        None => String::new(),
    };
    format!(
        "{criterion} of {stage}: {}\n{}\n\n{title}{segment}\njudged at {at}, journal {}; attempt {attempt}{step}, exposure {exposure}\n",
        explanation.verdict.word(),
        explanation.reading.why,
        reasons.seq
    )
}

fn body(sections: &[Section]) -> String {
    let width = sections
        .iter()
        .flat_map(|section| &section.rows)
        .map(|row| row.what.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for section in sections {
        text.push_str(&format!("\n{}\n", section.title));
        for row in &section.rows {
            text.push_str(&format!("  {:<width$}  {}\n", row.what, row.says));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_criterion_is_named_alone_or_with_its_stage_as_who_prints_it() {
        assert_eq!(named("pages", None).ok(), Some((None, "pages")));
        assert_eq!(named("pages", Some("shop")).ok(), Some((Some("shop"), "pages")));
        assert_eq!(named("shop/pages", None).ok(), Some((Some("shop"), "pages")));
        assert_eq!(
            named("criterion:shop/pages", Some("shop")).ok(),
            Some((Some("shop"), "pages"))
        );
        assert!(named("shop/pages", Some("prices")).is_err());
    }
}

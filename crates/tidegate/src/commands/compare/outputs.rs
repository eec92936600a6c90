//! Where a comparison goes: standard output, report files, a repair script, and a checkpoint that a killed run goes on from.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use tidegate_reconcile::checkpoint::{Checkpoint, Done};
use tidegate_reconcile::differing::Differing;
use tidegate_reconcile::ledger::Shape;
use tidegate_reconcile::repair::Repair;
use tidegate_reconcile::report::{Form, Report, Shown, Subject, private_file};
use tidegate_reconcile::totals::TotalsPlan;
use tidegate_reconcile::{Comparison, Earlier, Entity, Event};

/// Where results go, and how much of the rows they show.
#[derive(Debug, Args)]
pub(in crate::commands) struct OutputArgs {
    /// What standard output gets: a summary, JSON lines, a table of differences, or a page.
    #[arg(long, value_enum, default_value_t = Output::Human, conflicts_with = "json")]
    output: Output,
    /// Writes a report; its form follows the file's ending: .html, .csv, .json (lines) or .txt; repeatable.
    #[arg(long = "report", value_name = "FILE")]
    reports: Vec<PathBuf>,
    /// Shows keys and which columns differ how, but no value.
    #[arg(long)]
    no_values: bool,
    /// Shows no key either: a fingerprint, the same for the same key.
    #[arg(long)]
    no_keys: bool,
    /// Writes a script that would make the new side what the old side is; it is never run here. It holds values.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_values", "no_keys"])]
    repair_sql: Option<PathBuf>,
    /// Keeps the differing rows in a file of their own in this folder, one file a run: what they hold is then nowhere else if
    /// `--no-values` is said, and is gone once the file is deleted.
    #[arg(long, value_name = "FOLDER")]
    keep_rows: Option<PathBuf>,
    /// Sums a column on both sides for each value of others, `amount:currency,created_at/day`; the column `rows` counts;
    /// repeatable.
    #[arg(long, value_name = "COLUMN:BY,BY")]
    totals: Vec<String>,
    /// Keeps progress in this file, and goes on from it where an earlier run was ended.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Human,
    Json,
    Csv,
    Html,
}

impl OutputArgs {
    /// The plans of totals that were asked for.
    pub(in crate::commands) fn totals(&self, entity: &Entity) -> anyhow::Result<Vec<TotalsPlan>> {
        let plan = |text: &String| TotalsPlan::parse(text, entity).with_context(|| format!("`--totals {text}`"));
        self.totals.iter().map(plan).collect()
    }

    /// What may be shown.
    pub(in crate::commands) fn shown(&self) -> Shown {
        match (self.no_values, self.no_keys) {
            (_, true) => Shown::Fingerprints,
            (true, false) => Shown::Keys,
            (false, false) => Shown::Values,
        }
    }

    /// What standard output gets of a run against a ledger.
    pub(in crate::commands) fn shape(&self, as_json: bool) -> anyhow::Result<Shape> {
        match self.output {
            Output::Human if !as_json => Ok(Shape::Human),
            Output::Human | Output::Json => Ok(Shape::Json),
            Output::Csv | Output::Html => bail!("against a ledger, `--output` is human or json"),
        }
    }

    /// Opens everything that is written to, before the first row is read.
    pub(in crate::commands) fn open(
        &self,
        comparison: &Comparison,
        new_url: &str,
        as_json: bool,
    ) -> anyhow::Result<Outputs> {
        let (old, new) = comparison.names();
        let subject = Subject::of(comparison.entity(), &old, &new, self.shown());
        let form = match self.output {
            Output::Human if !as_json => Form::Human,
            Output::Human | Output::Json => Form::Json,
            Output::Csv => Form::Csv,
            Output::Html => Form::Html,
        };
        let mut outputs = Outputs {
            screen: Report::new(form, subject.clone(), Box::new(std::io::stdout()))?,
            files: Vec::new(),
            repair: None,
            differing: None,
            checkpoint: None,
            begun_with: Done::default(),
        };
        for path in &self.reports {
            let report = Report::to_file(form_of(path)?, subject.clone(), path);
            let report = report.with_context(|| path.display().to_string())?;
            outputs.files.push((path.clone(), report));
        }
        if let Some(path) = &self.repair_sql {
            let file = private_file(path).with_context(|| path.display().to_string())?;
            outputs.repair = Some(Repair::begin(comparison, new_url, Box::new(BufWriter::new(file)))?);
        }
        if let Some(folder) = &self.keep_rows {
            outputs.differing = Some(Differing::begin_in(
                folder,
                &comparison.digest(),
                &comparison.entity().name,
            )?);
        }
        if let Some(path) = &self.resume {
            let (checkpoint, done) = Checkpoint::open(path, &comparison.digest(), &comparison.entity().name)?;
            outputs.checkpoint = Some(checkpoint);
            outputs.begun_with = done;
        }
        Ok(outputs)
    }
}

fn form_of(path: &Path) -> anyhow::Result<Form> {
    Ok(match path.extension().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => Form::Html,
        Some("csv") => Form::Csv,
        Some("json" | "jsonl" | "ndjson") => Form::Json,
        Some("txt") => Form::Human,
        _ => bail!(
            "{}: expected a file that ends in .html, .csv, .json or .txt",
            path.display()
        ),
    })
}

/// Everything that is written to while a comparison runs.
pub(in crate::commands) struct Outputs {
    screen: Report,
    files: Vec<(PathBuf, Report)>,
    repair: Option<Repair>,
    differing: Option<Differing>,
    checkpoint: Option<Checkpoint>,
    begun_with: Done,
}

impl Outputs {
    /// What an earlier run got done.
    pub(in crate::commands) fn earlier(&self) -> Earlier {
        Earlier {
            chunks: self.begun_with.chunks.clone(),
            totals: self.begun_with.totals.clone(),
        }
    }

    /// Where the differing rows are kept.
    pub(super) fn keeps_rows_in(&self) -> Option<&Path> {
        self.differing.as_ref().map(Differing::path)
    }

    /// What an earlier run got done, in words.
    pub(in crate::commands) fn continued(&self) -> Option<String> {
        self.begun_with.words()
    }

    /// Takes what happened.
    pub(in crate::commands) fn take(&mut self, event: &Event) -> anyhow::Result<()> {
        match event {
            Event::ChunkDone(chunk) => {
                if let Some(checkpoint) = &mut self.checkpoint {
                    checkpoint.chunk_done(chunk)?;
                }
            }
            Event::Sorting { .. } => {
                if let Some(checkpoint) = &mut self.checkpoint {
                    checkpoint.begin_again(&self.begun_with)?;
                }
            }
            Event::Ended(verdict) => {
                if let Some(checkpoint) = &mut self.checkpoint {
                    checkpoint.finish(verdict)?;
                }
                if let Some(differing) = &mut self.differing {
                    differing.finish()?;
                }
                let files = self.files.iter_mut().map(|(_, report)| report);
                for report in std::iter::once(&mut self.screen).chain(files) {
                    verdict.totals.iter().try_for_each(|totals| report.totals(totals))?;
                }
            }
            Event::Confirmed(difference) => {
                if let Some(differing) = &mut self.differing {
                    differing.keep(difference)?;
                }
            }
            Event::Progress(_)
            | Event::ChunkSkipped { .. }
            | Event::Paused { .. }
            | Event::Rereading { .. }
            | Event::Healed { .. }
            | Event::Moving { .. } => {}
        }
        self.screen.take(event).context("standard output")?;
        for (path, report) in &mut self.files {
            report.take(event).with_context(|| path.display().to_string())?;
        }
        if let Some(repair) = &mut self.repair {
            repair.take(event)?;
        }
        Ok(())
    }

    /// Writes what is only known at the end.
    pub(in crate::commands) fn finish(self) -> anyhow::Result<()> {
        self.screen.finish().context("standard output")?;
        for (path, report) in self.files {
            report.finish().with_context(|| path.display().to_string())?;
        }
        if let Some(repair) = self.repair {
            repair.finish()?;
        }
        Ok(())
    }
}

//! `tidegate reconcile`: the rows of an entity of the estate, held against each other or against its ledger.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use clap_complete::ArgValueCandidates;
use tidegate_model::plan::Against;
use tidegate_model::{CriterionId, EntityId, StageId};
use tidegate_plan::{Mode, compile, render_human};
use tidegate_reconcile::differing::Differing;
use tidegate_reconcile::ledger::{LedgerEvent, Told};
use tidegate_reconcile::report::{Form, Report, Subject};
use tidegate_reconcile::{Event, Stop, source};

use super::check::Settings;
use super::compare::outputs::OutputArgs;
use super::compare::{Screen, interrupted};
use super::serve::addresses;
use crate::reconciling::{Job, digest, file_of, findings_of, forgotten, ledger, obey, prepared, totals};
use crate::say::say;
use crate::{exit, live, names};

/// Compares the rows of an entity as the estate declares it: both sides against each other, or against a ledger.
///
/// Exit codes: 0 clean, 1 diverged, 2 it could not be carried out, 3 inconclusive.
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// The entity.
    #[arg(required_unless_present_any = ["child", "erase"], add = ArgValueCandidates::new(names::entities))]
    entity: Option<EntityId>,
    /// The estate's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// A database that the entity names, as for `serve`; repeatable.
    #[arg(long = "database", value_name = "NAME=ADDRESS")]
    databases: Vec<String>,
    /// Any other source that the entity names, as for `serve`; repeatable.
    #[arg(long = "source", value_name = "NAME=ADDRESS")]
    sources: Vec<String>,
    /// What the rows are held against.
    #[arg(long, value_enum, default_value_t = Held::Sides)]
    against: Held,
    /// Says what would run and why, and ends.
    #[arg(long)]
    explain: bool,
    /// Prints one JSON document a line: differences, then the verdict.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    outputs: Box<OutputArgs>,
    /// The longest it may run, in seconds; the budget's time unless said.
    #[arg(long, value_name = "SECONDS")]
    max_time: Option<u64>,
    /// Prints the differing rows that `serve` has kept of the last comparison for this criterion, one JSON document a line. No
    /// source is read.
    #[arg(long, value_name = "STAGE/CRITERION", requires = "entity", conflicts_with_all = ["explain", "against"])]
    kept: Option<String>,
    /// Deletes the differing rows that `serve` has kept for this criterion. The journal and its verdicts stay as they are.
    #[arg(long, value_name = "STAGE/CRITERION", conflicts_with_all = ["explain", "kept"])]
    erase: Option<String>,
    /// The state folder of `serve`, for `--kept` and `--erase`.
    #[arg(long, env = "TIDEGATE_STATE", default_value = ".tidegate")]
    state: PathBuf,
    /// Takes orders from standard input, as `serve` gives them.
    #[arg(long, hide = true, conflicts_with = "entity")]
    child: bool,
}

/// What rows are held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Held {
    /// The other side's rows.
    Sides,
    /// The entity's ledger.
    Ledger,
}

impl Reconcile {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        if let Some(criterion) = &self.erase {
            forgotten(&self.file(criterion)?)?;
            return Ok(exit::FINE);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        match self.child {
            // What reads on standard input cannot be ended, and nobody waits for it.
            true => {
                let ended = runtime.block_on(obey());
                runtime.shutdown_background();
                ended
            }
            false => runtime.block_on(self.reconcile()),
        }
    }

    async fn reconcile(&self) -> anyhow::Result<u8> {
        let mut job = self.job()?;
        if let Some(seconds) = self.max_time {
            job.budget.time_max = Some(Duration::from_secs(seconds));
        }
        if let Some(criterion) = &self.kept {
            return self.show(&job, &self.file(criterion)?);
        }
        let stop = Stop::default();
        match &job.ledger {
            Some(_) => self.against_ledger(&job, &stop).await,
            None => self.sides(&job, &stop).await,
        }
    }

    /// The comparison that the estate on disk declares.
    fn job(&self) -> anyhow::Result<Job> {
        let bundle = live::bundle::read(&self.folder)?;
        let compiled = compile(&bundle, &self.settings.values()?, Mode::Author);
        let Some(estate) = compiled.estate else {
            let (diagnostics, bundle) = live::bundle::placed(&self.folder, &compiled.diagnostics, &bundle);
            eprintln!("{}", render_human(&diagnostics, &bundle, false));
            bail!(
                "the estate has errors; `tidegate check {}` shows them",
                self.folder.display()
            );
        };
        let name = self.entity.as_ref().context("no entity is named")?;
        let Some(entity) = estate.entities().get(name) else {
            let known: Vec<String> = estate.entities().keys().map(|known| format!("`{known}`")).collect();
            bail!("there is no entity `{name}`; there are {}", known.join(", "))
        };
        let against = match self.against {
            Held::Sides => Against::Sides,
            Held::Ledger => Against::Ledger,
        };
        let addresses = addresses(&self.databases, &self.sources)?.written;
        Job::of(entity, against, &addresses).map_err(anyhow::Error::msg)
    }

    async fn sides(&self, job: &Job, stop: &Stop) -> anyhow::Result<u8> {
        let comparison = prepared(job).await?;
        if self.explain {
            say!("{}", comparison.explain().join("\n"));
            return Ok(exit::FINE);
        }
        let mut plans = totals(job)?;
        plans.extend(self.outputs.totals(comparison.entity())?);
        let comparison = comparison.with_totals(plans);
        let outputs = self.outputs.open(&comparison, &job.new.0, self.json)?;
        let earlier = outputs.earlier();
        if let Some(words) = outputs.continued() {
            eprintln!("{words}");
        }
        let watch = tokio::spawn(interrupted(stop.clone()));
        let mut screen = Screen::new(outputs, stop.clone());
        let verdict = comparison.run(earlier, stop, &mut |event| screen.take(&event)).await;
        watch.abort();
        screen.end(verdict.is_ok())?;
        Ok(verdict?.exit_code())
    }

    async fn against_ledger(&self, job: &Job, stop: &Stop) -> anyhow::Result<u8> {
        let Some(books) = &job.ledger else {
            bail!("the entity has no ledger")
        };
        let run = ledger(job, books).await?;
        if self.explain {
            let (amount, how) = (
                books.amount.is_some(),
                if books.is_split {
                    "one of both sides"
                } else {
                    "each side"
                },
            );
            let what = if amount { "presence and amounts" } else { "presence" };
            say!("{}: {what} of each reference; it has to be on {how}", job.entity.name);
            return Ok(exit::FINE);
        }
        let mut told = Told::new(
            self.outputs.shape(self.json)?,
            self.outputs.shown(),
            Box::new(std::io::stdout()),
        );
        let watch = tokio::spawn(interrupted(stop.clone()));
        let mut lost = Ok(());
        let verdict = run
            .run(stop, &mut |event: LedgerEvent| {
                if lost.is_ok() {
                    lost = told.take(&event);
                    if lost.is_err() {
                        stop.now();
                    }
                }
            })
            .await;
        watch.abort();
        lost.context("standard output")?;
        Ok(verdict?.exit_code())
    }

    /// The rows that were kept, one a line.
    fn show(&self, job: &Job, path: &Path) -> anyhow::Result<u8> {
        let findings = findings_of(path);
        if findings.exists() {
            let kept = std::fs::File::open(&findings).with_context(|| findings.display().to_string())?;
            std::io::copy(&mut std::io::BufReader::new(kept), &mut std::io::stdout()).context("standard output")?;
        }
        if !path.exists() {
            return Ok(exit::FINE);
        }
        let (old, new) = (source::open(&job.old.0)?.name(), source::open(&job.new.0)?.name());
        let subject = Subject::of(&job.entity, &old, &new, self.outputs.shown());
        let mut report = Report::new(Form::Json, subject, Box::new(std::io::stdout())).context("standard output")?;
        let rules: Vec<_> = job.entity.columns.iter().map(|column| column.cmp.clone()).collect();
        let mut said = Ok(());
        Differing::open(path, &digest(job), &job.entity.name)?.each(&rules, &mut |difference| {
            if said.is_ok() {
                said = report.take(&Event::Confirmed(Box::new(difference)));
            }
        })?;
        said.and_then(|()| report.finish()).context("standard output")?;
        Ok(exit::FINE)
    }

    /// The file of a criterion that is written `STAGE/CRITERION`.
    fn file(&self, criterion: &str) -> anyhow::Result<PathBuf> {
        let (stage, criterion) = criterion
            .split_once('/')
            .with_context(|| format!("expected `STAGE/CRITERION`, found `{criterion}`"))?;
        let stage = StageId::parse(stage).with_context(|| format!("`{stage}` is no stage's name"))?;
        let criterion =
            CriterionId::parse(criterion).with_context(|| format!("`{criterion}` is no criterion's name"))?;
        Ok(file_of(&self.state, &stage, &criterion))
    }
}

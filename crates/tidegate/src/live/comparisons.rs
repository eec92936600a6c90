//! Criteria over the rows of entities: each is compared on its entity's schedule and when its gate asks, by a process of its own,
//! while its stage is exposed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tidegate_api::Slow;
use tidegate_model::plan::{Against, Measure};
use tidegate_model::seam::{Observation, Reconciled, Silence};
use tidegate_model::{EntityId, Timestamp};
use tidegate_runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::comparing::{BEGIN_MAX, Comparing};
use super::errand::{Errand, Span, looks};
use super::heard::Heard;
use super::questions::Addresses;
use super::senses::Live;
use super::slowing::{Slowing, breach};
use super::world::clock;
use crate::reconciling::{Answer, Job, file_of};

/// Rest before a comparison that failed is tried again: at first, and at most; it doubles.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);

/// What comparing processes are started with, and told by.
#[derive(Clone)]
pub(crate) struct Means {
    /// Addresses behind the names that plan files use.
    pub(crate) addresses: Arc<Addresses>,
    /// This program's own file.
    pub(crate) program: PathBuf,
    /// The state folder.
    pub(crate) state: PathBuf,
    /// What gateways said last.
    pub(crate) live: Live,
    /// Notes of what is slowed down.
    pub(crate) slowing: Slowing,
    /// The most memory that one process may hold, in bytes.
    pub(crate) memory_max: u64,
}

/// Begins to compare for every criterion of the estate that runs. The tasks go on until they are aborted, and their processes
/// end with them.
pub(crate) fn begin(comparisons: &mut JoinSet<()>, handle: &Handle, means: &Means) {
    for (_, stage) in handle.view().estate.stages() {
        for criterion in &stage.gate.criteria {
            let Measure::Reconcile {
                entity, against, every, ..
            } = &criterion.measure
            else {
                continue;
            };
            let round = Round {
                errand: Errand::of(handle, &stage.id, criterion, *every),
                means: means.clone(),
                entity: entity.clone(),
                against: *against,
                running: None,
                compared: None,
                silent_since: None,
                failures: 0,
                not_before: None,
            };
            comparisons.spawn(round.go_on());
        }
    }
}

/// The comparisons of one criterion.
struct Round {
    errand: Errand,
    means: Means,
    entity: EntityId,
    against: Against,
    running: Option<Running>,
    /// What the last comparison belonged to, and when it began.
    compared: Option<(Span, Timestamp)>,
    silent_since: Option<Timestamp>,
    failures: u32,
    not_before: Option<Instant>,
}

/// A process, and whether it leaves the databases alone.
struct Running {
    process: Comparing,
    is_slow: bool,
}

impl Round {
    async fn go_on(mut self) {
        let mut looks = looks();
        loop {
            let noticed = tokio::select! {
                _ = looks.tick() => None,
                answer = heard(&mut self.running) => Some(answer),
            };
            let Some((belongs, asked)) = self.errand.exposed() else {
                // Nobody is on the new side: the process ends, and what it knew says nothing of the next attempt.
                self.end();
                (self.compared, self.silent_since) = (None, None);
                (self.failures, self.not_before) = (0, None);
                continue;
            };
            if let Some(answer) = noticed {
                self.between(belongs, answer).await;
            } else if let Err(error) = self.mind().await {
                self.end();
                self.failed(belongs, clock(), format!("{error:#}")).await;
            } else if self.is_due(belongs, asked) {
                self.compare(belongs).await;
            }
        }
    }

    fn is_due(&self, belongs: Span, asked: Option<Timestamp>) -> bool {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return false;
        }
        self.failures > 0 || self.errand.is_due(self.compared, belongs, asked)
    }

    /// One comparison, from its order to its answer.
    async fn compare(&mut self, belongs: Span) {
        let began = self.errand.begins();
        self.compared = Some((belongs, began));
        match self.answer(belongs).await {
            Ok(Compared::Ended(found)) => {
                (self.failures, self.not_before, self.silent_since) = (0, None, None);
                self.errand
                    .say(belongs, Observation::Reconciled { at: began, found })
                    .await;
            }
            Ok(Compared::Failed(reason)) => self.failed(belongs, began, reason).await,
            Ok(Compared::Overtaken) => {
                tracing::info!(stage = %self.errand.stage, criterion = %self.errand.criterion, "a comparison is given up: the exposure is another");
                self.end();
                self.compared = None;
            }
            Err(error) => {
                // Whatever is left of it is of no use: it is ended, and another begins.
                self.end();
                self.failed(belongs, began, format!("{error:#}")).await;
            }
        }
    }

    /// The answer to an order that is given now. What began under another exposure is no answer: it is given up as soon as that
    /// changes.
    async fn answer(&mut self, belongs: Span) -> anyhow::Result<Compared> {
        if self.running.is_none() {
            let job = self.job().map_err(anyhow::Error::msg)?;
            let process = Comparing::start(&self.means.program, job).await?;
            tracing::info!(stage = %self.errand.stage, criterion = %self.errand.criterion, pid = process.pid(), "rows are compared");
            self.running = Some(Running {
                process,
                is_slow: false,
            });
        }
        let process = &mut self.running.as_mut().expect("it was started").process;
        let (order, within) = (process.order().await?, process.within());
        let (mut longest, mut until) = (BEGIN_MAX, Instant::now() + BEGIN_MAX);
        let mut looks = looks();
        loop {
            let answer = tokio::select! {
                _ = looks.tick() => {
                    if !self.errand.is_still(belongs) {
                        return Ok(Compared::Overtaken);
                    }
                    if Instant::now() >= until {
                        bail!("the comparison did not end within {} s", longest.as_secs());
                    }
                    self.mind().await?;
                    continue;
                }
                answer = heard(&mut self.running) => answer?,
            };
            match Heard::of(answer, Some(order)) {
                Heard::Began => (longest, until) = (within, Instant::now() + within),
                Heard::Ended(found) => {
                    return Ok(match self.errand.is_still(belongs) {
                        true => Compared::Ended(found),
                        false => Compared::Overtaken,
                    });
                }
                Heard::Failed(reason) => return Ok(Compared::Failed(reason)),
                Heard::Noticed(found) => self.notice(belongs, found).await,
                Heard::Unfollowed(reason) => self.unfollowed(&reason),
                Heard::Nothing => {}
            }
        }
    }

    fn job(&self) -> Result<Job, String> {
        let view = self.errand.handle.view();
        let entity = view.estate.entities().get(&self.entity);
        let entity = entity.ok_or_else(|| format!("entity `{}` is not declared", self.entity))?;
        let mut job = Job::of(entity, self.against, &self.means.addresses.written)?;
        job.kept = Some(file_of(&self.means.state, &self.errand.stage, &self.errand.criterion));
        Ok(job)
    }

    /// Looks after the process: how much memory it holds, and whether the databases need to be left alone.
    ///
    /// # Errors
    /// When it holds more than it may, or takes no orders.
    async fn mind(&mut self) -> anyhow::Result<()> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let most = self.means.memory_max;
        if let Some(held) = running.process.memory().filter(|held| *held > most) {
            let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
            bail!(
                "inconclusive: out of its memory bound, {} MiB held and at most {} allowed",
                mebibytes(held),
                mebibytes(most)
            );
        }
        let why = {
            let view = self.errand.handle.view();
            let entity = view.estate.entities().get(&self.entity);
            entity.and_then(|entity| breach(&view.estate, entity, &self.means.live.borrow(), clock()))
        };
        if why.is_some() == running.is_slow {
            return Ok(());
        }
        running.is_slow = why.is_some();
        match &why {
            Some(why) => running.process.slow_down(why).await?,
            None => running.process.go_on().await?,
        }
        tracing::info!(stage = %self.errand.stage, criterion = %self.errand.criterion, why, "a comparison is slowed down, or goes on");
        let since = clock();
        let slow = why.map(|why| Slow { since, why });
        self.means
            .slowing
            .note(&self.errand.stage, &self.errand.criterion, slow);
        Ok(())
    }

    /// Ends the process.
    fn end(&mut self) {
        if self.running.take().is_some() {
            self.means
                .slowing
                .note(&self.errand.stage, &self.errand.criterion, None);
        }
    }

    /// What the process says by itself, between two comparisons.
    async fn between(&mut self, belongs: Span, answer: anyhow::Result<Answer>) {
        match answer.map(|answer| Heard::of(answer, None)) {
            Ok(Heard::Noticed(found)) => self.notice(belongs, found).await,
            Ok(Heard::Unfollowed(reason)) => self.unfollowed(&reason),
            // Nobody waits for an order here.
            Ok(Heard::Began | Heard::Ended(_) | Heard::Failed(_) | Heard::Nothing) => {}
            Err(error) => {
                self.end();
                self.failed(belongs, clock(), format!("{error:#}")).await;
            }
        }
    }

    /// Rows that changed since the last comparison differ for certain.
    async fn notice(&self, belongs: Span, found: Reconciled) {
        let took = i64::try_from(found.took.0).unwrap_or(i64::MAX);
        let at = Timestamp(clock().0.saturating_sub(took));
        self.errand.say(belongs, Observation::Reconciled { at, found }).await;
    }

    fn unfollowed(&self, reason: &str) {
        tracing::warn!(stage = %self.errand.stage, criterion = %self.errand.criterion, reason, "changes are not followed");
    }

    async fn failed(&mut self, belongs: Span, began: Timestamp, reason: String) {
        tracing::warn!(stage = %self.errand.stage, criterion = %self.errand.criterion, reason, "rows could not be compared");
        let rest = AGAIN_AFTER * 2_u32.saturating_pow(self.failures.min(16));
        self.not_before = Some(Instant::now() + rest.min(AGAIN_AFTER_MAX));
        self.failures = self.failures.saturating_add(1);
        let since = *self.silent_since.get_or_insert(began);
        self.errand
            .say(belongs, Observation::Silent(Silence { since, reason }))
            .await;
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        self.end();
    }
}

/// How an order ended.
enum Compared {
    /// With a word on the rows.
    Ended(Reconciled),
    /// Without, and why.
    Failed(String),
    /// The exposure that it belonged to has changed before.
    Overtaken,
}

/// What a process says by itself; nothing for as long as there is none.
async fn heard(running: &mut Option<Running>) -> anyhow::Result<Answer> {
    match running {
        Some(running) => running.process.answer().await,
        None => std::future::pending().await,
    }
}

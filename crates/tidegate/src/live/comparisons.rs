//! Criteria over the rows of entities: each is compared on its entity's schedule and when its gate asks, by a process of its own,
//! while its stage is exposed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use tidegate_api::Slow;
use tidegate_engine::command::Request;
use tidegate_engine::judge::gate_asked;
use tidegate_model::plan::{Against, Criterion, Measure};
use tidegate_model::seam::{Actor, Observation, Reconciled, Silence};
use tidegate_model::{EntityId, Millis, StageId, Timestamp};
use tidegate_runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::comparing::{BEGIN_MAX, Comparing};
use super::heard::Heard;
use super::questions::{Addresses, SAY_AGAIN_AFTER, Span, span};
use super::senses::{Live, tell};
use super::slowing::{Slowing, breach};
use super::world::clock;
use crate::reconciling::{Answer, Job, file_of};

/// How often it is looked whether a comparison is due.
const LOOK_EVERY: Duration = Duration::from_millis(200);
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
                handle: handle.clone(),
                means: means.clone(),
                stage: stage.id.clone(),
                entity: entity.clone(),
                against: *against,
                every: *every,
                criterion: criterion.clone(),
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
    handle: Handle,
    means: Means,
    stage: StageId,
    entity: EntityId,
    against: Against,
    every: Millis,
    criterion: Criterion,
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
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let noticed = tokio::select! {
                _ = looks.tick() => None,
                answer = heard(&mut self.running) => Some(answer),
            };
            let Some((belongs, asked)) = self.exposed() else {
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

    /// While the stage is exposed: what its evidence belongs to, and when its gate asked, if it has.
    fn exposed(&self) -> Option<(Span, Option<Timestamp>)> {
        let view = self.handle.view();
        let stage = view.state.stages.get(&self.stage)?;
        let is_exposed = view.state.is_exposed(&self.stage);
        is_exposed.then(|| (span(stage), gate_asked(stage, clock())))
    }

    /// Whether the exposure is still the one that something belongs to.
    fn is_still(&self, belongs: Span) -> bool {
        self.exposed().is_some_and(|(now, _)| now == belongs)
    }

    fn is_due(&self, belongs: Span, asked: Option<Timestamp>) -> bool {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return false;
        }
        match self.compared {
            Some((known, at)) if known == belongs => {
                let is_over = clock().since(at) >= self.every;
                is_over || self.failures > 0 || asked.is_some_and(|asked| at < asked)
            }
            Some(_) | None => true,
        }
    }

    /// One comparison, from its order to its answer.
    async fn compare(&mut self, belongs: Span) {
        let began = clock();
        self.compared = Some((belongs, began));
        match self.answer(belongs).await {
            Ok(Compared::Ended(found)) => {
                (self.failures, self.not_before, self.silent_since) = (0, None, None);
                self.say(belongs, Observation::Reconciled { at: began, found }).await;
            }
            Ok(Compared::Failed(reason)) => self.failed(belongs, began, reason).await,
            Ok(Compared::Overtaken) => {
                tracing::info!(stage = %self.stage, criterion = %self.criterion.id, "a comparison is given up: the exposure is another");
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
            tracing::info!(stage = %self.stage, criterion = %self.criterion.id, pid = process.pid(), "rows are compared");
            self.running = Some(Running {
                process,
                is_slow: false,
            });
        }
        let process = &mut self.running.as_mut().expect("it was started").process;
        let (order, within) = (process.order().await?, process.within());
        let (mut longest, mut until) = (BEGIN_MAX, Instant::now() + BEGIN_MAX);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let answer = tokio::select! {
                _ = looks.tick() => {
                    if !self.is_still(belongs) {
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
                    return Ok(match self.is_still(belongs) {
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
        let view = self.handle.view();
        let entity = view.estate.entities().get(&self.entity);
        let entity = entity.ok_or_else(|| format!("entity `{}` is not declared", self.entity))?;
        let mut job = Job::of(entity, self.against, &self.means.addresses.written)?;
        job.kept = Some(file_of(&self.means.state, &self.stage, &self.criterion.id));
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
            let view = self.handle.view();
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
        tracing::info!(stage = %self.stage, criterion = %self.criterion.id, why, "a comparison is slowed down, or goes on");
        let since = clock();
        let slow = why.map(|why| Slow { since, why });
        self.means.slowing.note(&self.stage, &self.criterion.id, slow);
        Ok(())
    }

    /// Ends the process.
    fn end(&mut self) {
        if self.running.take().is_some() {
            self.means.slowing.note(&self.stage, &self.criterion.id, None);
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
        self.say(belongs, Observation::Reconciled { at, found }).await;
    }

    fn unfollowed(&self, reason: &str) {
        tracing::warn!(stage = %self.stage, criterion = %self.criterion.id, reason, "changes are not followed");
    }

    async fn failed(&mut self, belongs: Span, began: Timestamp, reason: String) {
        tracing::warn!(stage = %self.stage, criterion = %self.criterion.id, reason, "rows could not be compared");
        let rest = AGAIN_AFTER * 2_u32.saturating_pow(self.failures.min(16));
        self.not_before = Some(Instant::now() + rest.min(AGAIN_AFTER_MAX));
        self.failures = self.failures.saturating_add(1);
        let since = *self.silent_since.get_or_insert(began);
        self.say(belongs, Observation::Silent(Silence { since, reason })).await;
    }

    /// Says it until the store has taken it, or the exposure is another: then it is evidence of nothing any more.
    async fn say(&self, belongs: Span, observation: Observation) {
        let request = Request::Observe {
            stage: self.stage.clone(),
            criterion: self.criterion.id.clone(),
            observation,
        };
        while self.is_still(belongs) && !tell(&self.handle, Actor::Controller, request.clone()).await {
            tokio::time::sleep(SAY_AGAIN_AFTER).await;
        }
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

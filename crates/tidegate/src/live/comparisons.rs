//! Criteria over the rows of entities: each is compared on its entity's schedule and when its gate asks, by a process of its own,
//! while its stage is exposed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tidegate_engine::command::Request;
use tidegate_engine::judge::gate_asked;
use tidegate_model::plan::{Against, Criterion, Measure};
use tidegate_model::seam::{Actor, Observation, Silence};
use tidegate_model::{EntityId, Millis, StageId, Timestamp};
use tidegate_runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::comparing::Comparing;
use super::questions::{Addresses, SAY_AGAIN_AFTER, Span, span};
use super::senses::tell;
use super::world::clock;
use crate::reconciling::{Answer, Job, file_of};

/// How often it is looked whether a comparison is due.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Rest before a comparison that failed is tried again: at first, and at most; it doubles.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);

/// Begins to compare for every criterion of the estate that runs. The tasks go on until they are aborted, and their processes
/// end with them. `program` is this one's own file.
pub(crate) fn begin(
    comparisons: &mut JoinSet<()>,
    handle: &Handle,
    addresses: &Arc<Addresses>,
    (program, state): (&Path, &Path),
) {
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
                addresses: addresses.clone(),
                program: program.to_owned(),
                stage: stage.id.clone(),
                entity: entity.clone(),
                against: *against,
                every: *every,
                kept: file_of(state, &stage.id, &criterion.id),
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
    addresses: Arc<Addresses>,
    program: PathBuf,
    stage: StageId,
    entity: EntityId,
    against: Against,
    every: Millis,
    kept: PathBuf,
    criterion: Criterion,
    running: Option<Comparing>,
    /// What the last comparison belonged to, and when it began.
    compared: Option<(Span, Timestamp)>,
    silent_since: Option<Timestamp>,
    failures: u32,
    not_before: Option<Instant>,
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
                (self.running, self.compared, self.silent_since) = (None, None, None);
                (self.failures, self.not_before) = (0, None);
                continue;
            };
            if let Some(answer) = noticed {
                self.between(belongs, answer).await;
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
        match self.answer().await {
            Ok(Answer::Ended { found, .. }) => {
                (self.failures, self.not_before, self.silent_since) = (0, None, None);
                self.say(belongs, Observation::Reconciled { at: began, found }).await;
            }
            Ok(Answer::Failed { reason, .. }) => self.failed(belongs, began, reason).await,
            Ok(Answer::Progress { .. } | Answer::Noticed { .. }) => {}
            Err(error) => {
                // Whatever is left of it is of no use: it is ended, and another begins.
                self.running = None;
                self.failed(belongs, began, format!("{error:#}")).await;
            }
        }
    }

    /// The answer to an order that is given now.
    async fn answer(&mut self) -> anyhow::Result<Answer> {
        let running = match &mut self.running {
            Some(running) => running,
            None => {
                let job = self.job().map_err(anyhow::Error::msg)?;
                let started = Comparing::start(&self.program, job).await?;
                tracing::info!(stage = %self.stage, criterion = %self.criterion.id, pid = started.pid(), "rows are compared");
                self.running.insert(started)
            }
        };
        let order = running.order().await?;
        let within = running.within();
        let answered = async {
            loop {
                match running.answer().await? {
                    Answer::Progress { rows, .. } => tracing::debug!(rows, "rows are compared"),
                    Answer::Ended { order: of, found } if of == order => return Ok(Answer::Ended { order, found }),
                    Answer::Failed { order: of, reason } if of == Some(order) => {
                        return Ok(Answer::Failed { order: of, reason });
                    }
                    // What was noticed before is in what is compared now.
                    Answer::Noticed { .. } | Answer::Ended { .. } | Answer::Failed { .. } => {}
                }
            }
        };
        match tokio::time::timeout(within, answered).await {
            Ok(answer) => answer,
            Err(_) => anyhow::bail!("the comparison did not end within {} s", within.as_secs()),
        }
    }

    fn job(&self) -> Result<Job, String> {
        let view = self.handle.view();
        let entity = view.estate.entities().get(&self.entity);
        let entity = entity.ok_or_else(|| format!("entity `{}` is not declared", self.entity))?;
        let mut job = Job::of(entity, self.against, &self.addresses.written)?;
        job.kept = Some(self.kept.clone());
        Ok(job)
    }

    /// What the process says by itself, between two comparisons.
    async fn between(&mut self, belongs: Span, answer: anyhow::Result<Answer>) {
        match answer {
            Ok(Answer::Noticed { found }) => {
                let took = i64::try_from(found.took.0).unwrap_or(i64::MAX);
                let at = Timestamp(clock().0.saturating_sub(took));
                self.say(belongs, Observation::Reconciled { at, found }).await;
            }
            Ok(Answer::Failed { reason, .. }) => {
                tracing::warn!(stage = %self.stage, criterion = %self.criterion.id, reason, "changes are not followed");
            }
            Ok(Answer::Progress { .. } | Answer::Ended { .. }) => {}
            Err(error) => {
                self.running = None;
                self.failed(belongs, clock(), format!("{error:#}")).await;
            }
        }
    }

    async fn failed(&mut self, belongs: Span, began: Timestamp, reason: String) {
        tracing::warn!(stage = %self.stage, criterion = %self.criterion.id, reason, "rows could not be compared");
        let rest = AGAIN_AFTER * 2_u32.saturating_pow(self.failures.min(16));
        self.not_before = Some(Instant::now() + rest.min(AGAIN_AFTER_MAX));
        self.failures = self.failures.saturating_add(1);
        let since = *self.silent_since.get_or_insert(began);
        self.say(belongs, Observation::Silent(Silence { since, reason })).await;
    }

    /// Says it until the store has taken it, or it belongs to a step that has ended meanwhile.
    async fn say(&self, belongs: Span, observation: Observation) {
        let request = Request::Observe {
            stage: self.stage.clone(),
            criterion: self.criterion.id.clone(),
            observation,
        };
        while !tell(&self.handle, Actor::Controller, request.clone()).await {
            tokio::time::sleep(SAY_AGAIN_AFTER).await;
            if self.exposed().map(|(now, _)| now) != Some(belongs) {
                return;
            }
        }
    }
}

/// What a process says by itself; nothing for as long as there is none.
async fn heard(running: &mut Option<Comparing>) -> anyhow::Result<Answer> {
    match running {
        Some(running) => running.answer().await,
        None => std::future::pending().await,
    }
}

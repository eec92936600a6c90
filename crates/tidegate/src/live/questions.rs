//! Questions to databases and other sources: each criterion that asks is asked on its schedule while its stage is exposed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidegate_engine::command::Request;
use tidegate_engine::state::State;
use tidegate_model::plan::{Criterion, Measure, SqlQuery};
use tidegate_model::seam::{Actor, Observation, Silence};
use tidegate_model::{DatabaseId, Millis, SourceId, StageId, Timestamp};
use tidegate_runtime::Handle;
use tidegate_signals::sql::{Database, Limits, equality};
use tidegate_signals::{Asker, Source};
use tokio::task::JoinSet;

use super::errand::{SAY_AGAIN_AFTER, Span, span};
use super::senses::tell;
use super::world::clock;
use crate::reconciling::Address;

/// The shortest time between two questions of one criterion.
const EVERY_AT_LEAST: Millis = Millis(100);

/// Addresses behind the names that plan files use.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Of databases.
    pub(crate) databases: BTreeMap<DatabaseId, Database>,
    /// Of everything that counts and tells numbers.
    pub(crate) sources: BTreeMap<SourceId, Source>,
    /// Of all of them as they were written, for processes that compare rows.
    pub(crate) written: BTreeMap<SourceId, Address>,
}

/// Begins to ask for every criterion of the estate that runs. The tasks go on until they are aborted.
pub(crate) fn begin(questions: &mut JoinSet<()>, handle: &Handle, addresses: &Arc<Addresses>) {
    for (_, stage) in handle.view().estate.stages() {
        for criterion in &stage.gate.criteria {
            let Some(every) = interval(&criterion.measure) else {
                continue;
            };
            let round = Round {
                handle: handle.clone(),
                addresses: addresses.clone(),
                stage: stage.id.clone(),
                criterion: criterion.clone(),
                silent_since: None,
                memory: None,
            };
            questions.spawn(round.go_on(every));
        }
    }
}

/// How often a measure asks; none when it asks nobody.
fn interval(measure: &Measure) -> Option<Millis> {
    match measure {
        Measure::SqlEqual { every, .. } => Some(*every),
        Measure::Level { cadence, .. } | Measure::Counted { cadence, .. } => Some(cadence.every),
        // What looks at everything has a schedule of its own, and is asked by its gate besides.
        Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}

/// The questions of one criterion.
struct Round {
    handle: Handle,
    addresses: Arc<Addresses>,
    stage: StageId,
    criterion: Criterion,
    silent_since: Option<Timestamp>,
    /// What the source has told so far; what was counted before a step began is no evidence of it.
    memory: Option<(Span, Asker)>,
}

impl Round {
    async fn go_on(mut self, every: Millis) {
        let mut clock_of_questions = tokio::time::interval(Duration::from_millis(every.0.max(EVERY_AT_LEAST.0)));
        clock_of_questions.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            clock_of_questions.tick().await;
            let Some(span) = self.exposed() else {
                self.silent_since = None;
                self.memory = None;
                continue;
            };
            let asked = clock();
            for mut observation in self.ask(span, asked).await {
                match &mut observation {
                    Observation::Equality { at, .. } => {
                        // What a query sees may be as old as the moment it was asked.
                        *at = asked;
                        self.silent_since = None;
                    }
                    Observation::Reconciled { .. }
                    | Observation::Surveyed { .. }
                    | Observation::Level { .. }
                    | Observation::Counts { .. }
                    | Observation::Nothing { .. }
                    | Observation::Unusable { .. } => self.silent_since = None,
                    Observation::Silent(silence) => silence.since = *self.silent_since.get_or_insert(asked),
                }
                self.tell(span, observation).await;
            }
        }
    }

    /// While the stage is exposed: what its evidence belongs to.
    fn exposed(&self) -> Option<Span> {
        let view = self.handle.view();
        let state: &State = &view.state;
        let stage = state.stages.get(&self.stage)?;
        state.is_exposed(&self.stage).then(|| span(stage))
    }

    async fn ask(&mut self, span: Span, asked: Timestamp) -> Vec<Observation> {
        let make = || match &self.criterion.measure {
            Measure::Level { ask, cadence, .. } => Some(Asker::level(ask.clone(), *cadence)),
            Measure::Counted {
                old,
                new,
                looks,
                cadence,
                ..
            } => Some(Asker::counts(old.clone(), new.clone(), *looks, *cadence)),
            Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Completion { .. }
            | Measure::Errors { .. }
            | Measure::Latency { .. }
            | Measure::Slower { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => None,
        };
        if let Measure::SqlEqual { old, new, .. } = &self.criterion.measure {
            return vec![compare(&self.addresses, old, new, asked).await];
        }
        if self.memory.as_ref().is_none_or(|(known, _)| *known != span) {
            self.memory = make().map(|asker| (span, asker));
        }
        match &mut self.memory {
            Some((_, asker)) => asker.ask(&self.addresses.sources, asked).await,
            None => Vec::new(),
        }
    }

    /// Says it until the store has taken it: what was counted is not told twice by its source. What belongs to a step that
    /// has ended meanwhile is evidence of nothing any more.
    async fn tell(&self, belongs: Span, observation: Observation) {
        let request = Request::Observe {
            stage: self.stage.clone(),
            criterion: self.criterion.id.clone(),
            observation,
        };
        while !tell(&self.handle, Actor::Controller, request.clone()).await {
            tokio::time::sleep(SAY_AGAIN_AFTER).await;
            if self.exposed() != Some(belongs) {
                return;
            }
        }
    }
}

async fn compare(addresses: &Addresses, old: &SqlQuery, new: &SqlQuery, asked: Timestamp) -> Observation {
    let databases = &addresses.databases;
    let (Some(old_database), Some(new_database)) = (databases.get(&old.on), databases.get(&new.on)) else {
        let reason = format!(
            "`{}` or `{}` has no address; start with --database NAME=URL",
            old.on, new.on
        );
        return Observation::Silent(Silence { since: asked, reason });
    };
    equality(
        (old_database, &old.query),
        (new_database, &new.query),
        &Limits::default(),
        asked,
    )
    .await
}

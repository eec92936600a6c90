//! Criteria over pages and baskets: each is surveyed on its schedule and when its gate asks, while its stage is exposed. A survey ends
//! with the exposure that it began under: the rest of its addresses is not asked for.

use std::sync::Arc;

use tidegate_model::ask::Cadence;
use tidegate_model::plan::Measure;
use tidegate_model::seam::Observation;
use tidegate_model::survey::SurveyAsk;
use tidegate_model::{EdgeId, Millis, Timestamp, UnitId};
use tidegate_runtime::Handle;
use tidegate_signals::Asker;
use tokio::task::JoinSet;

use super::doors::Doors;
use super::errand::{Errand, Span, looks};
use super::questions::Addresses;
use super::world::clock;

/// Begins to survey for every criterion of the estate that runs. The tasks go on until they are aborted.
pub(crate) fn begin(surveys: &mut JoinSet<()>, handle: &Handle, addresses: &Arc<Addresses>, doors: &Doors) {
    for (plan, stage) in handle.view().estate.stages() {
        for criterion in &stage.gate.criteria {
            let Measure::Survey { ask, cadence, .. } = &criterion.measure else {
                continue;
            };
            let round = Round {
                errand: Errand::of(handle, &stage.id, criterion, cadence.every),
                addresses: addresses.clone(),
                doors: doors.clone(),
                place: (plan.edge.clone(), stage.unit.clone()),
                ask: ask.clone(),
                cadence: *cadence,
                asker: None,
                looked: None,
                short: None,
            };
            surveys.spawn(round.go_on());
        }
    }
}

/// Rest after a survey that fell short while a gate waits: the first, doubled each time, and the longest.
const RESTS: (Millis, Millis) = (Millis::seconds(5), Millis::minutes(5));

/// The surveys of one criterion.
struct Round {
    errand: Errand,
    addresses: Arc<Addresses>,
    doors: Doors,
    /// The edge and the unit whose pages are looked at, where that is through the gateway.
    place: (EdgeId, UnitId),
    ask: SurveyAsk,
    cadence: Cadence,
    /// Knows since when nothing answers.
    asker: Option<Asker>,
    /// What the last survey belonged to, and when it began.
    looked: Option<(Span, Timestamp)>,
    /// When a survey that did not reach everything ended, and how long the next one rests while a gate waits for it.
    short: Option<(Timestamp, Millis)>,
}

impl Round {
    async fn go_on(mut self) {
        let mut looks = looks();
        loop {
            looks.tick().await;
            let Some((belongs, asked)) = self.errand.exposed() else {
                self.forget();
                continue;
            };
            if self.errand.is_due(self.looked, belongs, asked) || (asked.is_some() && self.is_rested()) {
                self.look(belongs).await;
            }
        }
    }

    /// One survey, which is given up as soon as the exposure is another.
    async fn look(&mut self, belongs: Span) {
        if self.looked.is_none_or(|(known, _)| known != belongs) {
            self.asker = None;
        }
        let began = self.errand.begins();
        self.looked = Some((belongs, began));
        let asker = self
            .asker
            .get_or_insert_with(|| Asker::survey(self.ask.clone(), self.cadence));
        asker.enter_by(self.doors.entrance(&self.place.0, &self.place.1));
        let told = tokio::select! {
            told = asker.ask(&self.addresses.sources, began) => told,
            () = self.errand.overtaken(belongs) => {
                let Errand { stage, criterion, .. } = &self.errand;
                tracing::info!(%stage, %criterion, "a survey is given up: the exposure is another");
                self.forget();
                return;
            }
        };
        let is_whole = |said: &Observation| matches!(said, Observation::Surveyed { found, .. } if found.is_whole());
        self.short = if told.iter().any(is_whole) {
            None
        } else {
            let rest = self.short.map_or(RESTS.0, |(_, rest)| Millis(rest.0 * 2).min(RESTS.1));
            Some((clock(), rest))
        };
        for observation in told {
            self.errand.say(belongs, observation).await;
        }
    }

    fn forget(&mut self) {
        (self.asker, self.looked, self.short) = (None, None, None);
    }

    /// Whether the last survey fell short, and long enough ago: one page that timed out does not keep a gate until the schedule
    /// comes round.
    fn is_rested(&self) -> bool {
        self.short.is_some_and(|(at, rest)| clock().since(at) >= rest)
    }
}

//! Questions about promises: the sources of objectives and of invariants are asked as long as the controller runs, whether a
//! stage is exposed or not.

use std::sync::Arc;
use std::time::Duration;

use tidegate_engine::command::Request;
use tidegate_model::ask::{Cadence, LevelAsk};
use tidegate_model::objective::{Gauge, INVARIANT_EVERY_MIN, MeasuredOn, Promise};
use tidegate_model::seam::{Actor, Observation};
use tidegate_model::{Estate, Millis, Timestamp};
use tidegate_runtime::Handle;
use tidegate_signals::Asker;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::errand::SAY_AGAIN_AFTER;
use super::questions::Addresses;
use super::senses::tell;
use super::unsaid::{Holding, Told};
use super::world::clock;

/// The first questions about all promises are put within this time, one after the other, and so are those that follow: a source that
/// many are asked of is not asked for all of them at once.
const SPREAD_OVER: Millis = Millis::seconds(10);

/// Begins to ask for every promise of the estate that runs. The tasks go on until they are aborted.
pub(crate) fn begin(questions: &mut JoinSet<()>, handle: &Handle, addresses: &Arc<Addresses>) {
    let all = asked(&handle.view().estate);
    let many = u32::try_from(all.len()).unwrap_or(u32::MAX);
    for (place, one) in (0..).zip(all) {
        let (after, every) = rhythm(place, many, one.cadence.every);
        let round = Round {
            handle: handle.clone(),
            addresses: addresses.clone(),
            promise: one.promise,
            named: one.named,
            asker: Asker::level(one.ask, one.cadence),
            holding: Holding::of(one.gauge, one.cadence),
            silent_since: None,
        };
        questions.spawn(round.go_on(Instant::now() + after, every));
    }
}

/// When the question at this place of so many is put first, and how long after it the next. However often a plan asks: one that was
/// adopted by an earlier release may ask more often than `check` lets it.
fn rhythm(place: u32, many: u32, every: Millis) -> (Duration, Duration) {
    let after = Duration::from_millis(SPREAD_OVER.0) * place / many.max(1);
    (after, Duration::from_millis(every.max(INVARIANT_EVERY_MIN).0))
}

/// What is asked about a promise, and how often.
struct Asked {
    promise: Promise,
    named: String,
    ask: LevelAsk,
    gauge: Gauge,
    cadence: Cadence,
}

fn asked(estate: &Estate) -> Vec<Asked> {
    let domains = estate.domains().values();
    let objectives = domains.flat_map(|domain| {
        domain.objectives.iter().filter_map(|one| match &one.of {
            Some(MeasuredOn::Source(ask)) => Some(Asked {
                promise: Promise::Objective(domain.id.clone(), one.id.clone()),
                named: one.asked(),
                ask: ask.clone(),
                gauge: one.gauge()?,
                cadence: one.cadence()?,
            }),
            Some(MeasuredOn::Flow(_) | MeasuredOn::Route(_)) | None => None,
        })
    });
    let invariants = estate.invariants().values().map(|one| Asked {
        promise: Promise::Invariant(one.id.clone()),
        named: one.asked(),
        ask: one.violations.clone(),
        gauge: Gauge::Violations,
        cadence: one.cadence(),
    });
    objectives.chain(invariants).collect()
}

/// The questions about one promise.
struct Round {
    handle: Handle,
    addresses: Arc<Addresses>,
    promise: Promise,
    /// Names what is asked.
    named: String,
    asker: Asker,
    holding: Holding,
    silent_since: Option<Timestamp>,
}

impl Round {
    async fn go_on(mut self, first: Instant, every: Duration) {
        let mut clock_of_questions = tokio::time::interval_at(first, every);
        clock_of_questions.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            clock_of_questions.tick().await;
            let asked = clock();
            for observation in self.asker.ask(&self.addresses.sources, asked).await {
                let said = self.said(observation, asked);
                for told in self.holding.hear(said, asked) {
                    self.tell(told).await;
                }
            }
        }
    }

    /// What was said, with the beginning of a silence in it.
    fn said(&mut self, mut observation: Observation, asked: Timestamp) -> Observation {
        if let Observation::Silent(silence) = &mut observation {
            silence.since = *self.silent_since.get_or_insert(asked);
        } else {
            self.silent_since = None;
        }
        observation
    }

    /// Says it until the store has taken it: a slice of time that nobody wrote down would be neither good nor bad.
    async fn tell(&self, (unsaid, observation): Told) {
        let request = Request::ObservePromise {
            promise: self.promise.clone(),
            asked: self.named.clone(),
            unsaid,
            observation,
        };
        while !tell(&self.handle, Actor::Controller, request.clone()).await {
            tokio::time::sleep(SAY_AGAIN_AFTER).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_put_one_after_the_other_and_never_without_rest() {
        let seconds = Duration::from_secs;
        assert_eq!(rhythm(0, 1, Millis::minutes(1)), (seconds(0), seconds(60)));
        let after = |place| rhythm(place, 5, Millis(1)).0;
        assert_eq!([0, 1, 4].map(after), [seconds(0), seconds(2), seconds(8)]);
        assert_eq!(
            rhythm(0, 0, Millis(1)),
            (seconds(0), seconds(10)),
            "a plan may say 1 ms"
        );
    }
}

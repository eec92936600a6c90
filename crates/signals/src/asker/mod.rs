//! Puts one criterion's question again and again, and keeps what must be remembered between two questions.
//!
//! An asker belongs to one exposure: a new one begins with a new baseline, so that nothing counted before speaks for it.

mod batches;
mod before;
mod counting;
mod growth;
mod level;
mod side;

use std::collections::BTreeMap;

use tidegate_model::ask::{Cadence, CountAsk, Decimal, LevelAsk, Looks};
use tidegate_model::seam::{ArmCounts, Observation};
use tidegate_model::survey::SurveyAsk;
use tidegate_model::{SourceId, Timestamp};

use crate::source::Source;
use crate::survey::{self, Entrance};
use counting::Counting;
pub(crate) use growth::Totals;
use level::Levelling;

/// A number that a source told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// The number.
    pub(crate) value: Decimal,
    /// The moment it is about, where the source says one.
    pub(crate) at: Option<Timestamp>,
}

/// What one side counted at one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// Counting begins anew here: the first question, or a counter fell.
    Baseline,
    /// What came since the last question.
    Stream(ArmCounts),
    /// Batches that are there, told before or not.
    Batches(BTreeMap<String, ArmCounts>),
}

/// Asks one criterion's question again and again.
#[derive(Debug)]
pub struct Asker {
    question: Question,
    entrance: Option<Entrance>,
    silent_since: Option<Timestamp>,
}

#[derive(Debug)]
enum Question {
    Level(Box<Levelling>),
    Counts(Box<Counting>),
    Survey(Box<SurveyAsk>, Cadence),
}

impl Asker {
    /// Asks for one number.
    #[must_use]
    pub fn level(ask: LevelAsk, cadence: Cadence) -> Self {
        Self {
            question: Question::Level(Box::new(Levelling::new(ask, cadence))),
            entrance: None,
            silent_since: None,
        }
    }

    /// Asks for two counts, of the new side alone or of both. Both sides are always counted over the same interval: what
    /// one side counted while the other did not answer is told with the next answer of both. Batches whose name is neither
    /// a day nor a moment are told when they come after the first answer.
    #[must_use]
    pub fn counts(old: Option<CountAsk>, new: CountAsk, looks: Looks, cadence: Cadence) -> Self {
        Self {
            question: Question::Counts(Box::new(Counting::new(old, new, looks, cadence))),
            entrance: None,
            silent_since: None,
        }
    }

    /// Looks at pages or baskets one by one.
    #[must_use]
    pub fn survey(ask: SurveyAsk, cadence: Cadence) -> Self {
        Self {
            question: Question::Survey(Box::new(ask), cadence),
            entrance: None,
            silent_since: None,
        }
    }

    /// Surveys that go through a gateway go through this one from now on; without one they find nobody.
    pub fn enter_by(&mut self, entrance: Option<Entrance>) {
        self.entrance = entrance;
    }

    /// Asks once; takes no longer than the cadence's time-out, give or take the scheduler,
    /// and a survey no longer than its interval. Usually one observation;
    /// several when several batches are told at once. None at all where there is nothing to tell and nothing is wrong:
    /// the first question of a counter, the question at which one fell, and a question that finds no batch that was not
    /// told before, while the newest is not stale.
    pub async fn ask(&mut self, sources: &BTreeMap<SourceId, Source>, now: Timestamp) -> Vec<Observation> {
        let found = match &mut self.question {
            Question::Level(levelling) => levelling.ask(sources, now).await.map(|observation| vec![observation]),
            Question::Counts(counting) => counting.ask(sources, now).await,
            Question::Survey(ask, cadence) => survey::look(ask, sources, self.entrance.as_ref(), *cadence)
                .await
                .map(|found| vec![Observation::Surveyed { at: now, found }]),
        };
        match found {
            Ok(observations) => {
                self.silent_since = None;
                observations
            }
            Err(miss) => {
                let told = miss.told(now, self.silent_since.unwrap_or(now));
                self.silent_since = match &told {
                    Observation::Silent(silence) => Some(silence.since),
                    Observation::Equality { .. }
                    | Observation::Reconciled { .. }
                    | Observation::Surveyed { .. }
                    | Observation::Level { .. }
                    | Observation::Counts { .. }
                    | Observation::Nothing { .. }
                    | Observation::Unusable { .. } => None,
                };
                vec![told]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::Millis;
    use tidegate_model::ask::LevelQuestion;

    use super::*;

    #[test]
    fn a_question_can_be_put_from_any_thread() {
        fn is_send<T: Send>(_: T) {}
        let question = LevelQuestion::Prometheus { query: "up".into() };
        let on = SourceId::parse("shop").expect("it is a name");
        let cadence = Cadence {
            every: Millis::seconds(1),
            timeout: Millis::seconds(1),
            stale_after: Millis::seconds(1),
        };
        let mut asker = Asker::level(LevelAsk { on, question }, cadence);
        is_send(asker.ask(&BTreeMap::new(), Timestamp(0)));
    }
}

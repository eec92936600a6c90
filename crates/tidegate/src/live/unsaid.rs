//! Answers about a promise that are told together: good ones are held back until there are some, so that a promise that is kept
//! writes little, and what is not good is told at once, with those that were held back before it.

use tidegate_model::Timestamp;
use tidegate_model::ask::{Cadence, Decimal};
use tidegate_model::objective::{Gauge, Unsaid};
use tidegate_model::seam::Observation;

/// So many answers are told at once while all is well: with a question each minute, before an answer grows stale.
const TOGETHER: u32 = 5;

/// What is told at once.
pub(super) type Told = (Option<Unsaid>, Observation);

/// Good answers that were not told yet.
#[derive(Debug)]
pub(super) struct Holding {
    gauge: Gauge,
    cadence: Cadence,
    held: Option<Held>,
    /// Whether what was told last is a number: the first one after another answer is told at once, so that it is known again.
    is_telling: bool,
    /// The newest moment that was told or is held.
    newest: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    /// All of them, the last one too.
    unsaid: Unsaid,
    last: (Timestamp, Decimal),
}

impl Holding {
    pub(super) fn of(gauge: Gauge, cadence: Cadence) -> Self {
        Self {
            gauge,
            cadence,
            held: None,
            is_telling: false,
            newest: None,
        }
    }

    /// What there is to tell now that this was answered.
    pub(super) fn hear(&mut self, observation: Observation, asked: Timestamp) -> Vec<Told> {
        let number = match &observation {
            Observation::Level { at, value } if self.is_slice(*at, *value, asked) => Some((*at, *value)),
            Observation::Level { .. }
            | Observation::Equality { .. }
            | Observation::Reconciled { .. }
            | Observation::Surveyed { .. }
            | Observation::Counts { .. }
            | Observation::Nothing { .. }
            | Observation::Unusable { .. }
            | Observation::Silent(_) => None,
        };
        let Some((at, value)) = number else {
            let mut told: Vec<Told> = self.together().into_iter().collect();
            self.is_telling = matches!(observation, Observation::Level { .. });
            told.push((None, observation));
            return told;
        };
        // The same moment again is no further slice of time.
        if self.is_telling && self.newest.is_some_and(|newest| at <= newest) {
            return Vec::new();
        }
        self.newest = Some(at);
        let is_good = self.gauge.bound().is_some_and(|bound| bound.holds(value));
        if !std::mem::replace(&mut self.is_telling, true) || !is_good {
            return vec![(self.held.take().map(|held| held.unsaid), observation)];
        }
        let missing = self.missing(value);
        let held = self.held.get_or_insert(Held {
            unsaid: Unsaid {
                since: at,
                answers: 0,
                missing: 0,
            },
            last: (at, value),
        });
        held.unsaid.answers += 1;
        held.unsaid.missing += missing;
        held.last = (at, value);
        match held.unsaid.answers < TOGETHER {
            true => Vec::new(),
            false => self.together().into_iter().collect(),
        }
    }

    /// What is held back: the last of it, and the others as what was not told before it.
    fn together(&mut self) -> Option<Told> {
        let Held { mut unsaid, last } = self.held.take()?;
        let (at, value) = last;
        unsaid.answers -= 1;
        unsaid.missing -= self.missing(value);
        let before = (unsaid.answers > 0).then_some(unsaid);
        Some((before, Observation::Level { at, value }))
    }

    /// What is missing to 1 in a share, in millionths.
    fn missing(&self, value: Decimal) -> u64 {
        match self.gauge {
            Gauge::Shares(_) => u64::try_from(Decimal::ONE - value.0).unwrap_or(0),
            Gauge::Attempts | Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => 0,
        }
    }

    /// Whether a number is one of those that slices of time are counted from, and can be used.
    fn is_slice(&self, at: Timestamp, value: Decimal, asked: Timestamp) -> bool {
        let is_sliced = match self.gauge {
            Gauge::Slices(_) | Gauge::Shares(_) => true,
            Gauge::Attempts | Gauge::Shown(_) | Gauge::Violations => false,
        };
        is_sliced && self.gauge.is_possible(value) && asked.since(at) <= self.cadence.stale_after
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::PartsPerMillion;
    use tidegate_model::ask::Bound;
    use tidegate_model::objective::ASKED;
    use tidegate_model::seam::Silence;

    use super::*;

    fn minute(number: i64) -> Timestamp {
        Timestamp(number * 60_000)
    }

    fn value_of(observation: &Observation) -> Option<i64> {
        if let Observation::Level { value, .. } = observation {
            return Some(value.0);
        }
        assert!(matches!(observation, Observation::Silent(_)), "{observation:?}");
        None
    }

    /// What is told when these are answered, one a minute: answers that were held back and what is missing in them, and the number.
    fn told(gauge: Gauge, answers: &[Option<i64>]) -> Vec<String> {
        let mut holding = Holding::of(gauge, ASKED);
        let mut said = Vec::new();
        for (number, answer) in (0..).zip(answers) {
            let at = minute(number);
            let observation = match answer {
                Some(value) => Observation::Level {
                    at,
                    value: Decimal(*value),
                },
                None => Observation::Silent(Silence {
                    since: at,
                    reason: "no answer".into(),
                }),
            };
            for (unsaid, observation) in holding.hear(observation, at) {
                let before = unsaid.map_or(String::new(), |one| {
                    format!(
                        " after {} since {} lacking {}",
                        one.answers,
                        one.since.0 / 60_000,
                        one.missing
                    )
                });
                let told = match value_of(&observation) {
                    Some(value) => value.to_string(),
                    None => "silent".to_owned(),
                };
                said.push(format!("{number}: {told}{before}"));
            }
        }
        said
    }

    fn shares() -> Gauge {
        Gauge::Shares(PartsPerMillion::new(990_000).expect("a share"))
    }

    #[test]
    fn good_answers_are_told_five_at_a_time_and_none_of_them_is_lost() {
        assert_eq!(
            told(
                shares(),
                &[
                    Some(1_000_000),
                    Some(999_000),
                    Some(998_000),
                    Some(1_000_000),
                    Some(999_000),
                    Some(997_000)
                ]
            ),
            ["0: 1000000", "5: 997000 after 4 since 1 lacking 4000"]
        );
        let times = Gauge::Slices(Bound::AtMost(Decimal(300_000_000)));
        assert_eq!(
            told(times, &[Some(0); 11]),
            [
                "0: 0",
                "5: 0 after 4 since 1 lacking 0",
                "10: 0 after 4 since 6 lacking 0"
            ]
        );
    }

    #[test]
    fn a_bad_answer_and_a_silence_are_told_at_once_with_what_was_held_back() {
        assert_eq!(
            told(
                shares(),
                &[
                    Some(1_000_000),
                    Some(995_000),
                    Some(996_000),
                    Some(989_999),
                    Some(500_000)
                ]
            ),
            ["0: 1000000", "3: 989999 after 2 since 1 lacking 9000", "4: 500000"]
        );
        assert_eq!(
            told(
                shares(),
                &[
                    Some(1_000_000),
                    Some(995_000),
                    Some(996_000),
                    None,
                    None,
                    Some(1_000_000)
                ]
            ),
            [
                "0: 1000000",
                "3: 996000 after 1 since 1 lacking 5000",
                "3: silent",
                "4: silent",
                "5: 1000000"
            ]
        );
    }

    #[test]
    fn what_is_no_slice_of_time_is_told_as_it_comes() {
        for gauge in [Gauge::Violations, Gauge::Shown(Bound::AtLeast(Decimal(0)))] {
            assert_eq!(told(gauge, &[Some(0), Some(0), Some(3)]), ["0: 0", "1: 0", "2: 3"]);
        }
        // A share above 1 is nothing to add up.
        assert_eq!(
            told(shares(), &[Some(1_000_000), Some(1_000_000), Some(2_000_000)]),
            ["0: 1000000", "2: 1000000", "2: 2000000"]
        );
    }

    #[test]
    fn the_same_moment_told_again_is_told_once_and_an_old_one_as_it_is() {
        let mut holding = Holding::of(shares(), ASKED);
        let level = |at| Observation::Level {
            at,
            value: Decimal(1_000_000),
        };
        assert_eq!(holding.hear(level(minute(0)), minute(0)).len(), 1);
        for later in 1..=5 {
            assert_eq!(holding.hear(level(minute(0)), minute(later)), [], "{later}");
        }
        assert_eq!(
            holding.hear(level(minute(0)), minute(6)),
            [(None, level(minute(0)))],
            "stale"
        );
    }
}

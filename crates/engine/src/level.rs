//! The run of a number that a source tells: since when it lies beyond its bound, and since when within it. It keeps no
//! history, and judges nothing.

use serde::Serialize;
use tidegate_model::ask::{Bound, Decimal};
use tidegate_model::{Millis, Timestamp};

/// What is known of a number since the evidence began.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LevelRun {
    /// The newest number, and the moment it is about.
    pub newest: Option<(Timestamp, Decimal)>,
    /// When the newest answer came that could be used.
    pub received: Option<Timestamp>,
    /// Since when each number lies beyond the bound. Answers that are missing end no such run, unless they stay away for so
    /// long that nothing is known any more.
    pub beyond_since: Option<Timestamp>,
    /// The last moment of that run.
    pub beyond_until: Option<Timestamp>,
    /// Whether that run was found to be harm.
    pub is_harm: bool,
    /// Since when, under this step, each number lies within the bound and no answer is missing.
    pub within_since: Option<Timestamp>,
    /// Numbers told under this step.
    pub told: u64,
    /// Those of them that lay beyond the bound.
    pub told_beyond: u64,
}

impl LevelRun {
    /// Takes a number. One about a moment that is known already tells nothing new, but shows that the source lives.
    pub fn tell(&mut self, told: Told, bound: Bound, stale_after: Millis) {
        let is_gap = self
            .received
            .is_some_and(|received| told.received.since(received) > stale_after);
        self.received = Some(told.received);
        if is_gap {
            self.within_since = None;
            // What was between is not known; harm that was found is not excused by that.
            if !self.is_harm {
                self.beyond_since = None;
                self.beyond_until = None;
            }
        }
        // A source whose clock is a little ahead tells of now.
        let at = told.at.min(told.received);
        if self
            .newest
            .is_some_and(|(newest, value)| at < newest || (at == newest && value == told.value))
        {
            return;
        }
        self.newest = Some((at, told.value));
        self.told = self.told.saturating_add(1);
        if bound.holds(told.value) {
            self.beyond_since = None;
            self.beyond_until = None;
            self.is_harm = false;
            self.within_since = self.within_since.or((at >= told.step_began).then_some(at));
        } else {
            self.told_beyond = self.told_beyond.saturating_add(1);
            self.beyond_since = self.beyond_since.or(Some(at));
            self.beyond_until = Some(at);
            self.within_since = None;
        }
    }

    /// Notes that a question brought nothing to judge: what was within the bound before proves no lasting any more, what
    /// was beyond it is not excused.
    pub fn miss(&mut self) {
        self.within_since = None;
    }

    /// Notes that the run beyond the bound is harm; only a number within the bound ends it then.
    pub fn found_harm(&mut self) {
        self.is_harm = self.beyond_since.is_some();
    }

    /// A step begins: passing starts anew, the alarm does not.
    pub fn begin_step(&mut self) {
        self.within_since = None;
        self.told = 0;
        self.told_beyond = 0;
    }

    /// How long the numbers have been beyond the bound; none when the last was not.
    #[must_use]
    pub fn beyond_for(&self) -> Option<Millis> {
        Some(self.beyond_until?.since(self.beyond_since?))
    }

    /// How long the numbers have been within the bound under this step.
    #[must_use]
    pub fn within_for(&self) -> Option<Millis> {
        Some(self.newest?.0.since(self.within_since?))
    }
}

/// A number as it came.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The moment it is about.
    pub at: Timestamp,
    /// The number.
    pub value: Decimal,
    /// When it came.
    pub received: Timestamp,
    /// When the present step began.
    pub step_began: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Bound = Bound::AtMost(Decimal(10 * Decimal::ONE));

    fn run(told: &[(i64, Option<i64>)]) -> LevelRun {
        let mut run = LevelRun::default();
        for (second, value) in told {
            let at = Timestamp(second * 1_000);
            let Some(value) = value else {
                run.miss();
                continue;
            };
            let value = Decimal(value * Decimal::ONE);
            let told = Told {
                at,
                value,
                received: at,
                step_began: Timestamp(0),
            };
            run.tell(told, LIMIT, Millis::seconds(30));
        }
        run
    }

    #[test]
    fn a_missing_answer_ends_a_run_within_and_none_beyond() {
        let within = run(&[(0, Some(1)), (10, Some(2)), (20, None), (30, Some(3)), (40, Some(3))]);
        assert_eq!((within.within_for(), within.beyond_for()), (Some(Millis(10_000)), None));
        let beyond = run(&[(0, Some(11)), (10, None), (20, Some(12))]);
        assert_eq!((beyond.within_for(), beyond.beyond_for()), (None, Some(Millis(20_000))));
    }

    #[test]
    fn answers_that_stay_away_for_long_are_missing() {
        let run = run(&[(0, Some(1)), (31, Some(1)), (41, Some(1))]);
        assert_eq!(run.within_for(), Some(Millis(10_000)));
    }

    #[test]
    fn numbers_that_are_far_apart_prove_no_lasting_and_excuse_no_harm() {
        let far = run(&[(0, Some(11)), (10, Some(11)), (41, Some(11))]);
        assert_eq!(far.beyond_for(), Some(Millis(0)));
        let mut far = run(&[(41, Some(11)), (71, Some(11))]);
        far.found_harm();
        let mut after = |second: i64, value: i64| {
            let at = Timestamp(second * 1_000);
            let told = Told {
                at,
                value: Decimal(value * Decimal::ONE),
                received: at,
                step_began: Timestamp(0),
            };
            far.tell(told, LIMIT, Millis::seconds(30));
            far.beyond_for()
        };
        assert_eq!(after(141, 11), Some(Millis(100_000)));
        assert_eq!(
            (after(151, 9), after(161, 11), after(201, 11)),
            (None, Some(Millis(0)), Some(Millis(0)))
        );
    }

    #[test]
    fn one_good_number_ends_a_run_beyond() {
        let run = run(&[(0, Some(11)), (10, Some(9)), (20, Some(11))]);
        assert_eq!((run.within_for(), run.beyond_for()), (None, Some(Millis(0))));
    }

    #[test]
    fn a_moment_that_is_known_tells_nothing_new() {
        let mut run = run(&[(0, Some(1)), (10, Some(2))]);
        let old = Told {
            at: Timestamp(5_000),
            value: Decimal(99 * Decimal::ONE),
            received: Timestamp(11_000),
            step_began: Timestamp(0),
        };
        run.tell(old, LIMIT, Millis::seconds(30));
        assert_eq!((run.beyond_for(), run.told), (None, 2));
        assert_eq!(run.received, Some(Timestamp(11_000)));
    }

    #[test]
    fn a_step_starts_passing_anew_and_leaves_the_alarm() {
        let mut run = run(&[(0, Some(11)), (10, Some(12))]);
        run.begin_step();
        assert_eq!((run.beyond_for(), run.told), (Some(Millis(10_000)), 0));
    }
}

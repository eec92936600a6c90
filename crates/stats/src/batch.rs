//! The comparison for batches that come a known number of times, as a nightly job, a crawl or a daily file: a harm alarm
//! and a pass test with few looks each, which find smaller differences than the always-valid ones. It is no test for
//! streams, where nobody knows how often one will look.

use crate::blocks::{Blocks, Pushed};
use crate::boundary::VARIANCE_MIN;
use crate::cmh::HarmSums;
use crate::noninferior::Margin;
use crate::special::normal_quantile;
use crate::spending::Spending;
use crate::stratum::{Hits, PairedStratum};
use crate::verdict::{Alarm, Difference, Passing};

/// What the plan of looks is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// So many batches, at least one.
    Looks(u32),
    /// So many units on the new side, at least one, in however many batches.
    Units(u64),
}

/// What is taken off the sum of whole units before it is held against a normal boundary: half a unit.
///
/// # Source
/// Mantel & Haenszel, Journal of the National Cancer Institute 22, 1959: the continuity correction.
const CONTINUITY: f64 = 0.5;

/// Accumulator of both tests over batches; each batch is one stratum, and each look is at the end of one.
///
/// Each test spends its alpha by the O'Brien-Fleming type of schedule. Looks may come early, late, fewer or more than
/// planned: what is spent follows the part of the plan that is done, and beyond its end there is nothing left to spend, so
/// neither test says anything new then ([`Self::is_over`]). A batch that adds less than 2 % to the information waits for
/// the next. The variance is taken as [`VARIANCE_MIN`] times the part of the plan that is done at least: with few events, where the
/// normal approximation would find too much, both tests need more.
///
/// # Source
/// Lan & DeMets, Biometrika 70, 1983; Jennison & Turnbull, "Group Sequential Methods with Applications to Clinical
/// Trials", 2000, chapters 7 (spending), 9 (repeated intervals) and 11 (binary outcomes).
#[derive(Debug, Clone, PartialEq)]
pub struct BatchTest {
    hits: Hits,
    margin: Margin,
    planned: Planned,
    batches: u64,
    sums: HarmSums,
    blocks: Blocks,
    harm: Spending,
    pass: Spending,
    was_harm: bool,
    was_pass: bool,
    shown: Option<Difference>,
}

impl BatchTest {
    /// Tests of which the alarm sounds with chance `alpha_harm` at most when the new side is not worse, and the pass comes
    /// with chance `alpha_pass` at most when it is worse by the margin. `None` for an alpha out of `(0, 0.5)`, a margin out
    /// of its range or a plan of nothing.
    #[must_use]
    pub fn new(hits: Hits, margin: Margin, alpha_harm: f64, alpha_pass: f64, planned: Planned) -> Option<Self> {
        let is_something = match planned {
            Planned::Looks(looks) => looks > 0,
            Planned::Units(units) => units > 0,
        };
        if !is_something || !margin.is_possible(hits) {
            return None;
        }
        Some(Self {
            hits,
            margin,
            planned,
            batches: 0,
            sums: HarmSums::new(hits),
            blocks: Blocks::default(),
            harm: Spending::new(alpha_harm)?,
            pass: Spending::new(alpha_pass)?,
            was_harm: false,
            was_pass: false,
            shown: None,
        })
    }

    /// Takes one batch and looks with both tests. More hits than units silence both for good.
    pub fn push(&mut self, batch: PairedStratum) {
        self.sums.push(batch);
        match self.blocks.push(batch) {
            Pushed::Unsound => return,
            // A batch that did not fill a block adds nothing to the pass test, but the alarm looks at it all the same.
            Pushed::Filled | Pushed::Waits => {}
        }
        self.batches = self.batches.saturating_add(1);
        let fraction = self.fraction();
        if self.sums.can_speak() {
            let information = self.information_harm();
            if let Some(boundary) = self.harm.look(fraction, information) {
                self.was_harm |= self.sums.lost_so_far() - CONTINUITY >= boundary * libm::sqrt(information);
                if fraction < 1.0 || boundary.is_finite() {
                    self.shown = self.sums.difference_at(boundary, self.floor());
                }
            }
        }
        let information = self.information_pass();
        if self.blocks.variance(self.hits, self.margin) > 0.0
            && let Some(boundary) = self.pass.look(fraction, information)
        {
            self.was_pass |= self.distance() >= boundary * libm::sqrt(information);
        }
    }

    /// Harm once the boundary was reached at any look.
    pub fn alarm(&self) -> Alarm {
        if !self.sums.can_speak() {
            Alarm::CannotSpeak
        } else if self.was_harm {
            Alarm::Harm
        } else {
            Alarm::Quiet
        }
    }

    /// Pass once the boundary was reached at a look, for as long as a test of the present sums alone would find the same:
    /// a side that turns bad takes its pass back.
    pub fn passing(&self) -> Passing {
        if !self.blocks.is_sound() {
            Passing::CannotSpeak
        } else if self.blocks.variance(self.hits, self.margin) <= 0.0 {
            Passing::NotYet { units_needed: None }
        } else if self.was_pass && self.growth_needed().is_some_and(|growth| growth <= 1.0) {
            Passing::Pass
        } else {
            Passing::NotYet {
                units_needed: self.units_needed(),
            }
        }
    }

    /// Share of hits, new less old, at the last look of the plan, with an interval that holds at all its looks together
    /// with chance `1 - 2 alpha_harm`; it is as wide as can be while the schedule has nothing to spend yet. `None` before
    /// the first look.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        self.shown
    }

    /// Successes lost so far, or bad events too many, against the old side in the same batches.
    #[must_use]
    pub fn lost_so_far(&self) -> f64 {
        self.sums.lost_so_far()
    }

    /// Batches so far.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// Part of the plan that is done, above 1 beyond its end.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        match self.planned {
            Planned::Looks(looks) => self.batches as f64 / f64::from(looks),
            Planned::Units(units) => self.sums.units_new() as f64 / units as f64,
        }
    }

    /// True when all looks of the plan are done: what was not found by now will not be.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.fraction() >= 1.0
    }

    /// Chance of a false alarm that the looks so far have together; at most `alpha_harm`.
    #[must_use]
    pub fn spent_on_harm(&self) -> f64 {
        self.harm.spent()
    }

    /// Chance of a false pass that the looks so far have together; at most `alpha_pass`.
    #[must_use]
    pub fn spent_on_pass(&self) -> f64 {
        self.pass.spent()
    }

    fn floor(&self) -> f64 {
        VARIANCE_MIN * self.fraction().min(1.0)
    }

    fn information_harm(&self) -> f64 {
        self.sums.variance().max(self.floor())
    }

    fn information_pass(&self) -> f64 {
        self.blocks.variance(self.hits, self.margin).max(self.floor())
    }

    fn distance(&self) -> f64 {
        self.blocks.distance(self.hits, self.margin)
    }

    /// How many times the present sample a test of it alone needs at the present shares; `None` when they point the wrong
    /// way.
    fn growth_needed(&self) -> Option<f64> {
        let reach = normal_quantile(1.0 - self.pass.alpha());
        let distance = self.distance();
        (distance > 0.0).then(|| reach * reach * self.information_pass() / (distance * distance))
    }

    /// At least so many units: the schedule may ask for more.
    fn units_needed(&self) -> Option<u64> {
        if self.is_over() {
            return None;
        }
        let more = libm::ceil((self.growth_needed()? - 1.0) * self.sums.units_new() as f64);
        Some(more.max(1.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::stratum::ArmCounts;

    fn batch(n: u64, a: u64, m: u64, b: u64) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a))
    }

    fn test(planned: Planned) -> BatchTest {
        BatchTest::new(Hits::Bad, Margin::Absolute(0.01), 0.025, 0.05, planned).unwrap()
    }

    #[test]
    fn harm_and_pass_are_found_and_speak_of_the_same_counts() {
        let mut worse = test(Planned::Looks(10));
        (0..10).for_each(|_| worse.push(batch(1_000, 60, 1_000, 40)));
        assert_eq!(worse.alarm(), Alarm::Harm);
        assert!(matches!(worse.passing(), Passing::NotYet { units_needed: None }));
        assert!((worse.lost_so_far() - 100.0).abs() < 1e-9);
        let shown = worse.difference().unwrap();
        assert!(
            shown.low_pp > 0.0 && shown.low_pp < 2.0 && shown.high_pp > 2.0,
            "{shown:?}"
        );

        let mut equal = test(Planned::Looks(10));
        (0..10).for_each(|_| equal.push(batch(1_000, 40, 1_000, 40)));
        assert_eq!((equal.alarm(), equal.passing()), (Alarm::Quiet, Passing::Pass));
        assert!(equal.is_over());
    }

    #[test]
    fn nothing_new_is_said_beyond_the_plan() {
        let mut late = test(Planned::Looks(4));
        (0..4).for_each(|_| late.push(batch(1_000, 40, 1_000, 40)));
        let (harm, pass) = (late.spent_on_harm(), late.spent_on_pass());
        assert!((harm - 0.025).abs() < 1e-12 && (pass - 0.05).abs() < 1e-12);
        (0..40).for_each(|_| late.push(batch(1_000, 90, 1_000, 40)));
        assert_eq!(late.alarm(), Alarm::Quiet);
        assert_eq!((late.spent_on_harm(), late.spent_on_pass()), (harm, pass));
    }

    #[test]
    fn a_side_that_turns_bad_takes_its_pass_back() {
        let mut test = test(Planned::Looks(4));
        (0..4).for_each(|_| test.push(batch(2_000, 40, 2_000, 40)));
        assert_eq!(test.passing(), Passing::Pass);
        (0..4).for_each(|_| test.push(batch(2_000, 100, 2_000, 40)));
        assert_eq!(test.passing(), Passing::NotYet { units_needed: None });
    }

    /// Both sides without an event: at the margin of 1 % so many units without one come with chance `0.99^n`, which is
    /// below alpha from 299 on.
    #[test]
    fn clean_batches_pass_only_after_enough_units() {
        let mut test = BatchTest::new(Hits::Bad, Margin::Absolute(0.01), 0.025, 0.05, Planned::Units(4_000)).unwrap();
        let mut units = 0;
        while test.passing() != Passing::Pass {
            test.push(batch(100, 0, 100, 0));
            units += 100;
            assert!(units <= 4_000, "never passed");
        }
        assert!(units > 300, "{units}");
    }

    #[test]
    fn empty_one_sided_and_absurd_batches_cannot_speak() {
        let mut one_sided = test(Planned::Looks(4));
        assert_eq!(one_sided.alarm(), Alarm::CannotSpeak);
        one_sided.push(batch(5_000, 5, 0, 0));
        assert_eq!(one_sided.alarm(), Alarm::CannotSpeak);
        assert_eq!(one_sided.passing(), Passing::NotYet { units_needed: None });
        assert_eq!(one_sided.difference(), None);
        let mut absurd = test(Planned::Looks(4));
        absurd.push(batch(10, 11, 10, 0));
        assert_eq!(
            (absurd.alarm(), absurd.passing()),
            (Alarm::CannotSpeak, Passing::CannotSpeak)
        );
        assert_eq!(
            BatchTest::new(Hits::Bad, Margin::Absolute(0.01), 0.05, 0.05, Planned::Looks(0)),
            None
        );
        assert_eq!(
            BatchTest::new(Hits::Good, Margin::Relative(1.0), 0.05, 0.05, Planned::Looks(9)),
            None
        );
    }
}

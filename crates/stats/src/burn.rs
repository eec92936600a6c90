//! Error budgets and how fast they burn: integer counts in, exact comparisons out. It keeps nothing and knows no clock; what
//! was counted when is the business of [`crate::history`].
//!
//! # Source
//! Beyer et al., The Site Reliability Workbook (2018), chapter 5, "Alerting on SLOs": multiple windows, multiple burn rates.

/// Milliseconds in an hour.
const HOUR_MS: u64 = 3_600_000;

/// What a budget is for: 30 days, in milliseconds.
pub const PERIOD_MS: u64 = 30 * 24 * HOUR_MS;

/// Fewer attempts or answers than this that told of anything bad in the long window page nobody: one failure of few attempts says
/// nothing about a rate.
pub const BAD_AT_LEAST: u64 = 2;

/// One, in parts per million and in millionths.
const MILLION: u64 = 1_000_000;

/// What a slice of time weighs of which a share was told.
pub const SLICE: u64 = MILLION;

/// How many there were, and how many of them were bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All of them.
    pub total: u64,
    /// The bad ones among them; never above `total`.
    pub bad: u64,
    /// How many attempts or answers told of anything bad: the evidence behind `bad`, whatever each of them weighs.
    pub told_bad: u64,
}

impl Count {
    /// Both counts; more bad ones than there were at all is all of them.
    #[must_use]
    pub fn new(total: u64, bad: u64) -> Self {
        let bad = bad.min(total);
        Self {
            total,
            bad,
            told_bad: bad,
        }
    }

    /// One answer that told a share of bad ones, in parts per million: it weighs [`SLICE`], whatever it was a share of.
    #[must_use]
    pub fn share(bad_ppm: u64) -> Self {
        let bad = bad_ppm.min(SLICE);
        Self {
            total: SLICE,
            bad,
            told_bad: u64::from(bad > 0),
        }
    }

    /// Both together; counts stop at the largest integer.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            total: self.total.saturating_add(other.total),
            bad: self.bad.saturating_add(other.bad),
            told_bad: self.told_bad.saturating_add(other.told_bad),
        }
    }
}

/// The share that may be bad, in parts per million: above nothing, at most everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(u64);

impl Budget {
    /// The budget that a target leaves, such as 1,000 of 999,000. A target of everything leaves none, which is no budget.
    #[must_use]
    pub fn of_target(target_ppm: u32) -> Option<Self> {
        let left = MILLION.checked_sub(u64::from(target_ppm))?;
        (left > 0).then_some(Self(left))
    }

    /// In parts per million.
    #[must_use]
    pub fn ppm(self) -> u64 {
        self.0
    }

    /// How many times as fast as it lasts the budget goes, at 1 exactly; none without any, which is neither 0 nor 1.
    #[must_use]
    pub fn burn(self, count: Count) -> Option<f64> {
        (count.total > 0).then(|| count.bad as f64 / count.total as f64 * (MILLION as f64 / self.0 as f64))
    }

    /// The share of the budget that is left, below 0 when it is overspent; none without any.
    #[must_use]
    pub fn left(self, count: Count) -> Option<f64> {
        self.burn(count).map(|spent| 1.0 - spent)
    }

    /// Whether it goes faster than this, exactly; none without any.
    #[must_use]
    pub fn burns_above(self, count: Count, factor: Factor) -> Option<bool> {
        let bad = u128::from(count.bad) * u128::from(MILLION * MILLION);
        let most = self.at(factor, count);
        (count.total > 0).then_some(bad > most)
    }

    /// Whether it goes slower than this, exactly; none without any.
    #[must_use]
    pub fn burns_below(self, count: Count, factor: Factor) -> Option<bool> {
        let bad = u128::from(count.bad) * u128::from(MILLION * MILLION);
        let least = self.at(factor, count);
        (count.total > 0).then_some(bad < least)
    }

    /// As many bad ones as go exactly this fast, in millionths of millionths.
    fn at(self, factor: Factor, count: Count) -> u128 {
        (u128::from(factor.0) * u128::from(self.0)).saturating_mul(u128::from(count.total))
    }

    /// Whether it can go faster than this at all: where everything being bad is not enough, an alert never fires.
    #[must_use]
    pub fn can_burn_above(self, factor: Factor) -> bool {
        u128::from(factor.0) * u128::from(self.0) < u128::from(MILLION * MILLION)
    }
}

/// A burn rate, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(u64);

impl Factor {
    /// From millionths, such as 1,000,000 for 1.
    #[must_use]
    pub const fn millionths(rate: u64) -> Self {
        Self(rate)
    }

    /// The rate that spends this share of the budget of a period within a window; rounded down to a millionth.
    #[must_use]
    pub const fn spending(share_ppm: u64, period_ms: u64, window_ms: u64) -> Self {
        Self(share_ppm * (period_ms / 1_000) / (window_ms / 1_000))
    }

    /// In millionths.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// A pair of windows that an alert looks through: the long one says that much was spent, the short one that it still goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The long window in milliseconds.
    pub long_ms: u64,
    /// The short one, a twelfth of it.
    pub short_ms: u64,
    /// The rate above which both are too fast.
    pub factor: Factor,
}

/// 2 % of the budget of 30 days within an hour: a person is called at once.
pub const QUICK: Pair = Pair {
    long_ms: HOUR_MS,
    short_ms: HOUR_MS / 12,
    factor: Factor::spending(20_000, PERIOD_MS, HOUR_MS),
};

/// 5 % of the budget of 30 days within six hours: a person is called too.
pub const SLOW: Pair = Pair {
    long_ms: 6 * HOUR_MS,
    short_ms: HOUR_MS / 2,
    factor: Factor::spending(50_000, PERIOD_MS, 6 * HOUR_MS),
};

impl Pair {
    /// Whether both windows burn too fast, on enough bad ones. Without any in a window nothing is known, and nobody is called.
    #[must_use]
    pub fn fires(&self, budget: Budget, long: Count, short: Count) -> bool {
        let above = |count| budget.burns_above(count, self.factor) == Some(true);
        long.told_bad >= BAD_AT_LEAST && above(long) && above(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * HOUR_MS;

    fn budget(target_ppm: u32) -> Budget {
        Budget::of_target(target_ppm).expect("a target below everything")
    }

    #[test]
    fn factors_are_those_of_published_alert_windows() {
        let factor = |share: u64, days: u64, hours: u64| Factor::spending(share, days * DAY_MS, hours * HOUR_MS).get();
        for (share, days, hours, published) in [
            (20_000, 30, 1, 14_400_000),
            (50_000, 30, 6, 6_000_000),
            (100_000, 30, 24, 3_000_000),
            (100_000, 30, 72, 1_000_000),
            (20_000, 28, 1, 13_440_000),
            (50_000, 28, 6, 5_600_000),
            (100_000, 28, 24, 2_800_000),
            (100_000, 28, 72, 933_333),
            (80_000, 7, 1, 13_440_000),
            (125_000, 7, 6, 3_500_000),
            (200_000, 7, 24, 1_400_000),
            (420_000, 7, 72, 980_000),
        ] {
            assert_eq!(
                factor(share, days, hours),
                published,
                "{share} ppm of {days} d in {hours} h"
            );
        }
        assert_eq!((QUICK.factor.get(), SLOW.factor.get()), (14_400_000, 6_000_000));
    }

    #[test]
    fn an_alert_that_cannot_fire_is_told_apart_at_the_published_targets() {
        // 1 - 1/F: 93.06 % for 14.4, 83.3 % for 6, 66.7 % for 3.
        for (factor, silent, can) in [
            (14_400_000, 930_555, 930_556),
            (6_000_000, 833_333, 833_334),
            (3_000_000, 666_666, 666_667),
        ] {
            let factor = Factor::millionths(factor);
            assert!(!budget(silent).can_burn_above(factor), "{silent}");
            assert!(budget(can).can_burn_above(factor), "{can}");
            let all_bad = Count::new(1_000, 1_000);
            assert_eq!(budget(silent).burns_above(all_bad, factor), Some(false));
            assert_eq!(budget(can).burns_above(all_bad, factor), Some(true));
        }
    }

    #[test]
    fn without_any_nothing_is_known() {
        let none = Count::default();
        let budget = budget(999_000);
        assert_eq!((budget.burn(none), budget.left(none)), (None, None));
        assert_eq!(budget.burns_above(none, QUICK.factor), None);
        let bad = Count::new(100, 100);
        assert!(QUICK.fires(budget, bad, bad));
        assert!(!QUICK.fires(budget, none, bad) && !QUICK.fires(budget, bad, none));
    }

    #[test]
    fn a_rate_is_compared_exactly_and_one_bad_one_is_no_evidence() {
        let budget = budget(999_000);
        assert_eq!(budget.ppm(), 1_000);
        // 14.4 times 0.1 % is 144 of 10,000.
        let at = Count::new(10_000, 144);
        let above = Count::new(10_000, 145);
        assert_eq!(budget.burns_above(at, QUICK.factor), Some(false));
        assert_eq!(budget.burns_above(above, QUICK.factor), Some(true));
        assert!(!QUICK.fires(budget, at, above) && !QUICK.fires(budget, above, at));
        assert!(QUICK.fires(budget, above, above));
        let one = Count::new(1, 1);
        assert!(!QUICK.fires(budget, one, one), "one failure at night");
        assert!(QUICK.fires(budget, Count::new(2, 2), one));
        let largest = Count::new(u64::MAX, u64::MAX);
        assert_eq!(budget.burns_above(largest, QUICK.factor), Some(true));
    }

    #[test]
    fn a_share_weighs_as_a_slice_and_two_slices_are_the_least_evidence() {
        let budget = budget(999_000);
        let slices =
            |number: u64, bad_ppm| (0..number).fold(Count::default(), |sum, _| sum.plus(Count::share(bad_ppm)));
        // One and a half times the budget, all the time, is no reason to call anybody; 14.5 times is.
        assert!(!QUICK.fires(budget, slices(60, 1_500), slices(5, 1_500)));
        assert!(!SLOW.fires(budget, slices(360, 1_500), slices(30, 1_500)));
        assert!(QUICK.fires(budget, slices(60, 14_500), slices(5, 14_500)));
        let one = slices(1, SLICE);
        assert!(!QUICK.fires(budget, one, one), "two millionths are not two bad ones");
        assert!(QUICK.fires(budget, slices(2, SLICE), one));
    }

    #[test]
    fn a_target_of_everything_has_no_budget() {
        assert_eq!(Budget::of_target(1_000_000), None);
        assert_eq!(Budget::of_target(1_000_001), None);
        assert_eq!(Count::new(3, 9), Count::new(3, 3));
        assert_eq!(Count::share(2 * SLICE), Count::share(SLICE));
    }
}

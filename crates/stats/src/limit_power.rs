//! What the test of a limit can see and how long a pass takes: unit by unit while counts are small, by the bell curve
//! beyond.

use crate::bernoulli::{self, ShareTest};
use crate::boundary::tuned_r;
use crate::crossing::{Drift, Height};
use crate::walk::Meets;

/// Units that are counted one by one; hits are many when there are more.
const UNITS_MAX: usize = 32_768;

/// Traffic of one side that is held against a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitTraffic {
    /// Units per second.
    pub per_s: f64,
    /// Largest share of hits that is allowed, in `(0, 1)`.
    pub limit: f64,
    /// Length of a stratum in seconds: a verdict can only fall at its end.
    pub stratum_s: f64,
}

impl LimitTraffic {
    /// Chance that the alarm sounds within `seconds` when the share is `share`, above the limit; `None` for numbers out of
    /// range.
    #[must_use]
    pub fn harm_chance(&self, share: f64, alpha: f64, seconds: f64) -> Option<f64> {
        if !(share > self.limit && share <= 1.0) {
            return None;
        }
        self.foresee(alpha, seconds, Verdict::Harm)?.chance(share)
    }

    /// Smallest share above the limit that the alarm sees within `seconds` with `chance`; `None` when not even a share of
    /// 1 is seen, or numbers are out of range.
    #[must_use]
    pub fn smallest_visible(&self, alpha: f64, seconds: f64, chance: f64) -> Option<f64> {
        const HALVINGS: u32 = 24;
        let foreseen = self.foresee(alpha, seconds, Verdict::Harm)?;
        let is_seen = |share: f64| foreseen.chance(share).is_some_and(|found| found >= chance);
        if !is_seen(1.0) {
            return None;
        }
        let (mut unseen, mut seen) = (self.limit, 1.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (unseen + seen);
            if is_seen(middle) {
                seen = middle;
            } else {
                unseen = middle;
            }
        }
        Some(seen)
    }

    /// Seconds until the test has passed with `chance` when the share is `share`, below the limit; `None` beyond
    /// [`crate::power::SECONDS_MAX`] or for numbers out of range.
    #[must_use]
    pub fn seconds_until_pass(&self, share: f64, alpha: f64, chance: f64) -> Option<f64> {
        if !(share >= 0.0 && share < self.limit && chance > 0.0 && chance < 1.0) {
            return None;
        }
        let mut seconds = self.stratum_s.max(1.0 / self.per_s);
        while (seconds * self.per_s) < UNITS_MAX as f64 {
            seconds *= 4.0;
            let foreseen = self.foresee(alpha, seconds.min(UNITS_MAX as f64 / self.per_s), Verdict::Pass)?;
            if let Some(units) = foreseen.units_until(share, chance) {
                // A stratum ends when its time is over, not when it is full: half of one is waited on average.
                return Some((units / self.per_s).max(self.stratum_s));
            }
        }
        self.drift(self.limit - share, share)
            .seconds_until(&self.height(alpha)?, chance)
    }

    fn foresee(&self, alpha: f64, seconds: f64, verdict: Verdict) -> Option<Foreseen> {
        let is_rate = |rate: f64| rate > 0.0 && rate.is_finite();
        if !is_rate(self.per_s) || !is_rate(self.stratum_s) || !is_rate(seconds) {
            return None;
        }
        let test = ShareTest::new(self.limit, alpha)?;
        let units = libm::floor(self.per_s * seconds);
        if units > UNITS_MAX as f64 {
            return Some(Foreseen::Curve {
                traffic: *self,
                height: self.height(alpha)?,
                seconds,
            });
        }
        let look = libm::floor(self.per_s * self.stratum_s).max(1.0) as usize;
        Some(Foreseen::Walk(verdict.bounds(&test, units as usize, look)))
    }

    fn height(&self, alpha: f64) -> Option<Height> {
        let r = tuned_r(bernoulli::V_STAR, alpha);
        r.is_finite().then_some(Height::TwoSided { r, alpha })
    }

    fn drift(&self, distance: f64, share: f64) -> Drift {
        Drift {
            mean: self.per_s * distance,
            variance: self.per_s * share * (1.0 - share),
            judged_variance: self.per_s * self.limit * (1.0 - self.limit),
            look_s: self.stratum_s,
        }
    }
}

#[derive(Clone, Copy)]
enum Verdict {
    Harm,
    Pass,
}

impl Verdict {
    /// Hits that bring the verdict at each number of units, looked at after every `look` of them.
    fn bounds(self, test: &ShareTest, units_max: usize, look: usize) -> Meets {
        let excludes = |hits: u32, units: usize| test.excludes_limit(f64::from(hits), units as f64);
        match self {
            Self::Harm => {
                let mut least = 0_u32;
                Meets::AtLeast(
                    (1..=units_max)
                        .map(|units| {
                            if units % look != 0 {
                                return None;
                            }
                            let is_above = |hits: u32| f64::from(hits) > test.limit() * units as f64;
                            while (least as usize) <= units && !(is_above(least) && excludes(least, units)) {
                                least += 1;
                            }
                            ((least as usize) <= units).then_some(least)
                        })
                        .collect(),
                )
            }
            Self::Pass => {
                let mut next = 0_u32;
                Meets::AtMost(
                    (1..=units_max)
                        .map(|units| {
                            if units % look != 0 {
                                return None;
                            }
                            let is_below = |hits: u32| f64::from(hits) < test.limit() * units as f64;
                            while is_below(next) && excludes(next, units) {
                                next += 1;
                            }
                            next.checked_sub(1)
                        })
                        .collect(),
                )
            }
        }
    }
}

/// What is needed to tell chances within one time.
enum Foreseen {
    Walk(Meets),
    Curve {
        traffic: LimitTraffic,
        height: Height,
        seconds: f64,
    },
}

impl Foreseen {
    fn chance(&self, share: f64) -> Option<f64> {
        match self {
            Self::Walk(meets) => Some(meets.chances(share).last().copied().unwrap_or(0.0)),
            Self::Curve {
                traffic,
                height,
                seconds,
            } => traffic
                .drift(share - traffic.limit, share)
                .chance_within(height, *seconds),
        }
    }

    fn units_until(&self, share: f64, chance: f64) -> Option<f64> {
        match self {
            Self::Walk(meets) => {
                let at = meets.chances(share).iter().position(|found| *found >= chance)?;
                Some((at + 1) as f64)
            }
            Self::Curve { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const TRAFFIC: LimitTraffic = LimitTraffic {
        per_s: 10.0,
        limit: 0.01,
        stratum_s: 1.0,
    };

    #[test]
    fn more_time_sees_smaller_breaches() {
        let at = |seconds| TRAFFIC.smallest_visible(0.025, seconds, 0.8).unwrap();
        let (minute, hour, day) = (at(60.0), at(3_000.0), at(86_400.0));
        assert!(minute > hour && hour > day && day > 0.01, "{minute} {hour} {day}");
        assert_eq!(TRAFFIC.smallest_visible(0.025, 0.1, 0.8), None);
    }

    /// Where counting ends and the bell curve begins, the two say nearly the same.
    #[test]
    fn counting_and_the_curve_meet() {
        let seconds = UNITS_MAX as f64 / TRAFFIC.per_s;
        let counted = TRAFFIC.smallest_visible(0.025, seconds, 0.8).unwrap() - 0.01;
        let curved = TRAFFIC.smallest_visible(0.025, seconds + 1.0, 0.8).unwrap() - 0.01;
        assert!((counted - curved).abs() < 0.05 * counted, "{counted} {curved}");
    }

    #[test]
    fn what_cannot_be_is_none() {
        assert_eq!(TRAFFIC.harm_chance(0.005, 0.025, 60.0), None);
        assert_eq!(TRAFFIC.seconds_until_pass(0.01, 0.025, 0.8), None);
        assert_eq!(TRAFFIC.harm_chance(0.5, 0.5, 60.0), None);
        let none = LimitTraffic { per_s: 0.0, ..TRAFFIC };
        assert_eq!(none.harm_chance(0.5, 0.05, 60.0), None);
    }
}

//! The objective test: is the share of bad units on one side at most its limit? One sample, no comparison.

use crate::boundary::tuned_r;
use crate::special::ln_beta;
use crate::stratum::ArmCounts;
use crate::verdict::{Alarm, Interval, Passing};

/// Variance of the count at which the mixture is sharpest; small, as gross breaches must be seen soon.
pub(crate) const V_STAR: f64 = 20.0;

/// Accumulator of the beta-binomial mixture for "the share of hits is at most the limit".
///
/// `E(q) = B(s + A, f + B) / B(A, B) / (q^s (1 - q)^f)` is a martingale when the true share is `q`; it falls in `q`
/// below the observed share and rises above it. So `E(limit) >= 1 / alpha` with the observed share above the limit
/// rejects every share up to the limit at once, and the other direction likewise: one boundary, two verdicts, chance of
/// any wrong one `alpha` at most.
///
/// # Source
/// Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm identification",
/// Bernoulli 28(3), 2022.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareTest {
    limit: f64,
    alpha: f64,
    prior_hits: f64,
    prior_rest: f64,
    counts: ArmCounts,
    was_harm: bool,
    is_sound: bool,
}

impl ShareTest {
    /// A test of "share of hits <= `limit`" that is wrong with chance `alpha` at most; `None` unless `0 < limit < 1`
    /// and `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(limit: f64, alpha: f64) -> Option<Self> {
        let r = tuned_r(V_STAR, alpha);
        if !(r.is_finite() && limit > 0.0 && limit < 1.0) {
            return None;
        }
        let prior_units = r / (limit * (1.0 - limit));
        Some(Self {
            limit,
            alpha,
            prior_hits: prior_units * limit,
            prior_rest: prior_units * (1.0 - limit),
            counts: ArmCounts::default(),
            was_harm: false,
            is_sound: true,
        })
    }

    /// The test after these strata.
    #[must_use]
    pub fn fold(limit: f64, alpha: f64, strata: &[ArmCounts]) -> Option<Self> {
        let mut test = Self::new(limit, alpha)?;
        strata.iter().for_each(|stratum| test.push(*stratum));
        Some(test)
    }

    /// Takes one stratum and looks. More hits than units silence the test for good.
    pub fn push(&mut self, stratum: ArmCounts) {
        if !stratum.is_sound() {
            self.is_sound = false;
            return;
        }
        self.counts = self.counts + stratum;
        self.was_harm = self.was_harm || self.is_rejected(Above::Limit);
    }

    /// Harm once "the share is at most the limit" was rejected at any look.
    pub fn alarm(&self) -> Alarm {
        if !self.is_sound || self.counts.n == 0 {
            Alarm::CannotSpeak
        } else if self.was_harm {
            Alarm::Harm
        } else {
            Alarm::Quiet
        }
    }

    /// Pass when "the share is at least the limit" is rejected at this look, without a latch.
    pub fn passing(&self) -> Passing {
        if !self.is_sound {
            Passing::CannotSpeak
        } else if self.counts.n == 0 {
            Passing::NotYet { units_needed: None }
        } else if self.is_rejected(Above::Observed) {
            Passing::Pass
        } else {
            Passing::NotYet {
                units_needed: self.units_needed(),
            }
        }
    }

    /// Largest share that is allowed.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Units and hits so far.
    #[must_use]
    pub fn counts(&self) -> ArmCounts {
        self.counts
    }

    /// Logarithm of the evidence against a share equal to the limit.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.ln_evidence_against(self.limit)
    }

    /// Shares not excluded, an interval that holds at every look with chance `1 - alpha`; `None` without units.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        if !self.is_sound || self.counts.n == 0 {
            return None;
        }
        let observed = self.counts.share();
        Some(Interval {
            low: self.edge(0.0, observed),
            high: self.edge(1.0, observed),
        })
    }

    /// Evidence at which a share is excluded.
    #[must_use]
    pub fn ln_evidence_needed(&self) -> f64 {
        -libm::log(self.alpha)
    }

    fn ln_evidence_against(&self, q: f64) -> f64 {
        let hits = self.counts.hits_f();
        let rest = self.counts.units() - hits;
        mixture_ln_evidence([hits, rest], [self.prior_hits, self.prior_rest], q)
    }

    fn is_rejected(&self, side: Above) -> bool {
        let observed = self.counts.share();
        let points_there = match side {
            Above::Limit => observed > self.limit,
            Above::Observed => observed < self.limit,
        };
        points_there && self.ln_evidence() >= self.ln_evidence_needed()
    }

    /// Bisects between an impossible share and the observed one.
    fn edge(&self, outer: f64, observed: f64) -> f64 {
        const HALVINGS: u32 = 60;
        if outer == observed {
            return outer;
        }
        let (mut excluded, mut kept) = (outer, observed);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (excluded + kept);
            if self.ln_evidence_against(middle) >= self.ln_evidence_needed() {
                excluded = middle
            } else {
                kept = middle
            }
        }
        excluded
    }

    fn units_needed(&self) -> Option<u64> {
        if self.counts.share() >= self.limit {
            return None;
        }
        let more = self.units_until(self.counts.share())? - self.counts.units();
        Some(libm::ceil(more).max(1.0) as u64)
    }

    /// Whether so many hits of so many units exclude the limit, on the side they are on.
    pub(crate) fn excludes_limit(&self, hits: f64, units: f64) -> bool {
        let prior = [self.prior_hits, self.prior_rest];
        mixture_ln_evidence([hits, units - hits], prior, self.limit) >= self.ln_evidence_needed()
    }

    /// Units in all at which a constant `share` is told from the limit, harm above it and pass below; `None` at the
    /// limit or beyond 2^50 units.
    pub(crate) fn units_until(&self, share: f64) -> Option<f64> {
        const DOUBLINGS_MAX: u32 = 50;
        const HALVINGS: u32 = 40;
        if !(0.0..=1.0).contains(&share) || share == self.limit {
            return None;
        }
        let reaches = |units: f64| self.excludes_limit(units * share, units);
        let mut high = 1.0;
        let mut doublings = 0;
        while !reaches(high) {
            doublings += 1;
            if doublings > DOUBLINGS_MAX {
                return None;
            }
            high *= 2.0;
        }
        let mut low = 0.0;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if reaches(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

/// Which of the two is the larger one.
#[derive(Clone, Copy)]
enum Above {
    Limit,
    Observed,
}

/// Logarithm of the beta-binomial mixture against share `q`, for counts and prior counts of hits and of the rest.
pub(crate) fn mixture_ln_evidence(counts: [f64; 2], prior: [f64; 2], q: f64) -> f64 {
    let likelihood = times_ln(counts[0], libm::log(q)) + times_ln(counts[1], libm::log1p(-q));
    ln_beta(counts[0] + prior[0], counts[1] + prior[1]) - ln_beta(prior[0], prior[1]) - likelihood
}

/// `count * ln` where nothing counted says nothing, even at an infinite logarithm.
fn times_ln(count: f64, ln: f64) -> f64 {
    if count == 0.0 { 0.0 } else { count * ln }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test may take another road to the same number"
    )]
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn evidence_is_fair_at_the_limit() {
        let choose = [1.0, 4.0, 6.0, 4.0, 1.0];
        let mean: f64 = (0..=4_u64)
            .map(|hits| {
                let test = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(4, hits)]).unwrap();
                choose[hits as usize]
                    * 0.05_f64.powi(hits as i32)
                    * 0.95_f64.powi(4 - hits as i32)
                    * test.ln_evidence().exp()
            })
            .sum();
        assert!((mean - 1.0).abs() < 1e-9, "{mean}");
    }

    #[test]
    fn both_directions_speak_and_the_interval_agrees_with_them() {
        let bad = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(100, 30)]).unwrap();
        assert_eq!(bad.alarm(), Alarm::Harm);
        assert!(bad.interval().unwrap().low > 0.05);
        let good = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(2000, 40)]).unwrap();
        assert_eq!((good.alarm(), good.passing()), (Alarm::Quiet, Passing::Pass));
        assert!(good.interval().unwrap().high < 0.05);
        let early = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(100, 2)]).unwrap();
        assert!(matches!(early.passing(), Passing::NotYet { units_needed: Some(_) }));
        assert!(early.interval().unwrap().high > 0.05);
    }

    #[test]
    fn nothing_counted_cannot_speak() {
        let empty = ShareTest::new(0.05, 0.05).unwrap();
        assert_eq!(empty.alarm(), Alarm::CannotSpeak);
        assert_eq!(empty.passing(), Passing::NotYet { units_needed: None });
        assert_eq!(empty.interval(), None);
        let absurd = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(1, 2)]).unwrap();
        assert_eq!(absurd.passing(), Passing::CannotSpeak);
        assert_eq!(ShareTest::new(0.0, 0.05), None);
        assert_eq!(ShareTest::new(0.05, f64::NAN), None);
    }

    #[test]
    fn all_hits_and_no_hits_have_an_interval() {
        let all = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(50, 50)])
            .unwrap()
            .interval()
            .unwrap();
        assert!(all.high == 1.0 && all.low > 0.05);
        let none = ShareTest::fold(0.05, 0.05, &[ArmCounts::new(50, 0)])
            .unwrap()
            .interval()
            .unwrap();
        assert!(none.low == 0.0 && none.high < 1.0);
    }
}

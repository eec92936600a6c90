//! The sample-ratio test: does the observed split of visitors follow the planned one? It judges the plumbing, not the
//! new side; its word is `invalid`, never harm or pass.

use crate::bernoulli::mixture_ln_evidence;
use crate::boundary::tuned_r;

/// Variance of the count at which the mixture is sharpest.
const V_STAR: f64 = 400.0;

/// Basis points in a whole.
const WHOLE_BP: u32 = 10_000;

/// What the sample-ratio test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Split {
    /// No visitor was counted yet.
    CannotSpeak,
    /// The split may be the planned one.
    Plausible,
    /// The planned split was excluded at this look or an earlier one.
    Mismatch,
}

/// Accumulator of the sample-ratio test.
///
/// Within a segment of constant planned share the evidence is the two-cell Dirichlet-multinomial mixture, centred on
/// the plan. When the share changes, a new segment begins and the evidences multiply: each segment's is a martingale
/// given what went before, so the product is one, and it exceeds `1 / alpha` with chance `alpha` at most under the
/// plan. Coming back to an earlier share begins a new segment.
///
/// A plan of 0 % or 100 % leaves no ratio to test: such strata say nothing while the empty side is empty, and are a
/// mismatch at the first visitor on it.
///
/// # Source
/// Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022 (arXiv 2011.03567).
#[derive(Debug, Clone, PartialEq)]
pub struct SrmTest {
    alpha: f64,
    prior_variance: f64,
    share_new_bp: u32,
    segment_new: u64,
    segment_old: u64,
    ln_closed: f64,
    ln_open: f64,
    ln_evidence_max: f64,
    units: u64,
    is_sound: bool,
}

impl SrmTest {
    /// A test that calls a true split a mismatch with chance `alpha` at most; `None` unless `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(alpha: f64) -> Option<Self> {
        let prior_variance = tuned_r(V_STAR, alpha);
        prior_variance.is_finite().then_some(Self {
            alpha,
            prior_variance,
            share_new_bp: 0,
            segment_new: 0,
            segment_old: 0,
            ln_closed: 0.0,
            ln_open: 0.0,
            ln_evidence_max: 0.0,
            units: 0,
            is_sound: true,
        })
    }

    /// Takes one stratum of visitors: the share planned for the new side in basis points, and visitors assigned to
    /// each side. A share above 10,000 silences the test for good.
    pub fn push(&mut self, share_new_bp: u32, units_new: u64, units_old: u64) {
        if share_new_bp > WHOLE_BP {
            self.is_sound = false;
            return;
        }
        if share_new_bp != self.share_new_bp {
            self.ln_closed += self.ln_open;
            (self.segment_new, self.segment_old, self.ln_open) = (0, 0, 0.0);
            self.share_new_bp = share_new_bp;
        }
        self.segment_new = self.segment_new.saturating_add(units_new);
        self.segment_old = self.segment_old.saturating_add(units_old);
        self.units = self.units.saturating_add(units_new).saturating_add(units_old);
        self.ln_open = self.segment_ln_evidence();
        self.ln_evidence_max = self.ln_evidence_max.max(self.ln_evidence());
    }

    /// Mismatch once the evidence reached `1 / alpha` at any look.
    pub fn split(&self) -> Split {
        if !self.is_sound || self.units == 0 {
            Split::CannotSpeak
        } else if self.ln_evidence_max >= -libm::log(self.alpha) {
            Split::Mismatch
        } else {
            Split::Plausible
        }
    }

    /// Logarithm of the evidence against the planned split at this look; infinite for an impossible visitor.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.ln_closed + self.ln_open
    }

    /// Visitors counted on both sides.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units
    }

    fn segment_ln_evidence(&self) -> f64 {
        let impossible = match self.share_new_bp {
            0 => self.segment_new,
            WHOLE_BP => self.segment_old,
            _ => {
                let share = f64::from(self.share_new_bp) / f64::from(WHOLE_BP);
                let prior_units = self.prior_variance / (share * (1.0 - share));
                let prior = [prior_units * share, prior_units * (1.0 - share)];
                return mixture_ln_evidence([self.segment_new as f64, self.segment_old as f64], prior, share);
            }
        };
        if impossible == 0 { 0.0 } else { f64::INFINITY }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_planned_split_is_plausible_over_changing_shares() {
        let mut test = SrmTest::new(0.01).unwrap();
        assert_eq!(test.split(), Split::CannotSpeak);
        for share in [100, 500, 2500, 5000] {
            (0..500).for_each(|_| test.push(share, u64::from(share) / 100, 100 - u64::from(share) / 100));
        }
        assert_eq!(test.split(), Split::Plausible);
    }

    #[test]
    fn a_share_that_lags_behind_its_plan_is_a_mismatch_and_stays_one() {
        let mut test = SrmTest::new(0.01).unwrap();
        (0..100).for_each(|_| test.push(5000, 45, 55));
        assert_eq!(test.split(), Split::Mismatch);
        (0..10_000).for_each(|_| test.push(1000, 10, 90));
        assert_eq!(test.split(), Split::Mismatch);
    }

    #[test]
    fn evidence_multiplies_over_segments() {
        let mut both = SrmTest::new(0.01).unwrap();
        both.push(5000, 60, 40);
        let first = both.ln_evidence();
        both.push(1000, 20, 80);
        let mut second = SrmTest::new(0.01).unwrap();
        second.push(1000, 20, 80);
        assert!((both.ln_evidence() - first - second.ln_evidence()).abs() < 1e-12);
    }

    #[test]
    fn a_visitor_where_none_can_be_is_a_mismatch() {
        let mut test = SrmTest::new(0.01).unwrap();
        test.push(0, 0, 500);
        assert_eq!(test.split(), Split::Plausible);
        test.push(0, 1, 500);
        assert_eq!(test.split(), Split::Mismatch);
        test.push(10_001, 0, 0);
        assert_eq!(test.split(), Split::CannotSpeak);
    }
}

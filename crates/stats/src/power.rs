//! What a step can see and how long a pass takes, before it starts: from declared traffic to seconds and shares.
//! These are predictions, within 10 % of simulation; no verdict rests on them.

use crate::blocks::BLOCK_UNITS_MIN;
use crate::boundary::Boundary;
use crate::cmh;
use crate::crossing::{Drift, Height};
use crate::noninferior::{self, Margin};
use crate::stratum::Hits;

/// Declared traffic of one criterion at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    /// Units per second on the new side.
    pub new_per_s: f64,
    /// Units per second on the old side.
    pub old_per_s: f64,
    /// Share of hits on the old side, in `(0, 1)`.
    pub base: f64,
    /// Length of a stratum in seconds: a verdict can only fall at its end.
    pub stratum_s: f64,
}

impl Traffic {
    /// Splits `units_per_s` by the exposure of the step, in strata of one second; `None` when a side gets nothing or a
    /// number is out of range.
    #[must_use]
    pub fn split(units_per_s: f64, exposure: f64, base: f64) -> Option<Self> {
        let (new_per_s, old_per_s) = (units_per_s * exposure, units_per_s * (1.0 - exposure));
        let traffic = Self {
            new_per_s,
            old_per_s,
            base,
            stratum_s: 1.0,
        };
        traffic.is_possible().then_some(traffic)
    }

    /// Chance that the harm alarm sounds within `seconds` when the new side's share is `changed`.
    #[must_use]
    pub fn harm_chance(&self, hits: Hits, changed: f64, alpha: f64, seconds: f64) -> Option<f64> {
        let height = Height::OneSided(Boundary::tuned(alpha, cmh::V_STAR)?);
        let drift = self.harm_drift(hits, changed)?;
        let delay = if drift.mean > 0.0 { drift.look_delay() } else { 0.0 };
        drift.chance_within(&height, (seconds - delay).max(1e-3))
    }

    /// Seconds until the harm alarm has sounded with `chance` when the new side's share is `changed`; `None` if that
    /// is not within [`SECONDS_MAX`].
    #[must_use]
    pub fn seconds_until_harm(&self, hits: Hits, changed: f64, alpha: f64, chance: f64) -> Option<f64> {
        let height = Height::OneSided(Boundary::tuned(alpha, cmh::V_STAR)?);
        self.harm_drift(hits, changed)?.seconds_until(&height, chance)
    }

    /// Smallest relative change for the worse that the harm alarm sees within `seconds` with `chance` (0.8 is usual):
    /// 0.05 is a drop of 5 % of good hits or a rise of 5 % of bad ones. `None` when even the worst change is not seen.
    #[must_use]
    pub fn smallest_visible(&self, hits: Hits, alpha: f64, seconds: f64, chance: f64) -> Option<f64> {
        const HALVINGS: u32 = 40;
        let worst = match hits {
            Hits::Good => 1.0,
            Hits::Bad => (1.0 - self.base) / self.base,
        };
        let changed = |change: f64| match hits {
            Hits::Good => self.base * (1.0 - change),
            Hits::Bad => self.base * (1.0 + change),
        };
        let is_seen = |change: f64| {
            self.harm_chance(hits, changed(change), alpha, seconds)
                .is_some_and(|found| found >= chance)
        };
        let (mut unseen, mut seen) = (0.0, worst);
        if !self.is_possible() || !is_seen(seen) {
            return None;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (unseen + seen);
            if is_seen(middle) {
                seen = middle
            } else {
                unseen = middle
            }
        }
        Some(seen)
    }

    /// Expected seconds until the pass test passes when the sides are equal, waiting for the last block included.
    #[must_use]
    pub fn seconds_until_pass(&self, hits: Hits, margin: Margin, alpha: f64) -> Option<f64> {
        let height = Height::OneSided(Boundary::tuned(alpha, noninferior::V_STAR)?);
        self.pass_drift(hits, margin)?.expected_seconds(&height)
    }

    /// Seconds until the pass test has passed with `chance` when the sides are equal.
    #[must_use]
    pub fn seconds_until_pass_with(&self, hits: Hits, margin: Margin, alpha: f64, chance: f64) -> Option<f64> {
        let height = Height::OneSided(Boundary::tuned(alpha, noninferior::V_STAR)?);
        self.pass_drift(hits, margin)?.seconds_until(&height, chance)
    }

    /// Variance at which the pass test is expected to pass, for [`crate::PassTest::tuned_for`].
    #[must_use]
    pub fn pass_variance(&self, hits: Hits, margin: Margin, alpha: f64) -> Option<f64> {
        let drift = self.pass_drift(hits, margin)?;
        Some(drift.judged_variance * self.seconds_until_pass(hits, margin, alpha)?)
    }

    pub(crate) fn is_possible(&self) -> bool {
        let is_rate = |rate: f64| rate > 0.0 && rate.is_finite();
        is_rate(self.new_per_s)
            && is_rate(self.old_per_s)
            && is_rate(self.stratum_s)
            && self.base > 0.0
            && self.base < 1.0
    }

    fn weight_per_s(&self) -> f64 {
        self.new_per_s * self.old_per_s / (self.new_per_s + self.old_per_s)
    }

    /// Part of the weight that strata of this traffic have, as units come by chance: of `T` units in a stratum, split at
    /// random, `T - 1` count, so at one unit a stratum a third is left and a stratum of one unit says nothing. (The mean of
    /// `n m / (n + m)` for Poisson counts.)
    fn informed_part(&self) -> f64 {
        let units = (self.new_per_s + self.old_per_s) * self.stratum_s;
        (units + libm::expm1(-units)) / units
    }

    /// Variance per second of the weighted shares, the old one times `factor`.
    fn variance_per_s(&self, new: f64, factor: f64) -> f64 {
        let weight = self.weight_per_s();
        let (q, m) = (self.base, self.old_per_s);
        weight * weight * (new * (1.0 - new) / self.new_per_s + factor * factor * q * (1.0 - q) / m)
    }

    fn harm_drift(&self, hits: Hits, changed: f64) -> Option<Drift> {
        if !self.is_possible() || !(0.0..=1.0).contains(&changed) {
            return None;
        }
        let informed = self.informed_part();
        let weight = informed * self.weight_per_s();
        let pooled = (self.new_per_s * changed + self.old_per_s * self.base) / (self.new_per_s + self.old_per_s);
        let worse = match hits {
            Hits::Good => self.base - changed,
            Hits::Bad => changed - self.base,
        };
        Some(Drift {
            mean: weight * worse,
            variance: informed * self.variance_per_s(changed, 1.0),
            judged_variance: weight * pooled * (1.0 - pooled),
            look_s: self.stratum_s,
        })
    }

    fn pass_drift(&self, hits: Hits, margin: Margin) -> Option<Drift> {
        if !self.is_possible() {
            return None;
        }
        let (distance, factor) = match (hits, margin) {
            (Hits::Good, Margin::Relative(m)) => (m * self.base, 1.0 - m),
            (Hits::Bad, Margin::Relative(m)) => (m * self.base, 1.0 + m),
            (Hits::Good | Hits::Bad, Margin::Absolute(d)) => (d, 1.0),
        };
        let variance = self.variance_per_s(self.base, factor);
        let block_s = BLOCK_UNITS_MIN as f64 / self.new_per_s.min(self.old_per_s);
        let look_s = self.stratum_s * libm::ceil(block_s / self.stratum_s).max(1.0);
        Some(Drift {
            mean: self.weight_per_s() * distance,
            variance,
            judged_variance: variance,
            look_s,
        })
    }
}

/// Longest time that is reported, ten years: beyond it the answer is "not visible".
pub const SECONDS_MAX: f64 = 315_576_000.0;

/// Units until a [`crate::ShareTest`] speaks when the share is exactly `share`: harm above the limit, pass below it.
/// `None` at the limit or when settings are senseless. Divide by units per second for seconds.
#[must_use]
pub fn units_until_share_verdict(share: f64, limit: f64, alpha: f64) -> Option<f64> {
    crate::bernoulli::ShareTest::new(limit, alpha)?.units_until(share)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn more_exposure_and_more_time_see_more() {
        let at = |exposure, seconds| {
            Traffic::split(100.0 / 60.0, exposure, 0.03)
                .unwrap()
                .smallest_visible(Hits::Good, 0.05, seconds, 0.8)
        };
        assert!(at(0.25, 86_400.0).unwrap() < at(0.05, 86_400.0).unwrap());
        assert!(at(0.25, 864_000.0).unwrap() < at(0.25, 86_400.0).unwrap());
        assert_eq!(at(0.01, 60.0), None);
    }

    #[test]
    fn what_cannot_be_is_none() {
        assert_eq!(Traffic::split(100.0, 0.0, 0.5), None);
        assert_eq!(Traffic::split(100.0, 1.0, 0.5), None);
        assert_eq!(Traffic::split(f64::NAN, 0.5, 0.5), None);
        let traffic = Traffic::split(100.0, 0.5, 0.93).unwrap();
        assert_eq!(
            traffic.seconds_until_pass(Hits::Good, Margin::Relative(f64::NAN), 0.05),
            None
        );
        assert_eq!(traffic.seconds_until_harm(Hits::Good, 0.95, 0.05, 0.8), None);
        assert_eq!(units_until_share_verdict(0.05, 0.05, 0.05), None);
    }
}

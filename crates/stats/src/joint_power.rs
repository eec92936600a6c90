//! What the alarms of one criterion can see together: as much as the best of its tests at its part of the alpha. That
//! any of them is enough lets them see somewhat more, which is left out.

use crate::joint::{COMPARISON_PART, COMPLETION_PART, LIMIT_PART, THRESHOLD_PART, THRESHOLDS};
use crate::limit_power::LimitTraffic;
use crate::power::Traffic;
use crate::stratum::Hits;

/// Shares of the old side's units above its own P50, P95 and P99.
pub const SLOW_SHARES: [f64; THRESHOLDS] = [0.5, 0.05, 0.01];

impl Traffic {
    /// Smallest relative drop that [`crate::joint::CompletionAlarm`] at `alpha` sees within `seconds` with `chance`: 0.05 is
    /// 5 % of the completions. `None` when not even the loss of all is seen.
    #[must_use]
    pub fn smallest_visible_drop(&self, alpha: f64, seconds: f64, chance: f64) -> Option<f64> {
        let part = alpha * COMPLETION_PART;
        let stratified = self.smallest_visible(Hits::Good, part, seconds, chance);
        let failing = Self {
            base: 1.0 - self.base,
            ..*self
        };
        let exact = failing
            .smallest_visible_rise(part, seconds, chance)
            .map(|rise| rise * failing.base / self.base);
        smaller(stratified, exact)
    }

    /// Smallest relative rise of errors that [`crate::joint::ErrorAlarm`] at `alpha` sees within `seconds` with `chance`
    /// when `limit` is allowed; [`Self::base`] is the old side's share of errors. `None` when not even errors alone are
    /// seen.
    #[must_use]
    pub fn smallest_visible_errors(&self, limit: f64, alpha: f64, seconds: f64, chance: f64) -> Option<f64> {
        let part = alpha * COMPARISON_PART;
        let compared = smaller(
            self.smallest_visible(Hits::Bad, part, seconds, chance),
            self.smallest_visible_rise(part, seconds, chance),
        );
        let limited = LimitTraffic {
            per_s: self.new_per_s,
            limit,
            stratum_s: self.stratum_s,
        };
        let beyond = limited
            .smallest_visible(alpha * LIMIT_PART, seconds, chance)
            .map(|share| (share / self.base - 1.0).max(0.0));
        smaller(compared, beyond)
    }

    /// Smallest share of units above each of the old side's own P50, P95 and P99 that [`crate::joint::SlowAlarm`] at
    /// `alpha` sees within `seconds` with `chance`, one after the other; [`Self::base`] does not matter. `None` where not
    /// even units above it alone are seen.
    #[must_use]
    pub fn smallest_visible_slow(&self, alpha: f64, seconds: f64, chance: f64) -> [Option<f64>; THRESHOLDS] {
        SLOW_SHARES.map(|base| {
            let slow = Self { base, ..*self };
            let rise = slow.smallest_visible(Hits::Bad, alpha * THRESHOLD_PART, seconds, chance)?;
            Some(base * (1.0 + rise))
        })
    }
}

fn smaller(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn the_best_test_counts() {
        let traffic = Traffic::split(100.0, 0.01, 0.99).unwrap();
        let both = traffic.smallest_visible_drop(0.05, 60.0, 0.8).unwrap();
        let stratified = traffic.smallest_visible(Hits::Good, 0.025, 60.0, 0.8).unwrap();
        assert!(both < stratified, "{both} {stratified}");
        let long = traffic.smallest_visible_drop(0.05, 36_000.0, 0.8).unwrap();
        let stratified = traffic.smallest_visible(Hits::Good, 0.025, 36_000.0, 0.8).unwrap();
        assert_eq!(long, stratified);
    }

    #[test]
    fn a_limit_that_is_near_is_seen_before_the_difference() {
        let traffic = Traffic::split(100.0, 0.5, 0.01).unwrap();
        let near = traffic.smallest_visible_errors(0.011, 0.05, 60.0, 0.8).unwrap();
        let far = traffic.smallest_visible_errors(0.5, 0.05, 60.0, 0.8).unwrap();
        assert!(near < far, "{near} {far}");
        let slow = traffic.smallest_visible_slow(0.05, 60.0, 0.8).map(Option::unwrap);
        assert!(slow[0] > 0.5 && slow[1] > 0.05 && slow[2] > 0.01);
    }
}

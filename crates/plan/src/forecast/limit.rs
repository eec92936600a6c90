//! How soon the one-sample test of a limit speaks, and what it sees: by the counts at which it would speak, and the normal
//! chance of reaching them.

use tidegate_stats::special::normal_quantile;
use tidegate_stats::{Alarm, ArmCounts, Passing, ShareTest};

/// Beyond so many units the answer is never.
const UNITS_MAX: u64 = 1 << 50;

/// Units after which "the share is at most `limit`" has passed with `chance` when the share is `share`; none when it is not
/// below the limit.
pub(super) fn units_until_pass(share: f64, limit: f64, alpha: f64, chance: f64) -> Option<f64> {
    let reach = normal_quantile(chance);
    let passes = |units: u64| {
        let n = units as f64;
        let most = n * share + reach * (n * share * (1.0 - share)).sqrt();
        let hits = most.ceil() as u64;
        ShareTest::new(limit, alpha).is_some_and(|mut test| {
            test.push(ArmCounts::new(units, hits.min(units)));
            test.passing() == Passing::Pass
        })
    };
    if share >= limit {
        return None;
    }
    first(passes).map(|units| units as f64)
}

/// The smallest share above the limit that the alarm finds within `units` with `chance`; none when even all are not enough.
pub(super) fn smallest_share(limit: f64, alpha: f64, units: f64, chance: f64) -> Option<f64> {
    const HALVINGS: u32 = 40;
    if !(1.0..=UNITS_MAX as f64).contains(&units) {
        return None;
    }
    let n = units.floor();
    let alarms = |hits: u64| {
        ShareTest::new(limit, alpha).is_some_and(|mut test| {
            test.push(ArmCounts::new(n as u64, hits));
            test.alarm() == Alarm::Harm
        })
    };
    let least = first_between((n * limit) as u64, n as u64, alarms)? as f64;
    let reach = normal_quantile(chance);
    let is_seen = |share: f64| n * share - reach * (n * share * (1.0 - share)).sqrt() >= least;
    let (mut unseen, mut seen) = (limit, 1.0);
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

/// The first number from 1 at which something holds that holds from then on.
fn first(holds: impl Fn(u64) -> bool) -> Option<u64> {
    let mut high = 1;
    while !holds(high) {
        high *= 2;
        if high > UNITS_MAX {
            return None;
        }
    }
    first_between(high / 2, high, holds)
}

fn first_between(low: u64, high: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(high) {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_seen_is_above_the_limit_and_nearer_with_more_units() {
        let few = smallest_share(0.05, 0.01, 200.0, 0.8).unwrap();
        let many = smallest_share(0.05, 0.01, 20_000.0, 0.8).unwrap();
        assert!(many > 0.05 && few > many, "{few} {many}");
        assert_eq!(smallest_share(0.05, 0.01, 1.0, 0.8), None);
    }

    #[test]
    fn a_pass_needs_more_units_for_more_chance_and_never_comes_at_the_limit() {
        let units = |chance| units_until_pass(0.005, 0.05, 0.05, chance).unwrap();
        assert!(units(0.9) > units(0.5), "{} {}", units(0.9), units(0.5));
        assert_eq!(units_until_pass(0.05, 0.05, 0.05, 0.8), None);
    }
}

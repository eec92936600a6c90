//! What the exact alarm of rare events can see: counted event by event, as no bell curve fits a handful.

use crate::power::Traffic;
use crate::rare::events_until_alarm;
use crate::walk::Meets;

/// Events that are counted at most; with more, what is seen is somewhat less than what is said.
const EVENTS_MAX: usize = 8_192;

impl Traffic {
    /// Smallest relative rise of bad events that the exact alarm, asked at `alpha`, sees within `seconds` with `chance`: 1
    /// is twice as many. Here [`Self::base`] is the old side's share of bad events. `None` when not even a new side with
    /// nothing but bad events is seen, or a number is out of range.
    #[must_use]
    pub fn smallest_visible_rise(&self, alpha: f64, seconds: f64, chance: f64) -> Option<f64> {
        const HALVINGS: u32 = 24;
        let is_chance = |x: f64| x > 0.0 && x < 1.0;
        if !self.is_possible() || !is_chance(alpha) || !is_chance(chance) || seconds.is_nan() || seconds <= 0.0 {
            return None;
        }
        let (new, old) = self.compared_per_s();
        let worst = (1.0 - self.base) / self.base;
        let events_at = |rise: f64| (new * self.base * (1.0 + rise) + old * self.base) * seconds;
        let most = events_at(worst);
        let events_max = libm::ceil(most + 8.0 * libm::sqrt(most))
            .max(1.0)
            .min(EVENTS_MAX as f64);
        let meets = Meets::AtLeast(events_until_alarm(new / old, alpha, events_max as usize));
        let is_seen = |rise: f64| {
            let share = new * (1.0 + rise) / (new * (1.0 + rise) + old);
            mean_over_poisson(&meets.chances(share), events_at(rise)) >= chance
        };
        if !is_seen(worst) {
            return None;
        }
        let (mut unseen, mut seen) = (0.0, worst);
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

    /// Units per second of both sides in strata where the other side has some, as others are not compared.
    fn compared_per_s(&self) -> (f64, f64) {
        let is_there = |per_s: f64| -libm::expm1(-per_s * self.stratum_s);
        (
            self.new_per_s * is_there(self.old_per_s),
            self.old_per_s * is_there(self.new_per_s),
        )
    }
}

/// Mean of a chance after 0, 1, 2, ... events (none after 0) when their number is Poisson; what lies beyond the list is
/// taken as its last.
fn mean_over_poisson(chances: &[f64], mean: f64) -> f64 {
    let ln_mean = libm::log(mean);
    let (mut within, mut sum) = (libm::exp(-mean), 0.0);
    for (at, chance) in chances.iter().enumerate() {
        let events = (at + 1) as f64;
        let weight = libm::exp(events * ln_mean - mean - libm::lgamma(events + 1.0));
        within += weight;
        sum += weight * chance;
    }
    sum + (1.0 - within).max(0.0) * chances.last().copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn more_time_sees_less_and_too_little_sees_nothing() {
        let traffic = Traffic::split(100.0, 0.05, 0.002).unwrap();
        let hour = traffic.smallest_visible_rise(0.0125, 3_600.0, 0.8).unwrap();
        let minutes = traffic.smallest_visible_rise(0.0125, 600.0, 0.8).unwrap();
        assert!(hour < minutes, "{hour} {minutes}");
        assert_eq!(traffic.smallest_visible_rise(0.0125, 0.5, 0.8), None);
        assert_eq!(traffic.smallest_visible_rise(1.0, 600.0, 0.8), None);
    }

    #[test]
    fn the_mean_over_poisson_counts_is_one_where_all_chances_are() {
        assert!((mean_over_poisson(&[1.0; 200], 50.0) - 1.0).abs() < 1e-12);
        assert!((mean_over_poisson(&[1.0; 20], 50.0) - 1.0).abs() < 1e-12);
        assert!((mean_over_poisson(&[1.0; 20], 1.0) - (1.0 - libm::exp(-1.0))).abs() < 1e-12);
    }
}

//! When the loop obeys the clock by itself: when something is due, not while the store rests, and not again at once after a
//! look that changed nothing. Decides nothing else.

use std::time::{Duration, Instant};

use tidegate_model::{Millis, Timestamp};

/// The loop looks at the clock at least this often, so that a stepped wall clock cannot park it.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(1);
/// Rest after the store refused, before the clock is obeyed again.
const REST_AFTER_FAULT: Duration = Duration::from_millis(250);
/// Engine time from a tick that changed nothing to the next one in the same state.
const REST_AFTER_NOTHING: Millis = Millis::seconds(1);

/// What the loop remembers of its last looks.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    rest_until: Option<Instant>,
    fruitless: Option<Fruitless>,
}

/// A tick that changed nothing.
#[derive(Debug)]
struct Fruitless {
    seq: u64,
    at: Timestamp,
}

impl Pace {
    /// How long the loop may wait for letters in the state after `seq`, of which something is due at `due`.
    pub(crate) fn wait(&self, due: Option<Timestamp>, seq: u64, now: Timestamp) -> Duration {
        let rest = self.rest();
        if !rest.is_zero() {
            return rest.min(LOOK_AT_LEAST_EVERY);
        }
        let Some(due) = due else {
            return LOOK_AT_LEAST_EVERY;
        };
        let from = self.not_before(seq, now).map_or(due, |from| from.max(due));
        Duration::from_millis(from.since(now).0).min(LOOK_AT_LEAST_EVERY)
    }

    /// Whether the clock is to be obeyed now.
    pub(crate) fn may_tick(&self, due: Option<Timestamp>, seq: u64, now: Timestamp) -> bool {
        let is_late_enough = self.not_before(seq, now).is_none_or(|from| now >= from);
        due.is_some_and(|due| due <= now) && is_late_enough && self.rest().is_zero()
    }

    /// A tick changed nothing: whatever is due is not what a tick can settle in this state.
    pub(crate) fn ticked_in_vain(&mut self, seq: u64, now: Timestamp) {
        self.fruitless = Some(Fruitless { seq, at: now });
    }

    /// The store took nothing.
    pub(crate) fn rest_after_fault(&mut self) {
        self.rest_until = Some(Instant::now() + REST_AFTER_FAULT);
    }

    /// The store has taken something.
    pub(crate) fn store_works(&mut self) {
        self.rest_until = None;
    }

    fn rest(&self) -> Duration {
        let until = self.rest_until;
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// The earliest next tick, while the state and the clock are those of one that changed nothing. A clock that was set back
    /// begins anew.
    fn not_before(&self, seq: u64, now: Timestamp) -> Option<Timestamp> {
        let fruitless = self.fruitless.as_ref()?;
        (fruitless.seq == seq && fruitless.at <= now).then(|| fruitless.at.after(REST_AFTER_NOTHING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_772_452_800_000);

    fn later(millis: u64) -> Timestamp {
        NOON.after(Millis(millis))
    }

    #[test]
    fn the_loop_waits_for_what_is_due_and_never_longer_than_a_second() {
        let pace = Pace::default();
        assert_eq!(pace.wait(None, 1, NOON), Duration::from_secs(1));
        assert_eq!(pace.wait(Some(later(300)), 1, NOON), Duration::from_millis(300));
        assert_eq!(pace.wait(Some(later(5_000)), 1, NOON), Duration::from_secs(1));
        assert_eq!(pace.wait(Some(NOON), 1, later(10)), Duration::ZERO);
        assert!(!pace.may_tick(None, 1, NOON));
        assert!(!pace.may_tick(Some(later(1)), 1, NOON));
        assert!(pace.may_tick(Some(NOON), 1, NOON));
    }

    #[test]
    fn a_tick_in_vain_is_followed_by_a_second_of_rest_unless_the_state_changes() {
        let mut pace = Pace::default();
        pace.ticked_in_vain(7, NOON);
        assert_eq!(pace.wait(Some(NOON), 7, later(400)), Duration::from_millis(600));
        assert!(!pace.may_tick(Some(NOON), 7, later(999)));
        assert!(pace.may_tick(Some(NOON), 7, later(1_000)));
        assert!(pace.may_tick(Some(NOON), 8, NOON), "another state");
        assert_eq!(pace.wait(Some(NOON), 8, NOON), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_prolong_the_rest() {
        let mut pace = Pace::default();
        pace.ticked_in_vain(7, later(3_600_000));
        assert!(pace.may_tick(Some(NOON), 7, NOON));
    }

    #[test]
    fn a_store_that_refused_has_its_rest_before_the_clock_and_no_longer() {
        let mut pace = Pace::default();
        pace.rest_after_fault();
        assert!(!pace.may_tick(Some(NOON), 1, NOON));
        assert!(pace.wait(Some(NOON), 1, NOON) > Duration::ZERO);
        pace.store_works();
        assert!(pace.may_tick(Some(NOON), 1, NOON));
        // A rest that is over parks nothing and hurries nothing.
        pace.rest_until = Some(Instant::now());
        assert_eq!(pace.wait(None, 1, NOON), Duration::from_secs(1));
    }
}

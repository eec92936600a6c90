//! What units that are told before all of it is known will still meet, as far as the old side's ended units show it.

use crate::stratum::PairedStratum;

/// Standard deviations of the ended units' events by which their share is taken higher.
const DEVIATIONS: f64 = 3.0;

/// Events that the old side's open units are expected to meet still. A new side that meets its events sooner has met more so
/// far without being worse: what it must be held against is the old side with its rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// Events still to come on the old side, 0 and up.
    events: f64,
    /// Open units of the new side for each of the old one.
    odds: f64,
}

impl Rest {
    /// The rest of the units in `told`, all events so far, of which those in `ended` are known to the end. No more than
    /// `open_at_most` units of the old side and of the new one are taken to be open: the others are lost, and neither will
    /// anything be heard of them nor is anything expected.
    ///
    /// The ended units' share of events is taken at its upper end, three standard deviations above one event more than were
    /// counted: a whole window of open units is held against what may be few ended ones. Before any has ended, every open
    /// one may meet an event, and nothing can be held against the new side. `None` where no unit is open on both sides, or
    /// no event is to be expected.
    #[must_use]
    pub fn expected(told: PairedStratum, ended: PairedStratum, open_at_most: (u64, u64)) -> Option<Self> {
        if !ended.old.is_sound() {
            return None;
        }
        let unknown_old = told.old.n.saturating_sub(ended.old.n);
        let unknown_new = told.new.n.saturating_sub(ended.new.n);
        let (open_old, open_new) = (unknown_old.min(open_at_most.0), unknown_new.min(open_at_most.1));
        if open_old == 0 || open_new == 0 {
            return None;
        }
        let events = ended.old.hits_f() + 1.0;
        let share = ((events + DEVIATIONS * libm::sqrt(events)) / (ended.old.units() + 1.0)).min(1.0);
        // Of the lost ones as many have met an event as of the ended ones; what is left was met by those that are open.
        let lost = (unknown_old - open_old) as f64 * share;
        let met = (told.old.hits.saturating_sub(ended.old.hits) as f64 - lost).max(0.0);
        let events = share * open_old as f64 - met;
        let odds = open_new as f64 / open_old as f64;
        (events > 0.0).then_some(Self { events, odds })
    }

    /// Events still to come on the old side.
    #[must_use]
    pub fn events(self) -> f64 {
        self.events
    }

    /// Open units of the new side for each of the old one.
    #[must_use]
    pub fn odds(self) -> f64 {
        self.odds
    }

    /// The same events at the new side's numbers, which is what an excess of events is worth less: `lost` of a risk set is
    /// `(m a - n b) / (n + m)`, and `events` more hits of the old side take `n / (n + m)` of themselves off it.
    #[must_use]
    pub fn taken_off(self) -> f64 {
        self.events * self.odds / (1.0 + self.odds)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::stratum::ArmCounts;

    fn both(old: (u64, u64), new: (u64, u64)) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(old.0, old.1), ArmCounts::new(new.0, new.1))
    }

    const ANY: (u64, u64) = (u64::MAX, u64::MAX);

    /// 24 of 999 ended units met one: 25 with one more, 40 at the upper end, which is 4 %. Of 500 open ones 3 have, so 17 are
    /// to come; a fifth as many are open on the new side.
    #[test]
    fn what_is_to_come_is_the_ended_share_less_what_has_come() {
        let rest = Rest::expected(both((1_499, 27), (300, 9)), both((999, 24), (200, 5)), ANY).unwrap();
        assert!((rest.events() - 17.0).abs() < 1e-12 && (rest.odds() - 0.2).abs() < 1e-12);
        assert!((rest.taken_off() - 17.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn before_any_unit_has_ended_every_open_one_may_meet_an_event() {
        let rest = Rest::expected(both((400, 3), (100, 9)), both((0, 0), (0, 0)), ANY).unwrap();
        assert!((rest.events() - 397.0).abs() < 1e-12);
    }

    /// Of 2,000 unknown ones only 500 can be open; the 1,500 others met 60 of the 63 events.
    #[test]
    fn of_units_that_are_lost_nothing_is_expected() {
        let rest = Rest::expected(both((2_999, 87), (600, 9)), both((999, 24), (200, 5)), (500, 100)).unwrap();
        assert!((rest.events() - 17.0).abs() < 1e-9 && (rest.odds() - 0.2).abs() < 1e-12);
    }

    /// The end of some may be told before their events are.
    #[test]
    fn ended_units_with_more_events_than_were_told_of_expect_no_less() {
        let rest = Rest::expected(both((1_499, 20), (300, 9)), both((999, 24), (200, 5)), ANY).unwrap();
        assert!((rest.events() - 20.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_expected_without_open_units_or_when_more_came_than_was_to_be() {
        let ended = both((1_000, 20), (200, 5));
        assert_eq!(Rest::expected(ended, ended, ANY), None);
        assert_eq!(Rest::expected(both((1_500, 23), (200, 5)), ended, ANY), None);
        assert_eq!(Rest::expected(both((1_500, 61), (300, 9)), ended, ANY), None);
        assert_eq!(
            Rest::expected(both((900, 20), (300, 9)), ended, ANY),
            None,
            "more ended than was told of"
        );
    }
}

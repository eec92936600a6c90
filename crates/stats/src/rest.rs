//! What units that are told before all of it is known will still meet, as far as the old side's ended units show it.

use crate::stratum::PairedStratum;

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
    /// The rest of the units in `told`, all events so far, of which those in `ended` are known to the end. Of the ended ones one
    /// more is taken to have met an event: before any has ended, every open one may, and nothing can be held against the new
    /// side. `None` where no unit is open on both sides, or no event is to be expected.
    #[must_use]
    pub fn expected(told: PairedStratum, ended: PairedStratum) -> Option<Self> {
        let open_old = told.old.n.checked_sub(ended.old.n)?;
        let open_new = told.new.n.checked_sub(ended.new.n)?;
        let met = told.old.hits.checked_sub(ended.old.hits)?;
        if open_old == 0 || open_new == 0 || !ended.old.is_sound() {
            return None;
        }
        let share = (ended.old.hits_f() + 1.0) / (ended.old.units() + 1.0);
        let events = share * open_old as f64 - met as f64;
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

    /// 20 of 999 ended units met one, and one more is taken to: 2.1 %. Of 500 open ones 3 have, so 7.5 are to come; a fifth as
    /// many are open on the new side.
    #[test]
    fn what_is_to_come_is_the_ended_share_less_what_has_come() {
        let rest = Rest::expected(both((1_499, 23), (300, 9)), both((999, 20), (200, 5))).unwrap();
        assert!((rest.events() - 7.5).abs() < 1e-12 && (rest.odds() - 0.2).abs() < 1e-12);
        assert!((rest.taken_off() - 7.5 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn before_any_unit_has_ended_every_open_one_may_meet_an_event() {
        let rest = Rest::expected(both((400, 3), (100, 9)), both((0, 0), (0, 0))).unwrap();
        assert!((rest.events() - 397.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_expected_without_open_units_or_when_more_came_than_was_to_be() {
        let ended = both((1_000, 20), (200, 5));
        assert_eq!(Rest::expected(ended, ended), None);
        assert_eq!(Rest::expected(both((1_500, 23), (200, 5)), ended), None);
        assert_eq!(Rest::expected(both((1_500, 31), (300, 9)), ended), None);
        assert_eq!(
            Rest::expected(both((900, 20), (300, 9)), ended),
            None,
            "more ended than was told of"
        );
    }
}

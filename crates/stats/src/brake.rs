//! The emergency brake: fixed limits that need no history and no statistics. It is coarse on purpose.

use crate::stratum::{ArmCounts, Hits};
use crate::verdict::Alarm;

/// A fixed limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// More than `above_bp` basis points of the units are bad in `strata` strata in a row that have at least `units`
    /// units each. A stratum with fewer units neither counts nor breaks the row: silence is no recovery.
    BadShare {
        /// Largest bad share that is borne, in basis points.
        above_bp: u32,
        /// Strata in a row, at least one.
        strata: u32,
        /// Units that a stratum needs to count, at least one.
        units: u64,
    },
    /// Not one success in this many units in a row, at least one.
    NoSuccess {
        /// Units without a success.
        units: u64,
    },
}

/// Accumulator of one limit on one side. It stays drawn until a new one is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brake {
    hits: Hits,
    limit: Limit,
    row: u64,
    units: u64,
    is_drawn: bool,
    is_sound: bool,
}

impl Brake {
    /// A brake for counts where a hit is good or bad; `None` when a number that must be at least one is zero.
    #[must_use]
    pub fn new(hits: Hits, limit: Limit) -> Option<Self> {
        let is_possible = match limit {
            Limit::BadShare { strata, units, .. } => strata > 0 && units > 0,
            Limit::NoSuccess { units } => units > 0,
        };
        is_possible.then_some(Self {
            hits,
            limit,
            row: 0,
            units: 0,
            is_drawn: false,
            is_sound: true,
        })
    }

    /// Takes one stratum of the watched side. More hits than units silence an undrawn brake for good.
    pub fn push(&mut self, stratum: ArmCounts) {
        if !stratum.is_sound() {
            self.is_sound = false;
            return;
        }
        self.units = self.units.saturating_add(stratum.n);
        let bad = match self.hits {
            Hits::Good => stratum.n - stratum.hits,
            Hits::Bad => stratum.hits,
        };
        match self.limit {
            Limit::BadShare {
                above_bp,
                strata,
                units,
            } => {
                if stratum.n < units {
                    return;
                }
                let is_above = u128::from(bad) * 10_000 > u128::from(stratum.n) * u128::from(above_bp);
                self.row = if is_above { self.row.saturating_add(1) } else { 0 };
                self.is_drawn = self.is_drawn || self.row >= u64::from(strata);
            }
            Limit::NoSuccess { units } => {
                self.row = if bad == stratum.n {
                    self.row.saturating_add(stratum.n)
                } else {
                    0
                };
                self.is_drawn = self.is_drawn || self.row >= units;
            }
        }
    }

    /// Harm once the limit was broken.
    pub fn alarm(&self) -> Alarm {
        if self.is_drawn {
            Alarm::Harm
        } else if !self.is_sound || self.units == 0 {
            Alarm::CannotSpeak
        } else {
            Alarm::Quiet
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn alarm_after(hits: Hits, limit: Limit, strata: &[(u64, u64)]) -> Alarm {
        let mut brake = Brake::new(hits, limit).unwrap();
        strata
            .iter()
            .for_each(|(n, hits)| brake.push(ArmCounts::new(*n, *hits)));
        brake.alarm()
    }

    #[test]
    fn bad_share_needs_its_whole_row() {
        let limit = Limit::BadShare {
            above_bp: 500,
            strata: 3,
            units: 10,
        };
        assert_eq!(alarm_after(Hits::Bad, limit, &[(100, 6), (100, 6)]), Alarm::Quiet);
        assert_eq!(
            alarm_after(Hits::Bad, limit, &[(100, 6), (100, 5), (100, 6), (100, 6)]),
            Alarm::Quiet
        );
        assert_eq!(
            alarm_after(Hits::Bad, limit, &[(100, 6), (9, 0), (100, 6), (0, 0), (100, 6)]),
            Alarm::Harm
        );
        assert_eq!(alarm_after(Hits::Good, limit, &[(100, 94); 3]), Alarm::Harm);
        assert_eq!(alarm_after(Hits::Good, limit, &[(100, 95); 30]), Alarm::Quiet);
    }

    #[test]
    fn one_success_resets_the_count() {
        let limit = Limit::NoSuccess { units: 50 };
        assert_eq!(
            alarm_after(Hits::Good, limit, &[(49, 0), (5, 1), (49, 0)]),
            Alarm::Quiet
        );
        assert_eq!(
            alarm_after(Hits::Good, limit, &[(25, 0), (0, 0), (25, 0), (9, 9)]),
            Alarm::Harm
        );
    }

    #[test]
    fn no_units_cannot_speak() {
        assert_eq!(
            alarm_after(Hits::Bad, Limit::NoSuccess { units: 1 }, &[(0, 0)]),
            Alarm::CannotSpeak
        );
        assert_eq!(
            alarm_after(Hits::Bad, Limit::NoSuccess { units: 9 }, &[(1, 2)]),
            Alarm::CannotSpeak
        );
        assert_eq!(Brake::new(Hits::Bad, Limit::NoSuccess { units: 0 }), None);
    }
}

//! One attempt: a visitor in a flow, from entry until completion, time-out or kill. Under 64 bytes with its key.

use crate::bucket::Place;
use crate::segment::Classes;
use crate::side::Side;

/// Names an attempt: one visitor has at most one open in a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The visitor's id, big-endian: as a number its alignment would cost every entry another sixteen bytes.
    pub visitor: [u8; 16],
    /// Place of the flow.
    pub flow: u16,
}

impl Key {
    /// The attempt of a visitor in a flow.
    #[must_use]
    pub fn of(visitor: u128, flow: usize) -> Self {
        Self {
            visitor: visitor.to_be_bytes(),
            flow: u16::try_from(flow).expect("at most FLOWS_MAX flows"),
        }
    }
}

/// Who begins an attempt, and how it counts.
#[derive(Debug, Clone, Copy)]
pub struct Entrant {
    /// The visitor's id.
    pub visitor: u128,
    /// Place of the flow.
    pub flow: usize,
    /// The side it is assigned to.
    pub side: Side,
    /// Whether it counts as evidence.
    pub is_counted: bool,
    /// Whether the visitor brought both cookies, and they agree: whoever keeps none, or made up a name, may never complete at all,
    /// as probes and link previews do.
    pub is_known: bool,
    /// Bucket and lot.
    pub place: Place,
    /// Its values in the flow's segments.
    pub classes: Classes,
}

/// An open attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// When it began, in milliseconds of the ledger's clock.
    pub began_ms: u64,
    /// The stratum it began in.
    pub stratum: u32,
    /// The visitor's bucket.
    pub bucket: u32,
    /// The visitor's values in the flow's segments.
    pub classes: Classes,
    /// The side it was assigned to.
    pub side: Side,
    /// Whether it counts as evidence.
    pub is_counted: bool,
    /// Whether its visitor brought both cookies: its completion is promised.
    pub is_known: bool,
    /// Whether its entry request was answered or given up.
    pub is_answered: bool,
    /// Whether it met an error.
    pub has_erred: bool,
    /// Whether it had its first outcome.
    pub has_outcome: bool,
    /// Whether it only pins (`hold`): its time is over and a person decides.
    pub is_held: bool,
}

/// A request's claim on an attempt; worthless once that attempt has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Which attempt.
    pub key: Key,
    /// When that attempt began.
    pub began_ms: u64,
    /// The stratum it began in.
    pub stratum: u32,
    /// The visitor's values in the flow's segments.
    pub classes: Classes,
    /// The side it was assigned to.
    pub side: Side,
    /// Whether it counts as evidence.
    pub is_counted: bool,
    /// Whether it only pins: the visitor may begin anew, on the same side.
    pub is_held: bool,
}

impl Ticket {
    /// The claim on an open attempt.
    #[must_use]
    pub fn to(key: Key, attempt: &Attempt) -> Self {
        Self {
            key,
            began_ms: attempt.began_ms,
            stratum: attempt.stratum,
            classes: attempt.classes,
            side: attempt.side,
            is_counted: attempt.is_counted,
            is_held: attempt.is_held,
        }
    }
}

/// How much of the hash range is still admitted, by how full the table is. Equal for both sides: the lot is independent of
/// the bucket.
#[must_use]
pub fn is_admitted(lot: u64, tracked: usize, size: usize) -> bool {
    let percent = tracked.saturating_mul(100) / size.max(1);
    let one_in = match percent {
        0..90 => 1,
        90..95 => 2,
        95..98 => 4,
        98..100 => 8,
        _ => return false,
    };
    lot.is_multiple_of(one_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_with_its_key_stays_under_64_bytes() {
        assert!(size_of::<(Key, Attempt)>() < 64, "{}", size_of::<(Key, Attempt)>());
    }

    #[test]
    fn a_filling_table_admits_ever_fewer() {
        let admitted = |tracked: usize| (0..800_u64).filter(|lot| is_admitted(*lot, tracked, 100)).count();
        assert_eq!(
            [
                admitted(0),
                admitted(89),
                admitted(90),
                admitted(95),
                admitted(98),
                admitted(100)
            ],
            [800, 800, 400, 200, 100, 0]
        );
        assert!(!is_admitted(0, 0, 0) || is_admitted(0, 0, 1));
    }
}

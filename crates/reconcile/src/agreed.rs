//! The kind that a column is compared as, once both sides have said what theirs holds.

use crate::value::Kind;

/// Why two columns cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKind {
    /// A time with a zone meets one without, and no zone is declared.
    ZoneNeeded,
    /// No value of one could be a value of the other.
    Strangers(Kind, Kind),
}

/// The kind in which values of both columns can meet; text meets everything that can be written.
pub(crate) fn agreed(old: Option<Kind>, new: Option<Kind>, has_zone: bool) -> Result<Kind, NoKind> {
    let (old, new) = match (old, new) {
        (None, None) => return Ok(Kind::Text),
        (Some(kind), None) | (None, Some(kind)) => return Ok(kind),
        (Some(old), Some(new)) => (old.min(new), old.max(new)),
    };
    match (old, new) {
        _ if old == new => Ok(old),
        (Kind::Bool, Kind::Int | Kind::Decimal | Kind::Text) => Ok(Kind::Bool),
        (Kind::Int, Kind::Decimal | Kind::Float) | (Kind::Decimal, Kind::Float) => Ok(Kind::Decimal),
        (Kind::Int | Kind::Decimal | Kind::Float, Kind::Text) => Ok(old),
        (Kind::Text, _) => Ok(new),
        (Kind::Bytes, Kind::Uuid) => Ok(Kind::Uuid),
        (Kind::Date, Kind::Timestamp) => Ok(Kind::Timestamp),
        (Kind::Date | Kind::Timestamp, Kind::Instant) if has_zone => Ok(Kind::Instant),
        (Kind::Date | Kind::Timestamp, Kind::Instant) => Err(NoKind::ZoneNeeded),
        _ => Err(NoKind::Strangers(old, new)),
    }
}

/// Whether the order of a side's own values is the order of what they become.
pub(crate) fn keeps_order(native: Option<Kind>, agreed: Kind, is_utc: bool) -> bool {
    let Some(native) = native else {
        return false;
    };
    match (native, agreed) {
        (_, Kind::Json) => false,
        _ if native == agreed => true,
        (Kind::Int, Kind::Decimal | Kind::Bool) | (Kind::Decimal, Kind::Bool) => true,
        // Holds as long as all are written alike; rows that come otherwise are noticed.
        (Kind::Text | Kind::Bytes, Kind::Uuid) => true,
        (Kind::Date, Kind::Timestamp) => true,
        (Kind::Date | Kind::Timestamp, Kind::Instant) => is_utc,
        _ => false,
    }
}

/// Whether a key in canonical form finds its row on a side, whatever the row's own way of writing it.
pub(crate) fn finds_its_row(native: Option<Kind>, agreed: Kind, is_typed: bool) -> bool {
    match native {
        // A column without a type may hold a moment or a number in more than one way.
        Some(native) if !is_typed => native == agreed && matches!(agreed, Kind::Int | Kind::Text | Kind::Bytes),
        Some(Kind::Int | Kind::Decimal) => matches!(agreed, Kind::Int | Kind::Decimal | Kind::Bool),
        Some(Kind::Bytes) => matches!(agreed, Kind::Bytes | Kind::Uuid),
        Some(native) => native == agreed && agreed != Kind::Json,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_meet_whichever_side_they_stand_on() {
        for (a, b, expected) in [
            (Kind::Int, Kind::Decimal, Ok(Kind::Decimal)),
            (Kind::Int, Kind::Bool, Ok(Kind::Bool)),
            (Kind::Text, Kind::Uuid, Ok(Kind::Uuid)),
            (Kind::Text, Kind::Int, Ok(Kind::Int)),
            (Kind::Bytes, Kind::Text, Ok(Kind::Bytes)),
            (Kind::Json, Kind::Text, Ok(Kind::Json)),
            (Kind::Timestamp, Kind::Instant, Err(NoKind::ZoneNeeded)),
            (Kind::Uuid, Kind::Int, Err(NoKind::Strangers(Kind::Int, Kind::Uuid))),
        ] {
            assert_eq!(agreed(Some(a), Some(b), false), expected, "{a} {b}");
            assert_eq!(agreed(Some(b), Some(a), false), expected, "{b} {a}");
        }
        assert_eq!(
            agreed(Some(Kind::Timestamp), Some(Kind::Instant), true),
            Ok(Kind::Instant)
        );
        assert_eq!(agreed(None, Some(Kind::Date), false), Ok(Kind::Date));
        assert_eq!(agreed(None, None, false), Ok(Kind::Text));
    }
}

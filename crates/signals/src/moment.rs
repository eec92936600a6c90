//! Moments and days as sources write them. A moment without a zone is none: taken for another zone's, an old one would
//! look fresh.

use tidegate_model::Timestamp;

/// A day is over in every zone of Earth at noon of the next in UTC (UTC-12 is the last zone to end it).
const OVER_HOURS: i64 = 36;

/// The shortest text that can be a moment with a zone, `2026-11-20T12:00Z`.
const MOMENT_BYTES_MIN: usize = 17;

/// A moment in RFC 3339, or with a blank for the `T` and a zone as short as `+02`.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    if text.len() < MOMENT_BYTES_MIN {
        return None;
    }
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp(at.as_millisecond()))
}

/// The end of a day in UTC, such as `2026-11-20`.
pub(crate) fn day_end(text: &str) -> Option<Timestamp> {
    day_start(text).map(|at| at.after(tidegate_model::Millis(24 * 3_600_000)))
}

/// Whether a day, such as `2026-11-20`, is over wherever it was counted; none for what is no day.
pub(crate) fn is_over(text: &str, now: Timestamp) -> Option<bool> {
    day_start(text).map(|at| now.0.saturating_sub(at.0) >= OVER_HOURS * 3_600_000)
}

/// What a batch's name says of when it ended.
pub(crate) fn named(name: &str) -> Option<Timestamp> {
    day_end(name).or_else(|| read(name))
}

/// The beginning of a day in UTC, such as `2026-11-20`.
pub(crate) fn day_start(text: &str) -> Option<Timestamp> {
    let is_day = text.len() == 10
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day: jiff::civil::Date = is_day.then(|| text.parse().ok()).flatten()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(at.timestamp().as_millisecond()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_moment_needs_a_zone() {
        let noon = read("2026-11-20T12:00:00Z").unwrap();
        for same in [
            "2026-11-20T14:00:00+02:00",
            "2026-11-20 12:00:00+00",
            "2026-11-20 12:00:00.000+00:00",
        ] {
            assert_eq!(read(same), Some(noon), "{same}");
        }
        for none in [
            "2026-11-20T12:00:00",
            "2026-11-20 12:00:00",
            "2026-11-20",
            "12:00:00Z",
            "",
            "now",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn a_day_is_over_when_it_is_over_everywhere() {
        assert_eq!(day_end("2026-11-20"), read("2026-11-21T00:00:00Z"));
        let noon = read("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(is_over("2026-11-20", noon), Some(true));
        assert_eq!(is_over("2026-11-20", Timestamp(noon.0 - 1)), Some(false));
        for none in [
            "2026-11-31",
            "20.11.2026",
            "2026/11/20",
            "11/20/26",
            "2026-11-2",
            "2026-11-20 ",
        ] {
            assert_eq!(is_over(none, noon), None, "{none}");
        }
    }
}

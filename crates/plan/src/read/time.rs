//! Windows and periods: `Mon-Fri 09:00-16:00 Europe/Berlin`, `2026-11-24..2026-12-02`.

use tidegate_model::Timestamp;
use tidegate_model::plan::WeeklyWindow;

/// What [`window`] reads, for messages.
pub(crate) const WINDOW: &str = "a weekly window such as `Mon-Fri 09:00-16:00 Europe/Berlin`";
/// What [`period`] reads, for messages.
pub(crate) const PERIOD: &str = "a period such as `2026-11-24..2026-12-02`, both days included";

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A weekly window; the zone must be one of the IANA database.
pub(crate) fn window(text: &str) -> Option<WeeklyWindow> {
    let mut words = text.split_whitespace();
    let (days, hours, zone) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    jiff::tz::TimeZone::get(zone).ok()?;
    let (from, until) = hours.split_once('-')?;
    let (from_minute, until_minute) = (minute(from)?, minute(until)?);
    let days = day_list(days)?;
    (from_minute < until_minute).then(|| WeeklyWindow {
        days,
        from_minute,
        until_minute,
        zone: zone.to_owned(),
    })
}

fn day_list(text: &str) -> Option<Vec<u8>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return None;
        }
        days.extend(first..=last);
    }
    days.sort_unstable();
    days.dedup();
    Some(days)
}

/// Monday is 1.
fn day(text: &str) -> Option<u8> {
    let at = DAYS.iter().position(|day| *day == text)?;
    u8::try_from(at + 1).ok()
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= 24 * 60).then_some(total)
}

/// A period of whole days in a zone, as instants: from the first day's beginning until the day after the last begins.
pub(crate) fn period(text: &str, zone: &str) -> Option<(Timestamp, Timestamp)> {
    let (first, last) = text.split_once("..")?;
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    let instant = |date: jiff::civil::Date| {
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_millisecond()))
    };
    let first: jiff::civil::Date = first.trim().parse().ok()?;
    let last: jiff::civil::Date = last.trim().parse().ok()?;
    let (from, until) = (instant(first)?, instant(last.tomorrow().ok()?)?);
    (from < until).then_some((from, until))
}

/// What [`date`] reads, for messages.
pub(crate) const DATE: &str = "a day such as `2026-11-24`";

/// The beginning of a day, UTC.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let date: jiff::civil::Date = text.trim().parse().ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_keeps_the_zone_across_the_change_of_clocks() {
        let (from, until) = period("2026-10-24..2026-10-25", "Europe/Berlin").expect("a period");
        assert_eq!(from.to_string(), "2026-10-23T22:00:00.000Z");
        assert_eq!(until.to_string(), "2026-10-25T23:00:00.000Z");
        assert_eq!(period("2026-10-25..2026-10-24", "UTC"), None);
    }

    #[test]
    fn a_window_names_days_hours_and_zone() {
        let read = window("Mon-Wed,Fri 09:00-16:30 Europe/Berlin").expect("a window");
        assert_eq!(
            (read.days, read.from_minute, read.until_minute),
            (vec![1, 2, 3, 5], 540, 990)
        );
        for text in [
            "Mon 9-16 UTC",
            "Mon 16:00-09:00 UTC",
            "Fri-Mon 09:00-16:00 UTC",
            "Mon 09:00-16:00 Mars/Base",
        ] {
            assert_eq!(window(text), None, "{text}");
        }
    }
}

//! The plan's windows: when exposure may grow, and when it may again.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use tidegate_model::plan::{ExpandRule, WeeklyWindow};
use tidegate_model::{Millis, Timestamp};

/// Days looked ahead for a weekly window; every window that can open does so within eight.
const DAYS_AHEAD: i64 = 8;
/// Periods without growth that may follow one another before the search ends.
const PERIODS_MAX: usize = 1_000;
/// The shortest wait that is answered, so that a clock change cannot make the answer the present.
const WAIT_AT_LEAST: Millis = Millis::seconds(1);

/// Whether exposure may grow at this instant. A zone that does not exist counts as closed.
#[must_use]
pub(super) fn is_open(rule: &ExpandRule, now: Timestamp) -> bool {
    let is_within = |window: &WeeklyWindow| {
        let Some(local) = local(window, now) else {
            return false;
        };
        let day = u8::try_from(local.weekday().to_monday_one_offset()).unwrap_or(0);
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(u16::MAX);
        window.days.contains(&day) && minute >= window.from_minute && minute < window.until_minute
    };
    never_until(rule, now).is_none() && (rule.within.is_empty() || rule.within.iter().any(is_within))
}

/// The first instant from `now` on at which exposure may grow; none when it never may.
#[must_use]
pub(super) fn opens_again(rule: &ExpandRule, now: Timestamp) -> Option<Timestamp> {
    let mut at = now;
    for _ in 0..PERIODS_MAX {
        if let Some(until) = never_until(rule, at) {
            at = until;
            continue;
        }
        let next = if rule.within.is_empty() {
            at
        } else {
            rule.within.iter().filter_map(|window| next_of(window, at)).min()?
        };
        if never_until(rule, next).is_none() {
            return Some(next.max(now.after(WAIT_AT_LEAST)));
        }
        at = next;
    }
    None
}

fn never_until(rule: &ExpandRule, at: Timestamp) -> Option<Timestamp> {
    let around = rule.never.iter().filter(|(from, until)| at >= *from && at < *until);
    around.map(|(_, until)| *until).max()
}

fn local(window: &WeeklyWindow, at: Timestamp) -> Option<Zoned> {
    let zone = TimeZone::get(&window.zone).ok()?;
    Some(jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone))
}

fn next_of(window: &WeeklyWindow, at: Timestamp) -> Option<Timestamp> {
    let today = local(window, at)?.date();
    let zone = TimeZone::get(&window.zone).ok()?;
    (0..=DAYS_AHEAD).find_map(|ahead| {
        let date = today.checked_add(ahead.days()).ok()?;
        let day = u8::try_from(date.weekday().to_monday_one_offset()).ok()?;
        if !window.days.contains(&day) {
            return None;
        }
        let until = minute_of(date, window.until_minute, &zone)?;
        let from = minute_of(date, window.from_minute, &zone)?;
        (at < until).then(|| from.max(at))
    })
}

fn minute_of(date: Date, minute: u16, zone: &TimeZone) -> Option<Timestamp> {
    let local = date.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes()).ok()?;
    let instant = local.to_zoned(zone.clone()).ok()?;
    Some(Timestamp(instant.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(never: Vec<(Timestamp, Timestamp)>) -> ExpandRule {
        ExpandRule {
            within: vec![WeeklyWindow {
                days: vec![1, 2, 3, 4],
                from_minute: 9 * 60,
                until_minute: 16 * 60,
                zone: "Europe/Berlin".into(),
            }],
            never,
        }
    }

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().expect("a test writes instants well");
        Timestamp(instant.as_millisecond())
    }

    #[test]
    fn growth_waits_for_the_window_in_its_own_zone() {
        for (now, open, again) in [
            ("2026-03-05T07:59:00Z", false, "2026-03-05T08:00:00Z"),
            ("2026-03-05T08:00:00Z", true, "2026-03-05T08:00:01Z"),
            ("2026-03-05T15:00:00Z", false, "2026-03-09T08:00:00Z"),
            // The clocks have gone forward on the 29th: nine o'clock is seven in UTC.
            ("2026-03-27T12:00:00Z", false, "2026-03-30T07:00:00Z"),
        ] {
            let rule = office(Vec::new());
            assert_eq!(is_open(&rule, at(now)), open, "{now}");
            assert_eq!(opens_again(&rule, at(now)), Some(at(again)), "{now}");
        }
    }

    #[test]
    fn a_sale_freeze_outlasts_the_window() {
        let freeze = vec![(at("2026-03-05T00:00:00Z"), at("2026-03-11T12:00:00Z"))];
        let rule = office(freeze);
        assert!(!is_open(&rule, at("2026-03-09T10:00:00Z")));
        assert_eq!(
            opens_again(&rule, at("2026-03-09T10:00:00Z")),
            Some(at("2026-03-11T12:00:00Z"))
        );
    }

    #[test]
    fn a_zone_that_does_not_exist_stays_shut() {
        let mut rule = office(Vec::new());
        rule.within[0].zone = "Atlantis/Capital".into();
        assert!(!is_open(&rule, at("2026-03-05T10:00:00Z")));
        assert_eq!(opens_again(&rule, at("2026-03-05T10:00:00Z")), None);
    }
}

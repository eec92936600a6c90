//! Days and microseconds: read from text and shown as text, by the proleptic Gregorian calendar. Knows no zones.

/// Microseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;
/// A moment after all moments, as PostgreSQL writes it.
pub(crate) const AFTER_ALL: i64 = i64::MAX;
/// A moment before all moments, as PostgreSQL writes it.
pub(crate) const BEFORE_ALL: i64 = i64::MIN;
/// A day after all days.
pub(crate) const DAY_AFTER_ALL: i32 = i32::MAX;
/// A day before all days.
pub(crate) const DAY_BEFORE_ALL: i32 = i32::MIN;

/// Days since 1970-01-01; `None` for a day that is not on the calendar.
///
/// # Source
/// H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
pub(crate) fn days_of(year: i64, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_of_year = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_of_year + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// Year, month and day of days since 1970-01-01.
///
/// # Source
/// As [`days_of`], `civil_from_days`.
pub(crate) fn civil_of(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_of_year = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_of_year + 2) / 5 + 1;
    let month = if month_of_year < 10 {
        month_of_year + 3
    } else {
        month_of_year - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |number: i64| u32::try_from(number).expect("a month and a day are small");
    (year, small(month), small(day))
}

fn days_in(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads `YYYY-MM-DD`, `infinity` or `-infinity`.
pub(crate) fn date_of(text: &str) -> Option<i32> {
    match text {
        "infinity" => return Some(DAY_AFTER_ALL),
        "-infinity" => return Some(DAY_BEFORE_ALL),
        _ => {}
    }
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    if year.len() < 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    days_of(number(year)?, small(month)?, small(day)?)
}

/// Reads `[-]H:MM[:SS[.FFFFFF]]`; hours may be many. Digits beyond microseconds must be zeros.
pub(crate) fn time_of(text: &str) -> Option<i64> {
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (number(parts.next()?)?, small(parts.next()?)?);
    let (seconds, micros) = match parts.next() {
        Some(seconds) => seconds_of(seconds)?,
        None => (0, 0),
    };
    if minutes > 59 || seconds > 60 {
        return None;
    }
    let whole = hours * 3_600 + i64::from(minutes) * 60 + i64::from(seconds);
    let micros = whole.checked_mul(SECOND)? + micros;
    Some(if is_negative { -micros } else { micros })
}

/// Reads a day and a time; the second number is the offset from UTC in seconds where one is written.
pub(crate) fn timestamp_of(text: &str) -> Option<(i64, Option<i64>)> {
    match text {
        "infinity" => return Some((AFTER_ALL, None)),
        "-infinity" => return Some((BEFORE_ALL, None)),
        _ => {}
    }
    let Some(at) = text.find([' ', 'T']) else {
        return Some((i64::from(date_of(text)?).checked_mul(DAY)?, None));
    };
    let days = date_of(&text[..at])?;
    let rest = text[at + 1..].trim_start();
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-', ' ']) {
        Some(end) => (&rest[..end], Some(offset_of(rest[end..].trim_start())?)),
        None => (rest, None),
    };
    let micros = i64::from(days).checked_mul(DAY)?.checked_add(time_of(clock)?)?;
    Some((micros, offset))
}

/// `Z`, `+HH`, `+HHMM`, `+HH:MM` or `+HH:MM:SS`, in seconds.
fn offset_of(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") || text == "UTC" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|letter| *letter != ':').collect();
    let part = |from: usize| {
        digits
            .get(from..from + 2)
            .map_or(Some(0), |two| small(two).map(i64::from))
    };
    matches!(digits.len(), 2 | 4 | 6).then_some(())?;
    Some(sign * (part(0)? * 3_600 + part(2)? * 60 + part(4)?))
}

/// Seconds and microseconds of `SS[.FFFFFF]`.
fn seconds_of(text: &str) -> Option<(u32, i64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds = small(whole)?;
    let (kept, beyond) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) || beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let micros = kept.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some((seconds, micros.fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'))))
}

fn number(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
        .filter(|number| *number < 1_000_000)
}

fn small(text: &str) -> Option<u32> {
    number(text)
        .and_then(|number| u32::try_from(number).ok())
        .filter(|_| text.len() <= 2)
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(days: i32) -> String {
    match days {
        DAY_AFTER_ALL => "infinity".to_owned(),
        DAY_BEFORE_ALL => "-infinity".to_owned(),
        _ => {
            let (year, month, day) = civil_of(i64::from(days));
            format!("{year:04}-{month:02}-{day:02}")
        }
    }
}

/// `HH:MM:SS[.FFFFFF]`.
pub(crate) fn time_text(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    let (seconds, fraction) = (size / 1_000_000, size % 1_000_000);
    let clock = format!(
        "{sign}{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    );
    match fraction {
        0 => clock,
        _ => format!("{clock}.{fraction:06}"),
    }
}

/// `YYYY-MM-DD HH:MM:SS[.FFFFFF]`.
pub(crate) fn timestamp_text(micros: i64) -> String {
    match micros {
        AFTER_ALL => "infinity".to_owned(),
        BEFORE_ALL => "-infinity".to_owned(),
        _ => {
            let days = i32::try_from(micros.div_euclid(DAY)).expect("64 bits of microseconds are few days");
            format!("{} {}", date_text(days), time_text(micros.rem_euclid(DAY)))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_another_calendar() {
        let mut day = jiff::civil::date(1582, 10, 15);
        while day < jiff::civil::date(2500, 1, 1) {
            let expected = (day - jiff::civil::date(1970, 1, 1)).get_days();
            let (month, number) = (u32::try_from(day.month()).unwrap(), u32::try_from(day.day()).unwrap());
            assert_eq!(days_of(i64::from(day.year()), month, number), Some(expected), "{day}");
            assert_eq!(date_text(expected), day.to_string());
            assert_eq!(date_of(&day.to_string()), Some(expected));
            day = day.checked_add(jiff::Span::new().days(13)).unwrap();
        }
        for no_day in ["2025-02-29", "1900-02-29", "2026-13-01", "0000-00-00", "2026-1-1", "x"] {
            assert_eq!(date_of(no_day), None, "{no_day}");
        }
    }

    #[test]
    fn times_are_read_as_they_are_shown() {
        for (text, micros, shown) in [
            ("00:00", 0, "00:00:00"),
            ("23:59:59.999999", DAY - 1, "23:59:59.999999"),
            ("01:02:03.5", 3_723_500_000, "01:02:03.500000"),
            ("-838:59:59", -3_020_399 * SECOND, "-838:59:59"),
        ] {
            assert_eq!(time_of(text), Some(micros), "{text}");
            assert_eq!(time_text(micros), shown);
        }
        assert_eq!(time_of("01:02:03.1234567"), None, "a seventh digit is not cut off");
        assert_eq!(time_of("01:02:03.1234560"), Some(3_723_123_456));
    }

    #[test]
    fn offsets_are_told_apart_from_none() {
        let noon = days_of(2026, 3, 29)
            .map(|days| i64::from(days) * DAY + 12 * 3_600 * SECOND)
            .unwrap();
        for (text, offset) in [
            ("2026-03-29 12:00:00", None),
            ("2026-03-29T12:00:00Z", Some(0)),
            ("2026-03-29 12:00:00+00", Some(0)),
            ("2026-03-29 12:00:00-05:30", Some(-19_800)),
            ("2026-03-29 12:00:00+0200", Some(7_200)),
        ] {
            assert_eq!(timestamp_of(text), Some((noon, offset)), "{text}");
        }
        assert_eq!(timestamp_text(noon), "2026-03-29 12:00:00");
        assert_eq!(timestamp_text(-1), "1969-12-31 23:59:59.999999");
    }
}

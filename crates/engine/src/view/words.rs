//! Numbers and lists as people read them: percent, percentage points, counts with thousands, clock times.

use tidegate_model::{Millis, Money, Timestamp};

use crate::event::{Reading, Stake};

/// A ratio as percent with one decimal, such as `61.8 %`; two below one percent.
#[must_use]
pub fn percent(ratio: f64) -> String {
    let value = ratio * 100.0;
    if value != 0.0 && value.abs() < 1.0 {
        format!("{value:.2} %")
    } else {
        format!("{value:.1} %")
    }
}

/// The smallest harm that a step can see, and what it is a share of; none where nothing is predicted.
#[must_use]
pub fn sight(reading: &Reading) -> Option<(String, String)> {
    let share = reading.can_see?;
    let limit = reading.account.as_ref().and_then(|account| account.limit);
    Some(match limit.filter(|_| reading.difference.is_none()) {
        Some(limit) => (
            percent(limit * (1.0 + share)),
            format!("of all, where {} may", percent(limit)),
        ),
        None => (percent(share), "of the old side's".to_owned()),
    })
}

/// A difference of ratios in percentage points with its sign, such as `−4.8 pp`.
#[must_use]
pub fn points(difference: f64) -> String {
    format!("{} pp", signed(difference))
}

/// A difference of ratios as a signed number of percentage points, such as `+0.5`.
#[must_use]
pub fn signed(difference: f64) -> String {
    let value = difference * 100.0;
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{:.1}", value.abs())
}

/// A count with thousands apart, such as `12,400`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun, such as `1 row` and `3 rows`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// An amount in whole units with thousands apart, such as `108,000 EUR`; to the cent below 100.
#[must_use]
pub fn money(amount: &Money) -> String {
    let minor = amount.minor.unsigned_abs();
    let sign = if amount.minor < 0 { "−" } else { "" };
    let whole = if minor < 10_000 {
        format!("{}.{:02}", minor / 100, minor % 100)
    } else {
        count(minor.saturating_add(50) / 100)
    };
    format!("{sign}{whole} {}", amount.currency)
}

/// A loss that is left possible, to stand at the end of a sentence.
#[must_use]
pub fn loss(stake: &Stake) -> String {
    let (share, an_hour) = (percent(stake.share), money(&stake.an_hour));
    format!("; not excluded: {share} of attempts lost, {an_hour} an hour at the traffic declared")
}

/// A duration in at most two units, rounded down, such as `2 min 10 s`.
#[must_use]
pub fn duration(span: Millis) -> String {
    let seconds = span.0 / 1_000;
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let two = |a: u64, a_unit: &str, b: u64, b_unit: &str| {
        if b == 0 {
            format!("{a} {a_unit}")
        } else {
            format!("{a} {a_unit} {b} {b_unit}")
        }
    };
    if days > 0 {
        two(days, "d", hours, "h")
    } else if hours > 0 {
        two(hours, "h", minutes, "min")
    } else if minutes > 0 {
        two(minutes, "min", rest, "s")
    } else if seconds > 0 || span.0 == 0 {
        format!("{seconds} s")
    } else {
        format!("{} ms", span.0)
    }
}

/// The time of day of an instant in UTC, such as `14:03:07`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..19).map_or(text.clone(), str::to_owned)
}

/// How long a request took, in whole milliseconds; what rounds to none is told as less than one.
#[must_use]
pub fn took(span: Millis) -> String {
    match span.0 {
        0 => "under 1 ms".to_owned(),
        ms => format!("{} ms", count(ms)),
    }
}

/// A text in which every instant of RFC 3339 stands as day and time of day, such as `2026-11-22 03:10:36`.
#[must_use]
pub fn instants(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let bytes = text.as_bytes();
    let fits = |at: usize| {
        let run = bytes.get(at..at + SHAPE.len());
        run.is_some_and(|run| {
            run.iter().zip(SHAPE).all(|(found, wanted)| match wanted {
                b'0' => found.is_ascii_digit(),
                mark => found == mark,
            })
        })
    };
    let mut told = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, _) in text.char_indices() {
        if at < rest || !fits(at) {
            continue;
        }
        let end = at + SHAPE.len();
        let fraction = text[end..]
            .strip_prefix('.')
            .map_or(0, |after| 1 + after.bytes().take_while(u8::is_ascii_digit).count());
        if !text[end + fraction..].starts_with('Z') {
            continue;
        }
        told.push_str(&text[rest..at]);
        told.push_str(&text[at..at + 10]);
        told.push(' ');
        told.push_str(&text[at + 11..end]);
        rest = end + fraction + 1;
    }
    told.push_str(&text[rest..]);
    told
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Account;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(percent(0.6184), "61.8 %");
        assert_eq!(percent(0.0011), "0.11 %");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(points(-0.0479), "−4.8 pp");
    }

    #[test]
    fn what_a_step_can_see_is_told_with_what_it_is_a_share_of() {
        let pair = |(share, of): (&str, &str)| Some((share.to_owned(), of.to_owned()));
        let compared = Reading {
            can_see: Some(0.31),
            difference: Some(0.01),
            account: Some(Account {
                alpha_plan: 0.05,
                alpha_share: 0.01,
                alpha_of_try: 0.005,
                alpha_spent: 0.005,
                this_try: 1,
                margin: Some(0.1),
                is_margin_relative: true,
                limit: Some(0.05),
                money: None,
                money_most: None,
                harm_in: None,
            }),
            ..Reading::default()
        };
        assert_eq!(sight(&compared), pair(("31.0 %", "of the old side's")));
        let limited = Reading {
            can_see: Some(1.8),
            difference: None,
            ..compared
        };
        assert_eq!(sight(&limited), pair(("14.0 %", "of all, where 5.0 % may")));
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "row", "rows"), "1 row");
    }

    #[test]
    fn a_request_never_took_nothing() {
        let told = [0, 1, 1_500].map(|ms| took(Millis(ms)));
        assert_eq!(told, ["under 1 ms", "1 ms", "1,500 ms"]);
    }

    #[test]
    fn durations_have_at_most_two_units() {
        for (ms, text) in [
            (0, "0 s"),
            (171, "171 ms"),
            (41_000, "41 s"),
            (130_000, "2 min 10 s"),
            (120_000, "2 min"),
            (7_260_000, "2 h 1 min"),
            (90_000_000, "1 d 1 h"),
        ] {
            assert_eq!(duration(Millis(ms)), text);
        }
    }

    #[test]
    fn an_instant_within_a_text_reads_as_day_and_time() {
        assert_eq!(
            instants("compared at 2026-11-22T03:10:36.320Z, before 2026-11-22T03:10:40Z – so"),
            "compared at 2026-11-22 03:10:36, before 2026-11-22 03:10:40 – so"
        );
        for left in ["2026-11-22T03:10:36+01:00", "2026-11-22", "none", "é2026-11-2"] {
            assert_eq!(instants(left), left);
        }
    }

    #[test]
    fn lists_end_with_and() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn a_clock_time_has_seconds() {
        assert_eq!(clock(Timestamp(0)), "00:00:00");
    }
}

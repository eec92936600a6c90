//! Instants on a page: the time of day in UTC for everybody, how long ago or how soon where the script runs.

use maud::{Markup, html};
use tidegate_engine::view::words;
use tidegate_model::Timestamp;

/// A time of day.
pub(crate) fn at(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) { (words::clock(instant)) } }
}

/// Day and time of day, for what may be long ago.
pub(crate) fn day(instant: Timestamp) -> Markup {
    let text = instant.to_string();
    let (day, clock) = (text.get(..10).unwrap_or(&text), words::clock(instant));
    html! { time datetime=(instant) title=(instant) { (day) " " (clock) } }
}

/// A time of day that the script follows with `41 s ago`.
pub(crate) fn since(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-since=(instant.0) { (words::clock(instant)) } }
}

/// A time of day that the script replaces by its age, `3 s ago`.
pub(crate) fn age(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-age=(instant.0) { (words::clock(instant)) } }
}

/// A time of day that the script follows with `in 4 min 19 s`.
pub(crate) fn until(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-until=(instant.0) { (words::clock(instant)) } }
}

/// How an instant begins in words of the engine, to the second: `2026-11-22T03:10:36`.
const SHAPE: &[u8; 19] = b"dddd-dd-ddTdd:dd:dd";

/// Words of a verdict: each instant in them is a time of day, as everywhere on a page.
pub(crate) fn told(words: &str) -> Markup {
    let mut pieces = Vec::new();
    let mut rest = words;
    while let Some((before, instant, after)) = cut(rest) {
        pieces.push((before, instant));
        rest = after;
    }
    html! {
        @for (before, instant) in pieces {
            (before) time datetime=(instant) title=(instant) { (instant.get(11..SHAPE.len()).unwrap_or(instant)) }
        }
        (rest)
    }
}

/// The first instant, with what stands before and after it.
fn cut(words: &str) -> Option<(&str, &str, &str)> {
    let at = (0..words.len()).find(|at| is_instant(words.as_bytes().get(*at..).unwrap_or_default()))?;
    let (before, found) = words.split_at_checked(at)?;
    let (instant, after) = found.split_at_checked(found.find('Z')? + 1)?;
    Some((before, instant, after))
}

fn is_instant(bytes: &[u8]) -> bool {
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    };
    let is_begun = bytes.len() > SHAPE.len() && bytes.iter().zip(SHAPE).all(fits);
    let mut fraction = bytes
        .iter()
        .skip(SHAPE.len())
        .skip_while(|byte| **byte == b'.' || byte.is_ascii_digit());
    is_begun && fraction.next() == Some(&b'Z')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_in_words_are_times_of_day_and_nothing_else_changes() {
        let shown =
            told("größer: compared at 2026-11-22T03:10:36.320Z, before the gate asked at 2026-11-22T03:11:00Z; <b>")
                .into_string();
        let time =
            |instant: &str, clock: &str| format!("<time datetime=\"{instant}\" title=\"{instant}\">{clock}</time>");
        let expected = format!(
            "größer: compared at {}, before the gate asked at {}; &lt;b&gt;",
            time("2026-11-22T03:10:36.320Z", "03:10:36"),
            time("2026-11-22T03:11:00Z", "03:11:00")
        );
        assert_eq!(shown, expected);
        for words in [
            "",
            "2026-11-22",
            "2026-11-22T03:10:36",
            "2026-11-22T03:10:36+01:00",
            "ZZ 2026-11-22Taa:10:36Z",
        ] {
            assert_eq!(told(words).into_string(), words);
        }
    }
}

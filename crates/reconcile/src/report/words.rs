//! How values, keys and verdicts read, whatever the form of the report.

use std::fmt::Write as _;

use crate::difference::Difference;
use crate::event::KeyRange;
use crate::report::{Shown, Subject};
use crate::row::{Fingerprint, Key};
use crate::value::Value;
use crate::verdict::{Doubt, Outcome, Verdict};

/// Letters of one value that people are shown; files for programs hold all of them.
const LETTERS_MAX: usize = 200;

/// A value for people: texts in quotes, so that `NULL` is none of them; nothing that moves a terminal's cursor.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Json(text) => {
            let more = text.chars().nth(LETTERS_MAX).is_some();
            let cut: String = text.chars().take(LETTERS_MAX).collect();
            let end = if more { "\u{2026}" } else { "" };
            format!("\"{}{end}\"", harmless(&cut))
        }
        Value::Bytes(bytes) if bytes.len() > LETTERS_MAX / 2 => {
            let cut = Value::Bytes(bytes[..LETTERS_MAX / 2].to_vec());
            format!("{cut}\u{2026}")
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Float(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_) => value.to_string(),
    }
}

/// The text with letters escaped that are no letters: control characters, and those that turn the direction of writing.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if letter.is_control() || turns {
            out.extend(letter.escape_default());
        } else {
            out.push(letter);
        }
    }
    out
}

/// A key for people, as far as it may be shown.
pub(super) fn key(subject: &Subject, key: &Key) -> String {
    match subject.shown {
        Shown::Values | Shown::Keys => {
            let values = key.values();
            let mut out = String::new();
            for (at, part) in values.iter().enumerate() {
                let name = subject.key.get(at).map_or("key", String::as_str);
                let comma = if at == 0 { "" } else { ", " };
                write!(out, "{comma}{} = {}", harmless(name), value(part)).expect("a string takes all text");
            }
            out
        }
        Shown::Fingerprints => fingerprint(key),
    }
}

/// 32 hexadecimal digits that stand for a key.
pub(crate) fn fingerprint(key: &Key) -> String {
    let Fingerprint(bytes) = Fingerprint::of(key.as_bytes());
    bytes.iter().fold(String::with_capacity(32), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all text");
        out
    })
}

/// A range of keys for people.
pub(super) fn range(subject: &Subject, range: &KeyRange) -> String {
    match (&range.from, &range.until) {
        (None, None) => "all keys".to_owned(),
        (Some(from), None) => format!("from {} on", key(subject, from)),
        (None, Some(until)) => format!("before {}", key(subject, until)),
        (Some(from), Some(until)) => format!("from {} to before {}", key(subject, from), key(subject, until)),
    }
}

/// A count with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The column of a change, by its place.
pub(super) fn column(subject: &Subject, place: usize) -> &str {
    subject.columns.get(place).map_or("?", String::as_str)
}

/// The stable word for a kind of difference.
pub(super) fn kind(difference: &Difference) -> &'static str {
    match difference {
        Difference::Missing { .. } => "missing",
        Difference::Extra { .. } => "extra",
        Difference::Changed { .. } => "changed",
        Difference::Duplicated { .. } => "duplicated",
    }
}

/// The verdict's stable word.
pub(super) fn outcome(verdict: &Verdict) -> &'static str {
    match verdict.outcome {
        Outcome::Clean => "clean",
        Outcome::Diverged => "diverged",
        Outcome::Inconclusive => "inconclusive",
    }
}

/// The verdict's reason in one sentence without its end.
pub(super) fn reason(verdict: &Verdict) -> &'static str {
    match verdict.outcome {
        Outcome::Clean => "every row of both sides was compared and all agree",
        Outcome::Diverged => "differences stayed after they were read again",
        Outcome::Inconclusive if verdict.doubts.is_empty() => "not all rows were compared",
        Outcome::Inconclusive => "no difference is certain, and neither is its absence",
    }
}

/// A doubt in one sentence without its end.
pub(crate) fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NoRows => "neither side has a row".to_owned(),
        Doubt::ChunksSkipped { chunks, fault } => {
            format!("{} chunks could not be read: {}", count(*chunks), harmless(fault))
        }
        Doubt::Moving { rows } => format!("{} rows kept changing whenever they were read", count(*rows)),
        Doubt::Unread { rows, fault } => {
            format!("{} suspects could not be read again: {}", count(*rows), harmless(fault))
        }
        Doubt::TimeReached => "the longest time was reached".to_owned(),
        Doubt::DifferencesReached => "the largest number of differences was reached".to_owned(),
        Doubt::Stopped => "it was stopped".to_owned(),
    }
}

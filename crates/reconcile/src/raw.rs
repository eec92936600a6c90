//! A value as a source holds it, and its way into the canonical form of the kind that both sides agreed on.
//!
//! What is no value of that kind keeps its own form: it then differs from the other side's value, and is shown as it is.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever has no way of its own into a kind is read as text, or stays as it is"
)]

use jiff::tz::TimeZone;

use crate::decimal::Decimal;
use crate::encode;
use crate::fault::SourceFault;
use crate::json;
use crate::moment::{self, DAY, SECOND};
use crate::short::Short;
use crate::value::{Kind, Value, uuid_of};

/// A value as a source holds it.
#[derive(Debug, Clone)]
pub(crate) enum Raw<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Decimal(Decimal),
    /// The same, where it is short.
    Short(Short),
    Float(f64),
    Single(f32),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Date(i32),
    Time(i64),
    Timestamp(i64),
    Instant(i64),
    Uuid([u8; 16]),
    Json(&'a [u8]),
}

/// Appends the canonical form of a value.
///
/// # Errors
/// [`SourceFault::NotText`] for a text that is none.
#[inline(always)]
pub(crate) fn put(out: &mut Vec<u8>, kind: Kind, zone: Option<&TimeZone>, raw: &Raw<'_>) -> Result<(), SourceFault> {
    // What most values of most rows are, without a call where the form of the value is known; everything else takes the longer way.
    match (kind, raw) {
        (_, Raw::Null) => encode::null(out),
        (Kind::Int, Raw::Int(number)) => encode::int(out, *number),
        (Kind::Decimal, Raw::Short(number)) => encode::short(out, number),
        (Kind::Text, Raw::Text(bytes)) if encode::is_plain(bytes) => encode::plain_text(out, bytes),
        (Kind::Timestamp, Raw::Timestamp(micros)) => encode::timestamp(out, *micros),
        (Kind::Instant, Raw::Instant(micros)) => encode::instant(out, *micros),
        (kind, raw) => return put_slowly(out, kind, zone, raw),
    }
    Ok(())
}

#[inline(never)]
fn put_slowly(out: &mut Vec<u8>, kind: Kind, zone: Option<&TimeZone>, raw: &Raw<'_>) -> Result<(), SourceFault> {
    if let Raw::Short(number) = raw {
        return put_slowly(out, kind, zone, &Raw::Decimal(Decimal::from(*number)));
    }
    let is_taken = match kind {
        Kind::Bool => put_truth(out, raw),
        Kind::Int => put_int(out, raw),
        Kind::Decimal => put_decimal(out, raw),
        Kind::Float => put_float(out, raw),
        Kind::Text => put_text(out, raw)?,
        Kind::Bytes => put_bytes(out, raw),
        Kind::Date => put_date(out, raw),
        Kind::Time => put_time(out, raw),
        Kind::Timestamp => put_timestamp(out, raw),
        Kind::Instant => put_instant(out, zone, raw),
        Kind::Uuid => put_uuid(out, raw),
        Kind::Json => put_json(out, raw),
    };
    if is_taken { Ok(()) } else { put_as_it_is(out, raw) }
}

fn put_as_it_is(out: &mut Vec<u8>, raw: &Raw<'_>) -> Result<(), SourceFault> {
    match raw {
        Raw::Null => encode::null(out),
        Raw::Bool(truth) => encode::truth(out, *truth),
        Raw::Int(number) => encode::int(out, *number),
        Raw::Unsigned(number) => encode::unsigned(out, *number),
        Raw::Decimal(number) => encode::decimal(out, number),
        Raw::Short(number) => encode::short(out, number),
        Raw::Float(number) => encode::float(out, *number),
        Raw::Single(number) => encode::float(out, f64::from(*number)),
        Raw::Text(bytes) | Raw::Json(bytes) => encode::text(out, checked(bytes)?.as_bytes()),
        Raw::Bytes(bytes) => encode::bytes(out, bytes),
        Raw::Date(days) => encode::date(out, *days),
        Raw::Time(micros) => encode::time(out, *micros),
        Raw::Timestamp(micros) => encode::timestamp(out, *micros),
        Raw::Instant(micros) => encode::instant(out, *micros),
        Raw::Uuid(bytes) => encode::uuid(out, bytes),
    }
    Ok(())
}

fn checked(bytes: &[u8]) -> Result<&str, SourceFault> {
    str::from_utf8(bytes).map_err(|_| SourceFault::NotText)
}

fn words<'a>(raw: &Raw<'a>) -> Option<&'a str> {
    match raw {
        Raw::Text(bytes) | Raw::Json(bytes) => str::from_utf8(bytes).ok(),
        Raw::Null
        | Raw::Bool(_)
        | Raw::Int(_)
        | Raw::Unsigned(_)
        | Raw::Decimal(_)
        | Raw::Short(_)
        | Raw::Float(_)
        | Raw::Single(_)
        | Raw::Bytes(_)
        | Raw::Date(_)
        | Raw::Time(_)
        | Raw::Timestamp(_)
        | Raw::Instant(_)
        | Raw::Uuid(_) => None,
    }
}

fn put_truth(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let truth = match raw {
        Raw::Bool(truth) => Some(*truth),
        Raw::Int(0) | Raw::Unsigned(0) | Raw::Bytes([0]) => Some(false),
        Raw::Int(1) | Raw::Unsigned(1) | Raw::Bytes([1]) => Some(true),
        Raw::Decimal(number) => match number.whole() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            Some(_) | None => None,
        },
        _ => words(raw).and_then(|text| match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "y" | "on" => Some(true),
            "false" | "f" | "0" | "no" | "n" | "off" => Some(false),
            _ => None,
        }),
    };
    truth.inspect(|truth| encode::truth(out, *truth)).is_some()
}

fn put_int(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let whole = match raw {
        Raw::Int(number) => {
            encode::int(out, *number);
            return true;
        }
        Raw::Unsigned(number) => {
            encode::unsigned(out, *number);
            return true;
        }
        Raw::Bool(truth) => Some(i128::from(*truth)),
        _ => decimal(raw).and_then(|number| number.whole()),
    };
    whole
        .inspect(|number| encode::value(out, &Value::Int(*number)))
        .is_some()
}

fn put_decimal(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    match raw {
        Raw::Decimal(number) => encode::decimal(out, number),
        _ => match decimal(raw) {
            Some(number) => encode::decimal(out, &number),
            None => return false,
        },
    }
    true
}

/// The exact number; of a binary one the shortest decimal that leads back to it.
fn decimal(raw: &Raw<'_>) -> Option<Decimal> {
    match raw {
        Raw::Int(number) => Some(Decimal::from(i128::from(*number))),
        Raw::Unsigned(number) => Some(Decimal::from(i128::from(*number))),
        Raw::Bool(truth) => Some(Decimal::from(i128::from(*truth))),
        Raw::Decimal(number) => Some(number.clone()),
        Raw::Float(number) => Decimal::parse(&number.to_string()),
        Raw::Single(number) => Decimal::parse(&number.to_string()),
        _ => Decimal::parse(words(raw)?.trim()),
    }
}

fn put_float(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let number = match raw {
        Raw::Float(number) => Some(*number),
        Raw::Single(number) => Some(f64::from(*number)),
        Raw::Decimal(number) => number.to_string().parse().ok(),
        Raw::Int(number) => number.to_string().parse().ok(),
        Raw::Unsigned(number) => number.to_string().parse().ok(),
        _ => words(raw).and_then(|text| text.trim().parse().ok()),
    };
    number.inspect(|number| encode::float(out, *number)).is_some()
}

fn put_text(out: &mut Vec<u8>, raw: &Raw<'_>) -> Result<bool, SourceFault> {
    match raw {
        Raw::Null => return Ok(false),
        Raw::Text(bytes) | Raw::Json(bytes) => encode::text(out, checked(bytes)?.as_bytes()),
        Raw::Bytes(bytes) => match str::from_utf8(bytes) {
            Ok(text) => encode::text(out, text.as_bytes()),
            Err(_) => return Ok(false),
        },
        _ => {
            let mut form = Vec::new();
            put_as_it_is(&mut form, raw)?;
            let value = encode::values(&form).expect("what was just written is canonical");
            let shown: String = value.iter().map(Value::to_string).collect();
            encode::text(out, shown.as_bytes());
        }
    }
    Ok(true)
}

fn put_bytes(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    match raw {
        Raw::Bytes(bytes) => encode::bytes(out, bytes),
        Raw::Text(bytes) => match hexadecimal(bytes) {
            Some(content) => encode::bytes(out, &content),
            None => encode::bytes(out, bytes),
        },
        _ => return false,
    }
    true
}

/// Bytes as PostgreSQL writes them, `\x` and two digits each.
fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text
        .strip_prefix(b"\\x")
        .filter(|digits| digits.len().is_multiple_of(2))?;
    let half = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits
        .chunks(2)
        .map(|pair| Some(half(pair[0])? << 4 | half(pair[1])?))
        .collect()
}

fn put_date(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let days = match raw {
        Raw::Date(days) => Some(*days),
        _ => words(raw).and_then(|text| moment::date_of(text.trim())),
    };
    days.inspect(|days| encode::date(out, *days)).is_some()
}

fn put_time(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let micros = match raw {
        Raw::Time(micros) => Some(*micros),
        _ => words(raw).and_then(|text| moment::time_of(text.trim())),
    };
    micros.inspect(|micros| encode::time(out, *micros)).is_some()
}

fn put_timestamp(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let micros = match raw {
        Raw::Timestamp(micros) => Some(*micros),
        Raw::Date(days) => midnight(*days),
        _ => match words(raw).and_then(|text| moment::timestamp_of(text.trim())) {
            Some((micros, None)) => Some(micros),
            Some((_, Some(_))) | None => None,
        },
    };
    micros.inspect(|micros| encode::timestamp(out, *micros)).is_some()
}

fn put_instant(out: &mut Vec<u8>, zone: Option<&TimeZone>, raw: &Raw<'_>) -> bool {
    let micros = match raw {
        Raw::Instant(micros) => Some(*micros),
        Raw::Timestamp(micros) => in_zone(zone, *micros),
        Raw::Date(days) => midnight(*days).and_then(|micros| in_zone(zone, micros)),
        _ => match words(raw).and_then(|text| moment::timestamp_of(text.trim())) {
            Some((micros, Some(offset))) => micros.checked_sub(offset * SECOND),
            Some((micros, None)) => in_zone(zone, micros),
            None => None,
        },
    };
    micros.inspect(|micros| encode::instant(out, *micros)).is_some()
}

fn midnight(days: i32) -> Option<i64> {
    match days {
        moment::DAY_AFTER_ALL => Some(moment::AFTER_ALL),
        moment::DAY_BEFORE_ALL => Some(moment::BEFORE_ALL),
        _ => i64::from(days).checked_mul(DAY),
    }
}

/// The moment of a calendar's time in a zone; the earlier one where a clock shows a time twice.
fn in_zone(zone: Option<&TimeZone>, micros: i64) -> Option<i64> {
    let zone = zone?;
    if matches!(micros, moment::AFTER_ALL | moment::BEFORE_ALL) || *zone == TimeZone::UTC {
        return Some(micros);
    }
    let as_if_utc = jiff::Timestamp::from_microsecond(micros).ok()?;
    let civil = TimeZone::UTC.to_datetime(as_if_utc);
    let moment = zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    Some(moment.as_microsecond())
}

fn put_uuid(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let bytes = match raw {
        Raw::Uuid(bytes) => Some(*bytes),
        Raw::Bytes(bytes) => <[u8; 16]>::try_from(*bytes).ok(),
        _ => words(raw).and_then(uuid_of),
    };
    bytes.inspect(|bytes| encode::uuid(out, bytes)).is_some()
}

fn put_json(out: &mut Vec<u8>, raw: &Raw<'_>) -> bool {
    let document = words(raw).and_then(json::canonical);
    document.inspect(|document| encode::json(out, document)).is_some()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn shown(kind: Kind, raw: &Raw<'_>) -> String {
        let mut out = Vec::new();
        put(&mut out, kind, Some(&TimeZone::UTC), raw).unwrap();
        let values = encode::values(&out).unwrap();
        format!(
            "{} {}",
            values[0].kind().map_or("null".to_owned(), |kind| kind.to_string()),
            values[0]
        )
    }

    #[test]
    fn values_of_either_side_meet_in_one_form() {
        for (kind, raw, expected) in [
            (Kind::Bool, Raw::Int(1), "bool true"),
            (Kind::Bool, Raw::Bytes(&[0]), "bool false"),
            (Kind::Bool, Raw::Text(b"T"), "bool true"),
            (Kind::Bool, Raw::Int(2), "int 2"),
            (Kind::Int, Raw::Text(b"007"), "int 7"),
            (Kind::Int, Raw::Unsigned(u64::MAX), "int 18446744073709551615"),
            (Kind::Int, Raw::Text(b"seven"), "text seven"),
            (Kind::Decimal, Raw::Float(0.1), "decimal 0.1"),
            (Kind::Decimal, Raw::Single(0.1), "decimal 0.1"),
            (Kind::Decimal, Raw::Text(b"1.10"), "decimal 1.1"),
            (Kind::Decimal, Raw::Float(f64::NAN), "float NaN"),
            (Kind::Float, Raw::Text(b"1e16"), "float 1e16"),
            (Kind::Text, Raw::Int(5), "text 5"),
            (Kind::Bytes, Raw::Text(b"\\x00ff"), "bytes \\x00ff"),
            (Kind::Timestamp, Raw::Date(1), "timestamp 1970-01-02 00:00:00"),
            (
                Kind::Timestamp,
                Raw::Text(b"0000-00-00 00:00:00"),
                "text 0000-00-00 00:00:00",
            ),
            (
                Kind::Instant,
                Raw::Text(b"1970-01-01 02:00:00+02"),
                "instant 1970-01-01 00:00:00Z",
            ),
            (Kind::Instant, Raw::Timestamp(0), "instant 1970-01-01 00:00:00Z"),
            (Kind::Json, Raw::Text(b"{\"b\":1, \"a\":1.0}"), "json {\"a\":1,\"b\":1}"),
            (Kind::Json, Raw::Text(b"{"), "text {"),
            (Kind::Json, Raw::Null, "null NULL"),
        ] {
            assert_eq!(shown(kind, &raw), expected, "{kind} {raw:?}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_moved_by_the_declared_one() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| moment::timestamp_of(text).unwrap().0;
        for (there, utc) in [
            ("2026-01-15 12:00:00.25", "2026-01-15 11:00:00.25"),
            ("2026-07-15 12:00:00", "2026-07-15 10:00:00"),
            ("2026-10-25 02:30:00", "2026-10-25 00:30:00"),
        ] {
            assert_eq!(in_zone(Some(&berlin), at(there)), Some(at(utc)), "{there}");
        }
        assert_eq!(in_zone(None, 0), None);
    }
}

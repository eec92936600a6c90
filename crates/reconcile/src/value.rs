//! A value of a row, the same whichever database or file gave it. What makes two values agree is in `agree.rs`.

use std::fmt;

use crate::decimal::Decimal;
use crate::moment;

/// What a column holds, once both sides are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number from -2^63 to 2^64 - 1.
    Int,
    /// An exact decimal number of any length.
    Decimal,
    /// A binary floating-point number.
    Float,
    /// Text in UTF-8.
    Text,
    /// Bytes that are no text.
    Bytes,
    /// A day.
    Date,
    /// A time of day, or a duration, in microseconds.
    Time,
    /// A moment on a calendar without a zone, in microseconds.
    Timestamp,
    /// A moment in the world, in microseconds.
    Instant,
    /// 128 bits that name something.
    Uuid,
    /// A JSON document.
    Json,
}

impl Kind {
    /// Some value of it; which one says nothing.
    pub(crate) fn sample(self) -> Value {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int => Value::Int(0),
            Self::Decimal => Value::Decimal(Decimal::default()),
            Self::Float => Value::Float(0.0),
            Self::Text => Value::Text("a".to_owned()),
            Self::Bytes => Value::Bytes(vec![0]),
            Self::Date => Value::Date(0),
            Self::Time => Value::Time(0),
            Self::Timestamp => Value::Timestamp(0),
            Self::Instant => Value::Instant(0),
            Self::Uuid => Value::Uuid([0; 16]),
            Self::Json => Value::Json("null".to_owned()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Decimal => "decimal",
            Self::Float => "float",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Instant => "instant",
            Self::Uuid => "uuid",
            Self::Json => "json",
        })
    }
}

/// One value. Its `Display` is what a report shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `NULL`.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number from -2^63 to 2^64 - 1.
    Int(i128),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A binary floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since midnight; may be negative or beyond a day where it is a duration.
    Time(i64),
    /// Microseconds since 1970-01-01T00:00:00 on a calendar without a zone.
    Timestamp(i64),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// 16 bytes in the order they are written.
    Uuid([u8; 16]),
    /// A document in canonical form: members sorted, numbers at their shortest, no blanks.
    Json(String),
}

impl Value {
    /// The kind of the value; `None` for `NULL`.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Decimal(_) => Kind::Decimal,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
            Self::Date(_) => Kind::Date,
            Self::Time(_) => Kind::Time,
            Self::Timestamp(_) => Kind::Timestamp,
            Self::Instant(_) => Kind::Instant,
            Self::Uuid(_) => Kind::Uuid,
            Self::Json(_) => Kind::Json,
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) | Self::Json(text) => f.write_str(text),
            Self::Bytes(bytes) => {
                f.write_str("\\x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Date(days) => f.write_str(&moment::date_text(*days)),
            Self::Time(micros) => f.write_str(&moment::time_text(*micros)),
            Self::Timestamp(micros) => f.write_str(&moment::timestamp_text(*micros)),
            Self::Instant(micros) => write!(f, "{}Z", moment::timestamp_text(*micros)),
            Self::Uuid(bytes) => f.write_str(&uuid_text(bytes)),
        }
    }
}

/// 8-4-4-4-12 lower-case hexadecimal digits.
#[must_use]
pub fn uuid_text(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).expect("four bits are one digit"));
        }
    }
    text
}

/// Reads 32 hexadecimal digits, with hyphens anywhere and one pair of braces around.
#[must_use]
pub fn uuid_of(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let (mut bytes, mut digits) = ([0_u8; 16], 0_usize);
    for byte in inner.unwrap_or(text).bytes().filter(|byte| *byte != b'-') {
        let digit = u8::try_from(char::from(byte).to_digit(16)?).ok()?;
        let place = bytes.get_mut(digits / 2)?;
        *place = (*place << 4) | digit;
        digits += 1;
    }
    (digits == 32).then_some(bytes)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_read_in_every_common_dress() {
        let plain = uuid_of("0123456789abcdef0123456789abcdef").unwrap();
        for dress in [
            "01234567-89ab-cdef-0123-456789abcdef",
            "{01234567-89AB-CDEF-0123-456789ABCDEF}",
            " 0123456789ABCDEF0123456789ABCDEF ",
        ] {
            assert_eq!(uuid_of(dress).unwrap(), plain, "{dress}");
        }
        assert_eq!(uuid_text(&plain), "01234567-89ab-cdef-0123-456789abcdef");
        for no_uuid in [
            "",
            "0123",
            "0123456789abcdef0123456789abcdeg",
            "0123456789abcdef0123456789abcdef0",
        ] {
            assert_eq!(uuid_of(no_uuid), None, "{no_uuid}");
        }
    }
}

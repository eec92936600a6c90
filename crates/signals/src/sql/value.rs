//! What a value is compared by: its text, the same for the same value whichever database gave it.
//!
//! - Numbers are compared by value: `1`, `1.0` and `1.00` are one, at any number of digits; `-0` is `0`. A number equals
//!   the text that writes it shortest (`1` and `'1'`, but not `'1.0'` and not `'01'`).
//! - A binary floating-point number is the shortest decimal that leads back to it, so that `0.1` of one side equals the
//!   exact `0.1` of the other. Beyond 2^53 it has already lost digits, and then differs from the exact number.
//! - NaN and infinity are no answer at all: the comparison falls silent.
//! - Texts are compared byte by byte: case, trailing blanks and Unicode's composed and decomposed forms all count.
//! - `NULL` equals `NULL` and nothing else; not the empty text.
//! - Bytes are `\x` and lower-case hexadecimal, as PostgreSQL writes them. Truth is `1` or `0`.
//! - Moments with a zone are in UTC as PostgreSQL writes them, `2026-03-29 01:30:00.5+00`; without a zone they are what
//!   they say. SQLite has only the texts and numbers that were stored.

use std::borrow::Cow;

use super::fault::SourceFault;

/// A value as a database gave it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// `NULL`.
    Null,
    /// A whole number.
    Integer(i64),
    /// A whole number without a sign.
    Unsigned(u64),
    /// A binary floating-point number.
    Real(f64),
    /// An exact decimal number as text, without an exponent.
    Decimal(&'a str),
    /// A text.
    Text(&'a [u8]),
    /// Bytes that are no text.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// The text it is compared by; `None` for `NULL`.
    ///
    /// # Errors
    /// [`SourceFault::NotFinite`], [`SourceFault::NotText`].
    pub(crate) fn canonical(self) -> Result<Option<Cow<'a, str>>, SourceFault> {
        Ok(Some(match self {
            Self::Null => return Ok(None),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Unsigned(number) => Cow::Owned(number.to_string()),
            // The shortest digits that lead back to the number, never with an exponent.
            Self::Real(number) if number.is_finite() => Cow::Owned(shortest(&number.to_string())?.to_owned()),
            Self::Real(_) => return Err(SourceFault::NotFinite),
            Self::Decimal(text) => Cow::Borrowed(shortest(text)?),
            Self::Text(bytes) => Cow::Borrowed(str::from_utf8(bytes).map_err(|_| SourceFault::NotText)?),
            Self::Bytes(bytes) => Cow::Owned(hexadecimal(bytes)),
        }))
    }
}

/// The digits of a decimal number without zeros that say nothing.
fn shortest(text: &str) -> Result<&str, SourceFault> {
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    {
        return Err(SourceFault::NotFinite);
    }
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    };
    Ok(if text == "-0" { "0" } else { text })
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).expect("four bits are one digit"));
        }
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn check(value: Value<'_>, expected: &str) {
        assert_eq!(value.canonical().unwrap().unwrap(), expected, "{value:?}");
    }

    #[test]
    fn one_number_has_one_text() {
        for decimal in ["1", "1.0", "1.00"] {
            check(Value::Decimal(decimal), "1");
        }
        check(Value::Integer(1), "1");
        check(Value::Unsigned(u64::MAX), "18446744073709551615");
        check(Value::Real(1.0), "1");
        check(Value::Real(-0.0), "0");
        check(Value::Decimal("-0.00"), "0");
        check(Value::Decimal("100"), "100");
        check(Value::Decimal("-100.10"), "-100.1");
        check(Value::Real(0.1), "0.1");
        check(Value::Real(1e15), "1000000000000000");
        check(Value::Real(1e-7), "0.0000001");
    }

    #[test]
    fn digits_beyond_two_to_the_fifty_third_are_kept_where_they_are_exact() {
        check(Value::Integer(9_007_199_254_740_993), "9007199254740993");
        check(Value::Integer(i64::MIN), "-9223372036854775808");
        check(Value::Real(9_007_199_254_740_993.0), "9007199254740992");
        check(
            Value::Decimal("123456789012345678901234567890.50"),
            "123456789012345678901234567890.5",
        );
    }

    #[test]
    fn what_is_no_finite_number_and_no_text_is_no_answer() {
        for value in [Value::Real(f64::NAN), Value::Real(f64::NEG_INFINITY)] {
            assert_eq!(value.canonical(), Err(SourceFault::NotFinite));
        }
        for word in ["NaN", "Infinity", "-Infinity"] {
            assert_eq!(Value::Decimal(word).canonical(), Err(SourceFault::NotFinite));
        }
        assert_eq!(Value::Text(&[0xff]).canonical(), Err(SourceFault::NotText));
    }

    #[test]
    fn bytes_are_written_as_hexadecimal_and_null_has_no_text() {
        check(Value::Bytes(&[0x00, 0xaf]), "\\x00af");
        check(Value::Text(b""), "");
        assert_eq!(Value::Null.canonical(), Ok(None));
    }
}

//! The canonical bytes of a value: equal bytes are equal values, and the order of a key's bytes is the order of its values.
//!
//! A value is a tag and a payload that ends by itself, so that values can stand one behind the other. Everything that
//! crosses threads, is sorted on disk or remembered of a suspect is made of these bytes; [`CANON_VERSION`] names the form.

mod short;

pub(crate) use self::short::short;
use crate::decimal::Decimal;
use crate::value::Value;

/// Raised whenever the same value would get other bytes; what was kept under another number is not continued.
pub const CANON_VERSION: u32 = 1;

const NULL: u8 = 0;
const BOOL: u8 = 1;
const INT: u8 = 2;
/// Whole numbers from 2^63 on.
const INT_LARGE: u8 = 3;
const DECIMAL: u8 = 4;
const FLOAT: u8 = 5;
const TEXT: u8 = 6;
const BYTES: u8 = 7;
const DATE: u8 = 8;
const TIME: u8 = 9;
const TIMESTAMP: u8 = 10;
const INSTANT: u8 = 11;
const UUID: u8 = 12;
const JSON: u8 = 13;

/// Ends text and bytes; a zero byte inside is followed by 255.
const END: [u8; 2] = [0, 1];
const SIGN_64: u64 = 1 << 63;
const SIGN_32: u32 = 1 << 31;

/// Bytes that are no canonical form: they were kept by another version, or harmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not values in canonical form {CANON_VERSION}")]
pub struct NotCanonical;

pub(crate) fn null(out: &mut Vec<u8>) {
    out.push(NULL);
}

pub(crate) fn truth(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(&[BOOL, u8::from(truth)]);
}

pub(crate) fn int(out: &mut Vec<u8>, number: i64) {
    sixty_four_of(out, INT, number.cast_unsigned() ^ SIGN_64);
}

pub(crate) fn unsigned(out: &mut Vec<u8>, number: u64) {
    match i64::try_from(number) {
        Ok(number) => int(out, number),
        Err(_) => sixty_four_of(out, INT_LARGE, number),
    }
}

/// Sign, power of ten and two digits a byte; of negative numbers every bit is turned round, so that bytes are in order.
pub(crate) fn decimal(out: &mut Vec<u8>, number: &Decimal) {
    digits(out, number.is_negative(), number.exponent(), number.digits());
}

fn digits(out: &mut Vec<u8>, is_negative: bool, exponent: i32, digits: &[u8]) {
    out.push(DECIMAL);
    if digits.is_empty() {
        out.push(1);
        return;
    }
    let turn = if is_negative { 0xff } else { 0 };
    out.push(if is_negative { 0 } else { 2 });
    let exponent = exponent.cast_unsigned() ^ SIGN_32;
    out.extend(exponent.to_be_bytes().map(|byte| byte ^ turn));
    for pair in digits.chunks(2) {
        let value = pair[0] * 10 + pair.get(1).copied().unwrap_or(0);
        out.push((value + 1) ^ turn);
    }
    out.push(turn);
}

/// NaN is one value, and so are the two zeros.
pub(crate) fn float(out: &mut Vec<u8>, number: f64) {
    let number = match number {
        _ if number.is_nan() => f64::NAN,
        0.0 => 0.0,
        _ => number,
    };
    let bits = number.to_bits();
    let ordered = if bits & SIGN_64 == 0 { bits ^ SIGN_64 } else { !bits };
    sixty_four_of(out, FLOAT, ordered);
}

pub(crate) fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(TEXT);
    escaped(out, bytes);
}

/// Appends a text that [`is_plain`].
pub(crate) fn plain_text(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + END.len() + 1);
    out.push(TEXT);
    out.extend_from_slice(bytes);
    out.extend_from_slice(&END);
}

/// Whether these are ASCII without a zero, as most texts are: they are UTF-8, and nothing in them is escaped.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    // The highest bit is seen of what is above 127, and of zero less one; without a branch for each byte.
    bytes.iter().fold(0, |seen, byte| seen | byte | byte.wrapping_sub(1)) < 0x80
}

pub(crate) fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(BYTES);
    escaped(out, bytes);
}

pub(crate) fn json(out: &mut Vec<u8>, canonical: &str) {
    out.push(JSON);
    escaped(out, canonical.as_bytes());
}

pub(crate) fn date(out: &mut Vec<u8>, days: i32) {
    let [a, b, c, d] = (days.cast_unsigned() ^ SIGN_32).to_be_bytes();
    out.extend_from_slice(&[DATE, a, b, c, d]);
}

pub(crate) fn time(out: &mut Vec<u8>, micros: i64) {
    micros_of(out, TIME, micros);
}

pub(crate) fn timestamp(out: &mut Vec<u8>, micros: i64) {
    micros_of(out, TIMESTAMP, micros);
}

pub(crate) fn instant(out: &mut Vec<u8>, micros: i64) {
    micros_of(out, INSTANT, micros);
}

pub(crate) fn uuid(out: &mut Vec<u8>, bytes: &[u8; 16]) {
    out.push(UUID);
    out.extend_from_slice(bytes);
}

fn micros_of(out: &mut Vec<u8>, tag: u8, micros: i64) {
    sixty_four_of(out, tag, micros.cast_unsigned() ^ SIGN_64);
}

fn sixty_four_of(out: &mut Vec<u8>, tag: u8, ordered: u64) {
    let [a, b, c, d, e, f, g, h] = ordered.to_be_bytes();
    out.extend_from_slice(&[tag, a, b, c, d, e, f, g, h]);
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.contains(&0) {
        for byte in bytes {
            out.push(*byte);
            if *byte == 0 {
                out.push(255);
            }
        }
    } else {
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(&END);
}

/// Appends any value.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => null(out),
        Value::Bool(is_true) => truth(out, *is_true),
        Value::Int(number) => match i64::try_from(*number) {
            Ok(number) => int(out, number),
            Err(_) => unsigned(out, u64::try_from(*number).unwrap_or(u64::MAX)),
        },
        Value::Decimal(number) => decimal(out, number),
        Value::Float(number) => float(out, *number),
        Value::Text(words) => text(out, words.as_bytes()),
        Value::Bytes(content) => bytes(out, content),
        Value::Date(days) => date(out, *days),
        Value::Time(micros) => time(out, *micros),
        Value::Timestamp(micros) => timestamp(out, *micros),
        Value::Instant(micros) => instant(out, *micros),
        Value::Uuid(content) => uuid(out, content),
        Value::Json(document) => json(out, document),
    }
}

/// Reads all values back.
///
/// # Errors
/// [`NotCanonical`] where they are not whole values of this form.
pub fn values(mut bytes: &[u8]) -> Result<Vec<Value>, NotCanonical> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let (value, rest) = first(bytes)?;
        values.push(value);
        bytes = rest;
    }
    Ok(values)
}

/// The bytes of one of the values, without reading those before it.
///
/// # Errors
/// [`NotCanonical`], also where there are not so many.
pub(crate) fn nth(mut bytes: &[u8], place: usize) -> Result<&[u8], NotCanonical> {
    for _ in 0..place {
        bytes = &bytes[length(bytes)?..];
    }
    Ok(&bytes[..length(bytes)?])
}

/// How long the first value is.
fn length(bytes: &[u8]) -> Result<usize, NotCanonical> {
    let (tag, rest) = bytes.split_first().ok_or(NotCanonical)?;
    let behind_tag = match *tag {
        NULL => 0,
        BOOL => 1,
        DATE => 4,
        INT | INT_LARGE | FLOAT | TIME | TIMESTAMP | INSTANT => 8,
        UUID => 16,
        DECIMAL => match rest.first().ok_or(NotCanonical)? {
            1 => 1,
            sign => {
                let turn = if *sign == 0 { 0xff } else { 0 };
                let digits = rest.get(5..).ok_or(NotCanonical)?;
                5 + digits.iter().position(|byte| *byte == turn).ok_or(NotCanonical)? + 1
            }
        },
        TEXT | BYTES | JSON => rest.windows(2).position(|two| two == END).ok_or(NotCanonical)? + END.len(),
        _ => return Err(NotCanonical),
    };
    (behind_tag <= rest.len()).then_some(behind_tag + 1).ok_or(NotCanonical)
}

fn first(bytes: &[u8]) -> Result<(Value, &[u8]), NotCanonical> {
    let (tag, rest) = bytes.split_first().ok_or(NotCanonical)?;
    Ok(match *tag {
        NULL => (Value::Null, rest),
        BOOL => {
            let (byte, rest) = rest.split_first().ok_or(NotCanonical)?;
            (Value::Bool(*byte == 1), rest)
        }
        INT => {
            let (number, rest) = sixty_four(rest)?;
            (Value::Int(i128::from((number ^ SIGN_64).cast_signed())), rest)
        }
        INT_LARGE => {
            let (number, rest) = sixty_four(rest)?;
            (Value::Int(i128::from(number)), rest)
        }
        DECIMAL => decimal_of(rest)?,
        FLOAT => {
            let (ordered, rest) = sixty_four(rest)?;
            let bits = if ordered & SIGN_64 == 0 {
                !ordered
            } else {
                ordered ^ SIGN_64
            };
            (Value::Float(f64::from_bits(bits)), rest)
        }
        TEXT => {
            let (content, rest) = unescaped(rest)?;
            (Value::Text(String::from_utf8(content).map_err(|_| NotCanonical)?), rest)
        }
        JSON => {
            let (content, rest) = unescaped(rest)?;
            (Value::Json(String::from_utf8(content).map_err(|_| NotCanonical)?), rest)
        }
        BYTES => {
            let (content, rest) = unescaped(rest)?;
            (Value::Bytes(content), rest)
        }
        DATE => {
            let (four, rest) = rest.split_first_chunk::<4>().ok_or(NotCanonical)?;
            (Value::Date((u32::from_be_bytes(*four) ^ SIGN_32).cast_signed()), rest)
        }
        TIME => micros_back(rest, Value::Time)?,
        TIMESTAMP => micros_back(rest, Value::Timestamp)?,
        INSTANT => micros_back(rest, Value::Instant)?,
        UUID => {
            let (content, rest) = rest.split_first_chunk::<16>().ok_or(NotCanonical)?;
            (Value::Uuid(*content), rest)
        }
        _ => return Err(NotCanonical),
    })
}

fn sixty_four(bytes: &[u8]) -> Result<(u64, &[u8]), NotCanonical> {
    let (eight, rest) = bytes.split_first_chunk::<8>().ok_or(NotCanonical)?;
    Ok((u64::from_be_bytes(*eight), rest))
}

fn micros_back(bytes: &[u8], make: fn(i64) -> Value) -> Result<(Value, &[u8]), NotCanonical> {
    let (number, rest) = sixty_four(bytes)?;
    Ok((make((number ^ SIGN_64).cast_signed()), rest))
}

fn decimal_of(bytes: &[u8]) -> Result<(Value, &[u8]), NotCanonical> {
    let (sign, rest) = bytes.split_first().ok_or(NotCanonical)?;
    if *sign == 1 {
        return Ok((Value::Decimal(Decimal::default()), rest));
    }
    let turn = if *sign == 0 { 0xff } else { 0 };
    let (exponent, rest) = rest.split_first_chunk::<4>().ok_or(NotCanonical)?;
    let exponent = u32::from_be_bytes(exponent.map(|byte| byte ^ turn)) ^ SIGN_32;
    let end = rest.iter().position(|byte| *byte == turn).ok_or(NotCanonical)?;
    let mut digits = Vec::with_capacity(2 * end);
    for byte in &rest[..end] {
        let pair = (byte ^ turn)
            .checked_sub(1)
            .filter(|pair| *pair < 100)
            .ok_or(NotCanonical)?;
        digits.extend([pair / 10, pair % 10]);
    }
    let number = Decimal::from_parts(*sign == 0, exponent.cast_signed(), digits);
    Ok((Value::Decimal(number), &rest[end + 1..]))
}

fn unescaped(bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), NotCanonical> {
    let mut content = Vec::new();
    let mut rest = bytes;
    loop {
        let zero = rest.iter().position(|byte| *byte == 0).ok_or(NotCanonical)?;
        content.extend_from_slice(&rest[..zero]);
        match rest.get(zero + 1) {
            Some(1) => return Ok((content, &rest[zero + 2..])),
            Some(255) => content.push(0),
            Some(_) | None => return Err(NotCanonical),
        }
        rest = &rest[zero + 2..];
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_found_without_reading_those_before_it() {
        let number = |text: &str| Value::Decimal(Decimal::parse(text).unwrap());
        let all = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-1),
            Value::Int(i128::from(u64::MAX)),
            number("0"),
            number("-12.50"),
            number("99.99"),
            Value::Float(-0.5),
            Value::Text("a\0\u{1}b".to_owned()),
            Value::Text(String::new()),
            Value::Bytes(vec![0, 1, 0, 255, 0]),
            Value::Date(-1),
            Value::Time(1),
            Value::Timestamp(256),
            Value::Instant(-256),
            Value::Uuid([1; 16]),
            Value::Json("{}".to_owned()),
        ];
        let mut bytes = Vec::new();
        all.iter().for_each(|one| value(&mut bytes, one));
        for (place, expected) in all.iter().enumerate() {
            let found = values(nth(&bytes, place).unwrap()).unwrap();
            assert_eq!(found, std::slice::from_ref(expected), "{place}");
        }
        assert_eq!(nth(&bytes, all.len()), Err(NotCanonical));
        assert_eq!(nth(&bytes[..bytes.len() - 1], all.len() - 1), Err(NotCanonical));
    }

    fn encoded(one: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        value(&mut out, one);
        out
    }

    fn ascending(row: &[Value]) {
        for pair in row.windows(2) {
            assert!(encoded(&pair[0]) < encoded(&pair[1]), "{} < {}", pair[0], pair[1]);
        }
        let mut all = Vec::new();
        row.iter().for_each(|one| value(&mut all, one));
        assert_eq!(values(&all).unwrap(), row);
    }

    #[test]
    fn bytes_are_in_the_order_of_their_values_and_lead_back_to_them() {
        ascending(
            &[
                i128::from(i64::MIN),
                -1,
                0,
                1,
                i128::from(i64::MAX),
                1 << 63,
                i128::from(u64::MAX),
            ]
            .map(Value::Int),
        );
        let decimals = [
            "-1000",
            "-12.35",
            "-12.3",
            "-0.001",
            "0",
            "0.0001",
            "0.1",
            "0.12",
            "0.2",
            "9",
            "10",
            "10.5",
            "123456789012345678901",
        ];
        ascending(&decimals.map(|text| Value::Decimal(Decimal::parse(text).unwrap())));
        ascending(&[f64::NEG_INFINITY, -1.5, -1e-300, 0.0, 1e-300, 2.0, f64::INFINITY].map(Value::Float));
        ascending(
            &["", "\0", "\0a", "\t", " ", "A", "a", "a\0", "a\t", "a ", "ab", "\u{e9}"]
                .map(|text| Value::Text(text.to_owned())),
        );
        ascending(&[i64::MIN, -1, 0, 1, i64::MAX].map(Value::Timestamp));
        ascending(&[i32::MIN, -1, 0, 1, i32::MAX].map(Value::Date));
    }

    #[test]
    fn only_text_that_needs_no_second_look_is_plain() {
        assert!(is_plain(b"") && is_plain(&[1, b' ', b'~', 127]));
        for byte in [0, 128, 200, 255] {
            for place in [0, 15, 16, 31, 40] {
                let mut text = [b'a'; 41];
                text[place] = byte;
                assert!(!is_plain(&text), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn a_shorter_first_value_does_not_run_into_the_second() {
        let pair = |a: &str, b: &str| {
            let mut out = encoded(&Value::Text(a.to_owned()));
            value(&mut out, &Value::Text(b.to_owned()));
            out
        };
        assert!(pair("a", "z") < pair("ab", "a"));
        assert_ne!(pair("a", "bc"), pair("ab", "c"));
    }

    #[test]
    fn harmed_bytes_are_refused() {
        for bytes in [
            &[INT, 0][..],
            &[TEXT, b'a'],
            &[99],
            &[TEXT, 0, 7],
            &[TEXT, 0xff, 0, 1],
            &[DECIMAL, 2, 0],
        ] {
            assert_eq!(values(bytes), Err(NotCanonical), "{bytes:?}");
        }
    }
}

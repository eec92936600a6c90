//! Whether two values agree under a rule, and how they differ where they do not.

use unicode_normalization::UnicodeNormalization as _;

use crate::decimal::Decimal;
use crate::difference::{Change, Class};
use crate::entity::Cmp;
use crate::json;
use crate::moment::SECOND;
use crate::value::Value;

/// A number with fewer digits after the point is not taken for another one cut short: a cent is no matter of scale.
const SCALE_MIN: i32 = 2;

/// The columns whose values do not agree. Both rows have one value for each rule.
#[must_use]
pub fn changes(rules: &[Cmp], old: &[Value], new: &[Value]) -> Vec<Change> {
    let pairs = rules.iter().zip(old.iter().zip(new)).enumerate();
    pairs
        .filter(|(_, (rule, (old, new)))| !agree(rule, old, new))
        .map(|(column, (_, (old, new)))| Change {
            column,
            class: class(old, new),
            old: old.clone(),
            new: new.clone(),
        })
        .collect()
}

/// Whether two values agree.
#[must_use]
pub fn agree(rule: &Cmp, old: &Value, new: &Value) -> bool {
    if same(old, new) {
        return true;
    }
    match rule {
        Cmp::Exact => false,
        Cmp::Abs(most) => distance(old, new).is_some_and(|distance| distance <= *most),
        Cmp::Rel(share) => is_near(old, new, *share),
        Cmp::Ulp(steps) => match (old, new) {
            (Value::Float(old), Value::Float(new)) => steps_between(*old, *new) <= u64::from(*steps),
            _ => false,
        },
        Cmp::Micros(most) => micros(old, new).is_some_and(|(old, new)| old.abs_diff(new) <= most.unsigned_abs()),
        Cmp::Text { trim, ci, nfc } => match (text(old), text(new)) {
            (Some(old), Some(new)) => put_aside(old, *trim, *ci, *nfc) == put_aside(new, *trim, *ci, *nfc),
            _ => false,
        },
        Cmp::Json => match (text(old).and_then(json::canonical), text(new).and_then(json::canonical)) {
            (Some(old), Some(new)) => old == new,
            _ => false,
        },
        Cmp::NullEqEmpty(inner) => is_null_and_empty(old, new) || agree(inner, old, new),
    }
}

/// How two values that are not the same differ.
#[must_use]
pub fn class(old: &Value, new: &Value) -> Class {
    if is_null_and_empty(old, new) {
        return Class::NullEmpty;
    }
    if matches!(old, Value::Null) || matches!(new, Value::Null) {
        return Class::NullValue;
    }
    if let (Some(old), Some(new)) = (text(old), text(new)) {
        return class_of_texts(old, new);
    }
    if let Some((old, new)) = micros(old, new) {
        let is_same_second = old.div_euclid(SECOND) == new.div_euclid(SECOND);
        return if is_same_second { Class::SubSecond } else { Class::Other };
    }
    if let (Some(old), Some(new)) = (exact(old), exact(new)) {
        let scale = old.scale().min(new.scale());
        let (fine, coarse) = if old.scale() > new.scale() {
            (old, new)
        } else {
            (new, old)
        };
        let is_cut = scale >= SCALE_MIN
            && fine.scale() > scale
            && (fine.truncated(scale) == coarse || fine.rounded(scale) == coarse);
        return if is_cut { Class::Scale } else { Class::Other };
    }
    Class::Other
}

fn class_of_texts(old: &str, new: &str) -> Class {
    let is_same = |trim, ci, nfc| put_aside(old, trim, ci, nfc) == put_aside(new, trim, ci, nfc);
    if is_same(true, false, false) {
        Class::TrailingSpace
    } else if is_same(false, false, true) {
        Class::Nfc
    } else if is_same(false, true, false) {
        Class::Case
    } else {
        Class::Other
    }
}

fn put_aside(text: &str, trim: bool, ci: bool, nfc: bool) -> String {
    let text = if trim { text.trim_end_matches(' ') } else { text };
    let text = if nfc { text.nfc().collect() } else { text.to_owned() };
    if ci { text.to_lowercase() } else { text }
}

/// The same value; a number is the same whether it is held as a whole, decimal or floating-point one.
fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Float(old), Value::Float(new)) => old == new || old.is_nan() && new.is_nan(),
        _ => old == new,
    }
}

fn is_null_and_empty(old: &Value, new: &Value) -> bool {
    let is_empty = |value: &Value| text(value).is_some_and(str::is_empty);
    matches!(old, Value::Null) && is_empty(new) || matches!(new, Value::Null) && is_empty(old)
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Json(text) => Some(text),
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
        | Value::Uuid(_) => None,
    }
}

fn micros(old: &Value, new: &Value) -> Option<(i64, i64)> {
    match (old, new) {
        (Value::Time(old), Value::Time(new))
        | (Value::Timestamp(old), Value::Timestamp(new))
        | (Value::Instant(old), Value::Instant(new)) => Some((*old, *new)),
        _ => None,
    }
}

/// The number itself where it is exact, the shortest decimal that leads back to it where it is binary.
fn exact(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(number.clone()),
        Value::Float(number) => Decimal::parse(&number.to_string()),
        Value::Null
        | Value::Bool(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => None,
    }
}

fn distance(old: &Value, new: &Value) -> Option<Decimal> {
    Some(exact(old)?.distance(&exact(new)?))
}

fn is_near(old: &Value, new: &Value, share: f64) -> bool {
    let number = |value: &Value| exact(value).and_then(|number| number.to_string().parse::<f64>().ok());
    match (number(old), number(new)) {
        (Some(old), Some(new)) => (old - new).abs() <= share * old.abs().max(new.abs()),
        _ => false,
    }
}

/// How many floating-point numbers one is from the other.
fn steps_between(old: f64, new: f64) -> u64 {
    if old.is_nan() || new.is_nan() {
        return u64::MAX;
    }
    let place = |number: f64| {
        let bits = number.to_bits().cast_signed();
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    place(old).abs_diff(place(new))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn words(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn number(text: &str) -> Value {
        Value::Decimal(Decimal::parse(text).unwrap())
    }

    #[test]
    fn differences_have_their_class() {
        for (old, new, expected) in [
            (words("Ab"), words("ab"), Class::Case),
            (words("ab "), words("ab"), Class::TrailingSpace),
            (words("\u{e9}"), words("e\u{301}"), Class::Nfc),
            (words("ab"), words("ac"), Class::Other),
            (words(""), Value::Null, Class::NullEmpty),
            (Value::Null, words(" "), Class::NullValue),
            (
                Value::Timestamp(1_000_001),
                Value::Timestamp(1_999_999),
                Class::SubSecond,
            ),
            (Value::Instant(999_999), Value::Instant(1_000_000), Class::Other),
            (number("2.345"), number("2.35"), Class::Scale),
            (number("2.345"), number("2.34"), Class::Scale),
            (number("2.345"), number("2.33"), Class::Other),
            (number("2.3"), number("2.4"), Class::Other),
            (number("3"), number("3.01"), Class::Other),
            (number("2.3"), number("2.34"), Class::Other),
            (Value::Int(1), Value::Int(2), Class::Other),
        ] {
            assert_eq!(class(&old, &new), expected, "{old} {new}");
            assert_eq!(class(&new, &old), expected, "{new} {old}");
            assert!(!agree(&Cmp::Exact, &old, &new), "{old} {new}");
        }
    }

    #[test]
    fn a_tolerance_is_met_at_its_edge_and_not_beyond() {
        let cent = Cmp::Abs(Decimal::parse("0.01").unwrap());
        assert!(agree(&cent, &number("1.00"), &number("1.01")));
        assert!(!agree(&cent, &number("1.00"), &number("1.0100000001")));
        assert!(agree(&Cmp::Micros(1_000), &Value::Instant(0), &Value::Instant(-1_000)));
        assert!(!agree(&Cmp::Micros(1_000), &Value::Instant(0), &Value::Instant(1_001)));
        let next = f64::from_bits(0.1_f64.to_bits() + 1);
        assert!(agree(&Cmp::Ulp(1), &Value::Float(0.1), &Value::Float(next)));
        assert!(!agree(&Cmp::Ulp(0), &Value::Float(0.1), &Value::Float(next)));
        assert!(agree(
            &Cmp::Ulp(2),
            &Value::Float(f64::from_bits(1)),
            &Value::Float(-f64::from_bits(1))
        ));
        assert!(agree(&Cmp::Rel(0.01), &Value::Float(100.0), &Value::Float(99.0)));
        assert!(!agree(&Cmp::Rel(0.01), &Value::Float(100.0), &Value::Float(98.9)));
        assert!(agree(&Cmp::Exact, &Value::Float(f64::NAN), &Value::Float(f64::NAN)));
    }

    #[test]
    fn texts_are_compared_without_what_is_put_aside() {
        let rule = |trim, ci, nfc| Cmp::Text { trim, ci, nfc };
        assert!(agree(&rule(true, false, false), &words("a  "), &words("a")));
        assert!(!agree(&rule(true, false, false), &words("A"), &words("a")));
        assert!(agree(&rule(false, true, false), &words("A"), &words("a")));
        assert!(agree(&rule(false, false, true), &words("\u{e9}"), &words("e\u{301}")));
        assert!(agree(&rule(true, true, true), &words("\u{c9} "), &words("e\u{301}")));
        let loose = Cmp::NullEqEmpty(Box::new(Cmp::Exact));
        assert!(agree(&loose, &Value::Null, &words("")));
        assert!(!agree(&loose, &Value::Null, &words(" ")));
        assert!(agree(
            &Cmp::Json,
            &words(r#"{"b":1,"a":2.0}"#),
            &words(r#"{"a":2,"b":1}"#)
        ));
    }
}

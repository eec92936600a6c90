//! Tests of fields: of a JSON line by pointer, of a table's row by column.

use std::borrow::Cow;

use serde_json::Value;
use tidegate_model::ask::{Decimal, FieldRule, FieldTest};

use crate::number;

/// A field that is there, as its text and, where it is one, as a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field<'a> {
    text: Option<Cow<'a, str>>,
    number: Option<Number>,
}

/// A number, exact where it is whole.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    Whole(i128),
    Real(f64),
}

impl<'a> Field<'a> {
    /// A value of a JSON line; `null` is as if it were not there.
    pub(crate) fn of_json(value: &'a Value) -> Option<Self> {
        let (text, number) = match value {
            Value::Null => return None,
            Value::Bool(truth) => (Some(Cow::Owned(truth.to_string())), None),
            Value::String(text) => (Some(Cow::Borrowed(text.as_str())), None),
            Value::Number(number) => {
                let whole = number.as_i128().map(Number::Whole);
                let real = number.as_f64().map(Number::Real);
                (Some(Cow::Owned(number.to_string())), whole.or(real))
            }
            Value::Array(_) | Value::Object(_) => (None, None),
        };
        Some(Self { text, number })
    }

    /// A field of a table; an empty one is as if it were not there.
    pub(crate) fn of_text(text: &'a str) -> Option<Self> {
        let number = number::decimal_of_digits(text).ok();
        (!text.is_empty()).then(|| Self {
            text: Some(Cow::Borrowed(text)),
            number: number.map(|Decimal(millionths)| Number::Real(millionths_of(millionths))),
        })
    }
}

/// Whether every test holds; `field` finds a field by the name a test gives it.
pub(crate) fn pass<'a>(tests: &[FieldTest], field: impl Fn(&str) -> Option<Field<'a>>) -> bool {
    tests.iter().all(|test| holds(&test.is, field(&test.field).as_ref()))
}

fn holds(rule: &FieldRule, field: Option<&Field<'_>>) -> bool {
    let text = field.and_then(|field| field.text.as_deref());
    let number = field.and_then(|field| field.number);
    match rule {
        FieldRule::OneOf(texts) => text.is_some_and(|text| texts.iter().any(|one| one == text)),
        FieldRule::StartsWith(start) => text.is_some_and(|text| text.starts_with(start.as_str())),
        FieldRule::AtLeast(least) => number.is_some_and(|number| compare(number, *least).is_some_and(|it| it.is_ge())),
        FieldRule::AtMost(most) => number.is_some_and(|number| compare(number, *most).is_some_and(|it| it.is_le())),
        FieldRule::Present => field.is_some(),
        FieldRule::Absent => field.is_none(),
    }
}

fn compare(number: Number, with: Decimal) -> Option<std::cmp::Ordering> {
    match number {
        Number::Whole(whole) => Some(whole.saturating_mul(i128::from(Decimal::ONE)).cmp(&i128::from(with.0))),
        Number::Real(real) => real.partial_cmp(&millionths_of(with.0)),
    }
}

/// The nearest binary number, the same for the same decimal wherever it was written.
fn millionths_of(millionths: i64) -> f64 {
    Decimal(millionths).to_string().parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(line: &Value, pointer: &str, rule: FieldRule, expected: bool) {
        let words = format!("{line} {pointer} {rule:?}");
        let test = FieldTest {
            field: pointer.to_owned(),
            is: rule,
        };
        let found = pass(&[test], |pointer| line.pointer(pointer).and_then(Field::of_json));
        assert_eq!(found, expected, "{words}");
    }

    #[test]
    fn rules_hold_of_a_line() {
        let line = json!({"status": 503, "path": "/cart/1", "ms": 0.5, "ok": false, "id": null, "user": {"name": ""},
            "text": "503", "big": 9_007_199_254_740_993_i64});
        let one_of = |text: &str| FieldRule::OneOf(vec!["x".into(), text.into()]);
        let at_least = |millionths| FieldRule::AtLeast(Decimal(millionths));
        let at_most = |millionths| FieldRule::AtMost(Decimal(millionths));
        check(&line, "/status", one_of("503"), true);
        check(&line, "/ok", one_of("false"), true);
        check(&line, "/user/name", one_of(""), true);
        check(&line, "/user", one_of("{}"), false);
        check(&line, "/path", FieldRule::StartsWith("/cart".into()), true);
        check(&line, "/path", FieldRule::StartsWith("cart".into()), false);
        check(&line, "/status", at_least(503_000_000), true);
        check(&line, "/status", at_least(503_000_001), false);
        check(&line, "/ms", at_least(500_000), true);
        check(&line, "/ms", at_most(499_999), false);
        check(&line, "/ms", at_most(500_000), true);
        check(&line, "/big", at_least(i64::MAX), true);
        // A text is no number, and what is not there fulfils no rule but one.
        check(&line, "/text", at_least(0), false);
        for (pointer, is_there) in [
            ("/status", true),
            ("/user/name", true),
            ("/id", false),
            ("/none", false),
        ] {
            check(&line, pointer, FieldRule::Present, is_there);
            check(&line, pointer, FieldRule::Absent, !is_there);
        }
        for rule in [one_of("null"), FieldRule::StartsWith(String::new()), at_most(i64::MAX)] {
            check(&line, "/none", rule, false);
        }
    }

    #[test]
    fn rules_hold_of_a_column() {
        let row = |name: &str| match name {
            "Clicks" => Field::of_text("12"),
            "Share" => Field::of_text("3.5%"),
            _ => Field::of_text(""),
        };
        let test = |field: &str, is| FieldTest {
            field: field.to_owned(),
            is,
        };
        assert!(pass(&[], row));
        assert!(pass(&[test("Clicks", FieldRule::AtLeast(Decimal(12_000_000)))], row));
        assert!(!pass(&[test("Share", FieldRule::AtLeast(Decimal(0)))], row));
        assert!(pass(
            &[test("Page", FieldRule::Absent), test("Share", FieldRule::Present)],
            row
        ));
        assert!(!pass(
            &[test("Page", FieldRule::Absent), test("Share", FieldRule::Absent)],
            row
        ));
    }
}

//! One text for one JSON document: members sorted, the last of equal names kept, numbers at their shortest, no blanks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::decimal::Decimal;

/// Deeper documents are not read; they then stay the text that they are.
const DEPTH_MAX: u32 = 100;

/// The canonical text; `None` for what is no JSON document.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    let mut out = String::with_capacity(text.len());
    write(raw, &mut out, DEPTH_MAX)?;
    Some(out)
}

fn write(raw: &RawValue, out: &mut String, depth: u32) -> Option<()> {
    let deeper = depth.checked_sub(1)?;
    let text = raw.get();
    match text.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            out.push('{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(value, out, deeper)?;
            }
            out.push('}');
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out, deeper)?;
            }
            out.push(']');
        }
        b'"' => write_text(&serde_json::from_str::<String>(text).ok()?, out),
        b'-' | b'0'..=b'9' => write!(out, "{}", Decimal::parse(text)?).expect("a string takes all text"),
        _ => out.push_str(text),
    }
    Some(())
}

fn write_text(text: &str, out: &mut String) {
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    out.push_str(&quoted);
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_document_has_one_text() {
        for text in [
            r#"{"a":[1,2.5,"x"],"b":null}"#,
            r#" { "b" : null, "a" : [ 1.0, 25e-1, "\u0078" ] } "#,
            r#"{"b":3,"a":[1,2.50,"x"],"b":null}"#,
        ] {
            assert_eq!(
                canonical(text).as_deref(),
                Some(r#"{"a":[1,2.5,"x"],"b":null}"#),
                "{text}"
            );
        }
        for no_document in ["", "{", "{'a':1}", "1 2", "NaN"] {
            assert_eq!(canonical(no_document), None, "{no_document}");
        }
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert_eq!(canonical(&deep), None);
    }

    #[test]
    fn digits_beyond_a_float_are_kept() {
        assert_eq!(
            canonical("12345678901234567890.123").as_deref(),
            Some("12345678901234567890.123")
        );
        assert_ne!(canonical("9007199254740993"), canonical("9007199254740992"));
    }
}

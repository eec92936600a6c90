//! Which side holds the order that a callback speaks of, by the prefix of its reference.

use tidegate_model::edge::CallbackRule;

use crate::form::parameter;
use crate::side::Side;

/// Most bytes of a callback's body that are read to find the reference.
pub const CALLBACK_BODY_BYTES_MAX: usize = 64 * 1024;

/// Whether the reference stands in the body, not in the query.
#[must_use]
pub fn reads_body(rule: &CallbackRule) -> bool {
    rule.reference.starts_with('/')
}

/// The side by a body; `None` when the reference is missing or of neither side.
#[must_use]
pub fn holder_by_body(rule: &CallbackRule, body: &[u8]) -> Option<Side> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let found = value.pointer(&rule.reference)?;
    match found.as_str() {
        Some(text) => holder(rule, text),
        None => holder(rule, &found.to_string()),
    }
}

/// The side by a query string; `None` when the parameter is missing or of neither side.
#[must_use]
pub fn holder_by_query(rule: &CallbackRule, query: &str) -> Option<Side> {
    holder(rule, &parameter(query, &rule.reference)?)
}

fn holder(rule: &CallbackRule, reference: &str) -> Option<Side> {
    // The longer prefix is asked first, so that `A` and `AB` can tell orders apart.
    let mut sides = [(Side::Old, &rule.old_prefix), (Side::New, &rule.new_prefix)];
    sides.sort_by_key(|(_, prefix)| std::cmp::Reverse(prefix.len()));
    let found = sides
        .into_iter()
        .find(|(_, prefix)| reference.starts_with(prefix.as_str()));
    found.map(|(side, _)| side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(reference: &str) -> CallbackRule {
        CallbackRule {
            reference: reference.into(),
            old_prefix: "O".into(),
            new_prefix: "ON-".into(),
        }
    }

    #[test]
    fn the_reference_names_the_side() {
        let body = rule("/data/reference");
        assert_eq!(
            holder_by_body(&body, br#"{"data":{"reference":"ON-1"}}"#),
            Some(Side::New)
        );
        assert_eq!(
            holder_by_body(&body, br#"{"data":{"reference":"O1"}}"#),
            Some(Side::Old)
        );
        assert_eq!(holder_by_body(&body, br#"{"data":{"reference":"X1"}}"#), None);
        assert_eq!(holder_by_body(&body, br#"{"data":{}}"#), None);
        assert_eq!(holder_by_body(&body, b"reference=ON-1"), None);
        let query = rule("ref");
        assert_eq!(holder_by_query(&query, "a=1&ref=%4FN-7"), Some(Side::New));
        assert_eq!(holder_by_query(&query, "reference=ON-7"), None);
    }
}

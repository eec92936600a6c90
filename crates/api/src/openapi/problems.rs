//! Problem documents in the description: one schema for all, and which codes an answer may carry.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::problem::Code;

/// An answer of one status that carries a problem with one of these codes.
pub(super) fn answer(status: u16, codes: &BTreeSet<&'static str>) -> Value {
    let titles: BTreeSet<&str> = codes
        .iter()
        .map(|code| {
            Code::ALL
                .iter()
                .find(|known| known.text() == *code)
                .map_or("the rules forbid this now", |known| known.title())
        })
        .collect();
    let titles: Vec<&str> = titles.into_iter().collect();
    let mut answer = json!({
        "description": titles.join("; "),
        "content": { "application/problem+json": { "schema": {
            "allOf": [
                { "$ref": "#/components/schemas/Problem" },
                { "properties": { "status": { "const": status }, "code": { "enum": codes } } },
            ],
        } } },
    });
    if status == 429 || status == 503 {
        answer["headers"]["Retry-After"] =
            json!({ "description": "Seconds until it is worth asking again.", "schema": { "type": "string" } });
    }
    answer
}

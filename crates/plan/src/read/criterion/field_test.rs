//! Tests of fields: which lines of a log and which rows of a table count.

use tidegate_model::ask::{FieldRule, FieldTest};

use crate::code::Code;
use crate::form::{Form, Of, may};
use crate::read::Reading;
use crate::read::fields::{Fields, texts, value, wrong};
use crate::read::flow::{POINTER, pointer};
use crate::read::scalar::{NUMBER, number};
use crate::sink::Finding;
use crate::syntax::{Key, Node, Shape};

/// How a field is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// By a pointer into a JSON line.
    Pointer,
    /// By a column's name.
    Column,
}

const TESTS: &str = "a mapping of fields to what they must be";

/// Fields with what they must be.
pub(super) const TESTS_OF: Of = Of::Named(&Of::Either(&[Of::Form(&RULE), Of::Listed(&Of::Scalar)]));

static RULE: Form = Form::new(
    "what a field must be",
    &[
        may("starts-with", Of::Text),
        may("at-least", Of::Number),
        may("at-most", Of::Number),
        may("is", Of::Words(&["present", "absent"])),
    ],
);

/// `{ /event: payment, /took_ms: { at-least: 500 } }`: all of them must hold. Nothing written means no test.
pub(super) fn read(node: Option<&Node>, what: &str, naming: Naming, reading: &mut Reading) -> Option<Vec<FieldTest>> {
    let Some(node) = node else {
        return Some(Vec::new());
    };
    let Shape::Map(entries) = &node.shape else {
        wrong(node, what, TESTS, reading);
        return None;
    };
    let mut tests = Vec::new();
    for (key, node) in entries {
        if naming == Naming::Pointer && pointer(&key.text).is_none() {
            not_a_pointer(key, reading);
            return None;
        }
        let rules = rules(node, reading)?;
        tests.extend(rules.into_iter().map(|is| FieldTest {
            field: key.text.clone(),
            is,
        }));
    }
    Some(tests)
}

fn not_a_pointer(key: &Key, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::WrongValue,
            key.place,
            format!("the field of a JSON line is not {POINTER}"),
        )
        .expected(POINTER, format!("`{}`", key.text))
        .help(format!("write `/{}`", key.text)),
    );
}

/// A text, a list of texts, or a mapping with `starts-with`, `at-least`, `at-most` or `is`.
fn rules(node: &Node, reading: &mut Reading) -> Option<Vec<FieldRule>> {
    if !matches!(node.shape, Shape::Map(_)) {
        let words = texts(Some(node), "what a field must be", reading);
        if words.is_empty() {
            wrong(
                node,
                "what a field must be",
                "a text, a list of texts or a mapping such as `{ at-least: 500 }`",
                reading,
            );
            return None;
        }
        return Some(vec![FieldRule::OneOf(words)]);
    }
    let mut fields = Fields::open(node, "what a field must be", &RULE, reading)?;
    let mut found = Vec::new();
    if let Some(node) = fields.get("starts-with") {
        let start = crate::read::fields::text(node, "`starts-with`", reading)?;
        found.push(FieldRule::StartsWith(start));
    }
    if let Some(node) = fields.get("at-least") {
        found.push(FieldRule::AtLeast(value(node, "`at-least`", NUMBER, number, reading)?));
    }
    if let Some(node) = fields.get("at-most") {
        found.push(FieldRule::AtMost(value(node, "`at-most`", NUMBER, number, reading)?));
    }
    if let Some(node) = fields.get("is") {
        found.push(value(node, "`is`", "`present` or `absent`", presence, reading)?);
    }
    let instead = fields.instead_of("at-least");
    let place = fields.head();
    fields.close(reading);
    if found.is_empty() {
        reading.sink.add(
            Finding::error(Code::MissingField, place, "a field is tested for nothing")
                .expected("`starts-with`, `at-least`, `at-most` or `is`", instead)
                .help("write for example `{ starts-with: /product }` or `{ is: present }`"),
        );
        return None;
    }
    Some(found)
}

fn presence(text: &str) -> Option<FieldRule> {
    match text {
        "present" => Some(FieldRule::Present),
        "absent" => Some(FieldRule::Absent),
        _ => None,
    }
}

//! Segments of a flow: where the request that begins an attempt says which visitor it is, and the declared values.

use std::collections::BTreeSet;

use tidegate_model::SegmentId;
use tidegate_model::flow::{OTHER, Segment, SegmentSource, SegmentWord};

use super::Reading;
use super::envelope::Head;
use super::fields::{Fields, bad_name, text, texts, wrong};
use super::flow::{POINTER, pointer};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::{Finding, Place};
use crate::syntax::{Key, Node, Shape};

/// Most segments of a flow: each multiplies what a gateway counts.
const SEGMENTS_MAX: usize = 4;
/// Most declared values of a segment; with `other` they are 16.
const VALUES_MAX: usize = 15;

/// The segments of a flow, by name.
pub(crate) const SEGMENTS: Of = Of::Named(&Of::Form(&SEGMENT));

static SEGMENT: Form = Form::new(
    "a segment",
    &[
        may("header", Of::Text),
        may("cookie", Of::Text),
        may("query", Of::Text),
        may("body", Of::Text),
        may("form", Of::Text),
        need(
            "values",
            Of::Either(&[
                Of::Listed(&Of::Name),
                Of::Named(&Of::Either(&[Of::Form(&VALUE), Of::Listed(&Of::Text)])),
            ]),
        ),
    ],
);

static VALUE: Form = Form::new(
    "a value of a segment",
    &[
        may("equals", Of::Listed(&Of::Text)),
        may("contains", Of::Listed(&Of::Text)),
    ],
);

/// Reads `{ payment: { body: /payment/method, values: [card, paypal] } }`.
pub(crate) fn read(node: &Node, head: &Head, reading: &mut Reading) -> Vec<Segment> {
    let Shape::Map(entries) = &node.shape else {
        wrong(
            node,
            &format!("the segments of {}", head.subject),
            "a mapping of names to where they are read",
            reading,
        );
        return Vec::new();
    };
    if let Some((key, _)) = entries.get(SEGMENTS_MAX) {
        too_many(key.place, "segments", SEGMENTS_MAX, entries.len(), reading);
    }
    let mut found = Vec::new();
    for (key, node) in entries.iter().take(SEGMENTS_MAX) {
        let Ok(id) = SegmentId::parse(&key.text) else {
            bad_name(key.place, "the segment", &key.text, reading);
            continue;
        };
        found.extend(segment(id, node, reading));
    }
    found
}

fn too_many(place: Place, what: &str, most: usize, found: usize, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(Code::ManySegments, place, format!("there are too many {what}"))
            .expected(format!("at most {most} {what}"), format!("{found}"))
            .help("keep those that a criterion judges; whoever fits no declared value is counted as `other`"),
    );
}

fn segment(id: SegmentId, node: &Node, reading: &mut Reading) -> Option<Segment> {
    let mut fields = Fields::open(node, format!("segment `{id}`"), &SEGMENT, reading)?;
    let written: Vec<(&str, &Node)> = ["header", "cookie", "query", "body", "form"]
        .into_iter()
        .filter_map(|from| fields.get(from).map(|node| (from, node)))
        .collect();
    let from = match written.as_slice() {
        [(from, node)] => source(from, node, reading),
        [] => {
            reading.sink.add(
                Finding::error(
                    Code::MissingField,
                    fields.head(),
                    format!("segment `{id}` is read from nowhere"),
                )
                .expected(
                    "`header`, `cookie`, `query`, `body` or `form`",
                    fields.instead_of("header"),
                )
                .help("say where the request that begins an attempt shows it, such as `body: /payment/method`"),
            );
            None
        }
        [_, (_, second), ..] => {
            wrong(
                second,
                &format!("where segment `{id}` is read"),
                "one of `header`, `cookie`, `query`, `body` and `form`",
                reading,
            );
            None
        }
    };
    let words = fields.need("values", reading).and_then(|node| words(node, reading));
    fields.close(reading);
    Some(Segment {
        id,
        read: from?,
        words: words?,
    })
}

fn source(from: &str, node: &Node, reading: &mut Reading) -> Option<SegmentSource> {
    let written = text(node, &format!("`{from}`"), reading)?;
    match from {
        "header" => Some(SegmentSource::Header(written.to_ascii_lowercase())),
        "cookie" => Some(SegmentSource::Cookie(written)),
        "query" => Some(SegmentSource::Query(written)),
        "form" => Some(SegmentSource::Form(written)),
        _ => match pointer(&written) {
            Some(pointer) => Some(SegmentSource::Body(pointer)),
            None => {
                wrong(node, "`body`", POINTER, reading);
                None
            }
        },
    }
}

/// `[card, paypal]`, each of which is its own text, or a mapping of names to texts.
fn words(node: &Node, reading: &mut Reading) -> Option<Vec<SegmentWord>> {
    let found: Vec<SegmentWord> = match &node.shape {
        Shape::Map(entries) => entries
            .iter()
            .filter_map(|(key, node)| {
                is_word(&key.text, key.place, reading).then_some(())?;
                named(key, node, reading)
            })
            .collect(),
        Shape::List(items) => items
            .iter()
            .filter_map(|item| {
                let word = text(item, "a value", reading)?;
                is_word(&word, item.place, reading).then(|| SegmentWord {
                    name: word.clone(),
                    equals: vec![word],
                    contains: Vec::new(),
                })
            })
            .collect(),
        Shape::Nothing | Shape::Scalar { .. } | Shape::Unreadable => Vec::new(),
    };
    let written = match &node.shape {
        Shape::Map(entries) => entries.len(),
        Shape::List(items) => items.len(),
        Shape::Nothing | Shape::Scalar { .. } | Shape::Unreadable => 0,
    };
    if written == 0 {
        wrong(
            node,
            "`values`",
            "a list such as `[card, paypal]`, or a mapping such as `{ mobile: { contains: [Mobi] } }`",
            reading,
        );
        return None;
    }
    if written > VALUES_MAX {
        too_many(node.place, "values", VALUES_MAX, written, reading);
        return None;
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = found.iter().find(|word| !names.insert(word.name.as_str())) {
        reading.sink.add(
            Finding::error(
                Code::DeclaredTwice,
                node.place,
                format!("value `{}` is declared twice", twice.name),
            )
            .expected("each value once", format!("a second `{}`", twice.name))
            .help("remove one of them"),
        );
        return None;
    }
    (found.len() == written).then_some(found)
}

/// Whether a value has a name that can be one; `other` is who fits no value.
fn is_word(name: &str, place: Place, reading: &mut Reading) -> bool {
    if tidegate_model::check_name(name).is_err() {
        bad_name(place, "the value", name, reading);
        return false;
    }
    if name == OTHER {
        reading.sink.add(
            Finding::error(Code::BadName, place, "no value can be named `other`")
                .expected("a name beside `other`", "`other`")
                .help("remove it: whoever fits no declared value is `other` without being declared"),
        );
        return false;
    }
    true
}

/// `{ contains: [Mobi, Android] }`, `{ equals: [visa, mastercard] }`, or texts that are it.
fn named(key: &Key, node: &Node, reading: &mut Reading) -> Option<SegmentWord> {
    let name = key.text.clone();
    let (equals, contains) = match &node.shape {
        Shape::Map(_) => {
            let mut fields = Fields::open(node, format!("value `{name}`"), &VALUE, reading)?;
            let equals = texts(fields.get("equals"), "a text that is it", reading);
            let contains = texts(fields.get("contains"), "a text that it contains", reading);
            fields.close(reading);
            (equals, contains)
        }
        Shape::Scalar { .. } | Shape::List(_) => (texts(Some(node), "a text that is it", reading), Vec::new()),
        Shape::Nothing | Shape::Unreadable => (Vec::new(), Vec::new()),
    };
    if equals.is_empty() && contains.is_empty() {
        wrong(
            node,
            &format!("value `{name}`"),
            "texts such as `[visa, mastercard]`, or a mapping with `equals` or `contains`",
            reading,
        );
        return None;
    }
    Some(SegmentWord { name, equals, contains })
}

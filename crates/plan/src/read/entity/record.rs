//! Which system is right about which fields, and from which stage on another one is.

use std::collections::BTreeMap;

use tidegate_model::entity::Record;
use tidegate_model::{StageId, SystemId};

use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::envelope::Head;
use crate::read::fields::{Fields, items, name, texts, wrong};
use crate::read::{Kind, Reading};
use crate::sink::{Finding, Place};
use crate::syntax::{Node, Shape};

/// The fields of a system of record.
pub(super) static RECORD: Form = Form::new(
    "a system of record",
    &[
        may("fields", Of::Listed(&Of::Text)),
        need("in", Of::Name),
        may("from", Of::Named(&Of::Name)),
    ],
);

/// `record: old`, `record: { in: old, from: { checkout: new } }`, or a list of these with `fields`.
pub(super) fn read(spec: &mut Fields<'_>, head: &Head, reading: &mut Reading) -> Option<Vec<Record>> {
    let nodes = spec.get("record").map(items).unwrap_or_default();
    if nodes.is_empty() {
        reading.sink.add(
            Finding::error(
                Code::NoRecord,
                head.place,
                format!("no system is right about {}", head.subject),
            )
            .expected("`record` with a system", spec.instead_of("record"))
            .help(
                "add `record: { in: old, from: { <stage>: new } }`: without it nobody can say which side a repair follows",
            ),
        );
        return None;
    }
    let mut records = Vec::new();
    let mut places: Vec<(String, Place)> = Vec::new();
    let mut is_whole = true;
    for node in nodes {
        let Some(record) = group(node, reading) else {
            is_whole = false;
            continue;
        };
        // No fields at all means the rest, and there is one rest.
        let claimed = match record.fields.as_slice() {
            [] => vec!["all other fields".to_owned()],
            fields => fields.iter().map(|field| format!("field `{field}`")).collect(),
        };
        for field in claimed {
            match places.iter().find(|(known, _)| *known == field) {
                Some((_, earlier)) => {
                    let (earlier, place) = (*earlier, node.place);
                    two_records(head, &field, place, earlier, reading);
                }
                None => places.push((field, node.place)),
            }
        }
        records.push(record);
    }
    is_whole.then_some(records)
}

fn two_records(head: &Head, field: &str, place: Place, earlier: Place, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::TwoRecords,
            place,
            format!("two systems are right about {field} of {}", head.subject),
        )
        .expected("one system of record at a time", format!("a second one for {field}"))
        .help("let one group of `record` hold it; a system that takes over later stands under `from` with its stage")
        .related(earlier, "first claimed here"),
    );
}

const GROUP: &str = "a system such as `old`, or a mapping such as `{ in: old, from: { checkout: new } }`";

fn group(node: &Node, reading: &mut Reading) -> Option<Record> {
    match node.shape {
        Shape::Scalar { .. } => Some(Record {
            fields: Vec::new(),
            system: system(node, reading)?,
            from: BTreeMap::new(),
        }),
        Shape::Map(_) => {
            let mut fields = Fields::open(node, "a system of record", &RECORD, reading)?;
            let named = texts(fields.get("fields"), "a field", reading);
            let system = fields.need("in", reading).and_then(|node| system(node, reading));
            let from = fields
                .get("from")
                .map_or_else(|| Some(BTreeMap::new()), |node| later(node, reading));
            fields.close(reading);
            Some(Record {
                fields: named,
                system: system?,
                from: from?,
            })
        }
        Shape::Nothing | Shape::List(_) | Shape::Unreadable => {
            wrong(node, "a system of record", GROUP, reading);
            None
        }
    }
}

fn system(node: &Node, reading: &mut Reading) -> Option<SystemId> {
    let found = name(node, "the system of record", SystemId::parse, reading)?;
    reading.recorded.push((found.clone(), node.place));
    Some(found)
}

/// `{ checkout: new }`.
fn later(node: &Node, reading: &mut Reading) -> Option<BTreeMap<StageId, SystemId>> {
    let Shape::Map(entries) = &node.shape else {
        wrong(node, "`from`", "a mapping of stages to systems", reading);
        return None;
    };
    let mut found = BTreeMap::new();
    for (key, node) in entries {
        let Ok(stage) = StageId::parse(&key.text) else {
            crate::read::fields::bad_name(key.place, "the stage", &key.text, reading);
            return None;
        };
        reading.refer(Kind::Stage, &key.text, key.place);
        found.insert(stage, system(node, reading)?);
    }
    Some(found)
}

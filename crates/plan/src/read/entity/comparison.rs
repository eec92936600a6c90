//! How the rows of an entity are held against each other: sides, key, columns, third source, schedule.

use tidegate_model::SourceId;
use tidegate_model::entity::{Changes, Comparison, Held, Relation, Totals};

use super::{budget, columns, ledger};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::envelope::Head;
use crate::read::fields::{Fields, items, name, text, texts, value, wrong};
use crate::sink::Finding;
use crate::syntax::Node;

/// The fields of `reconcile`.
pub(super) static COMPARISON: Form = Form::new(
    "how rows are held against each other",
    &[
        need("old", Of::Form(&HELD)),
        need("new", Of::Form(&HELD)),
        need("key", columns::COLUMNS),
        may("columns", columns::COLUMNS),
        may("zone", Of::Text),
        may("ledger", Of::Form(&ledger::LEDGER)),
        may("totals", Of::Listed(&Of::Form(&TOTALS))),
        may("every", Of::Duration),
        may("stale-after", Of::Duration),
        may("budget", Of::Form(&budget::BUDGET)),
        may("changes", Of::Listed(&Of::Form(&CHANGES))),
    ],
);

static HELD: Form = Form::new(
    "where one side's rows are",
    &[
        need("on", Of::Name),
        may("table", Of::Text),
        may("query", Of::Text),
        may("where", Of::Text),
    ],
);

static TOTALS: Form = Form::new("totals", &[may("sum", Of::Text), may("by", Of::Listed(&Of::Text))]);

static CHANGES: Form = Form::new(
    "a table of changes",
    &[
        need("on", Of::Name),
        may("table", Of::Text),
        may("query", Of::Text),
        need("position", Of::Text),
        need("key", Of::Listed(&Of::Text)),
    ],
);

/// Reads `reconcile`.
pub(super) fn read(node: &Node, head: &Head, reading: &mut Reading) -> Option<Comparison> {
    let mut fields = Fields::open(
        node,
        format!("the comparison of {}", head.subject),
        &COMPARISON,
        reading,
    )?;
    reading.mark(&head.subject, "reconcile", fields.head());
    let mut side = |field: &'static str, reading: &mut Reading| {
        fields.need(field, reading).and_then(|node| {
            reading.mark(&head.subject, field, node.place);
            held(node, &format!("the {field} side"), reading)
        })
    };
    let (old, new) = (side("old", reading), side("new", reading));
    let key_node = fields.get("key");
    if key_node.map(items).unwrap_or_default().is_empty() {
        reading.sink.add(
            Finding::error(Code::NoKey, fields.head(), format!("{} has no key", fields.what()))
                .expected("`key` with the columns that name a row", fields.instead_of("key"))
                .help(
                    "add `key: id`, or `key: [{ name: id, old: number, new: id }]` where the sides name it differently",
                ),
        );
    }
    let key = columns::read(key_node, "a column of the key", reading);
    let compared = columns::read(fields.get("columns"), "a compared column", reading);
    let zone = zone(&mut fields, reading);
    let ledger = match fields.get("ledger") {
        None => Some(None),
        Some(node) => ledger::read(node, head, reading).map(Some),
    };
    let totals = totals(fields.get("totals"), head, reading);
    let schedule = budget::schedule(&mut fields, reading);
    let changes = changes(fields.get("changes"), reading);
    fields.close(reading);
    let (every, stale_after, budget) = schedule?;
    Some(Comparison {
        old: old?,
        new: new?,
        key: key.filter(|key| !key.is_empty())?,
        columns: compared?,
        zone: zone?,
        ledger: ledger?,
        totals: totals?,
        every,
        stale_after,
        budget,
        changes: changes?,
    })
}

/// `{ on: old-shop, table: orders, where: "state <> 'cart'" }`; a file has neither table nor query.
fn held(node: &Node, what: &str, reading: &mut Reading) -> Option<Held> {
    let mut fields = Fields::open(node, what, &HELD, reading)?;
    let found = held_in(&mut fields, what, reading);
    fields.close(reading);
    found
}

/// The same of a mapping that has more to say.
pub(super) fn held_in(fields: &mut Fields<'_>, what: &str, reading: &mut Reading) -> Option<Held> {
    let on = source(fields, reading);
    let relation = relation(fields, what, reading);
    let filter = match fields.get("where") {
        None => Some(None),
        Some(node) => text(node, "`where`", reading).map(Some),
    };
    Some(Held {
        on: on?,
        relation: relation?,
        filter: filter?,
    })
}

fn source(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<SourceId> {
    fields
        .need("on", reading)
        .and_then(|node| name(node, "the source", SourceId::parse, reading))
}

fn relation(fields: &mut Fields<'_>, what: &str, reading: &mut Reading) -> Option<Relation> {
    match (fields.get("table"), fields.get("query")) {
        (Some(node), None) => text(node, "`table`", reading).map(Relation::Table),
        (None, Some(node)) => text(node, "`query`", reading).map(Relation::Query),
        (None, None) => Some(Relation::File),
        (Some(_), Some(node)) => {
            wrong(node, what, "one of `table` and `query`", reading);
            None
        }
    }
}

#[expect(
    clippy::option_option,
    reason = "none written is not the same as one that cannot be read"
)]
fn zone(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Option<String>> {
    let Some(node) = fields.get("zone") else {
        return Some(None);
    };
    let is_known = |text: &str| jiff::tz::TimeZone::get(text).is_ok().then(|| text.to_owned());
    value(node, "`zone`", "a time zone such as `Europe/Berlin`", is_known, reading).map(Some)
}

/// `[{ sum: total, by: [currency, placed/day] }]`.
fn totals(node: Option<&Node>, head: &Head, reading: &mut Reading) -> Option<Vec<Totals>> {
    let mut found = Vec::new();
    for (at, node) in node.map(items).unwrap_or_default().iter().enumerate() {
        reading.mark(&head.subject, &format!("totals {at}"), node.place);
        let mut fields = Fields::open(node, "totals", &TOTALS, reading)?;
        let sum = fields.get("sum").and_then(|node| text(node, "`sum`", reading));
        let by = texts(fields.get("by"), "a dimension of totals", reading);
        fields.close(reading);
        found.push(Totals { sum, by });
    }
    Some(found)
}

/// `[{ on: new-shop, table: changed_orders, position: id, key: order_id }]`.
fn changes(node: Option<&Node>, reading: &mut Reading) -> Option<Vec<Changes>> {
    let mut found = Vec::new();
    for node in node.map(items).unwrap_or_default() {
        let mut fields = Fields::open(node, "a table of changes", &CHANGES, reading)?;
        let on = source(&mut fields, reading);
        let relation = relation(&mut fields, "a table of changes", reading);
        let position = fields
            .need("position", reading)
            .and_then(|node| text(node, "`position`", reading));
        let key = texts(fields.need("key", reading), "a column of the key", reading);
        fields.close(reading);
        found.push(Changes {
            on: on?,
            relation: relation?,
            position: position?,
            key,
        });
    }
    Some(found)
}

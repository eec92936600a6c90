//! Criteria that compare the rows of two queries.

use tidegate_model::plan::{Measure, OnHarm, SqlQuery};
use tidegate_model::{DatabaseId, Millis};

use super::Measured;
use crate::form::{Form, Of, need};
use crate::read::Reading;
use crate::read::fields::{Fields, name, text, value};
use crate::read::scalar::{DURATION, duration, whole};
use crate::syntax::Node;

const EVERY: Millis = Millis::minutes(5);

/// The fields of two queries that are compared.
pub(super) static SQL_EQUAL: Form = Form::new(
    "two queries whose rows are equal",
    &[need("old", Of::Form(&QUERY)), need("new", Of::Form(&QUERY))],
);

static QUERY: Form = Form::new("a query", &[need("on", Of::Name), need("query", Of::Text)]);

/// `sql-equal: { old: { on, query }, new: { on, query } }` with `every` and `rows-at-least` beside it.
pub(super) fn read(node: &Node, outer: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let every = outer.get("every").map_or(Some(EVERY), |node| {
        value(
            node,
            "`every`",
            DURATION,
            |text| duration(text).filter(|every| every.0 > 0),
            reading,
        )
    });
    let rows_at_least = outer.get("rows-at-least").map_or(Some(1), |node| {
        value(
            node,
            "`rows-at-least`",
            "a whole number above zero",
            |text| whole(text).filter(|n| *n > 0),
            reading,
        )
    });
    let mut fields = Fields::open(node, "`sql-equal`", &SQL_EQUAL, reading)?;
    let old = fields.need("old", reading).and_then(|node| query(node, reading));
    let new = fields.need("new", reading).and_then(|node| query(node, reading));
    fields.close(reading);
    let (old, new) = (old?, new?);
    let title = format!("rows of {} and {} are equal", old.on, new.on);
    Some(Measured::new(
        Measure::SqlEqual {
            old,
            new,
            every: every?,
            rows_at_least: rows_at_least?,
        },
        "sql-equal".to_owned(),
        title,
        OnHarm::Hold,
    ))
}

fn query(node: &Node, reading: &mut Reading) -> Option<SqlQuery> {
    let mut fields = Fields::open(node, "a query", &QUERY, reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the database", DatabaseId::parse, reading));
    let query = fields
        .need("query", reading)
        .and_then(|node| text(node, "`query`", reading));
    fields.close(reading);
    Some(SqlQuery { on: on?, query: query? })
}

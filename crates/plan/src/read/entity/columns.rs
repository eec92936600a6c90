//! The columns of an entity: what each is on either side, and when two values agree.

use tidegate_model::entity::{Agrees, Column, Expression};

use super::agrees;
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::fields::{Fields, items, text, value, wrong};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

const COLUMN: &str = "a column's name, or a mapping such as `{ name: total, old: sum, new: total_cents }`";

/// Columns: names, or mappings with what they are on either side.
pub(super) const COLUMNS: Of = Of::Listed(&Of::Either(&[Of::Text, Of::Form(&COLUMN_FORM)]));

static COLUMN_FORM: Form = Form::new(
    "a column, and when two of its values agree",
    &[
        need("name", Of::Text),
        may("old", Of::Text),
        may("new", Of::Text),
        may("agrees", Of::Text),
    ],
);

/// Columns of a key or of what is compared: names, or mappings with what they are on either side.
pub(super) fn read(node: Option<&Node>, what: &str, reading: &mut Reading) -> Option<Vec<Column>> {
    let mut found: Vec<Column> = Vec::new();
    let mut is_whole = true;
    for node in node.map(items).unwrap_or_default() {
        let Some(column) = column(node, what, reading) else {
            is_whole = false;
            continue;
        };
        if found.iter().any(|other| other.name == column.name) {
            reading.sink.add(
                Finding::error(
                    Code::DeclaredTwice,
                    node.place,
                    format!("column `{}` is declared twice", column.name),
                )
                .expected("one column of this name", format!("a second `{}`", column.name))
                .help("remove one, or give the second another `name`"),
            );
        }
        found.push(column);
    }
    is_whole.then_some(found)
}

fn column(node: &Node, what: &str, reading: &mut Reading) -> Option<Column> {
    match node.shape {
        Shape::Scalar { .. } => {
            let name = text(node, what, reading)?;
            Some(Column {
                old: Expression::Column(name.clone()),
                new: Expression::Column(name.clone()),
                name,
                agrees: Agrees::Exactly,
            })
        }
        Shape::Map(_) => {
            let mut fields = Fields::open(node, what, &COLUMN_FORM, reading)?;
            let name = fields
                .need("name", reading)
                .and_then(|node| text(node, "the column's name", reading));
            let mut side = |field: &'static str, reading: &mut Reading| match (fields.get(field), &name) {
                (Some(node), _) => expression(node, &format!("`{field}`"), reading),
                (None, Some(name)) => Some(Expression::Column(name.clone())),
                (None, None) => None,
            };
            let (old, new) = (side("old", reading), side("new", reading));
            let agrees = fields.get("agrees").map_or(Some(Agrees::Exactly), |node| {
                value(node, "`agrees`", agrees::RULE, agrees::rule, reading)
            });
            fields.close(reading);
            Some(Column {
                name: name?,
                old: old?,
                new: new?,
                agrees: agrees?,
            })
        }
        Shape::Nothing | Shape::List(_) | Shape::Unreadable => {
            wrong(node, what, COLUMN, reading);
            None
        }
    }
}

/// A column's name, or an expression in brackets.
pub(super) fn expression(node: &Node, what: &str, reading: &mut Reading) -> Option<Expression> {
    let written = text(node, what, reading)?;
    let inner = written.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    Some(match inner {
        Some(sql) => Expression::Sql(sql.trim().to_owned()),
        None => Expression::Column(written),
    })
}

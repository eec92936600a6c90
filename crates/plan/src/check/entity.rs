//! Entities: what is critical, summed or charged is compared, and the two sides are not one.

use tidegate_model::entity::{Comparison, Entity};

use crate::code::Code;
use crate::read::{Reading, declared, nearest};
use crate::sink::Finding;

/// Checks every entity that is compared.
pub(crate) fn check(reading: &mut Reading) {
    for entity in reading.parts.entities.clone() {
        if let Some(comparison) = &entity.comparison {
            critical(&entity, comparison, reading);
            columns(&entity, comparison, reading);
            two_sides(&entity, comparison, reading);
            keys(&entity, comparison, reading);
        }
    }
}

fn subject(entity: &Entity) -> String {
    format!("entity `{}`", entity.id)
}

/// The columns that are compared, those of the key last.
fn compared(comparison: &Comparison) -> impl Iterator<Item = &str> {
    let columns = comparison.columns.iter().chain(&comparison.key);
    columns.map(|column| column.name.as_str())
}

fn critical(entity: &Entity, comparison: &Comparison, reading: &mut Reading) {
    let subject = subject(entity);
    for field in &entity.critical {
        if compared(comparison).any(|column| column == field) {
            continue;
        }
        let place = reading.place(&subject, &format!("critical {field}"));
        let help = match nearest(field, compared(comparison)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{field}` to `columns`"),
        };
        reading.sink.add(
            Finding::error(
                Code::CriticalNotCompared,
                place,
                format!("`{field}` of {subject} is critical, and nothing compares it"),
            )
            .expected(declared("column", compared(comparison)), format!("`{field}`"))
            .help(help),
        );
    }
}

/// Columns that totals and the ledger name.
fn columns(entity: &Entity, comparison: &Comparison, reading: &mut Reading) {
    let subject = subject(entity);
    let mut named: Vec<(String, &str, &str)> = Vec::new();
    for (at, totals) in comparison.totals.iter().enumerate() {
        let whole = |name: &'_ str| -> usize {
            let bare = name.strip_suffix("/day").or_else(|| name.strip_suffix("/month"));
            bare.unwrap_or(name).len()
        };
        let by = totals.by.iter().map(|name| &name[..whole(name)]);
        for column in totals.sum.as_deref().into_iter().chain(by) {
            named.push((format!("totals {at}"), "totals", column));
        }
    }
    if let Some(ledger) = &comparison.ledger {
        for booked in ledger.amount.iter().chain(&ledger.currency) {
            named.push(("ledger".to_owned(), "the ledger", &booked.column));
        }
    }
    for (field, who, column) in named {
        if compared(comparison).any(|known| known == column) {
            continue;
        }
        let place = reading.place(&subject, &field);
        let help = match nearest(column, compared(comparison)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{column}` to `columns`"),
        };
        reading.sink.add(
            Finding::error(
                Code::UnknownColumn,
                place,
                format!("{who} of {subject} name `{column}`, which is not compared"),
            )
            .expected(declared("column", compared(comparison)), format!("`{column}`"))
            .help(help),
        );
    }
}

/// One relation held against itself is always clean.
fn two_sides(entity: &Entity, comparison: &Comparison, reading: &mut Reading) {
    let subject = subject(entity);
    let (old, new) = (&comparison.old, &comparison.new);
    let is_one = old == new
        && comparison
            .key
            .iter()
            .chain(&comparison.columns)
            .all(|one| one.old == one.new);
    if is_one {
        let (place, first) = (reading.place(&subject, "new"), reading.place(&subject, "old"));
        reading.sink.add(
            Finding::error(
                Code::ComparesItself,
                place,
                format!("both sides of {subject} are the same rows, which always agree"),
            )
            .expected(
                "another source, table or query than the old side's",
                format!("`{}` again", new.on),
            )
            .help("name the new system's source under `new`")
            .related(first, "the old side"),
        );
    }
}

/// A ledger and a table of changes name rows as the key does.
fn keys(entity: &Entity, comparison: &Comparison, reading: &mut Reading) {
    let subject = subject(entity);
    let wanted = comparison.key.len();
    let place = reading.place(&subject, "reconcile");
    if comparison.ledger.is_some() && wanted != 1 {
        let place = reading.place(&subject, "ledger");
        reading.sink.add(
            Finding::error(
                Code::LedgerKey,
                place,
                format!("{subject} has a key of several columns, and a ledger"),
            )
            .expected(
                "a key of one column, which the ledger's `reference` names too",
                format!("{wanted} columns"),
            )
            .help("let one expression of the columns be the key, or hold another entity against the ledger"),
        );
    }
    for changes in comparison.changes.iter().filter(|changes| changes.key.len() != wanted) {
        reading.sink.add(
            Finding::error(
                Code::LedgerKey,
                place,
                format!("the changes of {subject} in `{}` do not name its rows", changes.on),
            )
            .expected(
                format!("`key` with {wanted} columns, as the entity's key"),
                format!("{} columns", changes.key.len()),
            )
            .help("name the columns that hold the entity's key, in its order"),
        );
    }
}

//! Numbers and counts asked of a database.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use tidegate_model::ask::Cadence;
use tidegate_model::seam::{ArmCounts, InvalidReason};

use super::cell::{Cell, Cells};
use super::fault::SourceFault;
use super::{Database, Limits, ask};
use crate::asker::{Level, Totals};
use crate::miss::{Finding, Miss};

/// Batches that one answer may have: no more are remembered where they are judged.
const BATCHES_MAX: usize = 1_000;

/// The longest name of a batch, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The longest row, in bytes: a name and two numbers.
const ROW_BYTES_MAX: usize = 64 * 1024;

/// One number, and the moment it is about where a second column says it.
pub(crate) async fn level(database: &Database, query: &str, cadence: Cadence) -> Finding<Level> {
    let row = one_row(database, query, cadence).await?;
    match row.as_slice() {
        [value] => Ok(Level {
            value: value.decimal()?,
            at: None,
        }),
        [value, at] => Ok(Level {
            value: value.decimal()?,
            at: Some(at.moment()?),
        }),
        more => Err(columns("one or two", more.len())),
    }
}

/// All and hits, which only grow.
pub(crate) async fn totals(database: &Database, query: &str, cadence: Cadence) -> Finding<Totals> {
    let row = one_row(database, query, cadence).await?;
    let [all, hits] = row.as_slice() else {
        return Err(columns("two", row.len()));
    };
    let ArmCounts { n, hits } = counts(all, hits)?;
    Ok(Totals { all: n, hits })
}

/// Batches by name: all and hits of each.
pub(crate) async fn batches(
    database: &Database,
    query: &str,
    cadence: Cadence,
) -> Finding<BTreeMap<String, ArmCounts>> {
    let answer = rows(database, query, cadence, (BATCHES_MAX, InvalidReason::Shape)).await?;
    if answer.rows.is_empty() {
        return Err(Miss::Nothing("no rows".to_owned()));
    }
    let mut batches = BTreeMap::new();
    for row in &answer.rows {
        let [name, all, hits] = row.as_slice() else {
            return Err(columns("three", row.len()));
        };
        let name = name.name()?;
        if name.chars().count() > NAME_CHARS_MAX {
            return Err(Miss::shape(format!(
                "a batch's name is longer than {NAME_CHARS_MAX} characters"
            )));
        }
        if batches.insert(name, counts(all, hits)?).is_some() {
            return Err(Miss::Unusable(
                InvalidReason::SeveralSeries,
                "a batch has several rows".to_owned(),
            ));
        }
    }
    Ok(batches)
}

/// Rows as texts, at most so many; NULL is none.
pub(crate) async fn texts(
    database: &Database,
    query: &str,
    cadence: Cadence,
    rows_max: usize,
) -> Finding<Vec<Vec<Option<String>>>> {
    let answer = rows(database, query, cadence, (rows_max, InvalidReason::Shape)).await?;
    let text = |cell: &Cell| match cell.value().canonical() {
        Ok(text) => Ok(text.map(Cow::into_owned)),
        Err(fault) => Err(Miss::Unusable(InvalidReason::Shape, fault.to_string())),
    };
    answer.rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

async fn one_row(database: &Database, query: &str, cadence: Cadence) -> Finding<Vec<Cell>> {
    let mut answer = rows(database, query, cadence, (1, InvalidReason::SeveralSeries)).await?;
    answer.rows.pop().ok_or_else(|| Miss::Nothing("no rows".to_owned()))
}

/// At most so many rows; more are unusable for this reason.
async fn rows(
    database: &Database,
    query: &str,
    cadence: Cadence,
    (rows_max, beyond): (usize, InvalidReason),
) -> Finding<Cells> {
    let limits = Limits {
        rows_max,
        row_bytes_max: ROW_BYTES_MAX,
        answer_within: Duration::from_millis(cadence.timeout.0),
    };
    ask(database, query, &limits).await.map_err(|fault| {
        if let SourceFault::TooManyRows { limit } = fault {
            Miss::Unusable(beyond, format!("more rows than {limit}"))
        } else {
            Miss::Silent(fault.to_string())
        }
    })
}

fn counts(all: &Cell, hits: &Cell) -> Finding<ArmCounts> {
    let (n, hits) = (all.count()?, hits.count()?);
    if hits > n {
        let detail = format!("{hits} hits of {n}");
        return Err(Miss::Unusable(InvalidReason::Impossible, detail));
    }
    Ok(ArmCounts { n, hits })
}

fn columns(expected: &str, found: usize) -> Miss {
    Miss::shape(format!("expected {expected} columns, found {found}"))
}

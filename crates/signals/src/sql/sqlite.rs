//! SQLite: the file is opened for reading only, one statement, with a time limit inside the engine itself.

use std::path::Path;
use std::time::Instant;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::compare::Row;
use super::{Limits, NoAnswer};

/// Virtual-machine steps between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

pub(crate) async fn ask(path: &Path, query: &str, limits: &Limits) -> Result<Vec<Row>, NoAnswer> {
    let (path, query, limits) = (path.to_owned(), query.to_owned(), limits.clone());
    let asked = tokio::task::spawn_blocking(move || rows(&path, &query, &limits)).await;
    asked.map_err(|error| NoAnswer(format!("the question broke off: {error}")))?
}

fn rows(path: &Path, query: &str, limits: &Limits) -> Result<Vec<Row>, NoAnswer> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(said)?;
    connection.busy_timeout(limits.answer_within / 2).map_err(said)?;
    connection.pragma_update(None, "query_only", "on").map_err(said)?;
    let until = Instant::now() + limits.answer_within;
    connection
        .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || Instant::now() >= until))
        .map_err(said)?;
    let mut statement = connection.prepare(query).map_err(said)?;
    if !statement.readonly() {
        return Err(NoAnswer("the statement would write".into()));
    }
    let columns = statement.column_count();
    if columns == 0 {
        return Err(NoAnswer("the statement returns no columns".into()));
    }
    let mut answer = statement.query([]).map_err(said)?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next().map_err(said)? {
        if rows.len() >= limits.rows_max {
            return Err(NoAnswer(format!("more than {} rows", limits.rows_max)));
        }
        let Some(key) = text(row.get_ref(0).map_err(said)?) else {
            return Err(NoAnswer("a key is NULL".into()));
        };
        let values = (1..columns)
            .map(|column| row.get_ref(column).map(text))
            .collect::<Result<_, _>>()
            .map_err(said)?;
        rows.push(Row { key, values });
    }
    Ok(rows)
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

fn said(error: rusqlite::Error) -> NoAnswer {
    NoAnswer(error.to_string())
}

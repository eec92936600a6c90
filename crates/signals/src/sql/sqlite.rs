//! SQLite: the file is opened for reading only, one statement, with limits of time and length inside the engine itself.

use std::path::Path;
use std::time::Instant;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::Limits;
use super::fault::SourceFault;
use super::rows::Rows;
use super::value::Value;

/// Virtual-machine steps between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

pub(crate) async fn ask<T: Rows>(path: &Path, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let (path, query, limits) = (path.to_owned(), query.to_owned(), limits.clone());
    let asked = tokio::task::spawn_blocking(move || answer(&path, &query, &limits)).await;
    asked.map_err(|_| SourceFault::Thread)?
}

fn answer<T: Rows>(path: &Path, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let fault = |error: rusqlite::Error| of(&error, limits);
    let mut connection = open(path, limits)?;
    connection
        .authorizer(Some(|asked: AuthContext<'_>| reading_only(&asked)))
        .map_err(fault)?;
    let until = Instant::now() + limits.answer_within;
    connection
        .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || Instant::now() >= until))
        .map_err(fault)?;
    let mut statement = connection.prepare(query).map_err(|error| unread(&error, limits))?;
    if statement.parameter_count() > 0 {
        return Err(SourceFault::OneStatement);
    }
    if statement.column_count() == 0 || !statement.readonly() {
        return Err(SourceFault::NotAQuery);
    }
    let columns = statement.column_count();
    let mut answer = T::default();
    answer.begin(columns);
    let mut rows = statement.query([]).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        let values = (0..columns).map(|column| row.get_ref(column).map(value).map_err(fault));
        answer.take(limits, values)?;
    }
    Ok(answer)
}

/// An empty path and `:memory:` would be empty databases of their own, and `file:` may carry options: a file is meant.
fn open(path: &Path, limits: &Limits) -> Result<Connection, SourceFault> {
    let path = std::path::absolute(path).map_err(|_| SourceFault::CannotOpen)?;
    let fault = |error: rusqlite::Error| of(&error, limits);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    // Half of the time, so that a lock is told as one and not as a slow answer.
    connection.busy_timeout(limits.answer_within / 2).map_err(fault)?;
    connection.pragma_update(None, "query_only", "on").map_err(fault)?;
    let longest = i32::try_from(limits.row_bytes_max.saturating_mul(2)).unwrap_or(i32::MAX);
    connection
        .set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)
        .map_err(fault)?;
    Ok(connection)
}

/// What a query needs, and nothing that attaches, sets or writes.
fn reading_only(asked: &AuthContext<'_>) -> Authorization {
    let reads = matches!(
        asked.action,
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive
    );
    if reads {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn value(value: ValueRef<'_>) -> Value<'_> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => Value::Text(bytes),
        ValueRef::Blob(bytes) => Value::Bytes(bytes),
    }
}

/// A statement that cannot be prepared. What is said then is about names and syntax, since no row is read yet.
fn unread(error: &rusqlite::Error, limits: &Limits) -> SourceFault {
    if let rusqlite::Error::MultipleStatement = error {
        return SourceFault::OneStatement;
    }
    if let rusqlite::Error::SqlInputError { msg, .. } = error {
        return SourceFault::refused(msg);
    }
    if let rusqlite::Error::SqliteFailure(failure, Some(words)) = error
        && failure.extended_code == ffi::SQLITE_ERROR
    {
        return SourceFault::refused(words);
    }
    of(error, limits)
}

fn of(error: &rusqlite::Error, limits: &Limits) -> SourceFault {
    let Some(failure) = error.sqlite_error() else {
        return SourceFault::Failed {
            code: "none".to_owned(),
        };
    };
    let code = failure.code;
    let is = |codes: &[ErrorCode]| codes.contains(&code);
    if is(&[ErrorCode::OperationInterrupted]) {
        let limit = limits.answer_within;
        SourceFault::TimeOut { limit }
    } else if is(&[ErrorCode::TooBig]) {
        let limit = limits.row_bytes_max;
        SourceFault::RowTooLong { limit }
    } else if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
        SourceFault::Locked
    } else if is(&[ErrorCode::CannotOpen, ErrorCode::PermissionDenied]) {
        SourceFault::CannotOpen
    } else if is(&[ErrorCode::NotADatabase, ErrorCode::DatabaseCorrupt]) {
        SourceFault::Broken
    } else if is(&[ErrorCode::AuthorizationForStatementDenied, ErrorCode::ReadOnly]) {
        SourceFault::NotAQuery
    } else {
        SourceFault::Failed {
            code: failure.extended_code.to_string(),
        }
    }
}

//! The tables of the store, and how a file is recognised as a journal. Changes no journal that exists.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::chain::{Hash, genesis};
use crate::error::JournalError;

/// `TGJ1`: marks the file as ours (SQLite's `application_id`).
const APPLICATION_ID: i32 = 0x5447_4a31;
/// Version of the tables.
const SCHEMA_VERSION: i32 = 1;

// The hash stands before the payload: the head is read at each append, and a long payload would have to be walked through first.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE TABLE bundles (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE personal (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
INSERT INTO meta VALUES ('journal-id', randomblob(16));
";

/// What a file is.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A journal of this version.
    Journal,
    /// Nothing yet.
    Empty,
}

/// Tells a journal from an empty file.
///
/// # Errors
/// `Foreign` and `Version` for files of others.
pub(crate) fn recognise(connection: &Connection, path: &Path) -> Result<Found, JournalError> {
    let foreign = || JournalError::Foreign { path: path.to_owned() };
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let tables = tables.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => foreign(),
        _ => error.into(),
    })?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match (application, tables, version) {
        (0, 0, 0) => Ok(Found::Empty),
        (APPLICATION_ID, _, SCHEMA_VERSION) => Ok(Found::Journal),
        (APPLICATION_ID, _, found) => Err(JournalError::Version {
            path: path.to_owned(),
            expected: SCHEMA_VERSION,
            found,
        }),
        (_, _, _) => Err(foreign()),
    }
}

/// Makes the tables and the journal's random id, all or nothing.
pub(crate) fn make(connection: &Connection) -> Result<(), JournalError> {
    let made = connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES}
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ));
    Ok(made?)
}

/// The hash before the first entry.
///
/// # Errors
/// `Damaged` when the journal's id is gone.
pub(crate) fn read_genesis(connection: &Connection) -> Result<Hash, JournalError> {
    let id: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM meta WHERE name = 'journal-id'", [], |row| row.get(0))
        .optional()?;
    let id = id.ok_or_else(|| JournalError::Damaged {
        what: "it has no id".to_owned(),
    })?;
    Ok(genesis(&id))
}

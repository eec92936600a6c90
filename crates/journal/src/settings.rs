//! The settings that durability rests on: asked for, then read back. A store that does not take them is not opened.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::error::JournalError;
use crate::store::Options;

/// `PRAGMA synchronous` answers with a number; 2 is FULL: the log is synced at each commit.
const SYNCHRONOUS_FULL: &str = "2";
/// A log that a slow reader has let grow is cut back to this size in bytes (64 MiB) when it starts over.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Asks for the write-ahead log and full synchronisation, and insists on both.
///
/// # Errors
/// `Setting` when another value is in force afterwards.
pub(crate) fn make_durable(connection: &Connection) -> Result<(), JournalError> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |_| Ok(()))?;
    insist(connection, "journal_mode", "wal")?;
    insist(connection, "synchronous", SYNCHRONOUS_FULL)
}

/// Sets what is the same for every journal: the wait for other programs, the limit of pages, and that what is deleted is
/// overwritten.
pub(crate) fn apply(connection: &Connection, options: &Options) -> Result<(), JournalError> {
    connection.busy_timeout(options.busy_wait)?;
    connection.pragma_update_and_check(None, "secure_delete", "on", |_| Ok(()))?;
    match options.pages_max {
        Some(pages) => limit_pages(connection, pages),
        None => Ok(()),
    }
}

/// Limits the store's size; SQLite never sets the limit below the present size.
pub(crate) fn limit_pages(connection: &Connection, pages: u32) -> Result<(), JournalError> {
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    Ok(())
}

fn insist(connection: &Connection, setting: &'static str, expected: &str) -> Result<(), JournalError> {
    let found = connection.pragma_query_value(None, setting, |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => String::from("no answer"),
        })
    })?;
    if found == expected {
        return Ok(());
    }
    Err(JournalError::Setting {
        setting,
        expected: expected.to_owned(),
        found,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use rusqlite::Connection;

    use super::{insist, make_durable};

    #[test]
    fn a_store_that_cannot_keep_a_log_is_refused() {
        let in_memory = Connection::open_in_memory().unwrap();
        let refused = make_durable(&in_memory).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "expected the store to take `wal` for `journal_mode`, found `memory`"
        );
    }

    #[test]
    fn a_store_on_disk_syncs_its_log_at_each_commit() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("journal.db")).unwrap();
        make_durable(&connection).unwrap();
        insist(&connection, "journal_mode", "wal").unwrap();
        insist(&connection, "synchronous", "2").unwrap();
    }

    #[test]
    fn a_weaker_synchronisation_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
        let refused = insist(&connection, "synchronous", "2").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "expected the store to take `2` for `synchronous`, found `1`"
        );
    }
}

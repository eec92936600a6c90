//! Tables beside the chain: sources of adopted estates by digest, and personal data that can be erased. Neither is hashed.

use rusqlite::{OptionalExtension, params};

use crate::error::JournalError;
use crate::store::Journal;

/// What is left of erased personal data.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// Whether there was any.
    pub was_there: bool,
    /// Whether the write-ahead log is rid of it too. When a reader is at work it is not; erasing again later finishes it.
    pub log_cleared: bool,
}

impl Journal {
    /// Keeps the sources of an estate under their digest, durably. What is kept under a digest stays: keeping again changes nothing.
    ///
    /// # Errors
    /// When the store does not take them.
    pub fn put_bundle(&mut self, digest: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.connection
            .execute("INSERT OR IGNORE INTO bundles VALUES (?1, ?2)", params![digest, bytes])?;
        Ok(())
    }

    /// The sources of an estate.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let found = self
            .connection
            .query_row("SELECT bytes FROM bundles WHERE digest = ?1", [digest], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(found)
    }

    /// Keeps personal data outside the chain, durably, in place of what was under this key.
    ///
    /// # Errors
    /// When the store does not take it.
    pub fn put_personal(&mut self, key: &str, value: &[u8]) -> Result<(), JournalError> {
        self.connection
            .execute("INSERT OR REPLACE INTO personal VALUES (?1, ?2)", params![key, value])?;
        Ok(())
    }

    /// Personal data, unless it was erased.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn personal(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let found = self
            .connection
            .query_row("SELECT value FROM personal WHERE key = ?1", [key], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// Erases personal data from the file, overwriting its bytes, and from the write-ahead log. Backups are not reached.
    ///
    /// # Errors
    /// When the store does not take it.
    pub fn erase_personal(&mut self, key: &str) -> Result<Erasure, JournalError> {
        let was_there = self.connection.execute("DELETE FROM personal WHERE key = ?1", [key])? > 0;
        let readers_in_the_way: bool = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(Erasure {
            was_there,
            log_cleared: !readers_in_the_way,
        })
    }
}

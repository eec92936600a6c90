//! Tables beside the chain: sources of adopted estates by digest, and personal data that can be erased.

use rusqlite::{OptionalExtension, params};

use crate::error::JournalError;
use crate::store::Journal;

impl Journal {
    /// Keeps the sources of an estate under their digest; keeping them again changes nothing.
    ///
    /// # Errors
    /// When the store does not take them.
    pub fn put_bundle(&mut self, digest: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.connection
            .execute("INSERT OR IGNORE INTO bundle VALUES (?1, ?2)", params![digest, bytes])?;
        Ok(())
    }

    /// The sources of an estate.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let found = self
            .connection
            .query_row("SELECT bytes FROM bundle WHERE digest = ?1", [digest], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// Keeps personal data outside the chain.
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

    /// Erases personal data; whether there was any.
    ///
    /// # Errors
    /// When the store does not take it.
    pub fn erase_personal(&mut self, key: &str) -> Result<bool, JournalError> {
        Ok(self.connection.execute("DELETE FROM personal WHERE key = ?1", [key])? > 0)
    }
}

//! Appending: all entries in one durable transaction, or none. Knows the head by heart and refuses to write after another's.

use rusqlite::{Connection, MAIN_DB, TransactionBehavior, params};
use rustix::process::{Resource, getrlimit};

use crate::chain::{Hash, Head, NewEntry, entry_hash};
use crate::error::{JournalError, stopped_at_writing};
use crate::lock;
use crate::read::{read_head, signed};
use crate::store::Journal;

/// SQLite's page size here; a file this close to the process's limit cannot grow by the next page.
const PAGE_BYTES: u64 = 4096;

impl Journal {
    /// Appends all entries in one transaction and returns the new head once they are on the disk. No entries: the present head.
    ///
    /// After an error nothing of the call is in the journal, [`Journal::head`] is what it was, and the journal goes on working
    /// when the cause is gone (`retryable`). One exception lies outside any store's power: when the process is killed, or the
    /// disk fails while it syncs, entries that nobody was told about may be found when the journal is opened again.
    ///
    /// A process under a limit of file size (`RLIMIT_FSIZE`) is ended by SIGXFSZ unless it ignores or catches it; then the
    /// answer here is `FileTooLarge`.
    ///
    /// # Errors
    /// `Full`, `FileTooLarge`, `Busy` (all retryable), `ReadOnly`, `HeadMoved`, `Unfit`, `Disk`, `Damaged`.
    pub fn append(&mut self, entries: &[NewEntry]) -> Result<Head, JournalError> {
        entries.iter().try_for_each(NewEntry::check)?;
        if entries.is_empty() {
            return Ok(self.head);
        }
        if self.connection.is_readonly(MAIN_DB)? {
            return Err(JournalError::ReadOnly);
        }
        if !self.connection.is_autocommit() {
            // The rollback of an earlier failed append had failed as well.
            self.connection.execute_batch("ROLLBACK")?;
        }
        let appended = append_after(&mut self.connection, self.head, self.genesis, entries);
        self.head = appended.map_err(|stopped| match stopped {
            Stopped::Head(found) => JournalError::HeadMoved {
                expected: self.head.seq,
                found: found.seq,
            },
            Stopped::Fault(fault) => fault,
            Stopped::Store(error) => self.name(error),
        })?;
        Ok(self.head)
    }

    /// Tells a limit of the process from a failing disk: SQLite calls both an input/output error.
    fn name(&self, error: rusqlite::Error) -> JournalError {
        let limit = getrlimit(Resource::Fsize).current;
        match limit {
            Some(limit_bytes) if stopped_at_writing(&error) && self.is_near(limit_bytes) => {
                JournalError::FileTooLarge { limit_bytes }
            }
            Some(_) | None => error.into(),
        }
    }

    fn is_near(&self, limit_bytes: u64) -> bool {
        ["", "-wal", "-shm"].iter().any(|ending| {
            let length = std::fs::metadata(lock::beside(&self.path, ending)).map_or(0, |found| found.len());
            length.saturating_add(PAGE_BYTES) > limit_bytes
        })
    }
}

/// Why an append stopped.
enum Stopped {
    Head(Head),
    Fault(JournalError),
    Store(rusqlite::Error),
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error)
    }
}

fn append_after(
    connection: &mut Connection,
    expected: Head,
    genesis: Hash,
    entries: &[NewEntry],
) -> Result<Head, Stopped> {
    // IMMEDIATE: nobody can write between the look at the head and the entries.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = read_head(&transaction, genesis).map_err(Stopped::Fault)?;
    if found != expected {
        return Err(Stopped::Head(found));
    }
    let mut head = expected;
    {
        let mut insert = transaction
            .prepare_cached("INSERT INTO entry (seq, at_ms, kind, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for entry in entries {
            let seq = head.seq + 1;
            let hash = entry_hash(&head.hash, seq, entry.at_ms, &entry.kind, &entry.bytes);
            insert.execute(params![signed(seq), entry.at_ms, entry.kind, entry.bytes, hash])?;
            head = Head { seq, hash };
        }
    }
    transaction.commit()?;
    Ok(head)
}

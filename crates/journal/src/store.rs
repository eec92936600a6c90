//! The store on SQLite: write-ahead log, full synchronisation, one writer.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::chain::{Entry, Hash, Head, NewEntry, entry_hash, genesis};
use crate::error::JournalError;

/// `TGJ1`: marks the file as ours (SQLite's application_id).
const APPLICATION_ID: i32 = 0x5447_4a31;
/// Version of the tables.
const SCHEMA_VERSION: i32 = 1;
/// Entries whose hashes are checked when the journal is opened.
const TAIL_CHECKED: u64 = 64;

const SCHEMA: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, bytes BLOB NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE TABLE bundle (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE personal (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
";

/// How a journal is opened.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Largest size in pages of the store; none means as large as the disk.
    pub pages_max: Option<u32>,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    pub(crate) connection: Connection,
    head: Head,
    genesis: Hash,
    // Held as long as the journal is open for writing; the operating system releases it with the process.
    _lock: Option<File>,
}

impl Journal {
    /// Opens or makes a journal for writing.
    ///
    /// # Errors
    /// Held by another process, foreign, broken at its end, settings not taken, or file errors.
    pub fn open(path: &Path, options: Options) -> Result<Self, JournalError> {
        let lock = lock(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        set(&connection, "journal_mode", "wal")?;
        Self::begin(connection, path, &options, Some(lock))
    }

    /// A journal in memory, for tests and rehearsals; not durable.
    ///
    /// # Errors
    /// Only when SQLite cannot work at all.
    pub fn in_memory() -> Result<Self, JournalError> {
        let connection = Connection::open_in_memory()?;
        Self::begin(connection, Path::new(":memory:"), &Options::default(), None)
    }

    /// Opens an existing journal for reading only, beside its writer.
    ///
    /// # Errors
    /// Missing, foreign, or file errors. A broken chain opens; `verify` says where it breaks.
    pub fn open_read_only(path: &Path) -> Result<Self, JournalError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        if application_id(&connection)? != APPLICATION_ID {
            return Err(JournalError::Foreign { path: path.to_owned() });
        }
        let genesis = read_genesis(&connection)?;
        let head = read_head(&connection, genesis)?;
        Ok(Self {
            connection,
            head,
            genesis,
            _lock: None,
        })
    }

    fn begin(connection: Connection, path: &Path, options: &Options, lock: Option<File>) -> Result<Self, JournalError> {
        // EXTRA would add nothing in WAL mode; FULL syncs the log at each commit.
        connection.pragma_update(None, "synchronous", "FULL")?;
        read_back(&connection, "synchronous", "2")?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        if let Some(pages) = options.pages_max {
            connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        match application_id(&connection)? {
            APPLICATION_ID => {}
            0 if is_empty(&connection)? => make(&connection)?,
            _ => return Err(JournalError::Foreign { path: path.to_owned() }),
        }
        let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != SCHEMA_VERSION {
            return Err(JournalError::Foreign { path: path.to_owned() });
        }
        let genesis = read_genesis(&connection)?;
        let head = read_head(&connection, genesis)?;
        let journal = Self {
            connection,
            head,
            genesis,
            _lock: lock,
        };
        let report = journal.verify_from(head.seq.saturating_sub(TAIL_CHECKED) + 1)?;
        match report.first_bad {
            None => Ok(journal),
            Some(fault) => Err(JournalError::Broken {
                seq: fault.seq,
                what: fault.what,
            }),
        }
    }

    /// The end of the chain.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The hash before the first entry.
    #[must_use]
    pub(crate) fn genesis(&self) -> Hash {
        self.genesis
    }

    /// Appends all entries in one transaction, durably.
    ///
    /// # Errors
    /// Full, read-only, or a head that moved under us: nothing was written and the journal stays usable.
    pub fn append(&mut self, entries: &[NewEntry]) -> Result<Head, JournalError> {
        if entries.is_empty() {
            return Ok(self.head);
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        if read_head(&transaction, self.genesis)? != self.head {
            return Err(JournalError::HeadMoved);
        }
        let mut head = self.head;
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
        self.head = head;
        Ok(head)
    }

    /// Entries from a sequence on, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        if limit == 0 {
            return Ok(entries);
        }
        self.for_each(from, |entry| {
            entries.push(entry);
            entries.len() < limit
        })?;
        Ok(entries)
    }

    /// Feeds entries in order until `each` returns false.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn for_each(&self, from: u64, mut each: impl FnMut(Entry) -> bool) -> Result<(), JournalError> {
        let from = from.max(1);
        let mut prev_hash = self.hash_before(from)?;
        let mut select = self
            .connection
            .prepare_cached("SELECT seq, at_ms, kind, bytes, hash FROM entry WHERE seq >= ?1 ORDER BY seq")?;
        let mut rows = select.query([signed(from)])?;
        while let Some(row) = rows.next()? {
            let hash: Hash = row.get(4)?;
            let entry = Entry {
                seq: unsigned(row.get(0)?),
                at_ms: row.get(1)?,
                kind: row.get(2)?,
                bytes: row.get(3)?,
                prev_hash,
                hash,
            };
            prev_hash = hash;
            if !each(entry) {
                break;
            }
        }
        Ok(())
    }

    /// Whether the journal holds this entry with this hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn contains(&self, seq: u64, hash: &Hash) -> Result<bool, JournalError> {
        if seq == 0 {
            return Ok(hash == &self.genesis);
        }
        Ok(self.hash_at(seq)?.is_some_and(|found| &found == hash))
    }

    fn hash_before(&self, seq: u64) -> Result<Hash, JournalError> {
        if seq <= 1 {
            return Ok(self.genesis);
        }
        Ok(self.hash_at(seq - 1)?.unwrap_or([0; 32]))
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Hash>, JournalError> {
        use rusqlite::OptionalExtension;
        let found = self
            .connection
            .prepare_cached("SELECT hash FROM entry WHERE seq = ?1")?
            .query_row([signed(seq)], |row| row.get(0))
            .optional()?;
        Ok(found)
    }
}

/// SQLite's integers are signed; sequences never come near the limit.
pub(crate) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

fn lock(path: &Path) -> Result<File, JournalError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = |source| JournalError::File {
        path: name.clone(),
        source,
    };
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(JournalError::Held { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(file(source)),
    }
}

fn set(connection: &Connection, setting: &'static str, value: &str) -> Result<(), JournalError> {
    let found: String = connection.pragma_update_and_check(None, setting, value, |row| row.get(0))?;
    if found == value {
        Ok(())
    } else {
        Err(JournalError::Setting {
            setting,
            expected: value.to_owned(),
            found,
        })
    }
}

fn read_back(connection: &Connection, setting: &'static str, expected: &str) -> Result<(), JournalError> {
    let found: i64 = connection.pragma_query_value(None, setting, |row| row.get(0))?;
    if found.to_string() == expected {
        Ok(())
    } else {
        Err(JournalError::Setting {
            setting,
            expected: expected.to_owned(),
            found: found.to_string(),
        })
    }
}

fn application_id(connection: &Connection) -> Result<i32, JournalError> {
    Ok(connection.pragma_query_value(None, "application_id", |row| row.get(0))?)
}

fn is_empty(connection: &Connection) -> Result<bool, JournalError> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0)
}

fn make(connection: &Connection) -> Result<(), JournalError> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {SCHEMA}
         INSERT INTO meta VALUES ('journal-id', randomblob(16));
         PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    ))?;
    Ok(())
}

fn read_genesis(connection: &Connection) -> Result<Hash, JournalError> {
    let id: Vec<u8> = connection.query_row("SELECT value FROM meta WHERE name = 'journal-id'", [], |row| row.get(0))?;
    Ok(genesis(&id))
}

fn read_head(connection: &Connection, genesis: Hash) -> Result<Head, JournalError> {
    use rusqlite::OptionalExtension;
    let last = connection
        .prepare_cached("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| {
            Ok(Head {
                seq: unsigned(row.get(0)?),
                hash: row.get(1)?,
            })
        })
        .optional()?;
    Ok(last.unwrap_or(Head { seq: 0, hash: genesis }))
}

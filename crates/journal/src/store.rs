//! The journal as a file on SQLite: opened by one writer, or beside it by readers. Decides nothing about its content.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};

use crate::chain::{Hash, Head};
use crate::error::JournalError;
use crate::lock;
use crate::read::read_head;
use crate::schema::{self, Found};
use crate::settings;

/// Entries at the end whose hashes are checked when a writer opens the journal; replay checks every one it reads.
const TAIL_ENTRIES: u64 = 64;

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Largest size of the store in pages of 4,096 bytes; at the limit `append` answers `Full`. None: as large as the disk.
    pub pages_max: Option<u32>,
    /// How long a call waits for another program's lock on the store before it answers `Busy`.
    pub busy_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pages_max: None,
            busy_wait: Duration::from_secs(5),
        }
    }
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    pub(crate) connection: Connection,
    pub(crate) path: PathBuf,
    pub(crate) head: Head,
    pub(crate) genesis: Hash,
    // Held for as long as the journal is open for writing.
    _lock: Option<File>,
}

impl Journal {
    /// Opens or makes a journal for writing, with a write-ahead log that is synced at each append.
    ///
    /// The settings are read back and the end of the chain is checked. A chain that is broken there opens only with
    /// [`Journal::open_read_only`].
    ///
    /// # Errors
    /// `Held` by another writer, `Foreign`, `Version`, `Broken`, `Damaged`, `Setting` not taken, `ReadOnly`, or `File`.
    pub fn open(path: &Path, options: Options) -> Result<Self, JournalError> {
        let lock = lock::take(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        // SQLite falls back to reading only by itself when it may not write.
        if connection.is_readonly(MAIN_DB)? {
            return Err(JournalError::ReadOnly);
        }
        settings::apply(&connection, &options)?;
        // What is not ours is left as it is: looked at before the first setting that changes the file.
        let found = schema::recognise(&connection, path)?;
        settings::make_durable(&connection)?;
        if found == Found::Empty {
            schema::make(&connection)?;
            settle(&connection, path)?;
        }
        let journal = Self::begin(connection, path, Some(lock))?;
        journal.check_tail()?;
        Ok(journal)
    }

    /// A journal in memory, for tests and rehearsals. It ends with the value: of the settings, only durability's are left out.
    ///
    /// # Errors
    /// Only when SQLite cannot work at all.
    pub fn in_memory() -> Result<Self, JournalError> {
        let connection = Connection::open_in_memory()?;
        settings::apply(&connection, &Options::default())?;
        schema::make(&connection)?;
        Self::begin(connection, Path::new(":memory:"), None)
    }

    /// Opens an existing journal for reading only, also beside its writer, and also when its chain is broken.
    ///
    /// [`Journal::head`] is the end at this moment; reading goes on to whatever the writer has appended since.
    /// A journal at rest opens from a folder that cannot be written to, too.
    ///
    /// # Errors
    /// `File` when it is missing, `Foreign`, `Version`, or `Damaged` beyond reading.
    pub fn open_read_only(path: &Path) -> Result<Self, JournalError> {
        File::open(path).map_err(|source| JournalError::File {
            path: path.to_owned(),
            source,
        })?;
        let connection = connect_read_only(path)?;
        connection.busy_timeout(Options::default().busy_wait)?;
        match schema::recognise(&connection, path)? {
            Found::Journal => Self::begin(connection, path, None),
            Found::Empty => Err(JournalError::Foreign { path: path.to_owned() }),
        }
    }

    /// The end of the chain: of all appends by this writer, or at the moment a reader opened the journal.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// Sets another limit of pages on the open journal.
    ///
    /// # Errors
    /// When SQLite does not take it.
    pub fn limit_pages(&mut self, pages_max: u32) -> Result<(), JournalError> {
        settings::limit_pages(&self.connection, pages_max)
    }

    fn begin(connection: Connection, path: &Path, lock: Option<File>) -> Result<Self, JournalError> {
        let genesis = schema::read_genesis(&connection)?;
        let head = read_head(&connection, genesis)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            head,
            genesis,
            _lock: lock,
        })
    }

    fn check_tail(&self) -> Result<(), JournalError> {
        self.walk(self.head.seq.saturating_sub(TAIL_ENTRIES) + 1, |_, _| true)
    }
}

/// Opens the file beside a writer that may be at work; where that needs a log file that cannot be made, and there is none, the
/// journal is at rest and the file is all there is of it.
fn connect_read_only(path: &Path) -> Result<Connection, JournalError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // The log is first looked for by the first query, not by opening.
    let touched = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    let cannot_make_log = touched.is_err_and(|error| {
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
        )
    });
    if !cannot_make_log {
        return Ok(connection);
    }
    let log = lock::beside(path, "-wal");
    if log.exists() {
        let source = std::io::Error::other("reading the log needs the right to write to its folder");
        return Err(JournalError::File { path: log, source });
    }
    Ok(Connection::open_with_flags(
        immutable(path),
        flags | OpenFlags::SQLITE_OPEN_URI,
    )?)
}

/// The path as an address that tells SQLite that nobody writes to the file.
fn immutable(path: &Path) -> String {
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => address.push(char::from(*byte)),
            _ => address.push_str(&format!("%{byte:02x}")),
        }
    }
    address.push_str("?immutable=1");
    address
}

/// Moves the new tables and the id from the log into the file, and the file's name onto the disk, before the first append: a log
/// torn later cannot take the journal's identity with it.
fn settle(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| JournalError::File {
            path: folder.to_owned(),
            source,
        })
}

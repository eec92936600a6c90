//! What can go wrong with the store, told apart by what to do next. Never logs.

use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};

/// The store failed. Where a write was asked, nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another writer holds the journal.
    #[error("another controller holds the journal `{}`", path.display())]
    Held {
        /// The journal.
        path: PathBuf,
    },
    /// No space is left on the disk, or the store has reached its limit of pages.
    #[error("no space is left for the journal")]
    Full,
    /// The operating system lets this process write no larger files (`RLIMIT_FSIZE`).
    #[error("the journal has reached the limit of {limit_bytes} bytes a file that this process runs under")]
    FileTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// The store can only be read.
    #[error("the journal can only be read")]
    ReadOnly,
    /// Another program kept the store locked for longer than the wait.
    #[error("another program keeps the journal locked")]
    Busy,
    /// A setting that durability rests on was not taken.
    #[error("expected the store to take `{expected}` for `{setting}`, found `{found}`")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was asked.
        expected: String,
        /// What is in force.
        found: String,
    },
    /// The file is something else.
    #[error("`{}` is not a journal", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The journal was made by a version of this program that this one does not know.
    #[error("expected a journal of version {expected} in `{}`, found version {found}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that this program writes.
        expected: i32,
        /// The version of the file.
        found: i32,
    },
    /// The chain does not hold. It can be read up to there and is never repaired.
    #[error("the chain is broken at entry {seq}: {what}")]
    Broken {
        /// First entry that does not fit.
        seq: u64,
        /// Why.
        what: String,
    },
    /// Somebody else has written since; this journal takes nothing more until it is opened again.
    #[error("expected entry {expected} at the journal's end, found entry {found}; another writer was here")]
    HeadMoved {
        /// The last entry that this writer knows.
        expected: u64,
        /// The last entry in the store.
        found: u64,
    },
    /// An entry is outside the limits.
    #[error("the entry cannot be taken: {what}")]
    Unfit {
        /// What was expected and found.
        what: String,
    },
    /// The file's own structure is damaged.
    #[error("the journal's file is damaged: {what}")]
    Damaged {
        /// What SQLite says.
        what: String,
    },
    /// The disk failed; whether later writes reach it is unknown until the journal is opened again.
    #[error("the disk failed under the journal: {what}")]
    Disk {
        /// What SQLite says.
        what: String,
    },
    /// A file cannot be opened, locked or written.
    #[error("cannot open, lock or write `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The export cannot be written.
    #[error("cannot write the export")]
    Export(#[source] std::io::Error),
    /// Anything else that SQLite says.
    #[error("the store failed: {what}")]
    Store {
        /// What SQLite says.
        what: String,
    },
}

impl JournalError {
    /// Whether the same call may succeed on this open journal once there is space, or the other program lets go.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Full | Self::FileTooLarge { .. } | Self::Busy => true,
            Self::Held { .. }
            | Self::ReadOnly
            | Self::Setting { .. }
            | Self::Foreign { .. }
            | Self::Version { .. }
            | Self::Broken { .. }
            | Self::HeadMoved { .. }
            | Self::Unfit { .. }
            | Self::Damaged { .. }
            | Self::Disk { .. }
            | Self::File { .. }
            | Self::Export(_)
            | Self::Store { .. } => false,
        }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        let what = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { what },
            Some(ErrorCode::SystemIoFailure) => Self::Disk { what },
            _ => Self::Store { what },
        }
    }
}

/// Whether SQLite stopped at writing to a file or at making it longer, rather than at reading or at syncing.
pub(crate) fn stopped_at_writing(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_TRUNCATE | ffi::SQLITE_IOERR_SHMSIZE
        )
    })
}

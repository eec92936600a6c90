//! What can go wrong with the store, told apart by what to do next.

use std::path::PathBuf;

/// The store failed; nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process holds the journal.
    #[error("another controller holds the journal `{}`", path.display())]
    Held {
        /// The journal.
        path: PathBuf,
    },
    /// No space is left (or the size limit is reached).
    #[error("no space is left for the journal")]
    Full,
    /// The store can only be read.
    #[error("the journal can only be read")]
    ReadOnly,
    /// A setting that durability rests on was not taken.
    #[error("the store answered `{found}` for `{setting}` where `{expected}` was asked")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What was asked.
        expected: String,
        /// What is in force.
        found: String,
    },
    /// Not a journal, or of a version that this program does not know.
    #[error("`{}` is not a journal that this version knows", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The chain does not hold; it is opened for reading only and never repaired.
    #[error("the chain is broken at entry {seq}: {what}")]
    Broken {
        /// First entry that does not fit.
        seq: u64,
        /// Why.
        what: String,
    },
    /// Somebody else has appended since.
    #[error("the journal's head has moved; another writer has appended")]
    HeadMoved,
    /// A file operation failed.
    #[error("cannot open or lock `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the store failed: {0}")]
    Store(String),
}

impl JournalError {
    /// Whether the same call may succeed later without anybody changing anything but space or load.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Full | Self::Store(_) => true,
            Self::Held { .. }
            | Self::ReadOnly
            | Self::Setting { .. }
            | Self::Foreign { .. }
            | Self::Broken { .. }
            | Self::HeadMoved
            | Self::File { .. } => false,
        }
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            // A write past RLIMIT_FSIZE is an I/O error to SQLite; for the owner of the disk it is the same thing.
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::NotADatabase) => Self::Store("the file is not a database".into()),
            _ => Self::Store(error.to_string()),
        }
    }
}

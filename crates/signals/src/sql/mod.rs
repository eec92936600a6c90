//! Databases: two queries compared by key, and single numbers and counts. Reads only, and never long.
//!
//! Compared, the first column is the key. What makes two values equal is written in `value.rs`. Whatever cannot be compared for
//! certain is silence with a reason; a key that stands twice on a side is counted, since it is a fact about the rows.
//!
//! Memory is bounded: 32 bytes a row, for [`Limits::rows_max`] rows a side, and the row that is being read.

mod cell;
mod compare;
mod fault;
mod mysql;
mod postgres;
mod question;
mod row;
mod rows;
mod sqlite;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use tidegate_model::Timestamp;
use tidegate_model::seam::{Observation, Silence};

use fault::SourceFault;
pub(crate) use question::{batches, level, texts, totals};
use row::Answer;
use rows::Rows;

/// A database that can be asked. Its debugging output shows no address of a server, which may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file, opened for reading only.
    Sqlite(PathBuf),
    /// PostgreSQL, `postgres://user@host:port/name`. It is asked without TLS: the host is this machine, or the address
    /// says `sslmode=disable`.
    Postgres(String),
    /// MariaDB or MySQL, `mysql://user@host:port/name`. It is asked without TLS: the host is this machine, or the address
    /// says `require_ssl=false`; or it is asked with it, when the address says `require_ssl=true`.
    MySql(String),
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(_) => f.write_str("Postgres"),
            Self::MySql(_) => f.write_str("MySql"),
        }
    }
}

/// An address that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `sqlite:PATH`, `postgres://...` or `mysql://...`, found something else")]
pub struct AddressError;

impl Database {
    /// Reads an address as people write it. The error never repeats it: it may hold a password.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        match address.strip_prefix("sqlite:") {
            Some("") => Err(AddressError),
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None if postgres::is_address(address) => Ok(Self::Postgres(address.to_owned())),
            None => mysql::address(address).map(Self::MySql).ok_or(AddressError),
        }
    }
}

/// How much a question may take. What lies beyond a limit is silence, since half an answer is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one side.
    pub rows_max: usize,
    /// Bytes of one row, as the texts it is compared by.
    pub row_bytes_max: usize,
    /// Time of one side.
    pub answer_within: Duration,
}

impl Default for Limits {
    /// A million rows (32 MB a side) of at most 1 MiB, within 10 s.
    fn default() -> Self {
        Self {
            rows_max: 1_000_000,
            row_bytes_max: 1 << 20,
            answer_within: Duration::from_secs(10),
        }
    }
}

/// Asks both sides at once and compares their rows by the first column.
pub async fn equality(old: (&Database, &str), new: (&Database, &str), limits: &Limits, now: Timestamp) -> Observation {
    let sides: (Result<Answer, _>, Result<Answer, _>) =
        tokio::join!(ask(old.0, old.1, limits), ask(new.0, new.1, limits));
    let reason = match sides {
        (Ok(old), Ok(new)) if old.columns == new.columns => {
            return Observation::Equality {
                at: now,
                counts: compare::compare(old.rows, new.rows),
            };
        }
        (Ok(old), Ok(new)) => format!(
            "the old side returns {} columns and the new side {}",
            old.columns, new.columns
        ),
        (Err(old), Ok(_)) => format!("old side: {old}"),
        (Ok(_), Err(new)) => format!("new side: {new}"),
        (Err(old), Err(new)) => format!("old side: {old}; new side: {new}"),
    };
    Observation::Silent(Silence { since: now, reason })
}

async fn ask<T: Rows>(database: &Database, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let answer = async {
        match database {
            Database::Sqlite(path) => sqlite::ask(path, query, limits).await,
            Database::Postgres(address) => postgres::ask(address, query, limits).await,
            Database::MySql(address) => mysql::ask(address, query, limits).await,
        }
    };
    match tokio::time::timeout(limits.answer_within, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(SourceFault::TimeOut {
            limit: limits.answer_within,
        }),
    }
}

//! Two queries, one a side, compared by key: the equality that a gate can rest on. Reads only, and never long.

mod compare;
mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::time::Duration;

use tidegate_model::Timestamp;
use tidegate_model::seam::{Observation, Silence};

pub(crate) use compare::Row;

/// A database that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file, opened for reading only.
    Sqlite(PathBuf),
    /// PostgreSQL, `postgres://user@host:port/name`.
    Postgres(String),
}

/// An address that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `sqlite:PATH` or `postgres://...`, found something else")]
pub struct AddressError;

impl Database {
    /// Reads an address as people write it. The error never repeats it: it may hold a password.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        if let Some(path) = address.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Ok(Self::Postgres(address.to_owned()));
        }
        Err(AddressError)
    }
}

/// How much a question may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one side; more are silence, since half an answer is none.
    pub rows_max: usize,
    /// Time of one side.
    pub answer_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows_max: 200_000,
            answer_within: Duration::from_secs(10),
        }
    }
}

/// Why a side did not answer; free of rows, statements' values and secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(pub(crate) String);

/// Asks both sides at once and compares their rows by the first column.
pub async fn equality(old: (&Database, &str), new: (&Database, &str), limits: &Limits, now: Timestamp) -> Observation {
    let (old, new) = tokio::join!(ask(old.0, old.1, limits), ask(new.0, new.1, limits));
    match (old, new) {
        (Ok(old), Ok(new)) => Observation::Equality {
            at: now,
            counts: compare::compare(old, new),
        },
        (Err(NoAnswer(reason)), _) => silent(now, format!("old side: {reason}")),
        (Ok(_), Err(NoAnswer(reason))) => silent(now, format!("new side: {reason}")),
    }
}

fn silent(since: Timestamp, reason: String) -> Observation {
    Observation::Silent(Silence { since, reason })
}

async fn ask(database: &Database, query: &str, limits: &Limits) -> Result<Vec<Row>, NoAnswer> {
    let answer = async {
        match database {
            Database::Sqlite(path) => sqlite::ask(path, query, limits).await,
            Database::Postgres(address) => postgres::ask(address, query, limits).await,
        }
    };
    match tokio::time::timeout(limits.answer_within, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(NoAnswer(format!(
            "no answer within {} ms",
            limits.answer_within.as_millis()
        ))),
    }
}

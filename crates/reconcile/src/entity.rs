//! What is compared: one entity, where it stands on either side, its key, its columns and when two values agree.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::value::Kind;

/// Old or new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Where the rows come from.
    Old,
    /// Where they should be.
    New,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Old => "old",
            Self::New => "new",
        })
    }
}

/// Where rows are. Files hold one relation, and then the name says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// A table, with its schema before a point where it has one.
    Table(String),
    /// One statement that only reads.
    Query(String),
}

/// What a column is on one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expression {
    /// A column by its name.
    Column(String),
    /// An expression in the database's own language, taken as it is.
    Sql(String),
}

/// When two values agree.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cmp {
    /// They are the same value.
    #[default]
    Exact,
    /// Numbers no farther apart than this.
    Abs(Decimal),
    /// Numbers no farther apart than this share of the larger one.
    Rel(f64),
    /// Floating-point numbers with at most so many others between them.
    Ulp(u32),
    /// Times no farther apart, in microseconds.
    Micros(i64),
    /// Texts that are the same after what is asked for was put aside.
    Text {
        /// Blanks at the end do not count.
        trim: bool,
        /// Case does not count.
        ci: bool,
        /// Composed and decomposed letters are one.
        nfc: bool,
    },
    /// JSON documents of the same content, whatever the columns hold them as.
    Json,
    /// As inside; besides, `NULL` and the empty text are one.
    NullEqEmpty(Box<Cmp>),
}

/// A compared column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// What reports call it.
    pub name: String,
    /// What it is on the old side.
    pub old: Expression,
    /// What it is on the new side.
    pub new: Expression,
    /// When two values agree.
    pub cmp: Cmp,
    /// What it holds, where the sides themselves do not say it rightly.
    pub kind: Option<Kind>,
}

impl Column {
    /// A column of the same name on both sides, compared exactly.
    #[must_use]
    pub fn same(name: &str) -> Self {
        Self::renamed(name, name)
    }

    /// A column with a name on either side, compared exactly.
    #[must_use]
    pub fn renamed(old: &str, new: &str) -> Self {
        Self {
            name: new.to_owned(),
            old: Expression::Column(old.to_owned()),
            new: Expression::Column(new.to_owned()),
            cmp: Cmp::Exact,
            kind: None,
        }
    }

    /// What it is on a side.
    #[must_use]
    pub fn on(&self, side: Side) -> &Expression {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }
}

/// One kind of thing that both sides hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// What reports call it.
    pub name: String,
    /// Where it is on the old side.
    pub old: Relation,
    /// Where it is on the new side.
    pub new: Relation,
    /// The columns that name a row, at least one.
    pub key: Vec<Column>,
    /// The columns that are compared; none compares keys only.
    pub columns: Vec<Column>,
    /// Which rows of the old side count, in its database's own language.
    pub old_filter: Option<String>,
    /// Which rows of the new side count.
    pub new_filter: Option<String>,
    /// The zone of times without one, where the other side has a zone; an IANA name or `UTC`.
    pub zone: Option<String>,
}

impl Entity {
    /// Where it is on a side.
    #[must_use]
    pub fn relation(&self, side: Side) -> &Relation {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// Which rows of a side count.
    #[must_use]
    pub fn filter(&self, side: Side) -> Option<&str> {
        match side {
            Side::Old => self.old_filter.as_deref(),
            Side::New => self.new_filter.as_deref(),
        }
    }
}

/// How much a comparison may take from the databases it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// The longest it may run; what is not compared by then is missing from the coverage.
    pub time_max: Option<Duration>,
    /// It stops looking for more once so many rows are suspected.
    pub differences_max: u64,
    /// Rows a second and side.
    pub rows_per_second_max: Option<u64>,
    /// Bytes a second and side, in canonical form.
    pub bytes_per_second_max: Option<u64>,
    /// Rows of the first chunk, before anything is known of the speed.
    pub chunk_rows_first: u64,
    /// How long one chunk should take; its size follows.
    pub chunk_time: Duration,
    /// How long one chunk may hold its snapshot; then the rest of it becomes another chunk.
    pub snapshot_time_max: Duration,
    /// How many chunks are read at once.
    pub parallel: usize,
    /// The least time before a suspect is read again; the measured lag where that is longer.
    pub settle: Duration,
    /// How often a suspect is read again at most.
    pub reads_max: u32,
    /// Sessions at work in a database from which on it is left alone for a while.
    pub active_sessions_max: Option<u64>,
    /// Replication lag from which on a database is left alone for a while.
    pub lag_max: Option<Duration>,
}

impl Default for Budget {
    /// No limit of time or rate; 100,000 suspects; chunks of half a second, two at once; suspects settle for a second.
    fn default() -> Self {
        Self {
            time_max: None,
            differences_max: 100_000,
            rows_per_second_max: None,
            bytes_per_second_max: None,
            chunk_rows_first: 10_000,
            chunk_time: Duration::from_millis(500),
            snapshot_time_max: Duration::from_secs(30),
            parallel: 2,
            settle: Duration::from_secs(1),
            reads_max: 8,
            active_sessions_max: None,
            lag_max: None,
        }
    }
}

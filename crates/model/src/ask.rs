//! Questions to sources outside: what a criterion asks, and of whom. Addresses are given to `serve`, never to plan files.

use crate::flow::SuccessPredicate;
use crate::{Millis, SourceId};

/// How often a source is asked, and when its answer is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Time between two questions; above zero.
    pub every: Millis,
    /// An answer that takes longer is none.
    pub timeout: Millis,
    /// An answer about a moment longer ago than this is invalid: stale.
    pub stale_after: Millis,
}

impl Cadence {
    /// Where an answer is written down no more often than it grows stale, another one has come after this time: at least three
    /// times as long as between two questions.
    #[must_use]
    pub fn silent_after(self) -> Millis {
        let twice = self.every.0.saturating_mul(2);
        Millis(
            self.stale_after
                .0
                .saturating_add(twice)
                .max(twice.saturating_add(self.every.0)),
        )
    }
}

/// A test of one field of a row or a log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTest {
    /// RFC 6901 pointer into a JSON line, or a column's name in a table.
    pub field: String,
    /// What must hold of it.
    pub is: FieldRule,
}

impl FieldTest {
    fn parts(&self) -> Vec<String> {
        let mut parts = vec![self.field.clone()];
        match &self.is {
            FieldRule::OneOf(texts) => {
                parts.push(format!("one-of {}", texts.len()));
                parts.extend(texts.iter().cloned());
            }
            FieldRule::StartsWith(text) => parts.extend(["starts-with".to_owned(), text.clone()]),
            FieldRule::AtLeast(number) => parts.push(format!("at-least {}", number.0)),
            FieldRule::AtMost(number) => parts.push(format!("at-most {}", number.0)),
            FieldRule::Present => parts.push("present".to_owned()),
            FieldRule::Absent => parts.push("absent".to_owned()),
        }
        parts
    }
}

/// What must hold of a field. A field that is missing fulfils no rule but [`FieldRule::Absent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldRule {
    /// Its text is one of these.
    OneOf(Vec<String>),
    /// Its text begins with this.
    StartsWith(String),
    /// It is a number of at least this.
    AtLeast(Decimal),
    /// It is a number of at most this.
    AtMost(Decimal),
    /// It is there and not null.
    Present,
    /// It is not there, or null.
    Absent,
}

/// A decimal number in millionths, such as 500,000 for 0.5; no floating point crosses rooms.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Decimal(pub i64);

impl Decimal {
    /// Millionths in one.
    pub const ONE: i64 = 1_000_000;
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:06}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Asks for one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelAsk {
    /// Whom.
    pub on: SourceId,
    /// What.
    pub question: LevelQuestion,
}

impl LevelAsk {
    /// What makes it this question and no other, in texts that no release writes otherwise.
    #[must_use]
    pub(crate) fn parts(&self) -> Vec<String> {
        let mut parts = vec![self.on.to_string()];
        match &self.question {
            LevelQuestion::Prometheus { query } => parts.extend(["prometheus".to_owned(), query.clone()]),
            LevelQuestion::Sql { query } => parts.extend(["sql".to_owned(), query.clone()]),
            LevelQuestion::Log { lines, value, time } => {
                parts.extend(["log".to_owned(), value.clone(), time.clone()]);
                parts.extend(lines.iter().flat_map(FieldTest::parts));
            }
            LevelQuestion::Probe { path, success } => {
                parts.extend(["probe".to_owned(), path.clone()]);
                parts.extend(success.parts());
            }
            LevelQuestion::Csv { rows, value, time } => {
                parts.extend(["csv".to_owned(), value.clone(), time.clone()]);
                parts.extend(rows.iter().flat_map(FieldTest::parts));
            }
        }
        parts
    }
}

/// A question that has one number as its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelQuestion {
    /// An instant query whose result is one scalar or exactly one series.
    Prometheus {
        /// In PromQL.
        query: String,
    },
    /// One row whose first column is the number, and whose second, when there is one, is the moment it is about.
    Sql {
        /// The statement; it only reads.
        query: String,
    },
    /// The number in the newest JSON line that passes the tests.
    Log {
        /// Lines that count.
        lines: Vec<FieldTest>,
        /// RFC 6901 pointer to the number.
        value: String,
        /// RFC 6901 pointer to the moment, RFC 3339 or seconds since 1970.
        time: String,
    },
    /// Milliseconds until the whole answer of one request had come.
    Probe {
        /// Path and query below the source's address.
        path: String,
        /// What a good answer shows; any other is no number.
        success: SuccessPredicate,
    },
    /// The number of the newest row that passes the tests.
    Csv {
        /// Rows that count.
        rows: Vec<FieldTest>,
        /// The column of the number.
        value: String,
        /// The column of the day or moment.
        time: String,
    },
}

/// Asks how many there were, and of how many something holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountAsk {
    /// Whom.
    pub on: SourceId,
    /// What.
    pub question: CountQuestion,
}

/// A question that has two counts as its answer: all, and those that are hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountQuestion {
    /// Two instant queries of counters that only grow, each one series or none at all; what they grew by is counted.
    Prometheus {
        /// All, in PromQL.
        all: String,
        /// Hits among them, in PromQL.
        hits: String,
    },
    /// One row with two whole numbers, all and hits. Under [`Looks::Stream`] they only grow; under [`Looks::Batches`] the
    /// first column names the batch and the two numbers follow.
    Sql {
        /// The statement; it only reads.
        query: String,
    },
    /// JSON lines written since the last question.
    Log {
        /// Lines that count.
        all: Vec<FieldTest>,
        /// Hits among them.
        hits: Vec<FieldTest>,
    },
    /// One request is one attempt; it is a hit when the answer is not a good one.
    Probe {
        /// Path and query below the source's address.
        path: String,
        /// What a good answer shows.
        success: SuccessPredicate,
        /// A good answer that took longer is a hit too.
        within: Option<Millis>,
    },
    /// Sums of two columns by day; each day that is over is a batch.
    Csv {
        /// Rows that count.
        rows: Vec<FieldTest>,
        /// The column of the day.
        day: String,
        /// The column of all.
        all: String,
        /// The column of hits.
        hits: String,
    },
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HitsAre {
    /// Something that is wanted: an order, a click.
    Good,
    /// Something that is not: an error, a refusal.
    Bad,
}

/// How evidence comes, which decides its statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Without a planned end: judged at any time.
    Stream,
    /// In batches of which so many are planned, such as nights: judged after each, with the alpha spent over the plan.
    Batches {
        /// How many in each step; above zero.
        planned: u32,
    },
}

/// A bound of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Harm lies above.
    AtMost(Decimal),
    /// Harm lies below.
    AtLeast(Decimal),
}

impl Bound {
    /// Whether a number is on the right side.
    #[must_use]
    pub fn holds(self, value: Decimal) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

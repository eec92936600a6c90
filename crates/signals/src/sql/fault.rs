//! Why a side gave no usable answer. The words never hold a row, a value of one, or a connection's secrets.

use std::time::Duration;

/// The longest remark of a database that is kept, in characters.
const REMARK_CHARS_MAX: usize = 200;

/// Why a side gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SourceFault {
    /// It took too long.
    #[error("no answer within {} ms", limit.as_millis())]
    TimeOut { limit: Duration },
    /// It has more rows than may be compared.
    #[error("more than {limit} rows; narrow the query")]
    TooManyRows { limit: usize },
    /// One row is longer than may be read.
    #[error("a row is longer than {limit} bytes")]
    RowTooLong { limit: usize },
    /// The key of a row is `NULL`, so that the row cannot be matched.
    #[error("a key (first column) is NULL")]
    NullKey,
    /// A number that equals nothing, not even itself.
    #[error("a number is not finite (NaN or infinity)")]
    NotFinite,
    /// A text whose bytes are no text.
    #[error("a text is not UTF-8")]
    NotText,
    /// More than one statement, none, or one with parameters.
    #[error("expected one statement without parameters")]
    OneStatement,
    /// The statement returns no columns or would write.
    #[error("expected a statement that only reads and returns columns")]
    NotAQuery,
    /// Rows and password would cross the network unprotected.
    #[error("{whom} is asked without TLS; for another machine say `{say}` in the address, or use a local socket")]
    Unprotected { whom: &'static str, say: &'static str },
    /// The connection text demands TLS.
    #[error("the address demands TLS, and PostgreSQL is asked without it")]
    TlsDemanded,
    /// The connection text cannot be read.
    #[error("the address cannot be read")]
    Address,
    /// The server cannot be reached or went away.
    #[error("the connection failed: {why}")]
    Connection { why: String },
    /// The database file is missing or cannot be opened.
    #[error("the database file cannot be opened for reading")]
    CannotOpen,
    /// Somebody else holds a lock.
    #[error("the database is locked by another program")]
    Locked,
    /// The file is no database, or broken.
    #[error("the file is no database, or broken")]
    Broken,
    /// The database does not take the statement, or does not let us in; words about names and syntax, never about rows.
    #[error("{words}")]
    Refused { words: String },
    /// Any other failure, by its code alone: the words may repeat a value of a row.
    #[error("the query failed (code {code})")]
    Failed { code: String },
    /// The thread that asked came to harm.
    #[error("the reading thread ended early")]
    Thread,
}

impl SourceFault {
    /// A refusal in the database's own words, on one short line.
    pub(crate) fn refused(words: &str) -> Self {
        let line = words.lines().next().unwrap_or_default();
        Self::Refused {
            words: line.chars().take(REMARK_CHARS_MAX).collect(),
        }
    }
}

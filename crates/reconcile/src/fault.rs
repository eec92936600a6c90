//! Why a source gave no rows. The words never hold a row, a value of one, or a connection's secrets.

/// The longest remark of a database that is kept, in characters.
const REMARK_CHARS_MAX: usize = 200;

/// Why a source gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// The address names no source.
    #[error("expected `postgres://`, `mysql://`, `sqlite:PATH`, `csv:PATH` or `ndjson:PATH`, found something else")]
    Address,
    /// Rows and password would cross the network unprotected.
    #[error("the connection would not be protected; say `{say}` in the address, or use a host of this machine")]
    Unprotected {
        /// What has to stand in the address.
        say: &'static str,
    },
    /// The server cannot be reached or went away.
    #[error("the connection failed: {why}")]
    Connection {
        /// The driver's words.
        why: String,
    },
    /// The server gave up, because we were in somebody's way or took too long.
    #[error("the database ended the statement: {words}")]
    Victim {
        /// The database's words.
        words: String,
    },
    /// The database does not take the statement, or does not let us in.
    #[error("{words}")]
    Refused {
        /// Its words, about names and syntax only.
        words: String,
    },
    /// Any other failure, by its code alone: the words may repeat a value of a row.
    #[error("the query failed (code {code})")]
    Failed {
        /// The database's code.
        code: String,
    },
    /// More than one statement, none, or one with parameters.
    #[error("expected one statement without parameters that only reads")]
    OneStatement,
    /// A column that the relation does not have.
    #[error("there is no column `{name}`; there are {known}")]
    NoColumn {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Files take no expressions, filters or queries.
    #[error("a file has columns only; `{asked}` cannot be asked of it")]
    NoExpressions {
        /// What was asked.
        asked: String,
    },
    /// The key of a row is `NULL`, so that the row cannot be matched.
    #[error("a key is NULL")]
    NullKey,
    /// A text whose bytes are no text.
    #[error("a text is not UTF-8")]
    NotText,
    /// A value in a form that is not known.
    #[error("a value of type {native} cannot be read")]
    Unreadable {
        /// The side's own word for the type.
        native: String,
    },
    /// Rows did not come in the order of their keys.
    #[error("rows do not come in key order; the key's collation or its spelling is another")]
    OutOfOrder,
    /// The database would sort or scan far more rows than it is asked for.
    #[error("{why}")]
    Detour {
        /// What it would do, by its own plan.
        why: String,
    },
    /// A limit of load is asked for, and the database does not show its load.
    #[error(
        "the database does not show which sessions are at work; grant `pg_read_all_stats`, or set no limit of load"
    )]
    LoadHidden,
    /// The columns changed while the rows were compared.
    #[error("the columns have changed since the comparison began")]
    SchemaChanged,
    /// A file cannot be read or written.
    #[error("{file}: {why}")]
    File {
        /// The file's name.
        file: String,
        /// The system's words.
        why: String,
    },
    /// A line of a file makes no row.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// The file's name.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What was expected and found.
        why: String,
    },
    /// The task that read came to harm.
    #[error("the reading task ended early")]
    Reader,
}

impl SourceFault {
    /// A refusal in the database's own words, on one short line.
    pub(crate) fn refused(words: &str) -> Self {
        Self::Refused { words: short(words) }
    }

    /// An end that we were chosen for.
    pub(crate) fn victim(words: &str) -> Self {
        Self::Victim { words: short(words) }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(file: &str, error: &std::io::Error) -> Self {
        Self::File {
            file: file.to_owned(),
            why: error.to_string(),
        }
    }

    /// Whether one reading in any order, sorted here, gives what reading in key order cannot.
    pub(crate) fn is_cured_by_sorting(&self) -> bool {
        matches!(self, Self::OutOfOrder | Self::Detour { .. })
    }

    /// Whether the same question may be answered a moment later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::Victim { .. } => true,
            Self::Address
            | Self::Unprotected { .. }
            | Self::Refused { .. }
            | Self::Failed { .. }
            | Self::OneStatement
            | Self::NoColumn { .. }
            | Self::NoExpressions { .. }
            | Self::NullKey
            | Self::NotText
            | Self::Unreadable { .. }
            | Self::OutOfOrder
            | Self::Detour { .. }
            | Self::LoadHidden
            | Self::SchemaChanged
            | Self::File { .. }
            | Self::Line { .. }
            | Self::Reader => false,
        }
    }
}

fn short(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    line.chars().take(REMARK_CHARS_MAX).collect()
}

//! Why a side gave no usable answer. The words never hold a row, a query or a connection text.

use std::time::Duration;

/// Why a side gave no usable answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SourceFault {
    /// It took too long.
    #[error("no answer within {} ms", limit.as_millis())]
    TimeOut { limit: Duration },
    /// It has more rows than may be compared.
    #[error("more than {limit} rows; narrow the query or raise the row limit")]
    TooManyRows { limit: usize },
    /// One row is longer than may be read.
    #[error("a row is longer than {limit} bytes")]
    RowTooLong { limit: usize },
    /// The key of a row is null, so that the row cannot be matched.
    #[error("a key (first column) is null")]
    NullKey,
    /// More than one statement, or none.
    #[error("expected one statement")]
    OneStatement,
    /// The statement returns no columns or would write.
    #[error("expected a statement that reads and returns columns")]
    NotAQuery,
    /// The connection text points to another machine.
    #[error("PostgreSQL is asked without TLS, so only on loopback or a local socket; the connection points elsewhere")]
    NotLocal,
    /// The connection text cannot be read.
    #[error("the connection text cannot be read")]
    ConnectionText,
    /// The database cannot be reached or went away.
    #[error("the database cannot be reached or the connection was lost")]
    Connection,
    /// The database file cannot be opened.
    #[error("the database file cannot be opened for reading")]
    CannotOpen,
    /// Somebody else holds a lock.
    #[error("the database is locked")]
    Locked,
    /// The file is no database, or broken.
    #[error("the file is not a usable database")]
    Broken,
    /// The database refuses access.
    #[error("permission denied{}", code_words(.code))]
    Denied { code: Option<String> },
    /// The statement is not understood: syntax, table, column, function or type.
    #[error("the query is not valid here (syntax, table, column or type){}", code_words(.code))]
    BadQuery { code: Option<String> },
    /// Anything else the database said, by its code alone.
    #[error("the database reported a failure{}", code_words(.code))]
    Other { code: Option<String> },
    /// The thread that asked came to harm.
    #[error("the reading thread ended early")]
    Thread,
}

fn code_words(code: &Option<String>) -> String {
    match code {
        Some(code) => format!(" (code {code})"),
        None => String::new(),
    }
}

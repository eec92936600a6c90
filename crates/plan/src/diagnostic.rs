//! A diagnostic: what is wrong with the plan files, where, what was expected and what to do.

use serde::Serialize;

use crate::code::Code;

/// Whether it stops an estate from being compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No estate comes out.
    Error,
    /// An estate comes out all the same.
    Warning,
}

/// A stretch of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
}

/// A second place that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Related {
    /// Path of the file.
    pub file: String,
    /// Where.
    pub span: Span,
    /// What is there, in words.
    pub label: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The stable code.
    #[serde(serialize_with = "code_text")]
    pub code: Code,
    /// Error or warning.
    pub severity: Level,
    /// A lower-case fragment that says what is wrong.
    pub message: String,
    /// Path of the file.
    pub file: String,
    /// Where.
    pub span: Span,
    /// What would have been accepted; never empty.
    pub expected: String,
    /// What stands there; never empty.
    pub found: String,
    /// What to do next; never empty.
    pub help: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

fn code_text<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.text())
}

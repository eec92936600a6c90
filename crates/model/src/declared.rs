//! Where something was declared: file and line, so that an answer can be looked up by whoever doubts it.

use serde::{Deserialize, Serialize};

/// A declaration in a plan file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Declared {
    /// The document's kind, such as `Domain`; with the key behind a point for what stands inside of one, such as
    /// `Domain.owner` or `Plan.stages`.
    pub kind: String,
    /// The name of what is declared; of `Domain.owner` the domain's.
    pub name: String,
    /// The file, relative to the estate's folder.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

//! What differs, and how: a row that is missing or too many, or the columns that changed, each with its class.

use std::fmt;

use serde::Serialize;

use crate::entity::Side;
use crate::row::{Key, Row};
use crate::value::Value;

/// How two values of a column differ. The classes that matter least to people are told apart from `Other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Only by upper and lower case.
    Case,
    /// Only by blanks at the end.
    TrailingSpace,
    /// Only by composed and decomposed letters.
    Nfc,
    /// Only within the same second.
    SubSecond,
    /// One number is the other, cut or rounded to two digits after the point or more.
    Scale,
    /// `NULL` against an empty text.
    NullEmpty,
    /// `NULL` against any other value.
    NullValue,
    /// Anything else.
    Other,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Case => "case",
            Self::TrailingSpace => "trailing space",
            Self::Nfc => "NFC",
            Self::SubSecond => "sub-second",
            Self::Scale => "scale",
            Self::NullEmpty => "NULL or empty",
            Self::NullValue => "NULL or value",
            Self::Other => "value",
        })
    }
}

/// One column of a changed row.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The column's place in the entity.
    pub column: usize,
    /// How the values differ.
    pub class: Class,
    /// What the old side holds.
    pub old: Value,
    /// What the new side holds.
    pub new: Value,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// The old side has it, the new side does not.
    Missing {
        /// The row of the old side.
        old: Row,
    },
    /// The new side has it, the old side does not.
    Extra {
        /// The row of the new side.
        new: Row,
    },
    /// Both have it, with other values.
    Changed {
        /// The row of the old side.
        old: Row,
        /// The row of the new side.
        new: Row,
        /// The columns that do not agree, at least one.
        changes: Vec<Change>,
    },
    /// A side has more than one row of this key, so that it names no row.
    Duplicated {
        /// The side.
        side: Side,
        /// The key.
        key: Key,
        /// How many rows have it.
        rows: u64,
    },
}

impl Difference {
    /// The key of the row.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Missing { old } | Self::Changed { old, .. } => &old.key,
            Self::Extra { new } => &new.key,
            Self::Duplicated { key, .. } => key,
        }
    }
}

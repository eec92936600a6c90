//! Keys and rows in canonical bytes, and the batches they travel in. Rows of a batch share one block of memory.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::encode::{self, NotCanonical};
use crate::value::Value;

/// The key of a row in canonical bytes; ordered as its values are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<[u8]>);

impl Key {
    /// A key of these values.
    #[must_use]
    pub fn of(values: &[Value]) -> Self {
        let mut bytes = Vec::new();
        values.iter().for_each(|value| encode::value(&mut bytes, value));
        Self(bytes.into())
    }

    /// A key from bytes that were kept.
    ///
    /// # Errors
    /// [`NotCanonical`] where they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotCanonical> {
        encode::values(bytes).map(|_| Self(bytes.into()))
    }

    pub(crate) fn trusted(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The end of a range that holds this key and none behind it; it is no key of a row.
    pub(crate) fn just_after(&self) -> Self {
        Self([&self.0, &[0][..]].concat().into())
    }

    /// The canonical bytes, to be kept.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The values, in the order of the key's columns.
    #[must_use]
    pub fn values(&self) -> Vec<Value> {
        encode::values(&self.0).expect("a key is only made of canonical bytes")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.values().iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{value}")?;
        }
        Ok(())
    }
}

/// One row: its key and the values of the compared columns in the order of the entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The key.
    pub key: Key,
    /// The compared columns.
    pub cells: Vec<Value>,
}

/// A row within a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// Canonical bytes of the key.
    pub key: &'a [u8],
    /// Canonical bytes of the compared columns.
    pub cells: &'a [u8],
}

impl RowRef<'_> {
    /// The row on its own.
    #[must_use]
    pub fn to_row(self) -> Row {
        Row {
            key: Key::trusted(self.key),
            cells: encode::values(self.cells).expect("a batch is only made of canonical bytes"),
        }
    }
}

/// 128 bits that stand for the compared columns of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Of canonical bytes.
    #[must_use]
    pub fn of(cells: &[u8]) -> Self {
        let digest = Sha256::digest(cells);
        let (half, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        Self(*half)
    }
}

#[derive(Debug, Clone, Copy)]
struct Span {
    key_end: usize,
    cells_end: usize,
}

/// Rows in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    rows: Vec<Span>,
}

impl Batch {
    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many bytes its rows have.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// A row by its place; places run from 0 to `len`.
    #[must_use]
    pub fn row(&self, place: usize) -> RowRef<'_> {
        let begin = place.checked_sub(1).map_or(0, |before| self.rows[before].cells_end);
        let Span { key_end, cells_end } = self.rows[place];
        RowRef {
            key: &self.bytes[begin..key_end],
            cells: &self.bytes[key_end..cells_end],
        }
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = RowRef<'_>> {
        (0..self.rows.len()).map(|place| self.row(place))
    }

    /// Adds a row.
    pub fn push(&mut self, row: RowRef<'_>) {
        self.bytes.extend_from_slice(row.key);
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(row.cells);
        self.end_row(key_end);
    }

    /// The block that a source writes the bytes of its next row into, the key first.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Takes what is there, and leaves room for as much again.
    pub(crate) fn next(&mut self) -> Self {
        let next = Self {
            bytes: Vec::with_capacity(self.bytes.len() + self.bytes.len() / 16),
            rows: Vec::with_capacity(self.rows.len() + self.rows.len() / 16),
        };
        std::mem::replace(self, next)
    }

    /// Ends the row whose bytes were written; its key ended at `key_end`.
    pub(crate) fn end_row(&mut self, key_end: usize) {
        let cells_end = self.bytes.len();
        self.rows.push(Span { key_end, cells_end });
    }
}

//! Rows as digests: 16 bytes for the key and 16 for the rest, whatever the row's length.

use sha2::{Digest, Sha256};

use super::Limits;
use super::fault::SourceFault;

/// The first half of a SHA-256: two different rows agree by chance with probability 2^-128.
pub(crate) type Mark = [u8; 16];

/// One side's rows, in the order they came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Columns of the result.
    pub(crate) columns: usize,
    /// Key and rest of each row.
    pub(crate) rows: Vec<(Mark, Mark)>,
}

impl Answer {
    pub(crate) fn with_columns(columns: usize) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Takes one row in. The text of a value decides, not its type; null differs from every text.
    pub(crate) fn take<'a>(
        &mut self,
        limits: Limits,
        mut values: impl Iterator<Item = Option<std::borrow::Cow<'a, [u8]>>>,
    ) -> Result<(), SourceFault> {
        if self.rows.len() >= limits.rows_max {
            return Err(SourceFault::TooManyRows { limit: limits.rows_max });
        }
        let key = values.next().flatten().ok_or(SourceFault::NullKey)?;
        let mut bytes = key.len();
        let mut rest = Sha256::new();
        for value in values {
            match value {
                None => rest.update([0]),
                Some(text) => {
                    bytes = bytes.saturating_add(text.len());
                    rest.update([1]);
                    rest.update(u64::try_from(text.len()).expect("a length fits 64 bits").to_be_bytes());
                    rest.update(&text);
                }
            }
            if bytes > limits.row_bytes_max {
                return Err(SourceFault::RowTooLong {
                    limit: limits.row_bytes_max,
                });
            }
        }
        if bytes > limits.row_bytes_max {
            return Err(SourceFault::RowTooLong {
                limit: limits.row_bytes_max,
            });
        }
        self.rows
            .push((half(Sha256::digest(&key).as_slice()), half(rest.finalize().as_slice())));
        Ok(())
    }
}

fn half(digest: &[u8]) -> Mark {
    digest[..16].try_into().expect("a SHA-256 has 32 bytes")
}

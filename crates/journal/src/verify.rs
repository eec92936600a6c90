//! Walking the chain.

use crate::chain::{Hash, Head, entry_hash};
use crate::error::JournalError;
use crate::store::Journal;

/// The first entry that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq}: {what}")]
pub struct Fault {
    /// Its sequence.
    pub seq: u64,
    /// Why.
    pub what: String,
}

/// What a walk found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Entries that fit.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// Where the chain breaks.
    pub first_bad: Option<Fault>,
}

/// Checks entries one after the other.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) entries: u64,
    pub(crate) head: Head,
}

impl Walk {
    pub(crate) fn from(head: Head) -> Self {
        Self { entries: 0, head }
    }

    pub(crate) fn step(&mut self, seq: u64, at_ms: i64, kind: &str, bytes: &[u8], hash: &Hash) -> Result<(), Fault> {
        let expected = self.head.seq + 1;
        if seq != expected {
            return Err(Fault {
                seq: expected,
                what: format!("expected entry {expected}, found {seq}"),
            });
        }
        if &entry_hash(&self.head.hash, seq, at_ms, kind, bytes) != hash {
            return Err(Fault {
                seq,
                what: "its hash does not fit its content and the entry before".into(),
            });
        }
        self.entries += 1;
        self.head = Head { seq, hash: *hash };
        Ok(())
    }
}

impl Journal {
    /// Walks the whole chain.
    ///
    /// # Errors
    /// When the store cannot be read; a broken chain is a report, not an error.
    pub fn verify(&self) -> Result<Report, JournalError> {
        self.verify_from(1)
    }

    pub(crate) fn verify_from(&self, from: u64) -> Result<Report, JournalError> {
        let from = from.max(1);
        let mut walk: Option<Walk> = None;
        let mut first_bad = None;
        self.for_each(from, |entry| {
            let walk = walk.get_or_insert_with(|| {
                Walk::from(Head {
                    seq: from - 1,
                    hash: entry.prev_hash,
                })
            });
            match walk.step(entry.seq, entry.at_ms, &entry.kind, &entry.bytes, &entry.hash) {
                Ok(()) => true,
                Err(fault) => {
                    first_bad = Some(fault);
                    false
                }
            }
        })?;
        let walk = walk.unwrap_or_else(|| {
            Walk::from(Head {
                seq: 0,
                hash: self.genesis(),
            })
        });
        Ok(Report {
            entries: walk.entries,
            head: walk.head,
            first_bad,
        })
    }
}

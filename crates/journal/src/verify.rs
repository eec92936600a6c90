//! Walking the chain from end to end. Reports where it breaks; repairs nothing.

use crate::chain::{Hash, Head, entry_hash};
use crate::error::JournalError;
use crate::read::{Stored, read_head};
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

impl From<Fault> for JournalError {
    fn from(Fault { seq, what }: Fault) -> Self {
        Self::Broken { seq, what }
    }
}

/// What a walk found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Entries that fit, from the first on.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// Where the chain breaks.
    pub first_bad: Option<Fault>,
}

/// Checks entries one after the other.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) head: Head,
}

impl Walk {
    /// A walk that expects the entry after this one.
    pub(crate) fn from(head: Head) -> Self {
        Self { head }
    }

    pub(crate) fn step(&mut self, stored: &Stored<'_>) -> Result<(), Fault> {
        let expected = self.head.seq + 1;
        let seq = stored.seq;
        if seq != expected {
            return Err(Fault {
                seq: expected,
                what: format!("expected it, found {seq}"),
            });
        }
        let hash: Hash = entry_hash(&self.head.hash, seq, stored.at_ms, stored.kind, stored.bytes);
        if hash != stored.hash {
            return Err(Fault {
                seq,
                what: "its hash does not fit its content and the entry before".to_owned(),
            });
        }
        self.head = Head { seq, hash };
        Ok(())
    }
}

impl Journal {
    /// Walks the whole chain and holds its end against the store's and, for a writer, against what it wrote.
    ///
    /// That the last entries are missing as a whole cannot be seen from inside: whoever remembers a head asks
    /// [`Journal::contains`].
    ///
    /// # Errors
    /// When the store cannot be read at all; a broken chain or a damaged file is a report.
    pub fn verify(&self) -> Result<Report, JournalError> {
        // One transaction: walk and end are of the same moment, whatever a writer does meanwhile.
        let snapshot = self.connection.unchecked_transaction()?;
        let end = read_head(&self.connection, self.genesis);
        let mut head = Head {
            seq: 0,
            hash: self.genesis,
        };
        let mut remembered_is_there = self.head == head;
        let walked = self.walk(1, |stored, _| {
            head = Head {
                seq: stored.seq,
                hash: stored.hash,
            };
            remembered_is_there |= self.head == head;
            true
        });
        let first_bad = match walked.and(end) {
            Ok(end) if end != head => Some(Fault {
                seq: end.seq,
                what: "the store ends elsewhere than the walk".into(),
            }),
            Ok(_) if !remembered_is_there => Some(Fault {
                seq: self.head.seq,
                what: "is not what it was when it was opened or written".to_owned(),
            }),
            Ok(_) => None,
            Err(JournalError::Broken { seq, what }) => Some(Fault { seq, what }),
            Err(JournalError::Damaged { what }) => Some(Fault {
                seq: head.seq + 1,
                what,
            }),
            Err(error) => return Err(error),
        };
        snapshot.finish()?;
        Ok(Report {
            entries: head.seq,
            head,
            first_bad,
        })
    }
}

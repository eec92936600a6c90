//! What a running comparison tells whoever listens: reports, a ledger of what was done, a bar on a terminal.

use std::time::Duration;

use crate::difference::Difference;
use crate::entity::Side;
use crate::row::{Fingerprint, Key};
use crate::totals::Totals;
use crate::verdict::Verdict;

/// Keys from one on (itself included) to before another; an open end has no key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct KeyRange {
    /// The first key that belongs to it.
    pub from: Option<Key>,
    /// The first key that no longer does.
    pub until: Option<Key>,
}

impl KeyRange {
    /// Whether the key belongs to it.
    #[must_use]
    pub fn holds(&self, key: &[u8]) -> bool {
        self.from.as_ref().is_none_or(|from| from.as_bytes() <= key)
            && self.until.as_ref().is_none_or(|until| key < until.as_bytes())
    }
}

/// A row that did not agree when it was read first. It is a difference only once it was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The key.
    pub key: Key,
    /// The old side's columns as last read; `None` where it had no such row.
    pub old: Option<Fingerprint>,
    /// The new side's columns as last read.
    pub new: Option<Fingerprint>,
}

/// A chunk that was compared to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkDone {
    /// Its keys.
    pub range: KeyRange,
    /// Rows of the old side.
    pub old_rows: u64,
    /// Rows of the new side.
    pub new_rows: u64,
    /// What did not agree.
    pub suspects: Vec<Suspect>,
    /// What its rows come to, for each plan of totals that was asked for; of the rows of one key the first counts.
    pub totals: Vec<Totals>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows read of the old side, those of an earlier run that this one continues included.
    pub old_rows: u64,
    /// Rows read of the new side.
    pub new_rows: u64,
    /// Rows read by this run, both sides together; what a rate is made of.
    pub rows_now: u64,
    /// Rows that the larger side is believed to have; an estimate of its own statistics.
    pub rows_estimated: Option<u64>,
    /// Chunks compared to their end.
    pub chunks_done: u64,
    /// What did not agree so far, before it is read again.
    pub suspects: u64,
    /// Since this run began.
    pub elapsed: Duration,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// How far it is; several times a second at most.
    Progress(Progress),
    /// The rows of a side are read once and sorted here before the first chunk.
    Sorting {
        /// Which side.
        side: Side,
        /// Why they do not come in key order.
        why: String,
    },
    /// A chunk was compared to its end; kept on disk, it need not be compared again.
    ChunkDone(ChunkDone),
    /// A chunk could not be read.
    ChunkSkipped {
        /// Its keys.
        range: KeyRange,
        /// Why.
        fault: String,
    },
    /// A database is left alone for a while.
    Paused {
        /// Which one.
        side: Side,
        /// What it is busy with.
        why: String,
        /// For how long at least.
        pause: Duration,
    },
    /// All chunks were compared, and suspects are read again.
    Rereading {
        /// How many.
        suspects: u64,
        /// How long they were left to settle.
        settle: Duration,
    },
    /// A difference that stayed.
    Confirmed(Box<Difference>),
    /// A suspect whose sides agree now.
    Healed {
        /// The key.
        key: Key,
        /// Whether one side came to what the other had held before: it had lagged behind.
        had_lagged: bool,
    },
    /// A suspect that kept changing.
    Moving {
        /// The key.
        key: Key,
        /// How often it was read.
        reads: u32,
    },
    /// The end.
    Ended(Verdict),
}

//! One chunk: the rows of a range of keys from both sides at once, merged in key order. What does not agree is suspected.

use std::cmp::Ordering;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Atomic};

use tokio::time::Instant;

use crate::agree;
use crate::cursor::Cursor;
use crate::encode;
use crate::entity::{Cmp, Side};
use crate::event::{ChunkDone, KeyRange, Suspect};
use crate::fault::SourceFault;
use crate::pace::Pace;
use crate::row::{Fingerprint, Key, RowRef};
use crate::run::Stop;
use crate::source::{Question, Source};
use crate::throttle::Throttle;
use crate::totals::{Totals, TotalsPlan};

/// A fault and the side that it came from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{side} side: {fault}")]
pub struct SideFault {
    /// The side.
    pub side: Side,
    /// What happened.
    #[source]
    pub fault: SourceFault,
}

/// One side as it is read.
#[derive(Clone)]
pub(crate) struct Reading {
    /// Gives the rows in key order.
    pub(crate) source: Arc<dyn Source>,
    /// Holds the rows as they are now; the same source, unless its rows were sorted here.
    pub(crate) live: Arc<dyn Source>,
    /// Whether a key finds its row without looking at all of them.
    pub(crate) finds_by_key: bool,
    pub(crate) question: Arc<Question>,
    pub(crate) pace: Arc<Pace>,
    /// Rows read so far by everything that reads this side.
    pub(crate) rows: Arc<AtomicU64>,
}

/// Both sides and the rules that their columns agree by.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) old: Reading,
    pub(crate) new: Reading,
    pub(crate) rules: Arc<[Cmp]>,
    pub(crate) totals: Arc<[TotalsPlan]>,
    pub(crate) throttle: Throttle,
}

/// When a chunk ends before its range does.
#[derive(Debug)]
pub(crate) struct ChunkLimits {
    pub(crate) until: Instant,
    pub(crate) suspects_max: usize,
    pub(crate) stop: Stop,
}

impl ChunkLimits {
    fn are_reached(&self, suspects: usize) -> bool {
        Instant::now() >= self.until || suspects >= self.suspects_max || self.stop.is_asked()
    }
}

/// What was compared, and what is left of the range.
pub(crate) struct ChunkEnd {
    pub(crate) done: ChunkDone,
    pub(crate) rest: Option<KeyRange>,
}

/// Compares a range of keys.
pub(crate) async fn compare(pair: &Pair, range: &KeyRange, limits: &ChunkLimits) -> Result<ChunkEnd, SideFault> {
    let of = |side: Side| move |fault: SourceFault| SideFault { side, fault };
    let (old, new) = tokio::join!(
        pair.old.source.stream(&pair.old.question, range),
        pair.new.source.stream(&pair.new.question, range)
    );
    let mut old = Cursor::new(old.map_err(of(Side::Old))?, range, &pair.old.pace);
    let mut new = Cursor::new(new.map_err(of(Side::New))?, range, &pair.new.pace);
    let mut suspects = Vec::new();
    let mut totals: Vec<Totals> = pair.totals.iter().cloned().map(Totals::new).collect();
    let mut rest = None;
    loop {
        if old.is_dry() || new.is_dry() {
            let (old_before, new_before) = (old.rows, new.rows);
            let filled = tokio::join!(old.fill(), new.fill());
            filled.0.map_err(of(Side::Old))?;
            filled.1.map_err(of(Side::New))?;
            pair.old.rows.fetch_add(old.rows - old_before, Atomic::Relaxed);
            pair.new.rows.fetch_add(new.rows - new_before, Atomic::Relaxed);
            if limits.are_reached(suspects.len()) {
                rest = from_here(&old, &new, range);
                if rest.is_some() {
                    break;
                }
            }
        }
        if !totals.is_empty() {
            add(&mut totals, old.row(), new.row());
        }
        match (old.row(), new.row()) {
            (None, None) => break,
            (Some(row), None) => {
                suspects.push(suspect(Some(row), None));
                old.advance();
            }
            (None, Some(row)) => {
                suspects.push(suspect(None, Some(row)));
                new.advance();
            }
            (Some(left), Some(right)) => match left.key.cmp(right.key) {
                Ordering::Less => {
                    suspects.push(suspect(Some(left), None));
                    old.advance();
                }
                Ordering::Greater => {
                    suspects.push(suspect(None, Some(right)));
                    new.advance();
                }
                Ordering::Equal => {
                    if !agrees(&pair.rules, left, right) {
                        suspects.push(suspect(Some(left), Some(right)));
                    }
                    old.advance();
                    new.advance();
                }
            },
        }
    }
    for key in old.duplicated.drain(..).chain(new.duplicated.drain(..)) {
        suspects.push(Suspect {
            key,
            old: None,
            new: None,
        });
    }
    let until = rest
        .as_ref()
        .map_or_else(|| range.until.clone(), |rest: &KeyRange| rest.from.clone());
    Ok(ChunkEnd {
        done: ChunkDone {
            range: KeyRange {
                from: range.from.clone(),
                until,
            },
            old_rows: old.rows_passed(),
            new_rows: new.rows_passed(),
            suspects,
            totals,
        },
        rest,
    })
}

/// Adds the rows that the next step passes: the lesser of the two, or both where they have one key.
fn add(totals: &mut [Totals], old: Option<RowRef<'_>>, new: Option<RowRef<'_>>) {
    let passed_old = old.filter(|old| new.is_none_or(|new| old.key <= new.key));
    let passed_new = new.filter(|new| old.is_none_or(|old| new.key <= old.key));
    for (side, row) in [(Side::Old, passed_old), (Side::New, passed_new)] {
        let Some(row) = row else { continue };
        for one in totals.iter_mut() {
            one.add(side, row).expect("a batch is only made of canonical bytes");
        }
    }
}

/// The keys that are not compared yet; all before the lesser of the two next rows are.
fn from_here(old: &Cursor<'_>, new: &Cursor<'_>, range: &KeyRange) -> Option<KeyRange> {
    let next = match (old.row(), new.row()) {
        (None, None) => return None,
        (Some(row), None) | (None, Some(row)) => row.key,
        (Some(left), Some(right)) => left.key.min(right.key),
    };
    // A range from its own beginning would make no headway.
    if range.from.as_ref().is_some_and(|from| from.as_bytes() == next) {
        return None;
    }
    Some(KeyRange {
        from: Some(Key::trusted(next)),
        until: range.until.clone(),
    })
}

fn suspect(old: Option<RowRef<'_>>, new: Option<RowRef<'_>>) -> Suspect {
    let key = old.or(new).expect("a suspect stands on one side at least").key;
    Suspect {
        key: Key::trusted(key),
        old: old.map(|row| Fingerprint::of(row.cells)),
        new: new.map(|row| Fingerprint::of(row.cells)),
    }
}

fn agrees(rules: &[Cmp], old: RowRef<'_>, new: RowRef<'_>) -> bool {
    if old.cells == new.cells {
        return true;
    }
    let values = |row: RowRef<'_>| encode::values(row.cells).expect("a batch is only made of canonical bytes");
    agree::changes(rules, &values(old), &values(new)).is_empty()
}

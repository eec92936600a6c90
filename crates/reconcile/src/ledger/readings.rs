//! The three as they are read: in the order of references, from the database itself or sorted on disk here first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::chunk::Reading;
use crate::fault::SourceFault;
use crate::ledger::limits::Limits;
use crate::ledger::{Bound, Ledger, LedgerEvent, LedgerFault, Party};
use crate::pace::Pace;
use crate::run::PROGRESS_EVERY;
use crate::sorted::{Sorted, sort};
use crate::verdict::Doubt;

/// The three, or why they are not read.
pub(super) type Readings = Result<Vec<(Party, Reading)>, Doubt>;

impl Ledger {
    /// Prepares all three for one pass. Sorting ends with the time, or when it is stopped.
    ///
    /// # Errors
    /// [`LedgerFault::Party`] where one of them refuses what is asked of it; one that is only away is a doubt.
    pub(super) async fn readings(
        &self,
        sorted: &[Party],
        limits: &Limits<'_>,
        sink: &mut (dyn FnMut(LedgerEvent) + Send),
    ) -> Result<Readings, LedgerFault> {
        let mut readings = Vec::new();
        for bound in &self.books {
            let mut reading = self.reading(bound);
            if sorted.contains(&bound.party) {
                let because = bound.sorted_because.clone();
                sink(LedgerEvent::Sorting {
                    party: bound.party,
                    why: because.unwrap_or_else(|| SourceFault::OutOfOrder.to_string()),
                });
                let rows = match rows_in_order(&reading, limits, sink).await {
                    Err(doubt) => return Ok(Err(doubt)),
                    Ok(Err(fault)) if fault.is_passing() => return Ok(Err(skipped(bound.party, &fault))),
                    Ok(rows) => rows.map_err(|fault| LedgerFault::Party {
                        party: bound.party,
                        fault,
                    })?,
                };
                reading.source = Arc::new(rows);
                // It has been paid for as it was read.
                reading.pace = Arc::new(Pace::new(None, None));
            }
            readings.push((bound.party, reading));
        }
        Ok(Ok(readings))
    }

    fn reading(&self, bound: &Bound) -> Reading {
        Reading {
            source: Arc::clone(&bound.source),
            live: Arc::clone(&bound.source),
            finds_by_key: bound.finds_by_key,
            question: Arc::new(bound.question.clone()),
            pace: Arc::new(Pace::new(
                self.budget.rows_per_second_max,
                self.budget.bytes_per_second_max,
            )),
            rows: Arc::new(AtomicU64::new(0)),
        }
    }
}

/// A part that was not read, and why.
pub(super) fn skipped(party: Party, fault: &SourceFault) -> Doubt {
    Doubt::ChunksSkipped {
        chunks: 1,
        fault: format!("{party}: {fault}"),
    }
}

async fn rows_in_order(
    reading: &Reading,
    limits: &Limits<'_>,
    sink: &mut (dyn FnMut(LedgerEvent) + Send),
) -> Result<Result<Sorted, SourceFault>, Doubt> {
    let mut whole = reading.clone();
    whole.question = Arc::new(reading.question.over_all_rows());
    let mut tick = tokio::time::interval(PROGRESS_EVERY);
    let mut sorting = std::pin::pin!(sort(&whole));
    loop {
        tokio::select! {
            sorted = &mut sorting => return Ok(sorted),
            _ = tick.tick() => {
                if let Some(doubt) = limits.reached() {
                    return Err(doubt);
                }
                sink(LedgerEvent::Progress { rows: reading.rows.load(Ordering::Relaxed) });
            }
        }
    }
}

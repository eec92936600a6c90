//! What a running comparison does for the databases' other work: it asks how before what, and waits while they are busy.

use std::time::Duration;

use tokio::time::Instant;

use super::{PROGRESS_EVERY, Run};
use crate::chunk::{Reading, SideFault};
use crate::entity::{Budget, Side};
use crate::event::{Event, KeyRange};
use crate::fault::SourceFault;
use crate::source::Asking;
use crate::suspects::tried;

/// How often load is looked at, and how long a busy database is left alone.
pub(crate) const LOAD_EVERY: Duration = Duration::from_secs(1);
/// A database that would sort or scan so many times the rows of a chunk is not asked for chunks.
const DETOUR_TIMES: u64 = 4;
/// So few rows are sorted or scanned in no time.
const DETOUR_ROWS_MIN: u64 = 100_000;

impl Run<'_> {
    /// Asks both databases how they would read a range, before they do.
    ///
    /// # Errors
    /// [`SourceFault::Detour`] of the first side that would sort or scan far more than the range has.
    pub(super) async fn refuse_detours(&self, range: &KeyRange) -> Result<(), SideFault> {
        let rows_max = detour_rows(self.chunk_rows);
        for (side, reading) in [(Side::Old, &self.pair.old), (Side::New, &self.pair.new)] {
            let asking = Asking::Range { range, first: None };
            let way = reading.source.detour(&reading.question, asking, rows_max).await;
            match way {
                // Whatever passes will be met, and counted, by the reading itself.
                Err(fault) if fault.is_passing() => {}
                Err(fault) => return Err(SideFault { side, fault }),
                Ok(None) => {}
                Ok(Some(why)) => {
                    let fault = SourceFault::Detour { why };
                    return Err(SideFault { side, fault });
                }
            }
        }
        Ok(())
    }

    /// Leaves a database alone while it has more to do, or lags farther behind, than it may.
    pub(super) async fn wait_while_busy(&mut self, sink: &mut (dyn FnMut(Event) + Send)) -> Result<(), SideFault> {
        self.wait_while_held(sink).await;
        let budget = &self.comparison.budget;
        if !Busy::is_watched(budget) || self.load_seen.is_some_and(|seen| seen.elapsed() < LOAD_EVERY) {
            return Ok(());
        }
        loop {
            let mut found = None;
            for (side, reading) in [(Side::Old, &self.pair.old), (Side::New, &self.pair.new)] {
                let busy = busy(reading, budget).await.map_err(|fault| SideFault { side, fault })?;
                found = busy.map(|busy| (side, busy)).or(found);
            }
            self.load_seen = Some(Instant::now());
            let Some((side, Busy { why })) = found else {
                return Ok(());
            };
            sink(Event::Paused {
                side,
                why,
                pause: LOAD_EVERY,
            });
            tokio::time::sleep(LOAD_EVERY).await;
            if !self.may_go_on() {
                return Ok(());
            }
        }
    }

    /// Leaves both databases alone while somebody outside asks for it.
    async fn wait_while_held(&mut self, sink: &mut (dyn FnMut(Event) + Send)) {
        let throttle = self.comparison.throttle.clone();
        let mut told = None;
        while let Some(why) = throttle.held_because() {
            if told.as_ref() != Some(&why) {
                for side in [Side::Old, Side::New] {
                    let (why, pause) = (why.clone(), PROGRESS_EVERY);
                    sink(Event::Paused { side, why, pause });
                }
                told = Some(why);
            }
            // A released throttle ends the wait at once; a limit or a stop is looked at in between.
            let freed = tokio::time::timeout(PROGRESS_EVERY, throttle.released()).await;
            if freed.is_ok() || !self.may_go_on() {
                return;
            }
        }
    }
}

/// A database that has more to do, or lags farther behind, than it may.
pub(crate) struct Busy {
    /// With what: words for a report.
    pub(crate) why: String,
}

impl Busy {
    /// Whether the budget has a limit that a database could be beyond.
    pub(crate) fn is_watched(budget: &Budget) -> bool {
        budget.active_sessions_max.is_some() || budget.lag_max.is_some()
    }
}

/// Whether a database is beyond what the budget lets it be.
///
/// # Errors
/// [`SourceFault::LoadHidden`] where a limit of load is set that the database does not show.
pub(crate) async fn busy(reading: &Reading, budget: &Budget) -> Result<Option<Busy>, SourceFault> {
    let load = tried(|| reading.live.load()).await?;
    if budget.lag_max.is_some_and(|most| load.lag > most) {
        let why = format!("it lags {} ms behind", load.lag.as_millis());
        return Ok(Some(Busy { why }));
    }
    let Some(most) = budget.active_sessions_max else {
        return Ok(None);
    };
    let active = load.active_sessions.ok_or(SourceFault::LoadHidden)?;
    let why = format!("{active} sessions are at work");
    Ok((active > most).then_some(Busy { why }))
}

/// The most rows that a database may sort or scan for a chunk of so many.
pub(crate) fn detour_rows(chunk_rows: u64) -> u64 {
    chunk_rows.saturating_mul(DETOUR_TIMES).max(DETOUR_ROWS_MIN)
}

//! When a run against a ledger may read no more, and when the three have too much else to do.

use std::time::Duration;

use tokio::time::Instant;

use crate::chunk::Reading;
use crate::entity::Budget;
use crate::fault::SourceFault;
use crate::ledger::{LedgerEvent, Party};
use crate::run::{Busy, LOAD_EVERY, PROGRESS_EVERY, Stop, busy, reserve};
use crate::verdict::Doubt;

/// The limits of one run, from its beginning on.
pub(super) struct Limits<'a> {
    budget: &'a Budget,
    stop: &'a Stop,
    began: Instant,
}

impl<'a> Limits<'a> {
    pub(super) fn new(budget: &'a Budget, stop: &'a Stop) -> Self {
        Self {
            budget,
            stop,
            began: Instant::now(),
        }
    }

    /// When everything ends.
    pub(super) fn until(&self) -> Option<Instant> {
        self.began.checked_add(self.budget.time_max?)
    }

    /// When the pass ends, so that there is time to read again what looks wrong.
    fn late_from(&self) -> Option<Instant> {
        let most = self.budget.time_max?;
        self.began.checked_add(most - reserve(most, self.budget.settle))
    }

    /// What ends the pass now, if anything does.
    pub(super) fn reached(&self) -> Option<Doubt> {
        if self.stop.is_asked() {
            return Some(Doubt::Stopped);
        }
        let is_late = self.late_from().is_some_and(|late| Instant::now() >= late);
        is_late.then_some(Doubt::TimeReached)
    }

    /// Does a part of the pass unless it has to end before; what is given up is dropped with its connections.
    pub(super) async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, Doubt> {
        let mut work = std::pin::pin!(work);
        let mut tick = tokio::time::interval(PROGRESS_EVERY);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                _ = tick.tick() => {
                    if let Some(doubt) = self.reached() {
                        return Err(doubt);
                    }
                }
            }
        }
    }

    /// Leaves a database alone while it has more to do, or lags farther behind, than it may.
    ///
    /// # Errors
    /// [`SourceFault::LoadHidden`], and faults of the sources.
    pub(super) async fn wait_while_busy(
        &self,
        readings: &[(Party, Reading)],
        seen: &mut Option<Instant>,
        sink: &mut (dyn FnMut(LedgerEvent) + Send),
    ) -> Result<(), (Party, SourceFault)> {
        if !Busy::is_watched(self.budget) || seen.is_some_and(|seen| seen.elapsed() < LOAD_EVERY) {
            return Ok(());
        }
        loop {
            let mut found = None;
            for (party, reading) in readings {
                let busy = busy(reading, self.budget).await.map_err(|fault| (*party, fault))?;
                found = busy.map(|busy| (*party, busy)).or(found);
            }
            *seen = Some(Instant::now());
            let Some((party, Busy { why })) = found else {
                return Ok(());
            };
            let pause: Duration = LOAD_EVERY;
            sink(LedgerEvent::Paused { party, why, pause });
            tokio::time::sleep(pause).await;
        }
    }
}

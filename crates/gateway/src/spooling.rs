//! The spool's own thread, and what may be offered meanwhile: a disk that stalls holds up neither lease nor kill file nor link.
//!
//! Strata are offered once they are written. When the disk fails, or when more waits for it than may wait, they are offered
//! from memory: a gateway that dies then loses what was not taken.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use tidegate_model::seam::{Stratum, StratumId};
use tokio::sync::Notify;

use crate::measure::ledger::Departed;
use crate::spool::{Line, Spool};

/// Most lines that may wait for the disk: minutes of strata. Strata beyond it are offered from memory only, and said so.
pub const LINES_WAITING_MAX: usize = 512;
/// Most strata kept to be offered; beyond it the oldest is dropped and said so. Without a lease nothing is measured, so this
/// is hours away.
pub const STRATA_MAX: usize = 100_000;

/// The spool with its thread.
#[derive(Debug)]
pub struct Spooling {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    papers: Mutex<Papers>,
    /// Lines came, or the end was asked for, or everything is written.
    moved: Condvar,
    /// Something may be offered.
    news: Notify,
}

#[derive(Debug, Default)]
struct Papers {
    lines: VecDeque<Line>,
    offers: VecDeque<Stratum>,
    /// Lines that never reached the disk since it last kept up.
    skipped: usize,
    is_closing: bool,
    is_closed: bool,
}

impl Spooling {
    /// Begins to write. `waiting` are strata of earlier incarnations.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn begin(spool: Spool, waiting: Vec<Stratum>) -> std::io::Result<Self> {
        let desk = Arc::new(Desk {
            papers: Mutex::new(Papers {
                offers: waiting.into(),
                ..Papers::default()
            }),
            moved: Condvar::new(),
            news: Notify::new(),
        });
        let of_thread = desk.clone();
        std::thread::Builder::new()
            .name("spool".to_owned())
            .spawn(move || write_all(spool, &of_thread))?;
        Ok(Self { desk })
    }

    /// Takes what left the ledger, without waiting for the disk.
    pub fn submit(&self, departed: Departed) {
        let lines: Vec<Line> = departed
            .owed
            .into_iter()
            .map(Line::Owed)
            .chain(departed.finished.into_iter().map(Line::Finished))
            .collect();
        if lines.is_empty() {
            return;
        }
        let stalled = {
            let mut papers = self.desk.papers();
            if papers.lines.len() + lines.len() <= LINES_WAITING_MAX {
                papers.lines.extend(lines);
                None
            } else {
                let is_first = papers.skipped == 0;
                papers.skipped += lines.len();
                papers.offer(finished(lines));
                is_first.then_some(papers.lines.len())
            }
        };
        match stalled {
            None => self.desk.moved.notify_all(),
            Some(waiting) => tracing::error!(waiting, "the spool's disk stalls, strata are offered from memory"),
        }
        self.desk.news.notify_one();
    }

    /// The controller has journalled this one. Without room to write that down, it is offered again after a restart.
    pub fn taken(&self, id: &StratumId) {
        let mut papers = self.desk.papers();
        papers.offers.retain(|s| s.id != *id);
        if papers.lines.len() < LINES_WAITING_MAX {
            papers.lines.push_back(Line::Taken(id.clone()));
        }
        drop(papers);
        self.desk.moved.notify_all();
    }

    /// At most `most` strata that may be offered and are not among these, oldest first.
    #[must_use]
    pub fn offers(&self, most: usize, except: &BTreeSet<StratumId>) -> Vec<Stratum> {
        let papers = self.desk.papers();
        let fresh = papers.offers.iter().filter(|s| !except.contains(&s.id));
        fresh.take(most).cloned().collect()
    }

    /// Something may be offered that could not be before.
    pub async fn news(&self) {
        self.desk.news.notified().await;
    }

    /// Ends the thread when everything is written; gives up waiting for that after `within`. Says whether it was written.
    pub fn close(&self, within: Duration) -> bool {
        let mut papers = self.desk.papers();
        papers.is_closing = true;
        self.desk.moved.notify_all();
        let waited = self.desk.moved.wait_timeout_while(papers, within, |p| !p.is_closed);
        let (papers, _) = waited.expect("nobody panics with them");
        papers.is_closed
    }
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().expect("nobody panics with them")
    }

    /// Waits for lines; `None` when the end was asked for and nothing is left.
    fn next(&self) -> Option<Vec<Line>> {
        let idle = |papers: &mut Papers| papers.lines.is_empty() && !papers.is_closing;
        let mut papers = self
            .moved
            .wait_while(self.papers(), idle)
            .expect("nobody panics with them");
        if papers.lines.is_empty() {
            papers.is_closed = true;
            self.moved.notify_all();
            return None;
        }
        Some(papers.lines.drain(..).collect())
    }
}

impl Papers {
    fn offer(&mut self, strata: impl Iterator<Item = Stratum>) {
        self.offers.extend(strata);
        if self.offers.len() > STRATA_MAX {
            tracing::error!(limit = STRATA_MAX, "too many strata wait, the oldest are dropped");
            let over = self.offers.len() - STRATA_MAX;
            self.offers.drain(..over);
        }
    }
}

fn finished(lines: Vec<Line>) -> impl Iterator<Item = Stratum> {
    lines.into_iter().filter_map(|line| match line {
        Line::Finished(stratum) => Some(stratum),
        Line::Owed(_) | Line::Taken(_) => None,
    })
}

/// The thread: nothing else waits for the disk, and no lock is held while it does.
fn write_all(mut spool: Spool, desk: &Desk) {
    while let Some(lines) = desk.next() {
        if let Err(fault) = spool.write(&lines) {
            tracing::error!(%fault, "cannot write the spool, strata are offered from memory");
        }
        let (skipped, waiting) = {
            let mut papers = desk.papers();
            papers.offer(finished(lines));
            let waiting = spool.is_worn().then(|| papers.offers.clone());
            (std::mem::take(&mut papers.skipped), waiting)
        };
        desk.news.notify_one();
        if skipped > 0 {
            tracing::warn!(
                skipped,
                "the spool's disk moves again; lines that did not wait are not on it"
            );
        }
        if let Some(waiting) = waiting
            && let Err(fault) = spool.rewrite(&waiting)
        {
            tracing::error!(%fault, "cannot write the spool anew");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{hanging, stratum};
    use tidegate_model::seam::StratumPart::{Cohort, Prompt};

    fn names(spooling: &Spooling) -> Vec<u64> {
        let offers = spooling.offers(usize::MAX, &BTreeSet::new());
        offers.iter().map(|s| s.id.index).collect()
    }

    fn departed(index: u64) -> Departed {
        Departed {
            owed: vec![stratum(index, Cohort, true)],
            finished: vec![stratum(index, Prompt, false)],
        }
    }

    #[test]
    fn strata_are_offered_when_they_are_written_and_are_there_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let (spool, waiting) = Spool::open(dir.path()).unwrap();
        let spooling = Spooling::begin(spool, waiting).unwrap();
        for index in 0..3 {
            spooling.submit(departed(index));
        }
        spooling.taken(&stratum(1, Prompt, false).id);
        assert!(spooling.close(Duration::from_secs(20)));
        let (_, waiting) = Spool::open(dir.path()).unwrap();
        let left: Vec<(u64, bool)> = waiting.iter().map(|s| (s.id.index, s.voided)).collect();
        assert_eq!(left, [(0, false), (2, false), (0, true), (1, true), (2, true)]);
    }

    #[test]
    fn a_disk_that_hangs_stops_nobody_and_what_cannot_wait_is_offered_from_memory() {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        let hanging = hanging(dir.path());
        spool.write_to(hanging.try_clone().unwrap());
        let spooling = Spooling::begin(spool, vec![]).unwrap();
        // Two lines each: as many hang with the disk at most, as many wait for it, and twice as many find no room.
        // Which ones hang is the thread's business: it may take its first lines at any moment.
        let submitted = 2 * LINES_WAITING_MAX as u64;
        for index in 0..submitted {
            spooling.submit(departed(index));
        }
        let offered = names(&spooling);
        assert!(
            offered.len() >= LINES_WAITING_MAX,
            "only {} are offered from memory",
            offered.len()
        );
        assert!(!offered.contains(&0), "what waits for the disk is not offered yet");
        assert!(!spooling.close(Duration::ZERO), "it still hangs");
        // Somebody reads: the disk moves again.
        let reader = std::thread::spawn(move || std::io::copy(&mut &hanging, &mut std::io::sink()));
        assert!(spooling.close(Duration::from_secs(20)));
        let mut all = names(&spooling);
        all.sort_unstable();
        assert_eq!(all, (0..submitted).collect::<Vec<_>>());
        drop(reader);
    }
}

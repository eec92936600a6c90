//! The one pass: all three in the order of references, range by range, so that no snapshot is held for long.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::time::Instant;

use crate::chunk::Reading;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::ledger::entry::Entries;
use crate::ledger::finding::{Seen, judge};
use crate::ledger::reread::{Open, reread};
use crate::ledger::verdict::Gathered;
use crate::ledger::{Ledger, LedgerEvent, LedgerFault, LedgerVerdict, Party};
use crate::pace::Pace;
use crate::row::Key;
use crate::run::Stop;
use crate::sorted::sort;
use crate::source::{Arrival, Question};
use crate::suspects::tried;
use crate::verdict::Doubt;

/// Rows of the ledger that one range holds about.
const RANGE_ROWS: u64 = 50_000;
/// References between two looks at the limits.
const LOOK_EVERY: u64 = 4_096;

impl Ledger {
    /// Reads all three and tells what is wrong.
    ///
    /// # Errors
    /// [`LedgerFault::Party`] where one of them refuses what is asked of it; one that is only away makes the verdict
    /// inconclusive.
    pub async fn run(
        &self,
        stop: &Stop,
        sink: &mut (dyn FnMut(LedgerEvent) + Send),
    ) -> Result<LedgerVerdict, LedgerFault> {
        let mut sorted: Vec<Party> = Vec::new();
        for bound in &self.books {
            sorted.extend(bound.sorted_because.as_ref().map(|_| bound.party));
        }
        loop {
            let readings = self.readings(&sorted, sink).await?;
            let mut pass = Pass::new(self, readings, stop);
            match pass.all(sink).await {
                Ok(()) => return Ok(pass.end(sink).await),
                Err((party, SourceFault::OutOfOrder)) if !sorted.contains(&party) => sorted.push(party),
                Err((party, fault)) => return Err(LedgerFault::Party { party, fault }),
            }
        }
    }

    async fn readings(
        &self,
        sorted: &[Party],
        sink: &mut (dyn FnMut(LedgerEvent) + Send),
    ) -> Result<Vec<(Party, Reading)>, LedgerFault> {
        let mut readings = Vec::new();
        for bound in &self.books {
            let mut reading = Reading {
                source: Arc::clone(&bound.source),
                live: Arc::clone(&bound.source),
                finds_by_key: bound.finds_by_key,
                question: Arc::new(bound.question.clone()),
                pace: Arc::new(Pace::new(
                    self.budget.rows_per_second_max,
                    self.budget.bytes_per_second_max,
                )),
                rows: Arc::new(AtomicU64::new(0)),
            };
            if sorted.contains(&bound.party) {
                let because = bound.sorted_because.clone();
                sink(LedgerEvent::Sorting {
                    party: bound.party,
                    why: because.unwrap_or_else(|| SourceFault::OutOfOrder.to_string()),
                });
                reading.question = Arc::new(Question {
                    order: Arrival::AsTheyCome,
                    ..bound.question.clone()
                });
                let party = bound.party;
                let rows = sort(&reading)
                    .await
                    .map_err(|fault| LedgerFault::Party { party, fault })?;
                reading.source = Arc::new(rows);
                reading.pace = Arc::new(Pace::new(None, None));
            }
            readings.push((bound.party, reading));
        }
        Ok(readings)
    }
}

/// A pass on its way.
pub(super) struct Pass<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) readings: Vec<(Party, Reading)>,
    pub(super) gathered: Gathered,
    open: Vec<Open>,
    stop: &'a Stop,
    began: Instant,
}

/// A fault, and whose it is.
type PartyFault = (Party, SourceFault);

impl<'a> Pass<'a> {
    fn new(ledger: &'a Ledger, readings: Vec<(Party, Reading)>, stop: &'a Stop) -> Self {
        Self {
            ledger,
            readings,
            gathered: Gathered::default(),
            open: Vec::new(),
            stop,
            began: Instant::now(),
        }
    }

    /// When the longest time is used up.
    pub(super) fn until(&self) -> Option<Instant> {
        self.ledger.budget.time_max.map(|most| self.began + most)
    }

    fn is_late(&self) -> bool {
        self.until().is_some_and(|until| Instant::now() >= until)
    }

    async fn all(&mut self, sink: &mut (dyn FnMut(LedgerEvent) + Send)) -> Result<(), PartyFault> {
        let mut from: Option<Key> = None;
        loop {
            let until = match self.cut(from.clone()).await {
                Err((party, fault)) if fault.is_passing() => return self.skip(party, &fault),
                until => until?,
            };
            let range = KeyRange {
                from: from.clone(),
                until: until.clone(),
            };
            match self.range(&range).await {
                Err((party, fault)) if fault.is_passing() => return self.skip(party, &fault),
                done => done?,
            }
            sink(LedgerEvent::Progress {
                rows: self.gathered.coverage.old_rows
                    + self.gathered.coverage.new_rows
                    + self.gathered.coverage.ledger_rows,
            });
            if until.is_none() {
                self.gathered.coverage.is_whole = self.gathered.doubts.is_empty();
                return Ok(());
            }
            if let Some(doubt) = self.limit() {
                self.gathered.doubts.push(doubt);
                return Ok(());
            }
            from = until;
        }
    }

    /// A part that cannot be read: what stands behind it was not read either.
    fn skip(&mut self, party: Party, fault: &SourceFault) -> Result<(), PartyFault> {
        self.gathered.doubts.push(Doubt::ChunksSkipped {
            chunks: 1,
            fault: format!("{party}: {fault}"),
        });
        Ok(())
    }

    fn limit(&self) -> Option<Doubt> {
        let open = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        if self.stop.is_asked() {
            Some(Doubt::Stopped)
        } else if self.is_late() {
            Some(Doubt::TimeReached)
        } else {
            (open >= self.ledger.budget.differences_max).then_some(Doubt::DifferencesReached)
        }
    }

    /// Where the next range ends: the ledger says it.
    async fn cut(&self, from: Option<Key>) -> Result<Option<Key>, PartyFault> {
        let (party, reading) = self.readings.last().expect("the ledger is always there");
        let rest = KeyRange {
            from: from.clone(),
            until: None,
        };
        let cut = tried(|| reading.source.boundary(&reading.question, &rest, RANGE_ROWS)).await;
        let cut = cut.map_err(|fault| (*party, fault))?;
        // A boundary at the beginning stands for many entries of one reference.
        Ok(cut.filter(|key| from.as_ref() != Some(key)))
    }

    async fn range(&mut self, range: &KeyRange) -> Result<(), PartyFault> {
        let mut books = Vec::new();
        for (party, reading) in &self.readings {
            let stream = tried(|| reading.source.stream(&reading.question, range)).await;
            books.push((*party, Entries::new(stream.map_err(|fault| (*party, fault))?, range)));
        }
        let mut looked = 0_u64;
        loop {
            for (party, entries) in &mut books {
                entries.fill().await.map_err(|fault| (*party, fault))?;
            }
            let Some(key) = books.iter().filter_map(|(_, entries)| entries.key()).min().cloned() else {
                break;
            };
            let mut seen = Seen::default();
            for (party, entries) in &mut books {
                let entry = entries.take(&key);
                match party {
                    Party::Old => seen.old = entry,
                    Party::New => seen.new = entry,
                    Party::Ledger => seen.ledger = entry,
                }
            }
            self.gathered.coverage.references += 1;
            if !judge(&self.ledger.rules, &key, &seen).is_empty() {
                self.open.push(Open::new(key, seen));
            }
            looked += 1;
            if looked.is_multiple_of(LOOK_EVERY)
                && let Some(doubt) = self.limit()
            {
                self.gathered.doubts.push(doubt);
                break;
            }
        }
        for (party, entries) in &books {
            let coverage = &mut self.gathered.coverage;
            match party {
                Party::Old => coverage.old_rows += entries.rows,
                Party::New => coverage.new_rows += entries.rows,
                Party::Ledger => coverage.ledger_rows += entries.rows,
            }
        }
        Ok(())
    }

    async fn end(mut self, sink: &mut (dyn FnMut(LedgerEvent) + Send)) -> LedgerVerdict {
        let open = std::mem::take(&mut self.open);
        reread(&mut self, open, sink).await;
        let verdict = self.gathered.verdict();
        sink(LedgerEvent::Ended(verdict.clone()));
        verdict
    }
}

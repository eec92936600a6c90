//! The one pass: all three in the order of references, range by range, so that no snapshot is held for long.

use tokio::time::Instant;

use crate::chunk::Reading;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::ledger::entry::Entries;
use crate::ledger::finding::{Seen, judge};
use crate::ledger::limits::Limits;
use crate::ledger::readings::skipped;
use crate::ledger::reread::{Open, reread};
use crate::ledger::verdict::Gathered;
use crate::ledger::{Ledger, LedgerEvent, LedgerFault, LedgerVerdict, Party};
use crate::row::Key;
use crate::run::Stop;
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
        let limits = Limits::new(&self.budget, stop);
        let mut sorted: Vec<Party> = Vec::new();
        for bound in &self.books {
            sorted.extend(bound.sorted_because.as_ref().map(|_| bound.party));
        }
        loop {
            let readings = self.readings(&sorted, &limits, sink).await?;
            let mut pass = Pass::new(self, &limits);
            match readings {
                Ok(readings) => pass.readings = readings,
                Err(doubt) => {
                    pass.gathered.doubts.push(doubt);
                    return Ok(pass.end(sink).await);
                }
            }
            match pass.all(sink).await {
                Ok(()) => return Ok(pass.end(sink).await),
                Err((party, SourceFault::OutOfOrder)) if !sorted.contains(&party) => sorted.push(party),
                Err((party, fault)) => return Err(LedgerFault::Party { party, fault }),
            }
        }
    }
}

/// A pass on its way.
pub(super) struct Pass<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) readings: Vec<(Party, Reading)>,
    pub(super) gathered: Gathered,
    open: Vec<Open>,
    limits: &'a Limits<'a>,
    load_seen: Option<Instant>,
}

/// A fault, and whose it is.
type PartyFault = (Party, SourceFault);

impl<'a> Pass<'a> {
    fn new(ledger: &'a Ledger, limits: &'a Limits<'a>) -> Self {
        Self {
            ledger,
            readings: Vec::new(),
            gathered: Gathered::default(),
            open: Vec::new(),
            limits,
            load_seen: None,
        }
    }

    /// When the longest time is used up.
    pub(super) fn until(&self) -> Option<Instant> {
        self.limits.until()
    }

    async fn all(&mut self, sink: &mut (dyn FnMut(LedgerEvent) + Send)) -> Result<(), PartyFault> {
        let mut from: Option<Key> = None;
        loop {
            let limits = self.limits;
            let until = match limits.within(self.next_cut(from.clone(), sink)).await {
                Err(doubt) => return self.cease(doubt),
                Ok(Err((party, fault))) if fault.is_passing() => return self.cease(skipped(party, &fault)),
                Ok(until) => until?,
            };
            let range = KeyRange {
                from: from.clone(),
                until: until.clone(),
            };
            match limits.within(self.range(&range)).await {
                Err(doubt) => return self.cease(doubt),
                Ok(Err((party, fault))) if fault.is_passing() => return self.cease(skipped(party, &fault)),
                Ok(done) => done?,
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

    /// Ends the pass: what stands behind it was not read.
    fn cease(&mut self, doubt: Doubt) -> Result<(), PartyFault> {
        self.gathered.doubts.push(doubt);
        Ok(())
    }

    fn limit(&self) -> Option<Doubt> {
        let open = u64::try_from(self.open.len()).unwrap_or(u64::MAX);
        let is_enough = open >= self.ledger.budget.differences_max;
        self.limits
            .reached()
            .or_else(|| is_enough.then_some(Doubt::DifferencesReached))
    }

    /// Where the next range ends, as soon as the three have time for it.
    async fn next_cut(
        &mut self,
        from: Option<Key>,
        sink: &mut (dyn FnMut(LedgerEvent) + Send),
    ) -> Result<Option<Key>, PartyFault> {
        self.ledger.throttle.released().await;
        self.limits
            .wait_while_busy(&self.readings, &mut self.load_seen, sink)
            .await?;
        self.cut(from).await
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

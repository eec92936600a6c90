//! The running comparison: cuts ranges of keys into chunks, keeps a few of them at work, and ends with a verdict.

mod limits;
mod polite;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use self::limits::reserve;
pub(crate) use self::polite::{Busy, LOAD_EVERY, busy, detour_rows};
use crate::chunk::{ChunkEnd, ChunkLimits, Pair, SideFault, compare};
use crate::comparison::Comparison;
use crate::entity::Side;
use crate::event::{ChunkDone, Event, KeyRange, Progress, Suspect};
use crate::fault::SourceFault;
use crate::pace::Pace;
use crate::sorted::sort;
use crate::suspects::{Ends, in_time, reread};
use crate::totals::Totals;
use crate::verdict::{Counts, Coverage, Doubt, Verdict};

/// Fewest and most rows of a chunk.
const CHUNK_ROWS: std::ops::RangeInclusive<u64> = 1_000..=2_000_000;
/// Weight of the newest chunk in the moving average of the speed, in hundredths.
const SPEED_WEIGHT: u64 = 30;
/// How often a chunk is tried.
const TRIES_MAX: u32 = 3;
/// Chunks skipped one after the other that end the run: the source is gone.
const SKIPPED_MAX: u32 = 3;
/// How often progress is told.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Asks a running comparison to end; it then says what it knows.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What an earlier run of the same comparison got done.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Its chunks, in any order; their suspects are read again.
    pub chunks: Vec<ChunkDone>,
    /// What the rows of its chunks came to, where the chunks themselves do not say it.
    pub totals: Vec<Totals>,
}

impl Comparison {
    /// Compares all rows, those of an earlier run's chunks excepted, and tells what happens.
    ///
    /// # Errors
    /// [`SideFault`] where a side refuses what is asked of it; a side that is only away makes the verdict inconclusive.
    pub async fn run(
        &self,
        earlier: Earlier,
        stop: &Stop,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Verdict, SideFault> {
        let mut sorted: Vec<(Side, String)> = Vec::new();
        for (side, bound) in [(Side::Old, &self.old), (Side::New, &self.new)] {
            sorted.extend(bound.sorted_because.clone().map(|why| (side, why)));
        }
        let mut run = Run::new(self, earlier.clone(), stop, Instant::now());
        run.sort(&sorted, sink).await?;
        while let Err(side_fault) = run.chunks(sink).await {
            let is_first = sorted.iter().all(|(side, _)| *side != side_fault.side);
            if !side_fault.fault.is_cured_by_sorting() || !is_first {
                return Err(side_fault);
            }
            // What was compared before is compared again: rows may have stood in another range than their key says.
            sorted.push((side_fault.side, side_fault.fault.to_string()));
            run = Run::new(self, earlier.clone(), stop, run.began);
            run.sort(&sorted, sink).await?;
        }
        let verdict = run.end(sink).await;
        sink(Event::Ended(verdict.clone()));
        Ok(verdict)
    }
}

struct Run<'a> {
    comparison: &'a Comparison,
    pair: Pair,
    stop: &'a Stop,
    began: Instant,
    spans: VecDeque<KeyRange>,
    chunk_rows: u64,
    tries: BTreeMap<KeyRange, u32>,
    skipped_in_a_row: u32,
    suspects: Vec<Suspect>,
    coverage: Coverage,
    doubts: Vec<Doubt>,
    totals: Vec<Totals>,
    load_seen: Option<Instant>,
    /// Since when somebody wants it to end.
    stopped: Option<Instant>,
    /// Whether a chunk was given up whose side did not answer.
    has_given_up: bool,
    tasks: JoinSet<(KeyRange, Instant, Result<ChunkEnd, SideFault>)>,
}

impl<'a> Run<'a> {
    fn new(comparison: &'a Comparison, earlier: Earlier, stop: &'a Stop, began: Instant) -> Self {
        let pair = comparison.pair();
        let mut totals: Vec<Totals> = pair.totals.iter().cloned().map(Totals::new).collect();
        add_totals(&mut totals, &earlier.totals);
        let mut coverage = Coverage::default();
        let mut suspects = Vec::new();
        let mut ranges = Vec::new();
        for chunk in earlier.chunks {
            coverage.old_rows += chunk.old_rows;
            coverage.new_rows += chunk.new_rows;
            coverage.chunks_done += 1;
            add_totals(&mut totals, &chunk.totals);
            suspects.extend(chunk.suspects);
            ranges.push(chunk.range);
        }
        Self {
            comparison,
            pair,
            stop,
            began,
            spans: gaps(ranges),
            chunk_rows: comparison.budget.chunk_rows_first.max(1),
            tries: BTreeMap::new(),
            skipped_in_a_row: 0,
            suspects,
            coverage,
            doubts: Vec::new(),
            totals,
            load_seen: None,
            stopped: None,
            has_given_up: false,
            tasks: JoinSet::new(),
        }
    }

    /// Reads the sides that do not come in key order once and sorts them.
    async fn sort(&mut self, sides: &[(Side, String)], sink: &mut (dyn FnMut(Event) + Send)) -> Result<(), SideFault> {
        let mut tick = tokio::time::interval(PROGRESS_EVERY);
        for (side, why) in sides {
            let side = *side;
            let reading = match side {
                Side::Old => &self.pair.old,
                Side::New => &self.pair.new,
            };
            // Suspects of a database are looked up in it; only chunks need its order.
            if self.spans.is_empty() && reading.live.is_live() {
                continue;
            }
            sink(Event::Sorting { side, why: why.clone() });
            let mut whole = reading.clone();
            whole.question = Arc::new(reading.question.over_all_rows());
            let mut sorting = std::pin::pin!(sort(&whole));
            let sorted = loop {
                tokio::select! {
                    sorted = &mut sorting => break sorted.map_err(|fault| SideFault { side, fault })?,
                    _ = tick.tick() => {
                        if self.stop.is_asked() || self.is_late() {
                            return Ok(());
                        }
                        self.tell_progress(sink);
                    }
                }
            };
            let reading = match side {
                Side::Old => &mut self.pair.old,
                Side::New => &mut self.pair.new,
            };
            reading.source = Arc::new(sorted);
            // It has been paid for as it was read.
            reading.pace = Arc::new(Pace::new(None, None));
            reading.rows.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Compares chunk after chunk until nothing is left, or until it may not go on.
    async fn chunks(&mut self, sink: &mut (dyn FnMut(Event) + Send)) -> Result<(), SideFault> {
        let mut tick = tokio::time::interval(PROGRESS_EVERY);
        loop {
            while self.tasks.len() < self.comparison.budget.parallel.max(1)
                && self.may_go_on()
                && !self.spans.is_empty()
            {
                let begun = in_time(self.given_up_from(), self.begin_next(sink)).await;
                match begun {
                    Ok(begun) => begun?,
                    Err(doubt) => self.doubt(doubt),
                }
            }
            tokio::select! {
                ended = self.tasks.join_next() => match ended {
                    None => break,
                    Some(Ok((range, begun, end))) => self.end_chunk(range, begun, end, sink).await?,
                    Some(Err(error)) if error.is_cancelled() => self.note_given_up(),
                    Some(Err(error)) => panic!("a chunk that panics is a defect: {error}"),
                },
                _ = tick.tick() => {
                    self.tell_progress(sink);
                    self.give_up();
                }
            }
        }
        self.coverage.is_whole = self.spans.is_empty() && self.coverage.chunks_skipped == 0 && !self.has_given_up;
        self.tell_progress(sink);
        Ok(())
    }

    /// Begins the next chunk as soon as the databases have time for it.
    async fn begin_next(&mut self, sink: &mut (dyn FnMut(Event) + Send)) -> Result<(), SideFault> {
        self.wait_while_busy(sink).await?;
        // It may have waited for as long as there is.
        match self.may_go_on() {
            true => self.begin_chunk(sink).await,
            false => Ok(()),
        }
    }

    /// Cuts the next chunk off the first span and sets it to work. Whoever gives it up on the way loses no span.
    async fn begin_chunk(&mut self, sink: &mut (dyn FnMut(Event) + Send)) -> Result<(), SideFault> {
        let Some(span) = self.spans.front().cloned() else {
            return Ok(());
        };
        let side = self.comparison.cutting_side();
        let reading = match side {
            Side::Old => &self.pair.old,
            Side::New => &self.pair.new,
        };
        let cut = match reading.source.boundary(&reading.question, &span, self.chunk_rows).await {
            Err(fault) if fault.is_passing() => {
                self.spans.pop_front();
                self.try_later(span, &SideFault { side, fault }, sink).await;
                return Ok(());
            }
            cut => cut.map_err(|fault| SideFault { side, fault })?,
        };
        let (cut, range) = match cut {
            // A boundary at the span's own beginning stands for many rows of one key.
            Some(key) if span.from.as_ref() != Some(&key) => (
                Some(key.clone()),
                KeyRange {
                    from: span.from.clone(),
                    until: Some(key),
                },
            ),
            Some(_) | None => (None, span.clone()),
        };
        self.refuse_detours(&range).await?;
        self.spans.pop_front();
        if cut.is_some() {
            self.spans.push_front(KeyRange {
                from: cut,
                until: span.until,
            });
        }
        let room = self
            .comparison
            .budget
            .differences_max
            .saturating_sub(u64::try_from(self.suspects.len()).unwrap_or(u64::MAX));
        let ends_itself = Instant::now() + self.comparison.budget.snapshot_time_max;
        let limits = ChunkLimits {
            until: self.late_from().map_or(ends_itself, |late| late.min(ends_itself)),
            suspects_max: usize::try_from(room).unwrap_or(usize::MAX),
            stop: self.stop.clone(),
        };
        let pair = self.pair.clone();
        self.tasks.spawn(async move {
            let begun = Instant::now();
            let end = compare(&pair, &range, &limits).await;
            (range, begun, end)
        });
        Ok(())
    }

    async fn end_chunk(
        &mut self,
        range: KeyRange,
        begun: Instant,
        end: Result<ChunkEnd, SideFault>,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), SideFault> {
        match end {
            Ok(ChunkEnd { done, rest }) => {
                self.skipped_in_a_row = 0;
                self.learn_speed(done.old_rows.max(done.new_rows), begun.elapsed());
                self.coverage.old_rows += done.old_rows;
                self.coverage.new_rows += done.new_rows;
                self.coverage.chunks_done += 1;
                self.suspects.extend(done.suspects.iter().cloned());
                add_totals(&mut self.totals, &done.totals);
                if let Some(rest) = rest {
                    self.spans.push_front(rest);
                }
                sink(Event::ChunkDone(done));
                Ok(())
            }
            Err(side_fault) if side_fault.fault.is_passing() => {
                self.try_later(range, &side_fault, sink).await;
                Ok(())
            }
            Err(side_fault) => Err(side_fault),
        }
    }

    /// Puts a chunk back, smaller and after a pause; skips it when it has failed too often.
    async fn try_later(&mut self, range: KeyRange, fault: &SideFault, sink: &mut (dyn FnMut(Event) + Send)) {
        let tries = self.tries.entry(range.clone()).or_default();
        *tries += 1;
        if *tries < TRIES_MAX {
            let pause = Duration::from_millis(200) * *tries * *tries;
            if matches!(fault.fault, SourceFault::Victim { .. }) {
                self.chunk_rows = (self.chunk_rows / 2).max(*CHUNK_ROWS.start());
            }
            self.spans.push_front(range);
            tokio::time::sleep(pause).await;
            return;
        }
        self.coverage.chunks_skipped += 1;
        self.skipped_in_a_row += 1;
        let words = fault.to_string();
        self.doubts
            .retain(|doubt| !matches!(doubt, Doubt::ChunksSkipped { .. }));
        self.doubts.push(Doubt::ChunksSkipped {
            chunks: self.coverage.chunks_skipped,
            fault: words.clone(),
        });
        sink(Event::ChunkSkipped { range, fault: words });
    }

    /// Moves the size of chunks to what the wanted time takes.
    fn learn_speed(&mut self, rows: u64, took: Duration) {
        if rows < *CHUNK_ROWS.start() {
            return;
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let wanted = u64::try_from(self.comparison.budget.chunk_time.as_micros()).unwrap_or(u64::MAX);
        let fitting = u128::from(rows) * u128::from(wanted) / u128::from(micros);
        let fitting = u64::try_from(fitting)
            .unwrap_or(u64::MAX)
            .min(self.chunk_rows.saturating_mul(8));
        let mean = (self.chunk_rows * (100 - SPEED_WEIGHT) + fitting * SPEED_WEIGHT) / 100;
        self.chunk_rows = mean.clamp(*CHUNK_ROWS.start(), *CHUNK_ROWS.end());
    }

    fn tell_progress(&self, sink: &mut (dyn FnMut(Event) + Send)) {
        let read = |rows: &std::sync::atomic::AtomicU64| rows.load(Ordering::Relaxed);
        let (old_now, new_now) = (read(&self.pair.old.rows), read(&self.pair.new.rows));
        sink(Event::Progress(Progress {
            old_rows: self.coverage.old_rows.max(old_now),
            new_rows: self.coverage.new_rows.max(new_now),
            rows_now: old_now + new_now,
            rows_estimated: self.comparison.rows_estimated(),
            chunks_done: self.coverage.chunks_done,
            suspects: u64::try_from(self.suspects.len()).unwrap_or(u64::MAX),
            elapsed: self.began.elapsed(),
        }));
    }

    /// Reads suspects again and says what follows.
    async fn end(mut self, sink: &mut (dyn FnMut(Event) + Send)) -> Verdict {
        let mut counts = Counts::default();
        let budget = &self.comparison.budget;
        let until = budget.time_max.and_then(|most| self.began.checked_add(most));
        let suspects = std::mem::take(&mut self.suspects);
        let ends = Ends { until, stop: self.stop };
        let doubts = reread(&self.pair, budget, suspects, ends, &mut counts, sink).await;
        self.doubts.extend(doubts);
        Verdict::of(self.coverage, counts, self.doubts).with_totals(self.totals)
    }
}

/// Adds what parts of the rows came to, each to the totals of its own plan.
fn add_totals(all: &mut [Totals], parts: &[Totals]) {
    for part in parts {
        let of_plan = all.iter_mut().find(|one| one.plan() == part.plan());
        if let Some(one) = of_plan {
            one.merge(part);
        }
    }
}

/// What remains of all keys besides these ranges.
fn gaps(mut ranges: Vec<KeyRange>) -> VecDeque<KeyRange> {
    ranges.sort();
    let mut gaps = VecDeque::new();
    let mut from = None;
    let mut is_open = true;
    for range in ranges {
        if is_open && range.from > from {
            gaps.push_back(KeyRange {
                from: from.take(),
                until: range.from,
            });
        }
        is_open = range.until.is_some();
        from = range.until;
    }
    if is_open {
        gaps.push_back(KeyRange { from, until: None });
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Key;
    use crate::value::Value;

    fn range(from: i128, until: i128) -> KeyRange {
        let key = |number: i128| (number != 0).then(|| Key::of(&[Value::Int(number)]));
        KeyRange {
            from: key(from),
            until: key(until),
        }
    }

    #[test]
    fn what_an_earlier_run_left_is_compared_and_nothing_else() {
        assert_eq!(gaps(Vec::new()), [range(0, 0)]);
        assert_eq!(gaps(vec![range(0, 0)]), []);
        assert_eq!(gaps(vec![range(0, 5)]), [range(5, 0)]);
        assert_eq!(gaps(vec![range(7, 0), range(0, 5)]), [range(5, 7)]);
        assert_eq!(
            gaps(vec![range(5, 7), range(9, 12)]),
            [range(0, 5), range(7, 9), range(12, 0)]
        );
        assert_eq!(gaps(vec![range(5, 7), range(7, 9), range(0, 5)]), [range(9, 0)]);
    }
}

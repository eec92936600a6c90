//! Rows that change between two whole comparisons: their keys come from tables of changes, and each is compared as it comes.
//!
//! # Source
//! Ghostferry's inline verifier: a key has the number of its changes since it was taken up; a verified change is taken off that
//! number and not off the list, so that a change during the verification is never lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tidegate_model::seam::{Compared, Reconciled};
use tidegate_reconcile::event::{ChunkDone, Event, KeyRange, Suspect};
use tidegate_reconcile::source::{Arrival, Asked, KeyOrder, Question};
use tidegate_reconcile::{Comparison, Earlier, Expression, Key, Kind, Source, Stop, source};

use super::answer::of_sides;
use super::job::{Feed, Job};
use super::kept::Kept;
use super::run::{digest, prepared};

/// Keys that wait to be compared; at the limit no more changes are read until some were.
const KEYS_WAITING_MAX: usize = 100_000;
/// Keys that are compared at once.
const KEYS_AT_ONCE: usize = 1_000;
/// Changes that are read at once of one table.
const CHANGES_AT_ONCE: usize = 10_000;
/// The longest that one reading of changes may take.
const READING_MAX: Duration = Duration::from_secs(30);

/// How often each waiting key has changed since it was taken up.
#[derive(Debug, Default)]
struct Counter(BTreeMap<Key, u64>);

impl Counter {
    fn changed(&mut self, key: Key) {
        *self.0.entry(key).or_default() += 1;
    }

    /// The first keys with their counts as they are now.
    fn some(&self) -> BTreeMap<Key, u64> {
        let first = self.0.iter().take(KEYS_AT_ONCE);
        first.map(|(key, count)| (key.clone(), *count)).collect()
    }

    /// So many changes of a key were verified; those that came meanwhile are left.
    fn verified(&mut self, key: &Key, changes: u64) {
        let left = self.0.get(key).map(|count| count.saturating_sub(changes));
        match left {
            Some(0) => drop(self.0.remove(key)),
            Some(left) => drop(self.0.insert(key.clone(), left)),
            None => {}
        }
    }
}

/// A table of changes that was asked what it holds.
struct Open {
    source: Arc<dyn Source>,
    question: Question,
}

/// The changes of a job's sides.
pub(super) struct Watched {
    counter: Counter,
    /// Of each table: the last position that was read.
    read_until: Vec<Option<Key>>,
    /// Whether the tables' ends are known; what is before them is the whole comparison's.
    has_begun: bool,
    /// Both sides, asked what they hold; asked again after a failure.
    comparison: Option<Comparison>,
}

impl Watched {
    pub(super) fn new(job: &Job) -> Self {
        Self {
            counter: Counter::default(),
            read_until: vec![None; job.changes.len()],
            has_begun: false,
            comparison: None,
        }
    }

    /// A whole comparison is about to begin: what changed before it is its own.
    pub(super) async fn begin_whole(&mut self, job: &Job) {
        // Unread changes are compared once more after it, which costs time and no certainty.
        if self.read(job).await.is_ok() {
            self.counter = Counter::default();
        }
    }

    /// Reads what has changed and compares it; gives what differs for certain.
    ///
    /// # Errors
    /// A table of changes or a side that cannot be read; the keys wait on.
    pub(super) async fn look(&mut self, job: &Job) -> anyhow::Result<Option<Reconciled>> {
        let comparison = match self.comparison.take() {
            Some(comparison) => comparison,
            None => prepared(job).await?,
        };
        self.read_with(job, &comparison).await?;
        let found = self.verify(job, &comparison).await?;
        self.comparison = Some(comparison);
        Ok(found)
    }

    async fn verify(&mut self, job: &Job, comparison: &Comparison) -> anyhow::Result<Option<Reconciled>> {
        let batch = self.counter.some();
        if batch.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let digest = digest(job);
        let mut kept = Kept::more(job.kept.as_deref(), &digest, &job.entity.name);
        let counter = &mut self.counter;
        let verified = |counter: &mut Counter, key: &Key| {
            if let Some(changes) = batch.get(key) {
                counter.verified(key, *changes);
            }
        };
        let mut sink = |event: Event| {
            match &event {
                Event::Healed { key, .. } => verified(counter, key),
                Event::Confirmed(difference) => verified(counter, difference.key()),
                // A row that keeps changing waits on.
                Event::Moving { .. }
                | Event::Progress(_)
                | Event::Sorting { .. }
                | Event::ChunkDone(_)
                | Event::ChunkSkipped { .. }
                | Event::Paused { .. }
                | Event::Rereading { .. }
                | Event::Ended(_) => {}
            }
            kept.take(&event);
        };
        let verdict = comparison.run(only(batch.keys()), &Stop::default(), &mut sink).await?;
        let rows = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        let mut found = Reconciled {
            old_rows: rows,
            new_rows: rows,
            // These keys are not all keys, whatever they say.
            is_whole: false,
            ..of_sides(&verdict, &job.entity, digest, began.elapsed())
        };
        found.doubts.extend(kept.end());
        Ok((found.compared == Compared::Diverged).then_some(found))
    }

    async fn read(&mut self, job: &Job) -> anyhow::Result<()> {
        let comparison = prepared(job).await?;
        self.read_with(job, &comparison).await
    }

    /// Reads new lines of every table of changes. The first reading only finds their ends.
    async fn read_with(&mut self, job: &Job, comparison: &Comparison) -> anyhow::Result<()> {
        for (feed, until) in job.changes.iter().zip(&mut self.read_until) {
            let open = open(feed, comparison).await.context("a table of changes")?;
            if !self.has_begun {
                *until = end(&open).await.context("a table of changes")?;
                continue;
            }
            if self.counter.0.len() >= KEYS_WAITING_MAX {
                continue;
            }
            for (position, key) in lines(&open, until.as_ref()).await.context("a table of changes")? {
                *until = Some(position);
                self.counter.changed(key);
            }
        }
        self.has_begun = true;
        Ok(())
    }
}

/// A comparison of these keys alone: everything else counts as done.
fn only<'a>(keys: impl Iterator<Item = &'a Key>) -> Earlier {
    let suspect = |key: &Key| Suspect {
        key: key.clone(),
        old: None,
        new: None,
    };
    let suspects: Vec<Suspect> = keys.map(suspect).collect();
    // Without rows it would doubt that there are any.
    let rows = u64::try_from(suspects.len()).unwrap_or(u64::MAX);
    Earlier {
        chunks: vec![ChunkDone {
            range: KeyRange::default(),
            old_rows: rows,
            new_rows: rows,
            suspects,
            totals: Vec::new(),
        }],
        totals: Vec::new(),
    }
}

async fn open(feed: &Feed, comparison: &Comparison) -> anyhow::Result<Open> {
    let source = source::open(&feed.address.0)?;
    let asked = |name: &String| Asked {
        expression: Expression::Column(name.clone()),
        kind: None,
        native: None,
    };
    let mut question = Question {
        relation: feed.relation.clone(),
        key: vec![asked(&feed.position)],
        cells: feed.key.iter().map(asked).collect(),
        filter: None,
        may_have_null_keys: true,
        zone: None,
        statement_time_max: READING_MAX,
        order: Arrival::ByKey,
    };
    let schema = source.schema(&question).await?;
    let position = schema.key.first().and_then(|field| field.kind).unwrap_or(Kind::Text);
    let fields = schema.key.iter().chain(&schema.cells);
    let kinds = std::iter::once(&position).chain(comparison.kinds());
    for ((asked, field), kind) in question
        .key
        .iter_mut()
        .chain(&mut question.cells)
        .zip(fields)
        .zip(kinds)
    {
        asked.kind = Some(*kind);
        asked.native = field.kind;
    }
    question.may_have_null_keys = schema.may_have_null_keys;
    question.order = match schema.order {
        KeyOrder::ByKey => Arrival::ByKey,
        KeyOrder::Collated { .. } | KeyOrder::Unordered { .. } => Arrival::AsTheyCome,
    };
    Ok(Open { source, question })
}

/// The last position that there is.
async fn end(open: &Open) -> anyhow::Result<Option<Key>> {
    let mut stream = open.source.stream(&open.question, &KeyRange::default()).await?;
    let mut last: Option<Key> = None;
    while let Some(batch) = stream.next().await? {
        let keys = batch.rows().map(|row| row.to_row().key);
        last = keys.chain(last).max();
    }
    Ok(last)
}

/// Lines after a position, in the order of positions: where each stands, and the key that it names.
async fn lines(open: &Open, after: Option<&Key>) -> anyhow::Result<Vec<(Key, Key)>> {
    let range = KeyRange {
        from: after.cloned(),
        until: None,
    };
    let mut stream = open.source.stream(&open.question, &range).await?;
    let mut found: BTreeMap<Key, Key> = BTreeMap::new();
    while let Some(batch) = stream.next().await? {
        for row in batch.rows() {
            let row = row.to_row();
            if after.is_none_or(|after| row.key > *after) {
                found.insert(row.key, Key::of(&row.cells));
            }
            // The first of them in order are the next; a table without an order is read to its end.
            if found.len() > CHANGES_AT_ONCE {
                found.pop_last();
            }
        }
        if open.question.order == Arrival::ByKey && found.len() >= CHANGES_AT_ONCE {
            break;
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_reconcile::Value;

    fn key(number: i128) -> Key {
        Key::of(&[Value::Int(number)])
    }

    #[test]
    fn a_change_during_the_verification_is_not_lost() {
        let mut counter = Counter::default();
        counter.changed(key(1));
        counter.changed(key(1));
        counter.changed(key(2));
        let taken = counter.some();
        assert_eq!(taken, BTreeMap::from([(key(1), 2), (key(2), 1)]));
        // It changes once more while its row is read again.
        counter.changed(key(1));
        for (key, changes) in &taken {
            counter.verified(key, *changes);
        }
        assert_eq!(counter.0, BTreeMap::from([(key(1), 1)]));
        counter.verified(&key(1), 1);
        assert!(counter.0.is_empty());
    }
}

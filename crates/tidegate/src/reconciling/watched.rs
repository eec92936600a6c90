//! Rows that change between two whole comparisons: their keys come from tables of changes, and each is compared as it comes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tidegate_model::seam::{Compared, Reconciled};
use tidegate_reconcile::event::{ChunkDone, Event, KeyRange, Suspect};
use tidegate_reconcile::source::{Arrival, Asked, KeyOrder, Question};
use tidegate_reconcile::verdict::Doubt;
use tidegate_reconcile::{
    Comparison, Difference, Earlier, Expression, Key, Kind, Side, Source, Stop, Throttle, Verdict, source,
};

use super::answer::of_sides;
use super::job::{Feed, Job};
use super::kept::Kept;
use super::run::{digest, prepared};
use super::waiting::Waiting;

/// Keys that wait to be compared; at the limit no more changes are read until some were.
const KEYS_WAITING_MAX: usize = 100_000;
/// Keys that are compared at once.
const KEYS_AT_ONCE: usize = 1_000;
/// Changes that are read at once of one table.
const CHANGES_AT_ONCE: usize = 10_000;
/// The longest that one reading of changes may take.
const READING_MAX: Duration = Duration::from_secs(30);

/// A table of changes that was asked what it holds.
struct Open {
    source: Arc<dyn Source>,
    question: Question,
}

/// The changes of a job's sides.
pub(super) struct Watched {
    waiting: Waiting,
    /// Keys whose changes are those of the whole comparison that runs.
    aside: Waiting,
    /// Of each table: the last position that was read.
    read_until: Vec<Option<Key>>,
    /// Whether the tables' ends are known; what is before them is the whole comparison's.
    has_begun: bool,
    /// Both sides, asked what they hold; asked again after a failure.
    comparison: Option<Comparison>,
    throttle: Throttle,
}

impl Watched {
    pub(super) fn new(job: &Job, throttle: Throttle) -> Self {
        Self {
            waiting: Waiting::default(),
            aside: Waiting::default(),
            read_until: vec![None; job.changes.len()],
            has_begun: false,
            comparison: None,
            throttle,
        }
    }

    /// A whole comparison is about to begin: what changed before it is its own.
    pub(super) async fn begin_whole(&mut self, job: &Job) {
        // Unread changes are compared once more after it, which costs time and no certainty.
        if self.read(job).await.is_ok() {
            self.aside = std::mem::take(&mut self.waiting);
        }
    }

    /// It has ended. Keys that it says nothing certain of wait again.
    pub(super) fn end_whole(&mut self, found: Option<&Reconciled>) {
        let aside = std::mem::take(&mut self.aside);
        let is_covered =
            found.is_some_and(|found| found.is_whole && found.moving == 0 && found.says_nothing().is_none());
        if !is_covered {
            self.waiting.put_back(aside);
        }
    }

    /// Reads what has changed and compares it; gives what differs for certain. Given up on the way, it forgets nothing: the keys
    /// wait on.
    ///
    /// # Errors
    /// A table of changes or a side that cannot be read; the keys wait on.
    pub(super) async fn look(&mut self, job: &Job) -> anyhow::Result<Option<Reconciled>> {
        let comparison = match self.comparison.take() {
            Some(comparison) => comparison,
            None => prepared(job).await?.with_throttle(self.throttle.clone()),
        };
        self.read_with(job, &comparison).await?;
        let found = self.verify(job, &comparison).await?;
        self.comparison = Some(comparison);
        Ok(found)
    }

    async fn verify(&mut self, job: &Job, comparison: &Comparison) -> anyhow::Result<Option<Reconciled>> {
        let batch = self.waiting.some(KEYS_AT_ONCE);
        if batch.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let digest = digest(job);
        let mut kept = Kept::more(job.kept.as_deref(), &digest, &job.entity.name);
        let mut verified: Vec<Key> = Vec::new();
        let mut rows = [0_u64; 2];
        let mut sink = |event: Event| {
            match &event {
                Event::Healed { key, .. } => verified.push(key.clone()),
                Event::Confirmed(difference) => {
                    verified.push(difference.key().clone());
                    for (count, more) in rows.iter_mut().zip(rows_of(difference)) {
                        *count += more;
                    }
                }
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
        let mut verdict = comparison.run(only(batch.keys()), &Stop::default(), &mut sink).await?;
        // Not before: of a comparison that failed nobody hears what it had found.
        let changes = |key: &Key| batch.get(key).copied().unwrap_or_default();
        verified.iter().for_each(|key| self.waiting.verified(key, changes(key)));
        verdict.doubts.retain(|doubt| !is_of_all_rows(doubt));
        let found = Reconciled {
            changed_keys: Some(u64::try_from(verified.len()).unwrap_or(u64::MAX)),
            old_rows: rows[0],
            new_rows: rows[1],
            // These keys are not all keys, whatever they say.
            is_whole: false,
            ..told(&verdict, job, digest, began.elapsed(), kept)
        };
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
                let end = open.source.last(&open.question).await;
                *until = end.context("a table of changes")?;
                continue;
            }
            if self.waiting.len() >= KEYS_WAITING_MAX {
                continue;
            }
            for (position, key) in lines(&open, until.as_ref()).await.context("a table of changes")? {
                *until = Some(position);
                self.waiting.changed(key);
            }
        }
        self.has_begun = true;
        Ok(())
    }
}

fn told(verdict: &Verdict, job: &Job, digest: String, took: Duration, kept: Kept<'_>) -> Reconciled {
    let mut found = of_sides(verdict, &job.entity, digest, took);
    found.doubts.extend(kept.end());
    found
}

/// Rows of either side that a difference is about.
fn rows_of(difference: &Difference) -> [u64; 2] {
    match difference {
        Difference::Missing { .. } => [1, 0],
        Difference::Extra { .. } => [0, 1],
        Difference::Changed { .. } => [1, 1],
        Difference::Duplicated { side, rows, .. } => match side {
            Side::Old => [*rows, 0],
            Side::New => [0, *rows],
        },
    }
}

/// Whether a doubt is about the rows that nobody asked for here.
fn is_of_all_rows(doubt: &Doubt) -> bool {
    match doubt {
        Doubt::NoRows => true,
        Doubt::ChunksSkipped { .. }
        | Doubt::Moving { .. }
        | Doubt::Unread { .. }
        | Doubt::TimeReached
        | Doubt::DifferencesReached
        | Doubt::Stopped => false,
    }
}

/// A comparison of these keys alone: everything else counts as done.
fn only<'a>(keys: impl Iterator<Item = &'a Key>) -> Earlier {
    let suspect = |key: &Key| Suspect {
        key: key.clone(),
        old: None,
        new: None,
    };
    Earlier {
        chunks: vec![ChunkDone {
            range: KeyRange::default(),
            old_rows: 0,
            new_rows: 0,
            suspects: keys.map(suspect).collect(),
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
    use std::collections::BTreeMap;

    use super::*;
    use tidegate_model::Millis;
    use tidegate_reconcile::Value;

    fn ended(compared: Compared, is_whole: bool, moving: u64) -> Reconciled {
        Reconciled {
            compared,
            changed_keys: None,
            old_rows: 9,
            new_rows: 9,
            ledger_rows: None,
            is_whole,
            skipped: 0,
            differing: 0,
            classes: BTreeMap::new(),
            healed: 0,
            moving,
            doubts: Vec::new(),
            totals: Vec::new(),
            digest: String::new(),
            took: Millis(1),
        }
    }

    #[test]
    fn keys_wait_again_when_the_whole_comparison_was_not_certain_of_them() {
        let left = |found: Option<&Reconciled>| {
            let mut watched = Watched {
                waiting: Waiting::default(),
                aside: Waiting::default(),
                read_until: Vec::new(),
                has_begun: true,
                comparison: None,
                throttle: Throttle::default(),
            };
            watched.aside.changed(Key::of(&[Value::Int(7)]));
            watched.end_whole(found);
            (watched.waiting.len(), watched.aside.len())
        };
        assert_eq!(left(Some(&ended(Compared::Clean, true, 0))), (0, 0));
        assert_eq!(left(Some(&ended(Compared::Diverged, true, 0))), (0, 0));
        assert_eq!(left(None), (1, 0), "it failed");
        assert_eq!(
            left(Some(&ended(Compared::Inconclusive, false, 0))),
            (1, 0),
            "its time was over"
        );
        assert_eq!(
            left(Some(&ended(Compared::Inconclusive, true, 2))),
            (1, 0),
            "rows kept changing"
        );
    }
}

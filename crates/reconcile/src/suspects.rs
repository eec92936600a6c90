//! Suspects are read again until they are equal, or have stayed as they are, or keep changing for too long.
//!
//! What was read of the two sides is never of one moment. A difference counts only when both sides were read at least
//! twice more, each time after the sides had time to settle, and neither had changed since the reading before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::agree;
use crate::chunk::{Pair, Reading, SideFault};
use crate::difference::Difference;
use crate::entity::{Budget, Side};
use crate::event::{Event, KeyRange, Suspect};
use crate::fault::SourceFault;
use crate::row::{Batch, Fingerprint, Key, Row};
use crate::run::Stop;
use crate::verdict::{Counts, Doubt};

/// Keys of one look-up.
const KEYS_AT_ONCE: usize = 200;
/// Readings without a change that make a difference certain.
const UNCHANGED_MIN: u32 = 2;
/// How often settling is doubled, at most.
const SETTLE_DOUBLED_MAX: u32 = 3;
/// The least time between two looks at a database's clock.
const CLOCK_STEP: Duration = Duration::from_millis(2);
/// How often a wait for the throttle looks whether it may still wait.
const HELD_LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often a reading is tried when the connection fails.
const TRIES_MAX: u32 = 4;

/// When reading again ends, whatever is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends<'a> {
    pub(crate) until: Option<Instant>,
    pub(crate) stop: &'a Stop,
}

/// A suspect and what became of it so far.
struct Watched {
    suspect: Suspect,
    first: (Option<Fingerprint>, Option<Fingerprint>),
    unchanged: u32,
    reads: u32,
}

/// What both sides hold of one key now.
#[derive(Default)]
struct Found {
    old: Vec<Row>,
    new: Vec<Row>,
    old_print: Option<Fingerprint>,
    new_print: Option<Fingerprint>,
}

/// Reads suspects again until each has its end. Gives what cannot be said for certain.
pub(crate) async fn reread(
    pair: &Pair,
    budget: &Budget,
    suspects: Vec<Suspect>,
    ends: Ends<'_>,
    counts: &mut Counts,
    sink: &mut (dyn FnMut(Event) + Send),
) -> Vec<Doubt> {
    let mut watched: Vec<Watched> = by_key(suspects);
    let mut doubts = Vec::new();
    let mut round = 0_u32;
    while !watched.is_empty() {
        let growth = match round < UNCHANGED_MIN {
            true => 1,
            false => 1 << round.min(SETTLE_DOUBLED_MAX),
        };
        watched = match read_again(pair, budget, (watched, growth), ends, counts, sink).await {
            Ok(still) => still,
            Err(doubt) => {
                doubts.push(doubt);
                break;
            }
        };
        round += 1;
    }
    if counts.moving > 0 {
        doubts.push(Doubt::Moving { rows: counts.moving });
    }
    doubts
}

/// Reads suspects once more, after the sides had so many times the time to settle. Gives those that have no end yet.
async fn read_again(
    pair: &Pair,
    budget: &Budget,
    (watched, growth): (Vec<Watched>, u32),
    ends: Ends<'_>,
    counts: &mut Counts,
    sink: &mut (dyn FnMut(Event) + Send),
) -> Result<Vec<Watched>, Doubt> {
    let settle = in_time(ends.until, settled(pair, budget.settle * growth)).await?;
    sink(Event::Rereading {
        suspects: u64::try_from(watched.len()).unwrap_or(u64::MAX),
        settle: settle.map_err(|fault| unread(watched.len(), &fault))?,
    });
    let mut still = Vec::new();
    let mut rest = watched.into_iter().peekable();
    while rest.peek().is_some() {
        if let Some(doubt) = held(pair, ends).await {
            return Err(doubt);
        }
        let some: Vec<Watched> = rest.by_ref().take(KEYS_AT_ONCE).collect();
        let keys: Vec<Key> = some.iter().map(|one| one.suspect.key.clone()).collect();
        let mut found = match in_time(ends.until, both(pair, &keys)).await? {
            Ok(found) => found,
            Err(fault) => return Err(unread(still.len() + some.len() + rest.count(), &fault)),
        };
        for one in some {
            let found = found.remove(&one.suspect.key).unwrap_or_default();
            still.extend(judge(pair, budget, one, found, counts, sink));
        }
    }
    Ok(still)
}

/// Does it unless the time is over before; a reading that is given up is dropped with its connection.
pub(crate) async fn in_time<T>(until: Option<Instant>, work: impl Future<Output = T>) -> Result<T, Doubt> {
    match until {
        None => Ok(work.await),
        Some(until) if Instant::now() >= until => Err(Doubt::TimeReached),
        Some(until) => tokio::time::timeout_at(until, work)
            .await
            .map_err(|_| Doubt::TimeReached),
    }
}

/// Waits while somebody holds the throttle; what ended the wait, where it was not released.
async fn held(pair: &Pair, ends: Ends<'_>) -> Option<Doubt> {
    while pair.throttle.held_because().is_some() {
        if ends.stop.is_asked() {
            return Some(Doubt::Stopped);
        }
        if ends.until.is_some_and(|until| Instant::now() >= until) {
            return Some(Doubt::TimeReached);
        }
        // Released or not, the throttle says it itself.
        drop(tokio::time::timeout(HELD_LOOK_EVERY, pair.throttle.released()).await);
    }
    None
}

fn by_key(suspects: Vec<Suspect>) -> Vec<Watched> {
    let by_key: BTreeMap<Key, Suspect> = suspects.into_iter().map(|one| (one.key.clone(), one)).collect();
    let watch = |suspect: Suspect| Watched {
        first: (suspect.old, suspect.new),
        suspect,
        unchanged: 0,
        reads: 0,
    };
    by_key.into_values().map(watch).collect()
}

fn unread(rows: usize, fault: &SideFault) -> Doubt {
    Doubt::Unread {
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        fault: fault.to_string(),
    }
}

/// Ends a suspect, or gives it back to be read once more.
fn judge(
    pair: &Pair,
    budget: &Budget,
    mut one: Watched,
    found: Found,
    counts: &mut Counts,
    sink: &mut (dyn FnMut(Event) + Send),
) -> Option<Watched> {
    let now = (found.old_print, found.new_print);
    let is_unchanged = now == (one.suspect.old, one.suspect.new);
    let Some(difference) = difference(pair, &one.suspect.key, found) else {
        counts.healed += 1;
        let is_what_other_held = |new: Option<Fingerprint>, old: Option<Fingerprint>| new == old && new != one.first.1;
        sink(Event::Healed {
            had_lagged: is_what_other_held(now.1, one.first.0) || now.0 == one.first.1 && now.0 != one.first.0,
            key: one.suspect.key,
        });
        return None;
    };
    one.reads += 1;
    one.unchanged = if is_unchanged { one.unchanged + 1 } else { 0 };
    (one.suspect.old, one.suspect.new) = now;
    if one.unchanged >= UNCHANGED_MIN {
        counts.confirm(&difference);
        sink(Event::Confirmed(Box::new(difference)));
        return None;
    }
    if one.reads >= budget.reads_max {
        counts.moving += 1;
        sink(Event::Moving {
            key: one.suspect.key,
            reads: one.reads,
        });
        return None;
    }
    Some(one)
}

/// How the sides differ; `None` where they agree.
fn difference(pair: &Pair, key: &Key, found: Found) -> Option<Difference> {
    for (side, rows) in [(Side::Old, &found.old), (Side::New, &found.new)] {
        if rows.len() > 1 {
            return Some(Difference::Duplicated {
                side,
                key: key.clone(),
                rows: u64::try_from(rows.len()).unwrap_or(u64::MAX),
            });
        }
    }
    match (found.old.into_iter().next(), found.new.into_iter().next()) {
        (None, None) => None,
        (Some(old), None) => Some(Difference::Missing { old }),
        (None, Some(new)) => Some(Difference::Extra { new }),
        (Some(old), Some(new)) => {
            let changes = agree::changes(&pair.rules, &old.cells, &new.cells);
            (!changes.is_empty()).then_some(Difference::Changed { old, new, changes })
        }
    }
}

/// Waits until both databases' own clocks have gone on by the time that is asked for, or by their lag where that is more.
async fn settled(pair: &Pair, least: Duration) -> Result<Duration, SideFault> {
    let mut settle = least;
    let mut begun = Vec::new();
    for (side, reading) in [(Side::Old, &pair.old), (Side::New, &pair.new)] {
        let of = |fault| SideFault { side, fault };
        settle = settle.max(tried(|| reading.live.load()).await.map_err(of)?.lag);
        begun.push((side, reading, tried(|| reading.live.clock()).await.map_err(of)?));
    }
    for (side, reading, begin) in begun {
        let until = begin.saturating_add(i64::try_from(settle.as_micros()).unwrap_or(i64::MAX));
        loop {
            let now = tried(|| reading.live.clock())
                .await
                .map_err(|fault| SideFault { side, fault })?;
            if now >= until {
                break;
            }
            let left = Duration::from_micros(until.abs_diff(now));
            tokio::time::sleep(left.max(CLOCK_STEP)).await;
        }
    }
    Ok(settle)
}

/// What both sides hold of these keys.
async fn both(pair: &Pair, keys: &[Key]) -> Result<BTreeMap<Key, Found>, SideFault> {
    let (old, new) = tokio::join!(lookup(&pair.old, keys), lookup(&pair.new, keys));
    let old = old.map_err(|fault| SideFault { side: Side::Old, fault })?;
    let new = new.map_err(|fault| SideFault { side: Side::New, fault })?;
    let mut found: BTreeMap<Key, Found> = keys.iter().map(|key| (key.clone(), Found::default())).collect();
    // A database may find keys equal that are not; those are no answer to what was asked.
    for row in old.rows() {
        if let Some(found) = found.get_mut(&Key::trusted(row.key)) {
            found.old.push(row.to_row());
            found.old_print = Some(joined(found.old_print, row.cells));
        }
    }
    for row in new.rows() {
        if let Some(found) = found.get_mut(&Key::trusted(row.key)) {
            found.new.push(row.to_row());
            found.new_print = Some(joined(found.new_print, row.cells));
        }
    }
    Ok(found)
}

/// The fingerprint of all rows of a key, whatever their order.
fn joined(before: Option<Fingerprint>, cells: &[u8]) -> Fingerprint {
    let one = Fingerprint::of(cells);
    match before {
        None => one,
        Some(before) => {
            let sum = u128::from_be_bytes(before.0).wrapping_add(u128::from_be_bytes(one.0));
            Fingerprint(sum.to_be_bytes())
        }
    }
}

/// What a side holds of these keys now; of a file, what it held when it was read.
pub(crate) async fn lookup(reading: &Reading, keys: &[Key]) -> Result<Batch, SourceFault> {
    if !reading.live.is_live() {
        return reading.source.lookup(&reading.question, keys).await;
    }
    let mut found = tried(|| reading.live.lookup(&reading.question, keys)).await?;
    reading.pace.take(found.len(), found.size()).await;
    if !reading.finds_by_key {
        let seen: BTreeSet<&[u8]> = found.rows().map(|row| row.key).collect();
        let unseen: BTreeSet<&[u8]> = keys
            .iter()
            .map(Key::as_bytes)
            .filter(|key| !seen.contains(key))
            .collect();
        if !unseen.is_empty() {
            let others = tried(|| scan(reading, &unseen)).await?;
            others.rows().for_each(|row| found.push(row));
        }
    }
    Ok(found)
}

/// Looks at every row: a key may be written in another way than ours, and then no index finds it.
async fn scan(reading: &Reading, keys: &BTreeSet<&[u8]>) -> Result<Batch, SourceFault> {
    let question = reading.question.over_all_rows();
    let mut stream = reading.live.stream(&question, &KeyRange::default()).await?;
    let mut found = Batch::default();
    while let Some(batch) = stream.next().await? {
        reading.pace.take(batch.len(), batch.size()).await;
        batch
            .rows()
            .filter(|row| keys.contains(row.key))
            .for_each(|row| found.push(row));
    }
    Ok(found)
}

/// Asks again where the answer failed for a passing reason.
pub(crate) async fn tried<T, F>(mut ask: impl FnMut() -> F) -> Result<T, SourceFault>
where
    F: Future<Output = Result<T, SourceFault>>,
{
    let mut pause = Duration::from_millis(200);
    for _ in 1..TRIES_MAX {
        match ask().await {
            Err(fault) if fault.is_passing() => tokio::time::sleep(pause).await,
            answer => return answer,
        }
        pause *= 2;
    }
    ask().await
}

//! Durable appends a second beside bare SQLite inserts under the same settings, in turns, and the speed of replay.
//!
//! `cargo run --release -p tidegate-journal --example append_bench [FOLDER]`: FOLDER lies on the disk to be measured.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior, params};
use tidegate_journal::{Journal, NewEntry, Options};

/// Rounds for each batch size.
const ROUNDS: usize = 9;
/// Transactions of each of the two in a round.
const TRANSACTIONS: usize = 500;
/// Bytes of a payload, about those of an event.
const PAYLOAD_BYTES: usize = 300;
/// Entries of the journal that is replayed.
const REPLAYED: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = match std::env::args_os().nth(1) {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    println!("{TRANSACTIONS} transactions a round, payloads of {PAYLOAD_BYTES} bytes, entries a second");
    for batch in [1, 8, 64] {
        compare(folder.path(), batch)?;
    }
    replay(folder.path())
}

/// Journal and bare inserts in turns; which of them begins changes with each turn.
fn compare(folder: &Path, batch: usize) -> Result<(), Box<dyn Error>> {
    let mut journal = Journal::open(&folder.join(format!("journal-{batch}.db")), Options::default())?;
    let mut bare = Bare::open(&folder.join(format!("bare-{batch}.db")))?;
    let entries = vec![entry(); batch];
    let mut ratios = Vec::new();
    let mut spent = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
        // In turns, one transaction each, so that whatever else the machine does falls on both alike.
        for turn in 0..TRANSACTIONS {
            if turn % 2 == 0 {
                ours += timed(|| journal.append(&entries).map(drop))?;
                theirs += timed(|| bare.append(&entries))?;
            } else {
                theirs += timed(|| bare.append(&entries))?;
                ours += timed(|| journal.append(&entries).map(drop))?;
            }
        }
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!(
            "batch {batch:>2} round {round}: journal {:>8.0}  bare {:>8.0}  ratio {ratio:.3}",
            rate(ours, batch),
            rate(theirs, batch)
        );
        ratios.push(ratio);
        spent = (spent.0 + ours, spent.1 + theirs);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "batch {batch:>2}: median ratio {:.3}, from {:.3} to {:.3}; of all rounds together {:.3}",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
        spent.1.as_secs_f64() / spent.0.as_secs_f64()
    );
    println!("figure appends-ratio-of-{batch} {:.3}", ratios[ROUNDS / 2]);
    Ok(())
}

fn entry() -> NewEntry {
    NewEntry {
        at_ms: 1_700_000_000_000,
        kind: "StratumClosed".to_owned(),
        bytes: vec![b'x'; PAYLOAD_BYTES],
    }
}

fn rate(spent: Duration, batch: usize) -> f64 {
    (TRANSACTIONS * batch) as f64 / spent.as_secs_f64()
}

fn timed<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed())
}

/// A table of the same columns with the same settings, and nothing but inserts.
struct Bare {
    connection: Connection,
    seq: i64,
}

impl Bare {
    fn open(path: &Path) -> Result<Self, Box<dyn Error>> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA secure_delete = on;
             CREATE TABLE entry (
               seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL
             ) STRICT;",
        )?;
        Ok(Self { connection, seq: 0 })
    }

    fn append(&mut self, entries: &[NewEntry]) -> rusqlite::Result<()> {
        let hash = [7_u8; 32];
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO entry (seq, at_ms, kind, bytes, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for entry in entries {
                self.seq += 1;
                insert.execute(params![self.seq, entry.at_ms, entry.kind, entry.bytes, hash])?;
            }
        }
        transaction.commit()
    }
}

/// Replay as a controller does it: read every entry, hold it against the chain, hand it on.
fn replay(folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join("replayed.db");
    let mut journal = Journal::open(&path, Options::default())?;
    let entries = vec![entry(); 10_000];
    while journal.head().seq < REPLAYED {
        journal.append(&entries)?;
    }
    drop(journal);
    let began = Instant::now();
    let journal = Journal::open(&path, Options::default())?;
    println!(
        "open with {REPLAYED} entries: {:.1} ms",
        began.elapsed().as_secs_f64() * 1e3
    );

    let began = Instant::now();
    let (mut count, mut bytes) = (0_u64, 0);
    journal.for_each(1, |entry| {
        count += 1;
        bytes += entry.bytes.len();
        true
    })?;
    let took = began.elapsed().as_secs_f64();
    println!(
        "replay of {count} entries ({bytes} bytes), hashes verified: {took:.2} s, {:.0} a second",
        count as f64 / took
    );

    let began = Instant::now();
    let report = journal.verify()?;
    println!(
        "verify of {} entries: {:.2} s, sound: {}",
        report.entries,
        began.elapsed().as_secs_f64(),
        report.first_bad.is_none()
    );
    Ok(())
}

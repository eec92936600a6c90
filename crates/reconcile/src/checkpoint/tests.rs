//! What is kept comes back, whatever was cut off; what is not ours, harmed or another comparison's is said.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::encode;
use crate::entity::{Column, Entity, Relation, Side};
use crate::row::RowRef;
use crate::value::Value;
use crate::verdict::{Counts, Coverage, Doubt};

const DIGEST: &str = "d1";

fn key(number: i128) -> Key {
    Key::of(&[Value::Int(number)])
}

/// The `at`-th of chunks of ten keys each.
fn chunk(at: i128, suspects: i128) -> ChunkDone {
    let suspect = |number| Suspect {
        key: key(at * 10 + number),
        old: (number % 2 == 0).then(|| Fingerprint::of(&[u8::try_from(number).unwrap()])),
        new: Some(Fingerprint::of(b"new")),
    };
    ChunkDone {
        range: KeyRange {
            from: (at > 0).then(|| key(at * 10)),
            until: Some(key(at * 10 + 10)),
        },
        old_rows: 10,
        new_rows: 9,
        suspects: (0..suspects).map(suspect).collect(),
        totals: Vec::new(),
    }
}

fn totals(rows: i128) -> Totals {
    let entity = Entity {
        name: "orders".to_owned(),
        old: Relation::Table("orders".to_owned()),
        new: Relation::Table("orders".to_owned()),
        key: vec![Column::same("id")],
        columns: vec![Column::same("amount"), Column::same("currency")],
        old_filter: None,
        new_filter: None,
        zone: None,
    };
    let mut totals = Totals::new(TotalsPlan::parse("amount:currency", &entity).unwrap());
    for number in 0..rows {
        let mut cells = Vec::new();
        encode::value(&mut cells, &Value::Int(number));
        encode::value(
            &mut cells,
            &Value::Text(if number % 3 == 0 { "EUR" } else { "USD" }.to_owned()),
        );
        let row = RowRef {
            key: key(number).as_bytes(),
            cells: &cells,
        }
        .to_row();
        let side = if number % 2 == 0 { Side::Old } else { Side::New };
        let row = RowRef {
            key: row.key.as_bytes(),
            cells: &cells,
        };
        totals.add(side, row).unwrap();
    }
    totals
}

fn with_totals(chunk: ChunkDone, rows: i128) -> ChunkDone {
    ChunkDone {
        totals: vec![totals(rows)],
        ..chunk
    }
}

fn open(path: &Path) -> Result<(Checkpoint, Done), KeptFault> {
    Checkpoint::open(path, DIGEST, "orders")
}

fn verdict(counts: Counts, doubts: Vec<Doubt>) -> Verdict {
    let coverage = Coverage {
        old_rows: 1,
        new_rows: 1,
        chunks_done: 1,
        chunks_skipped: 0,
        is_whole: true,
    };
    Verdict::of(coverage, counts, doubts)
}

#[test]
fn chunks_suspects_and_totals_come_back_as_they_were_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    let (mut checkpoint, done) = open(&path).unwrap();
    assert_eq!(done, Done::default());
    for at in [0, 2, 1] {
        checkpoint.chunk_done(&with_totals(chunk(at, at), at + 5)).unwrap();
    }
    drop(checkpoint);
    let (_, done) = open(&path).unwrap();
    assert_eq!(done.chunks, [chunk(0, 0), chunk(2, 2), chunk(1, 1)]);
    let mut expected = totals(5);
    expected.merge(&totals(7));
    expected.merge(&totals(6));
    assert_eq!(done.totals, [expected]);
    assert!(done.oldest_at.unwrap() > 1_700_000_000);
}

#[test]
fn the_file_holds_its_owners_rows_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    let (mut checkpoint, _) = open(&path).unwrap();
    checkpoint.chunk_done(&chunk(0, 3)).unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            file.path()
        );
    }
    assert!(
        matches!(open(&path), Err(KeptFault::InUse { .. })),
        "one process at a time"
    );
}

#[test]
fn a_file_of_something_else_is_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "my notes\n".repeat(1_000)).unwrap();
    assert!(matches!(open(&path), Err(KeptFault::Foreign { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "my notes\n".repeat(1_000));
    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE a (b)")
        .unwrap();
    assert!(matches!(open(&other), Err(KeptFault::Foreign { .. })));
    let missing = folder.path().join("no/such/folder");
    assert!(matches!(open(&missing), Err(KeptFault::File { .. })));
    let path = folder.path().join("check");
    drop(open(&path).unwrap());
    match Checkpoint::open(&path, "d2", "orders") {
        Err(fault @ KeptFault::Other { .. }) => assert_eq!(
            fault.to_string(),
            format!(
                "{}: the checkpoint belongs to another comparison (of `orders`); name another file",
                path.display()
            )
        ),
        Err(fault) => panic!("{fault}"),
        Ok(_) => panic!("another digest was taken"),
    }
    let db = Connection::open(&path).unwrap();
    db.execute_batch("UPDATE bond SET canon = canon + 1").unwrap();
    drop(db);
    assert!(matches!(open(&path), Err(KeptFault::Version { .. })));
}

#[test]
fn an_ended_comparison_is_not_continued_and_an_inconclusive_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let one = || Counts {
        missing: 1,
        ..Counts::default()
    };
    for (name, verdict, is_final) in [
        ("clean", verdict(Counts::default(), vec![]), true),
        ("diverged", verdict(one(), vec![]), true),
        ("late", verdict(Counts::default(), vec![Doubt::TimeReached]), false),
        ("diverged-late", verdict(one(), vec![Doubt::TimeReached]), false),
    ] {
        let path = folder.path().join(name);
        let (mut checkpoint, _) = open(&path).unwrap();
        checkpoint.chunk_done(&chunk(0, 1)).unwrap();
        checkpoint.finish(&verdict).unwrap();
        drop(checkpoint);
        let again = open(&path);
        assert_eq!(matches!(again, Err(KeptFault::Ended { .. })), is_final, "{name}");
        assert_eq!(again.is_ok(), !is_final, "{name}");
    }
}

/// A crash leaves the file as it was and its log with any length; a torn disk may do the same to the file.
#[test]
fn whatever_is_cut_off_only_whole_chunks_come_back() {
    let seed = 7_u64;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    let (mut checkpoint, _) = open(&path).unwrap();
    let all: Vec<ChunkDone> = (0..30).map(|at| chunk(at, at % 7)).collect();
    let mut expected = totals(0);
    let mut by_chunks = vec![];
    for one in &all {
        checkpoint.chunk_done(&with_totals(one.clone(), 5)).unwrap();
        expected.merge(&totals(5));
        by_chunks.push(expected.clone());
    }
    // Copied while it is open: what a killed process leaves.
    let (file, log) = (
        fs::read(&path).unwrap(),
        fs::read(folder.path().join("check-wal")).unwrap(),
    );
    drop(checkpoint);
    let mut lengths = std::collections::BTreeSet::new();
    for round in 0..60 {
        let copy = folder.path().join(format!("copy-{round}"));
        let cut = random.random_range(0..=log.len());
        fs::write(&copy, &file).unwrap();
        fs::write(folder.path().join(format!("copy-{round}-wal")), &log[..cut]).unwrap();
        let (_, done) = open(&copy).unwrap_or_else(|fault| panic!("seed {seed}, cut at {cut}: {fault}"));
        let length = done.chunks.len();
        assert_eq!(done.chunks, all[..length], "seed {seed}, cut at {cut}");
        assert_eq!(done.totals.first(), length.checked_sub(1).map(|last| &by_chunks[last]));
        lengths.insert(length);
    }
    assert!(lengths.len() > 10, "the cuts fell on few chunks: {lengths:?}");
    // The file once its log is gone into it, as after a good end.
    let whole = fs::read(&path).unwrap();
    for round in 0..60 {
        let copy = folder.path().join(format!("harmed-{round}"));
        let mut harmed = whole.clone();
        if round % 2 == 0 {
            harmed.truncate(random.random_range(1..whole.len()));
        } else {
            let at = random.random_range(0..whole.len());
            harmed[at] ^= 1 << random.random_range(0..8);
        }
        fs::write(&copy, &harmed).unwrap();
        match open(&copy) {
            Ok((_, done)) => assert_eq!(done.chunks, all, "seed {seed}, round {round}"),
            Err(KeptFault::Torn { .. } | KeptFault::Foreign { .. } | KeptFault::Version { .. }) => {}
            Err(KeptFault::Other { .. } | KeptFault::Write { .. }) if round % 2 == 1 => {}
            Err(fault) => panic!("seed {seed}, round {round}: {fault}"),
        }
    }
}

#[test]
fn chunks_of_the_same_keys_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    let (mut checkpoint, _) = open(&path).unwrap();
    checkpoint.chunk_done(&chunk(1, 0)).unwrap();
    checkpoint.chunk_done(&chunk(1, 0)).unwrap();
    drop(checkpoint);
    assert!(matches!(open(&path), Err(KeptFault::Torn { .. })));
}

#[test]
fn what_is_begun_again_takes_only_its_own_chunks_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check");
    let (mut checkpoint, _) = open(&path).unwrap();
    checkpoint.chunk_done(&with_totals(chunk(0, 2), 5)).unwrap();
    drop(checkpoint);
    let (mut checkpoint, done) = open(&path).unwrap();
    checkpoint.chunk_done(&with_totals(chunk(1, 3), 7)).unwrap();
    checkpoint.begin_again(&done).unwrap();
    checkpoint.chunk_done(&chunk(1, 1)).unwrap();
    drop(checkpoint);
    let (_, done) = open(&path).unwrap();
    assert_eq!(done.chunks, [chunk(0, 2), chunk(1, 1)]);
    assert_eq!(done.totals, [totals(5)]);
}

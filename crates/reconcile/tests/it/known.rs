//! Keys that are known beforehand: only their rows are read, and within the time that there is.

use std::time::Duration;

use tidegate_reconcile::event::ChunkDone;
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{
    Budget, Comparison, Earlier, Event, Key, KeyRange, Side, Stop, Suspect, Value, Verdict, source,
};

use crate::pairs::{fast, table};

/// Two tables without an index whose rows all differ, compared.
async fn prepared(folder: &std::path::Path, kind: &str, budget: Budget) -> Comparison {
    let side = |name: &str, kind: &str, value: i64| {
        let path = folder.join(name);
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch(&format!(
            "CREATE TABLE t (id {kind}, v INTEGER);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i, {value} FROM n;"
        ))
        .unwrap();
        source::open(&format!("sqlite:{}", path.display())).unwrap()
    };
    let (old, new) = (side("old", "INTEGER", 1), side("new", kind, 2));
    Comparison::prepare(table("t", &["id"], &["v"]), old, new, budget)
        .await
        .unwrap()
}

async fn only(comparison: &Comparison, keys: std::ops::Range<i128>) -> (Verdict, Vec<Event>) {
    let suspect = |key: i128| Suspect {
        key: Key::of(&[Value::Int(key)]),
        old: None,
        new: None,
    };
    let earlier = Earlier {
        chunks: vec![ChunkDone {
            range: KeyRange::default(),
            old_rows: 2_000,
            new_rows: 2_000,
            suspects: keys.map(suspect).collect(),
            totals: Vec::new(),
        }],
        totals: Vec::new(),
    };
    let mut events = Vec::new();
    let verdict = comparison
        .run(earlier, &Stop::default(), &mut |event| events.push(event))
        .await
        .unwrap();
    (verdict, events)
}

#[tokio::test]
async fn a_side_is_not_sorted_for_keys_that_are_looked_up() {
    let folder = tempfile::tempdir().unwrap();
    let comparison = prepared(folder.path(), "INTEGER", fast()).await;
    let explained = comparison.explain().join("\n");
    assert!(explained.contains("sorted on disk here"), "{explained}");
    let (verdict, events) = only(&comparison, 1..3).await;
    assert_eq!((verdict.outcome, verdict.counts.changed), (Outcome::Diverged, 2));
    assert!(!events.iter().any(|event| matches!(event, Event::Sorting { .. })));
}

#[tokio::test]
async fn suspects_are_not_read_again_beyond_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let brief = Budget {
        time_max: Some(Duration::from_millis(1_500)),
        // Reading all of them once takes ten times as long.
        rows_per_second_max: Some(130),
        ..fast()
    };
    let comparison = prepared(folder.path(), "INTEGER", brief).await;
    let (verdict, events) = only(&comparison, 1..2_000).await;
    assert_eq!(
        (verdict.outcome, &verdict.doubts),
        (Outcome::Inconclusive, &vec![Doubt::TimeReached])
    );
    // The first reading of all of them had no end.
    let readings = events.iter().filter(|event| matches!(event, Event::Rereading { .. }));
    assert!(readings.count() <= 1, "{events:?}");
}

#[tokio::test]
async fn a_side_that_cannot_find_a_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let by_number = prepared(folder.path(), "INTEGER", fast()).await;
    assert_eq!(by_number.searches_all_rows(), None);
    let folder = tempfile::tempdir().unwrap();
    let by_text = prepared(folder.path(), "TEXT", fast()).await;
    assert_eq!(by_text.searches_all_rows(), Some(Side::New));
}

//! Keys that are known beforehand: only their rows are read, and within the time that there is.

use std::time::Duration;

use tidegate_reconcile::event::ChunkDone;
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{
    Budget, Comparison, Earlier, Event, Key, KeyRange, Side, Stop, Suspect, Value, Verdict, source,
};

use crate::pairs::{fast, table};
use crate::server::Servers;

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
    assert_eq!(by_number.searches_all_rows().await, Ok(None));
    let folder = tempfile::tempdir().unwrap();
    let by_text = prepared(folder.path(), "TEXT", fast()).await;
    let (side, why) = by_text.searches_all_rows().await.unwrap().unwrap();
    assert_eq!(
        (side, why.as_str()),
        (
            Side::New,
            "does not find a row by its key, which it writes in another form"
        )
    );
}

/// Each look at a changed key would read the whole table.
#[tokio::test]
async fn a_key_without_an_index_is_told_by_every_kind_of_database() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.postgres().await, servers.mariadb().await);
    old.run(
        "CREATE TABLE t (id int, part int, v int); INSERT INTO t SELECT s, 0, s FROM generate_series(1, 30000) s; ANALYZE t",
    )
    .await;
    new.run("CREATE TABLE t (id int, part int, v int);\nINSERT INTO t SELECT seq, 0, seq FROM seq_1_to_30000;\nANALYZE TABLE t")
        .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch(
        "CREATE TABLE t (id INTEGER, part INTEGER, v INTEGER); INSERT INTO t SELECT value, 0, value FROM (
          WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 30000) SELECT value FROM n)",
    )
    .unwrap();
    let file_address = format!("sqlite:{}", path.display());
    let asked = async |address: &str, key: &[&str]| {
        let side = || source::open(address).unwrap();
        let comparison = Comparison::prepare(table("t", key, &["v"]), side(), side(), fast()).await;
        let searched = comparison.unwrap().searches_all_rows().await.unwrap();
        searched.map(|(_, why)| why)
    };
    for key in [&["id"][..], &["id", "part"][..]] {
        for address in [&old.0, &new.0, &file_address] {
            let why = asked(address, key).await.unwrap_or_else(|| panic!("{address} {key:?}"));
            assert!(
                why.starts_with("has no index that finds a row by its key (it would scan "),
                "{why}"
            );
        }
    }
    let index = "CREATE INDEX by_key ON t (id, part)";
    old.run(index).await;
    new.run(index).await;
    file.execute_batch(index).unwrap();
    for key in [&["id"][..], &["id", "part"][..]] {
        for address in [&old.0, &new.0, &file_address] {
            assert_eq!(asked(address, key).await, None, "{address} {key:?}");
        }
    }
}

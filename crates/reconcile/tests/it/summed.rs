//! Totals stand in the verdict: of exactly the rows that were compared, however many runs that took.

use std::path::Path;

use tidegate_reconcile::event::ChunkDone;
use tidegate_reconcile::totals::{Totals, TotalsPlan};
use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{Comparison, Earlier, Event, Stop, Verdict, source};

use crate::pairs::{small_chunks, table};

/// 4,000 orders in two currencies.
fn orders(path: &Path) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, currency TEXT, total NUMERIC);
        INSERT INTO t SELECT value, iif(value % 2, 'EUR', 'USD'), value FROM (
          WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 4000) SELECT value FROM n)",
    )
    .unwrap();
    db
}

async fn run(folder: &Path, earlier: Earlier) -> (Verdict, Vec<ChunkDone>) {
    let side = |name: &str| source::open(&format!("sqlite:{}", folder.join(name).display())).unwrap();
    let entity = table("t", &["id"], &["currency", "total"]);
    let plan = TotalsPlan::parse("total:currency", &entity).unwrap();
    let comparison = Comparison::prepare(entity, side("old.db"), side("new.db"), small_chunks())
        .await
        .unwrap()
        // Asked for twice, as the entity and a person may do; taken once.
        .with_totals(vec![plan.clone(), plan]);
    let mut chunks = Vec::new();
    let mut listen = |event| {
        if let Event::ChunkDone(done) = event {
            chunks.push(done);
        }
    };
    let verdict = comparison.run(earlier, &Stop::default(), &mut listen).await.unwrap();
    (verdict, chunks)
}

fn shown(totals: &Totals) -> Vec<String> {
    let groups = totals.groups();
    let groups = groups.iter().map(|(name, group)| {
        let (old, new) = (&group.old, &group.new);
        format!(
            "{}: {} {} / {} {}",
            name[0],
            old.rows(),
            old.total(),
            new.rows(),
            new.total()
        )
    });
    groups.collect()
}

#[tokio::test]
async fn a_verdict_holds_the_totals_of_the_rows_that_were_compared() {
    let folder = tempfile::tempdir().unwrap();
    drop(orders(&folder.path().join("old.db")));
    let new = orders(&folder.path().join("new.db"));
    new.execute_batch("UPDATE t SET total = total + 0.5 WHERE id = 7; DELETE FROM t WHERE id = 4000")
        .unwrap();
    let (verdict, chunks) = run(folder.path(), Earlier::default()).await;
    assert_eq!(verdict.outcome, Outcome::Diverged);
    assert!(chunks.len() > 3, "{}", chunks.len());
    let expected = ["EUR: 2000 4000000 / 2000 4000000.5", "USD: 2000 4002000 / 1999 3998000"];
    assert_eq!(verdict.totals.len(), 1);
    assert_eq!(shown(&verdict.totals[0]), expected);
    assert!(!verdict.totals[0].agree());

    // A run that goes on adds to what was done before, whether the chunks themselves hold it or not.
    let half = chunks[..chunks.len() / 2].to_vec();
    let mut sum = Totals::new(verdict.totals[0].plan().clone());
    half.iter().for_each(|chunk| sum.merge(&chunk.totals[0]));
    let without = |chunk: &ChunkDone| ChunkDone {
        totals: Vec::new(),
        ..chunk.clone()
    };
    for earlier in [
        Earlier {
            chunks: half.clone(),
            ..Earlier::default()
        },
        Earlier {
            chunks: half.iter().map(without).collect(),
            totals: vec![sum],
        },
    ] {
        let (verdict, again) = run(folder.path(), earlier).await;
        assert!(again.len() < chunks.len());
        assert_eq!(shown(&verdict.totals[0]), expected);
    }
}

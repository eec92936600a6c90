//! Data that is written while it is compared, connections that are cut between chunks: never clean by mistake.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test listens to the events that it is about"
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mysql_async::prelude::Queryable as _;
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{Budget, Comparison, Earlier, Entity, Event, SideFault, Stop, Verdict, source};

use crate::pairs::{fast, small_chunks, table};
use crate::server::{MariaDb, Postgres, Servers};

/// Comparisons of a table that is being written; `RECONCILE_ROUNDS` asks for more.
const ROUNDS: u32 = 25;

/// Runs a comparison and shows every event to a listener.
pub(crate) async fn run(
    old: &str,
    new: &str,
    entity: Entity,
    budget: Budget,
    earlier: Earlier,
    mut listener: impl FnMut(&Event) + Send,
) -> Result<Verdict, SideFault> {
    let (old, new) = (source::open(old).unwrap(), source::open(new).unwrap());
    let comparison = Comparison::prepare(entity, old, new, budget).await.unwrap();
    comparison
        .run(earlier, &Stop::default(), &mut |event| listener(&event))
        .await
}

/// A table of so many rows on both sides.
pub(crate) async fn filled(servers: &Servers, rows: u32) -> (Postgres, MariaDb) {
    let (old, new) = (servers.postgres().await, servers.mariadb().await);
    old.run(&format!(
        "CREATE TABLE t (id int primary key, v bigint); INSERT INTO t SELECT s, 0 FROM generate_series(1, {rows}) s;
         ANALYZE t"
    ))
    .await;
    new.run(&format!(
        "CREATE TABLE t (id int primary key, v bigint);\nINSERT INTO t SELECT seq, 0 FROM seq_1_to_{rows}"
    ))
    .await;
    (old, new)
}

pub(crate) fn entity() -> Entity {
    table("t", &["id"], &["v"])
}

/// How many writes have begun on the old side and ended on the new side.
#[derive(Default)]
struct Writes {
    begun: AtomicU64,
    ended: Mutex<u64>,
    moved: Condvar,
}

impl Writes {
    /// Waits until everything that had begun has ended: the sides' lag, without a clock.
    fn wait_for_lag(&self) {
        let begun = self.begun.load(Ordering::SeqCst);
        let ended = self.ended.lock().unwrap();
        drop(self.moved.wait_while(ended, |ended| *ended < begun).unwrap());
    }
}

/// Writes to the old side, then the same to the new side, until it is told to stop.
async fn write(old: String, new: String, writes: Arc<Writes>, stop: Arc<AtomicBool>) {
    let (client, connection) = tokio_postgres::connect(&old, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut conn = mysql_async::Conn::from_url(&new).await.unwrap();
    let mut n: i64 = 0;
    while !stop.load(Ordering::SeqCst) {
        n += 1;
        let begun = writes.begun.fetch_add(1, Ordering::SeqCst) + 1;
        // Rows up to 100 are written all the time; rows from 1,000 on come and go.
        let (id, coming) = (n % 100 + 1, 1_000 + n % 50);
        let statement = match n % 3 {
            0 => format!("DELETE FROM t WHERE id = {coming}"),
            1 => format!("UPDATE t SET v = {n} WHERE id = {id}"),
            _ => format!("INSERT INTO t SELECT {coming}, {n} WHERE NOT EXISTS (SELECT 1 FROM t WHERE id = {coming})"),
        };
        client.batch_execute(&statement).await.unwrap();
        conn.query_drop(statement.replace("WHERE NOT", "FROM DUAL WHERE NOT"))
            .await
            .unwrap();
        *writes.ended.lock().unwrap() = begun;
        writes.moved.notify_all();
    }
    conn.disconnect().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_that_is_being_written_is_never_a_confirmed_difference_and_a_planted_one_always_is() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 900).await;
    new.run("UPDATE t SET v = 7 WHERE id = 300;\nDELETE FROM t WHERE id = 500;\nINSERT INTO t VALUES (2000, 1)")
        .await;
    let (writes, stop) = (Arc::new(Writes::default()), Arc::new(AtomicBool::new(false)));
    let writer = tokio::spawn(write(
        old.0.clone(),
        new.0.clone(),
        Arc::clone(&writes),
        Arc::clone(&stop),
    ));
    let mut suspects = 0;
    let asked = std::env::var("RECONCILE_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    for round in 0..asked.unwrap_or(ROUNDS) {
        let mut confirmed = BTreeSet::new();
        let budget = Budget {
            settle: Duration::ZERO,
            reads_max: 40,
            ..Budget::default()
        };
        let verdict = run(
            &old.0,
            &new.0,
            entity(),
            budget,
            Earlier::default(),
            |event| match event {
                Event::Rereading { suspects: count, .. } => {
                    suspects += count;
                    writes.wait_for_lag();
                }
                Event::Confirmed(difference) => {
                    confirmed.insert(difference.key().to_string());
                }
                _ => {}
            },
        );
        let verdict = verdict.await.unwrap();
        let planted: BTreeSet<String> = ["2000", "300", "500"].map(str::to_owned).into();
        assert_eq!(confirmed, planted, "round {round}");
        assert_eq!(verdict.outcome, Outcome::Diverged);
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    let written = writes.begun.load(Ordering::SeqCst);
    println!("{written} writes, {suspects} readings of suspects");
    assert!(written > 100, "{written} writes");
}

#[tokio::test]
async fn a_row_that_keeps_changing_is_moving_and_the_verdict_is_inconclusive() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 50).await;
    new.run("UPDATE t SET v = -1 WHERE id = 7").await;
    let budget = Budget { reads_max: 3, ..fast() };
    let mut moving = Vec::new();
    let verdict = run(
        &old.0,
        &new.0,
        entity(),
        budget,
        Earlier::default(),
        |event| match event {
            Event::Rereading { .. } => {
                let new = MariaDb(new.0.clone());
                elsewhere(async move { new.run("UPDATE t SET v = v - 1 WHERE id = 7").await });
            }
            Event::Moving { key, reads } => moving.push((key.to_string(), *reads)),
            _ => {}
        },
    );
    let verdict = verdict.await.unwrap();
    assert_eq!(moving, [("7".to_owned(), 3)]);
    assert_eq!(
        (verdict.outcome, verdict.doubts),
        (Outcome::Inconclusive, vec![Doubt::Moving { rows: 1 }])
    );
}

#[tokio::test]
async fn no_rows_are_not_clean() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 1).await;
    old.run("DELETE FROM t").await;
    new.run("DELETE FROM t").await;
    let verdict = run(&old.0, &new.0, entity(), fast(), Earlier::default(), |_| {})
        .await
        .unwrap();
    assert_eq!(
        (verdict.outcome, verdict.doubts),
        (Outcome::Inconclusive, vec![Doubt::NoRows])
    );
}

#[tokio::test]
async fn what_an_earlier_run_got_done_is_not_read_again() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 40_000).await;
    new.run("UPDATE t SET v = 1 WHERE id IN (5, 39999)").await;
    let mut chunks = Vec::new();
    let whole = run(&old.0, &new.0, entity(), fast(), Earlier::default(), |event| {
        if let Event::ChunkDone(done) = event {
            chunks.push(done.clone());
        }
    });
    let whole = whole.await.unwrap();
    assert!(chunks.len() > 1);
    chunks.truncate(chunks.len() / 2);
    let (before, mut again) = (chunks.clone(), 0);
    let resumed = run(
        &old.0,
        &new.0,
        entity(),
        fast(),
        Earlier {
            chunks,
            ..Earlier::default()
        },
        |event| {
            if let Event::ChunkDone(done) = event {
                assert!(before.iter().all(|chunk| chunk.range != done.range));
                again += done.old_rows;
            }
        },
    );
    let resumed = resumed.await.unwrap();
    let earlier: u64 = before.iter().map(|chunk| chunk.old_rows).sum();
    assert_eq!(again + earlier, 40_000);
    assert_eq!(
        (resumed.outcome, resumed.counts, resumed.coverage.old_rows),
        (whole.outcome, whole.counts, 40_000)
    );
}

/// Does something to its end while the comparison stands still.
pub(crate) fn elsewhere<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(work)
    });
    thread.join().unwrap()
}

/// Cuts every connection of a comparison to these two databases; how many there were.
pub(crate) async fn cut(old: &str, new: &str) -> usize {
    let (client, connection) = tokio_postgres::connect(old, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'tidegate-reconcile' AND datname = current_database()";
    let ours = client.query(cut, &[]).await.unwrap().len();
    let mut conn = mysql_async::Conn::from_url(new).await.unwrap();
    let sessions = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()";
    let theirs: Vec<u64> = conn.query(sessions).await.unwrap();
    let mut killed = 0;
    for id in &theirs {
        // One that has ended by itself needs no killing.
        killed += usize::from(conn.query_drop(format!("KILL {id}")).await.is_ok());
    }
    conn.disconnect().await.unwrap();
    ours + killed
}

#[tokio::test]
async fn connections_that_are_cut_are_made_again_and_every_row_is_compared() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 4_000).await;
    new.run("UPDATE t SET v = 7 WHERE id = 3999").await;
    let (mut chunks, mut cuts) = (0, 0);
    let budget = Budget {
        parallel: 1,
        ..small_chunks()
    };
    let verdict = run(&old.0, &new.0, entity(), budget, Earlier::default(), |event| {
        if matches!(event, Event::ChunkDone(_)) {
            chunks += 1;
            // Idle between two chunks, and at work on the next one.
            if chunks == 2 || chunks == 4 {
                let (old, new) = (old.0.clone(), new.0.clone());
                cuts += elsewhere(async move { cut(&old, &new).await });
            }
        }
    });
    let verdict = verdict.await.unwrap();
    assert!(cuts >= 4, "{cuts} connections were cut");
    assert_eq!((verdict.outcome, verdict.doubts), (Outcome::Diverged, Vec::new()));
    assert_eq!(
        (
            verdict.coverage.old_rows,
            verdict.coverage.new_rows,
            verdict.counts.changed
        ),
        (4_000, 4_000, 1)
    );
}

#[tokio::test]
async fn a_row_without_a_key_is_seen_wherever_the_ranges_are_cut() {
    let servers = Servers::shared().await;
    for lacking in ["old", "new"] {
        let (old, new) = (servers.postgres().await, servers.mariadb().await);
        old.run("CREATE TABLE t (id int, v bigint); CREATE INDEX ON t (id); INSERT INTO t SELECT s, 0 FROM generate_series(1, 300) s; ANALYZE t").await;
        new.run("CREATE TABLE t (id int, v bigint, key (id));\nINSERT INTO t SELECT seq, 0 FROM seq_1_to_300")
            .await;
        match lacking {
            "old" => old.run("INSERT INTO t VALUES (NULL, 1)").await,
            _ => new.run("INSERT INTO t VALUES (NULL, 1)").await,
        }
        let ended = run(&old.0, &new.0, entity(), small_chunks(), Earlier::default(), |_| {}).await;
        let fault = ended
            .err()
            .unwrap_or_else(|| panic!("the {lacking} side has a key that is NULL"));
        assert_eq!(fault.to_string(), format!("{lacking} side: a key is NULL"));
    }
}

//! Limits that are reached, locks and load: a database that has other work is left alone, and the verdict says so.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test listens to the events that it is about"
)]

use std::time::Duration;

use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::ledger::{Book, Held, Ledger, LedgerEvent, Presence};
use tidegate_reconcile::source::{Arrival, Asked, Asking, Question};
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{
    Budget, Comparison, Earlier, Entity, Event, Expression, Key, Kind, Relation, Side, SourceFault, Stop, Throttle,
    Value, source,
};
use tidegate_servers::Make;

use crate::live::{elsewhere, entity, filled, run};
use crate::pairs::{fast, small_chunks};
use crate::server::{Postgres, Servers, own, postgres};

#[tokio::test]
async fn a_limit_that_is_reached_is_said_and_never_clean() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 60_000).await;
    let slow = Budget {
        time_max: Some(Duration::from_millis(400)),
        rows_per_second_max: Some(20_000),
        ..fast()
    };
    let verdict = run(&old.0, &new.0, entity(), slow, Earlier::default(), |_| {})
        .await
        .unwrap();
    assert_eq!(
        (verdict.outcome, &verdict.doubts),
        (Outcome::Inconclusive, &vec![Doubt::TimeReached])
    );
    assert!(!verdict.coverage.is_whole);
    new.run("UPDATE t SET v = 1").await;
    let few = Budget {
        differences_max: 10,
        ..fast()
    };
    let verdict = run(&old.0, &new.0, entity(), few, Earlier::default(), |_| {})
        .await
        .unwrap();
    assert_eq!(
        (verdict.outcome, &verdict.doubts),
        (Outcome::Diverged, &vec![Doubt::DifferencesReached])
    );
    assert!(verdict.coverage.old_rows < 60_000, "{:?}", verdict.coverage);
}

#[tokio::test]
async fn a_lock_that_is_not_given_makes_the_verdict_inconclusive() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 60_000).await;
    let mut lock = None;
    let verdict = run(
        &old.0,
        &new.0,
        entity(),
        Budget { parallel: 1, ..fast() },
        Earlier::default(),
        |event| {
            if matches!(event, Event::ChunkDone(_)) && lock.is_none() {
                lock = Some(Lock::take(&old.0));
            }
        },
    );
    let verdict = verdict.await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Inconclusive);
    let [Doubt::ChunksSkipped { chunks, fault }] = verdict.doubts.as_slice() else {
        panic!("{verdict:?}");
    };
    assert_eq!((*chunks, fault.contains("lock timeout")), (1, true), "{fault}");
}

#[tokio::test]
async fn nothing_is_read_while_the_throttle_is_held() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 3_000).await;
    let (old, new) = (source::open(&old.0).unwrap(), source::open(&new.0).unwrap());
    let throttle = Throttle::default();
    throttle.hold("p95 of orders is 900 ms");
    let comparison = Comparison::prepare(entity(), old, new, small_chunks()).await.unwrap();
    let comparison = comparison.with_throttle(throttle.clone());
    let mut seen = Vec::new();
    let mut listen = |event| match event {
        Event::Paused { why, .. } => {
            seen.push(why);
            throttle.release();
        }
        Event::ChunkDone(_) => seen.push("chunk".to_owned()),
        _ => {}
    };
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut listen)
        .await
        .unwrap();
    assert_eq!(verdict.outcome, Outcome::Clean);
    assert_eq!(seen[..2], ["p95 of orders is 900 ms"; 2].map(str::to_owned));
    assert!(
        seen.len() > 2 && seen[2..].iter().all(|what| what == "chunk"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_throttle_that_is_never_released_ends_with_the_time() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 10).await;
    let (old, new) = (source::open(&old.0).unwrap(), source::open(&new.0).unwrap());
    let throttle = Throttle::default();
    throttle.hold("slow");
    let brief = Budget {
        time_max: Some(Duration::from_millis(500)),
        ..fast()
    };
    let comparison = Comparison::prepare(entity(), old, new, brief).await.unwrap();
    let comparison = comparison.with_throttle(throttle);
    let verdict = comparison.run(Earlier::default(), &Stop::default(), &mut |_| {}).await;
    let verdict = verdict.unwrap();
    assert_eq!(
        (verdict.outcome, &verdict.doubts, verdict.coverage.old_rows),
        (Outcome::Inconclusive, &vec![Doubt::TimeReached], 0)
    );
}

#[tokio::test]
async fn a_side_that_would_sort_all_rows_for_each_chunk_is_read_once_and_sorted_here() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 150_000).await;
    new.run("ANALYZE TABLE t").await;
    let query = |sql: &str| Relation::Query(sql.to_owned());
    for (old_relation, new_relation, side) in [
        (
            query("SELECT id + 0 AS id, v FROM t"),
            query("SELECT id, v FROM t"),
            Side::Old,
        ),
        (
            query("SELECT id, v FROM t"),
            query("SELECT id + 0 AS id, v FROM t"),
            Side::New,
        ),
    ] {
        let entity = Entity {
            old: old_relation,
            new: new_relation,
            ..entity()
        };
        let (old, new) = (source::open(&old.0).unwrap(), source::open(&new.0).unwrap());
        let comparison = Comparison::prepare(entity, old, new, fast()).await.unwrap();
        let words = format!("{side}: read once in any order and sorted on disk here, because it would s");
        let told = comparison.explain();
        assert_eq!(
            told.iter().filter(|line| line.contains("sorted on disk")).count(),
            1,
            "{told:?}"
        );
        assert!(told.iter().any(|line| line.starts_with(&words)), "{told:?}");
        let verdict = comparison.run(Earlier::default(), &Stop::default(), &mut |_| {}).await;
        assert_eq!(verdict.unwrap().outcome, Outcome::Clean);
    }
}

/// Its statistics say nothing of its rows, as they do until somebody analyses it; the files that it has say enough.
#[tokio::test]
async fn a_table_that_was_never_analysed_is_not_scanned_for_each_chunk() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run(
        "CREATE TABLE t (id int primary key, v int) WITH (autovacuum_enabled = off);
        INSERT INTO t SELECT s, 0 FROM generate_series(1, 300000) s",
    )
    .await;
    let (client, connection) = tokio_postgres::connect(&old.0, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let known = client.query_one("SELECT reltuples::bigint FROM pg_class WHERE relname = 't'", &[]);
    assert_eq!(known.await.unwrap().get::<_, i64>(0), -1);
    let source = source::open(&old.0).unwrap();
    let asked = |sql: &str, name: &str| Asked {
        expression: match sql {
            "" => Expression::Column(name.to_owned()),
            sql => Expression::Sql(sql.to_owned()),
        },
        kind: Some(Kind::Int),
        native: Some(Kind::Int),
    };
    let key = Key::of(&[Value::Int(7)]);
    for (expression, is_detour) in [("id + 0", true), ("", false)] {
        let question = Question {
            relation: Relation::Table("t".to_owned()),
            key: vec![asked(expression, "id")],
            cells: vec![asked("", "v")],
            filter: None,
            may_have_null_keys: false,
            zone: None,
            statement_time_max: Duration::from_secs(10),
            order: Arrival::ByKey,
        };
        let found = source.detour(&question, Asking::Key(&key), 10_000).await.unwrap();
        let is_scan = found
            .as_ref()
            .is_some_and(|words| words.starts_with("it would scan about ") && words.ends_with(" rows for one key"));
        assert_eq!(is_scan, is_detour, "{found:?}");
    }
    drop(client);
}

fn held(address: &str, reference: &str, table: &str, amount: &str) -> Held {
    let column = |name: &str| Expression::Column(name.to_owned());
    let book = Book {
        relation: Relation::Table(table.to_owned()),
        reference: column(reference),
        amount: Some(column(amount)),
        currency: None,
        filter: None,
    };
    (source::open(address).unwrap(), book)
}

/// A lock on the table that keeps every reader out until it is dropped.
struct Lock {
    release: Option<std::sync::mpsc::Sender<()>>,
    holder: Option<std::thread::JoinHandle<()>>,
}

impl Lock {
    fn take(address: &str) -> Self {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (told, locked) = std::sync::mpsc::channel();
        let address = address.to_owned();
        let holder = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let client = runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&address, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                client
                    .batch_execute("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
                    .await
                    .unwrap();
                client
            });
            told.send(()).unwrap();
            // Ends with an error when the other end is dropped, which is the sign.
            released.recv().unwrap_err();
            drop(client);
        });
        locked.recv().unwrap();
        Self {
            release: Some(release),
            holder: Some(holder),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.release.take());
        self.holder.take().unwrap().join().unwrap();
    }
}

/// A session that is at work until it is dropped.
async fn at_work(database: &Postgres) -> tokio::task::JoinHandle<()> {
    let (client, connection) = tokio_postgres::connect(&database.0, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let work = tokio::spawn(async move { drop(client.batch_execute("SELECT pg_sleep(600) /* work */").await) });
    let (client, connection) = tokio_postgres::connect(&database.0, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%600) /* work */' AND state = 'active'
        AND pid <> pg_backend_pid()";
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while client.query_one(asked, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(std::time::Instant::now() < deadline, "the session is not at work");
    }
    work
}

#[tokio::test]
async fn a_busy_database_is_left_alone() {
    let own = own(Make::Postgres).await;
    let old = postgres(&own, "postgres");
    old.run("CREATE TABLE t (id int primary key, v bigint); INSERT INTO t SELECT s, 0 FROM generate_series(1, 10) s")
        .await;
    let mut work = Some(at_work(&old).await);
    let calm = Budget {
        active_sessions_max: Some(0),
        ..fast()
    };
    let mut paused = Vec::new();
    let entity = entity();
    // A server of its own: others' tests would be load.
    let (old_source, new_source) = (source::open(&old.0).unwrap(), source::open(&old.0).unwrap());
    let comparison = Comparison::prepare(entity, old_source, new_source, calm).await.unwrap();
    let mut listen = |event| {
        if let Event::Paused { side, why, .. } = event {
            paused.push((side, why));
            if let Some(work) = work.take() {
                end_work(&old, &work);
            }
        }
    };
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut listen)
        .await
        .unwrap();
    assert_eq!(paused[0].1, "1 sessions are at work");
    assert_eq!(verdict.outcome, Outcome::Clean);

    // So it is against a ledger.
    let work = at_work(&old).await;
    let held = || held(&old.0, "id", "t", "v");
    let calm = Budget {
        active_sessions_max: Some(0),
        ..fast()
    };
    let sides = [Some(held()), None];
    let ledger = Ledger::prepare(sides, held(), Presence::Each, Decimal::default(), calm).await;
    let mut seen = Vec::new();
    let mut listen = |event| match event {
        LedgerEvent::Paused { party, why, .. } => {
            seen.push(format!("{party}: {why}"));
            end_work(&old, &work);
        }
        LedgerEvent::Progress { rows } => seen.push(format!("{rows} rows")),
        _ => {}
    };
    let verdict = ledger.unwrap().run(&Stop::default(), &mut listen).await.unwrap();
    assert_eq!(verdict.outcome, Outcome::Clean);
    assert_eq!(seen[0], "ledger: 1 sessions are at work");
    assert_eq!(seen.last().unwrap(), "20 rows");
}

/// Ends the session that is at work.
fn end_work(database: &Postgres, work: &tokio::task::JoinHandle<()>) {
    let database = Postgres(database.0.clone());
    elsewhere(async move {
        let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%600) /* work */'";
        database.run(cancel).await;
    });
    work.abort();
}

/// A ledger that is sorted for longer than there is time, or until somebody stops it.
#[tokio::test]
async fn sorting_a_ledger_ends_with_the_time_and_when_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.csv");
    let lines: String = (1..=20_000).rev().map(|number| format!("{number},1\n")).collect();
    std::fs::write(&path, format!("ref,amount\n{lines}")).unwrap();
    let address = format!("csv:{}", path.display());
    let held = || held(&address, "ref", "", "amount");
    for (time_max, is_stopped, doubt) in [
        (Some(Duration::from_millis(500)), false, Doubt::TimeReached),
        (None, true, Doubt::Stopped),
    ] {
        // A rate at which sorting takes most of an hour.
        let slow = Budget {
            rows_per_second_max: Some(10),
            time_max,
            ..fast()
        };
        let ledger = Ledger::prepare([Some(held()), None], held(), Presence::Each, Decimal::default(), slow).await;
        let stop = Stop::default();
        let mut listen = |event| match event {
            LedgerEvent::Sorting { .. } if is_stopped => stop.now(),
            _ => {}
        };
        let verdict = ledger.unwrap().run(&stop, &mut listen).await.unwrap();
        assert_eq!((verdict.outcome, verdict.doubts), (Outcome::Inconclusive, vec![doubt]));
        assert_eq!((verdict.coverage.is_whole, verdict.coverage.references), (false, 0));
    }
}

#[tokio::test]
async fn a_limit_of_a_load_that_is_hidden_is_no_limit_and_said() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 10).await;
    old.run("CREATE ROLE reader LOGIN PASSWORD 'secret'; GRANT SELECT ON t TO reader")
        .await;
    // A session of somebody else, whose state the reader may not see.
    let (client, connection) = tokio_postgres::connect(&old.0, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let reader = old.0.replace("tidegate:secret", "reader:secret");
    let calm = Budget {
        active_sessions_max: Some(50),
        ..fast()
    };
    let ended = run(&reader, &new.0, entity(), calm, Earlier::default(), |_| {}).await;
    assert_eq!(ended.err().map(|fault| fault.fault), Some(SourceFault::LoadHidden));
    let ended = run(&reader, &new.0, entity(), fast(), Earlier::default(), |_| {}).await;
    assert_eq!(ended.map(|verdict| verdict.outcome), Ok(Outcome::Clean));
    drop(client);
}

//! Limits that are reached, locks and load: a database that has other work is left alone, and the verdict says so.

use std::time::Duration;

use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{Budget, Comparison, Earlier, Event, SourceFault, Stop, source};

use crate::live::{elsewhere, entity, filled, run};
use crate::pairs::fast;
use crate::server::{Make, Postgres, Server, Servers};

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
    let own = tokio::task::spawn_blocking(|| Server::start(Make::Postgres))
        .await
        .unwrap();
    let old = own.postgres("postgres");
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
                let old = Postgres(old.0.clone());
                elsewhere(async move {
                    old.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%600) /* work */'")
                        .await;
                });
                work.abort();
            }
        }
    };
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut listen)
        .await
        .unwrap();
    assert_eq!(paused[0].1, "1 sessions are at work");
    assert_eq!(verdict.outcome, Outcome::Clean);
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

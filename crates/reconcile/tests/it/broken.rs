//! Servers that start again, go away or stand still in the middle of a comparison: it gives the exact answer or says that it has
//! none, and is never clean without every row.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test listens to the events that it is about"
)]

use std::time::Duration;

use tidegate_reconcile::source::{Arrival, Asked, Question};
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{
    Budget, Earlier, Event, Expression, Key, Relation, Side, SourceFault, Value, Verdict, source,
};
use tidegate_servers::{Make, Server};

use crate::live::{cut, elsewhere, entity, filled, run};
use crate::pairs::{fast, small_chunks};
use crate::server::{MariaDb, Postgres, Servers, mariadb, own, postgres};

/// Servers of a test's own, with a table of so many rows each; one row of the new side is another.
async fn pair(rows: u32) -> ([Server; 2], Postgres, MariaDb) {
    let (postgres_server, mariadb_server) = tokio::join!(own(Make::Postgres), own(Make::MariaDb));
    let (old, new) = (postgres(&postgres_server, "postgres"), mariadb(&mariadb_server, "shop"));
    old.run(&format!(
        "CREATE TABLE t (id int primary key, v bigint); INSERT INTO t SELECT s, 0 FROM generate_series(1, {rows}) s"
    ))
    .await;
    new.run(&format!(
        "CREATE TABLE t (id int primary key, v bigint);\nINSERT INTO t SELECT seq, 0 FROM seq_1_to_{rows};
        UPDATE t SET v = 7 WHERE id = {}",
        rows - 1
    ))
    .await;
    ([postgres_server, mariadb_server], old, new)
}

fn is_exact(verdict: &Verdict, rows: u64) {
    let (coverage, counts) = (&verdict.coverage, &verdict.counts);
    assert_eq!(
        (verdict.outcome, verdict.doubts.as_slice()),
        (Outcome::Diverged, &[][..])
    );
    assert_eq!((coverage.old_rows, coverage.new_rows, counts.changed), (rows, rows, 1));
    assert!(coverage.is_whole, "{coverage:?}");
}

#[tokio::test]
async fn a_server_that_starts_again_in_mid_run_changes_no_answer() {
    let (mut servers, old, new) = pair(4_000).await;
    for server in &mut servers {
        for is_while_rereading in [false, true] {
            let (mut chunks, mut restarts) = (0, 0);
            let verdict = run(&old.0, &new.0, entity(), small_chunks(), Earlier::default(), |event| {
                let is_now = match event {
                    Event::ChunkDone(_) => {
                        chunks += 1;
                        !is_while_rereading && chunks == 3
                    }
                    Event::Rereading { .. } => is_while_rereading && restarts == 0,
                    _ => false,
                };
                if is_now {
                    restarts += 1;
                    server.kill().unwrap();
                    server.start_again().unwrap();
                }
            });
            is_exact(&verdict.await.unwrap(), 4_000);
            assert_eq!(restarts, 1);
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_too_long_leaves_no_clean_verdict_and_says_why() {
    let (mut servers, old, new) = pair(4_000).await;
    new.run("UPDATE t SET v = 0").await;
    for (server, side) in servers.iter_mut().zip(["old", "new"]) {
        let (mut chunks, mut skipped) = (0, 0);
        let budget = Budget {
            parallel: 1,
            ..small_chunks()
        };
        let verdict = run(
            &old.0,
            &new.0,
            entity(),
            budget,
            Earlier::default(),
            |event| match event {
                Event::ChunkDone(_) => {
                    chunks += 1;
                    if chunks == 2 {
                        server.kill().unwrap();
                    }
                }
                Event::ChunkSkipped { .. } => {
                    skipped += 1;
                    if skipped == 1 {
                        server.start_again().unwrap();
                    }
                }
                _ => {}
            },
        );
        let verdict = verdict.await.unwrap();
        assert_eq!(verdict.outcome, Outcome::Inconclusive);
        let [Doubt::ChunksSkipped { chunks: 1, fault }] = verdict.doubts.as_slice() else {
            panic!("{verdict:?}");
        };
        assert!(
            fault.starts_with(&format!("{side} side: the connection failed: ")),
            "{fault}"
        );
        let coverage = &verdict.coverage;
        assert_eq!((coverage.is_whole, coverage.chunks_skipped, skipped), (false, 1, 1));
    }
}

/// Ends what a comparison's sessions do in these two databases, not the sessions; how many there were.
async fn cancel(old: &str, new: &str) -> usize {
    let (client, connection) = tokio_postgres::connect(old, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'tidegate-reconcile' AND datname = current_database() AND state = 'active'";
    let ours = client.query(cancel, &[]).await.unwrap().len();
    ours + MariaDb(new.to_owned()).end_queries().await
}

/// The rows are so long that no buffer holds all of them: the servers are in the midst of sending.
#[tokio::test]
async fn what_ends_in_the_midst_of_rows_is_read_again_and_every_row_is_compared() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.postgres().await, servers.mariadb().await);
    old.run(
        "CREATE TABLE t (id int primary key, v text);
        INSERT INTO t SELECT s, repeat('x', 3000) || s FROM generate_series(1, 8000) s",
    )
    .await;
    new.run(
        "CREATE TABLE t (id int primary key, v text);\nINSERT INTO t SELECT seq, concat(repeat('x', 3000), seq) FROM seq_1_to_8000;
        UPDATE t SET v = 'y' WHERE id = 7999",
    )
    .await;
    for is_cut in [true, false] {
        let (mut ended, mut seen) = (0, 0);
        let budget = Budget {
            rows_per_second_max: Some(8_000),
            chunk_rows_first: 1_000_000,
            ..fast()
        };
        let verdict = run(
            &old.0,
            &new.0,
            entity(),
            budget,
            Earlier::default(),
            |event| match event {
                Event::Progress(progress) if progress.rows_now > 0 && ended == 0 => {
                    seen = progress.rows_now;
                    let (old, new) = (old.0.clone(), new.0.clone());
                    ended = elsewhere(async move {
                        match is_cut {
                            true => cut(&old, &new).await,
                            false => cancel(&old, &new).await,
                        }
                    });
                }
                _ => {}
            },
        );
        is_exact(&verdict.await.unwrap(), 8_000);
        assert!(ended >= 2 && seen < 16_000, "{ended} ended after {seen} rows");
    }
}

/// A question of one key and one column, with so much time.
fn question(relation: &str, statement_time_max: Duration) -> Question {
    let asked = |name: &str| Asked {
        expression: Expression::Column(name.to_owned()),
        kind: None,
        native: None,
    };
    Question {
        relation: Relation::Query(relation.to_owned()),
        key: vec![asked("id")],
        cells: vec![asked("v")],
        filter: None,
        may_have_null_keys: true,
        zone: None,
        statement_time_max,
        order: Arrival::AsTheyCome,
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_its_server() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.postgres().await, servers.mariadb().await);
    for (address, endless, words) in [
        (
            &old.0,
            "SELECT count(*)::int AS id, 0 AS v FROM generate_series(1, 1000000000)",
            "canceling statement due to statement timeout",
        ),
        (
            &new.0,
            "SELECT count(*) AS id, max(a.seq ^ b.seq) AS v FROM seq_1_to_10000000 a, seq_1_to_10000000 b",
            "Query execution was interrupted (max_statement_time exceeded)",
        ),
    ] {
        let source = source::open(address).unwrap();
        let question = question(endless, Duration::from_millis(300));
        let ended = source.lookup(&question, &[Key::of(&[Value::Int(1)])]).await;
        let words = words.to_owned();
        assert_eq!(ended.err(), Some(SourceFault::Victim { words }));
    }
}

#[tokio::test]
async fn a_server_that_stands_still_holds_nothing_beyond_its_time() {
    let (mut servers, old, new) = pair(20_000).await;
    new.run("UPDATE t SET v = 7 WHERE id <= 250").await;
    let brief = |seconds| Budget {
        time_max: Some(Duration::from_secs(seconds)),
        parallel: 1,
        ..fast()
    };
    // What was confirmed before is in the verdict; that there may be more is said.
    let mut confirmed = 0;
    let verdict = run(&old.0, &new.0, entity(), brief(8), Earlier::default(), |event| {
        if matches!(event, Event::Confirmed(_)) {
            confirmed += 1;
            if confirmed == 1 {
                servers[1].freeze().unwrap();
            }
        }
    });
    let verdict = verdict.await.unwrap();
    assert_eq!(
        (verdict.outcome, verdict.doubts),
        (Outcome::Diverged, vec![Doubt::TimeReached])
    );
    assert_eq!((verdict.counts.changed, confirmed), (200, 200));

    // A statement of which nothing is heard any more.
    let source = source::open(&new.0).unwrap();
    let question = question("SELECT id, v FROM t", Duration::ZERO);
    let silent = source.lookup(&question, &[Key::of(&[Value::Int(1)])]).await.err();
    let why = "the server has not answered for 5 s".to_owned();
    assert_eq!(silent, Some(SourceFault::Connection { why }));

    // Chunks that do not come to their end are not covered.
    servers[1].thaw().unwrap();
    let mut chunks = 0;
    let verdict = run(&old.0, &new.0, entity(), brief(5), Earlier::default(), |event| {
        if matches!(event, Event::ChunkDone(_)) {
            chunks += 1;
            if chunks == 1 {
                servers[1].freeze().unwrap();
            }
        }
    });
    let verdict = verdict.await.unwrap();
    assert_eq!(
        (verdict.outcome, verdict.doubts),
        (Outcome::Inconclusive, vec![Doubt::TimeReached])
    );
    assert_eq!((verdict.coverage.is_whole, verdict.coverage.chunks_done), (false, 1));
}

/// What ends a comparison of these addresses when its side is told this after the first chunk, by somebody who may do everything.
async fn changed(read: [&str; 2], owned: (&Postgres, &MariaDb), side: Side, change: &str) -> SourceFault {
    let mut has_changed = false;
    let budget = Budget { parallel: 1, ..fast() };
    let ended = run(read[0], read[1], entity(), budget, Earlier::default(), |event| {
        if matches!(event, Event::ChunkDone(_)) && !std::mem::replace(&mut has_changed, true) {
            let (old, new) = (Postgres(owned.0.0.clone()), MariaDb(owned.1.0.clone()));
            let change = change.to_owned();
            elsewhere(async move {
                match side {
                    Side::Old => old.run(&change).await,
                    Side::New => new.run(&change).await,
                }
            });
        }
    });
    let ended = ended.await.err().unwrap_or_else(|| panic!("{side}: {change}"));
    assert_eq!(ended.side, side, "{change}: {ended}");
    ended.fault
}

#[tokio::test]
async fn columns_that_change_in_mid_run_end_it() {
    let servers = Servers::shared().await;
    let is_changed: fn(&SourceFault) -> bool = |fault| *fault == SourceFault::SchemaChanged;
    let is_refused: fn(&SourceFault) -> bool = |fault| matches!(fault, SourceFault::Refused { .. });
    for (side, change, is_expected) in [
        (Side::Old, "ALTER TABLE t ALTER v TYPE text", is_changed),
        (Side::Old, "ALTER TABLE t DROP v", is_refused),
        (Side::Old, "DROP TABLE t", is_refused),
        (Side::New, "ALTER TABLE t MODIFY v text", is_changed),
        (Side::New, "ALTER TABLE t DROP v", is_refused),
        (Side::New, "DROP TABLE t", is_refused),
    ] {
        let (old, new) = filled(&servers, 60_000).await;
        let fault = changed([&old.0, &new.0], (&old, &new), side, change).await;
        assert!(is_expected(&fault), "{change}: {fault}");
    }
}

/// The same server and database, under an account that may read what it was granted.
fn reader(address: &str, name: &str) -> String {
    address.replace("tidegate:secret", &format!("{name}:secret"))
}

#[tokio::test]
async fn whoever_may_not_read_a_table_or_a_column_is_told_so() {
    let servers = Servers::shared().await;
    let (old, new) = filled(&servers, 60_000).await;
    old.run("CREATE ROLE narrow LOGIN PASSWORD 'secret'").await;
    new.run("CREATE USER narrow@'127.0.0.1' IDENTIFIED BY 'secret'").await;
    let (old_reader, new_reader) = (reader(&old.0, "narrow"), reader(&new.0, "narrow"));
    let database = new.0.rsplit('/').next().unwrap();
    let fault = async |old: &str, new: &str| {
        let (old, new) = (source::open(old).unwrap(), source::open(new).unwrap());
        let prepared = tidegate_reconcile::Comparison::prepare(entity(), old, new, fast()).await;
        prepared.err().unwrap().to_string()
    };
    let denied = "old side: permission denied for table t (42501)";
    assert_eq!(fault(&old_reader, &new.0).await, denied);
    old.run("GRANT SELECT (id) ON t TO narrow").await;
    assert_eq!(fault(&old_reader, &new.0).await, denied);
    // Who may read nothing of a database may not enter it.
    let told = fault(&old.0, &new_reader).await;
    assert!(told.starts_with("new side: ") && told.ends_with("(1044)"), "{told}");
    new.run(&format!("GRANT SELECT (id) ON {database}.t TO narrow@'127.0.0.1'"))
        .await;
    assert_eq!(
        fault(&old.0, &new_reader).await,
        "new side: SELECT command denied to user 'narrow'@'127.0.0.1' for column 'v' in table 't' (1143)"
    );
    // A right that is taken away in mid-run ends it.
    old.run("GRANT SELECT ON t TO narrow").await;
    new.run(&format!("GRANT SELECT ON {database}.t TO narrow@'127.0.0.1'"))
        .await;
    let revoke = format!("REVOKE ALL ON {database}.t FROM narrow@'127.0.0.1'");
    for (side, read, change) in [
        (Side::Old, [&old_reader, &new.0], "REVOKE ALL ON t FROM narrow"),
        (Side::New, [&old.0, &new_reader], revoke.as_str()),
    ] {
        let fault = changed(read.map(String::as_str), (&old, &new), side, change).await;
        assert!(matches!(fault, SourceFault::Refused { .. }), "{fault}");
    }
}

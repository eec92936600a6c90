//! Numbers and counts of PostgreSQL, MariaDB and SQLite: each rule in each of them.

use std::sync::Arc;

use tidegate_model::ask::{CountAsk, CountQuestion, Decimal, LevelAsk, LevelQuestion, Looks};
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_model::{Millis, Timestamp};
use tidegate_signals::sql::Database;
use tidegate_signals::{Asker, Source};

use crate::asking::{cadence, clock, counted, id, one, sources, stale_after};
use crate::file::File;
use crate::mariadb::MariaDb;
use crate::server::Server;

/// The three, and what runs statements in them.
pub(crate) struct Databases {
    postgres: Arc<Server>,
    maria: Arc<MariaDb>,
    file: File,
}

impl Databases {
    pub(crate) async fn with(statements: &str) -> Self {
        let databases = Self {
            postgres: Server::shared().await,
            maria: MariaDb::shared().await,
            file: File::with(""),
        };
        databases.run(statements).await;
        databases
    }

    pub(crate) async fn run(&self, statements: &str) {
        self.postgres.run(statements).await;
        self.maria.run(statements).await;
        self.file.open().execute_batch(statements).unwrap();
    }

    pub(crate) fn each(&self) -> [Database; 3] {
        [self.postgres.database(), self.maria.database(), self.file.database()]
    }
}

async fn level(database: Database, query: &str, stale: Millis) -> Observation {
    let query = query.to_owned();
    let question = LevelQuestion::Sql { query };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    let sources = sources(Source::Database(database));
    one(Asker::level(ask, stale_after(stale)).ask(&sources, clock()).await)
}

async fn is_unusable(database: Database, query: &str, expected: InvalidReason) {
    let kind = format!("{database:?}");
    let found = level(database, query, Millis::minutes(1)).await;
    assert!(
        matches!(&found, Observation::Unusable { reason, .. } if *reason == expected),
        "{kind}, {query}: {found:?}"
    );
}

pub(crate) fn asker(query: &str, looks: Looks) -> Asker {
    let query = query.to_owned();
    let question = CountQuestion::Sql { query };
    let ask = CountAsk {
        on: id("shop"),
        question,
    };
    Asker::counts(None, ask, looks, cadence())
}

#[tokio::test]
async fn one_row_is_a_number_and_the_moment_it_is_about() {
    let databases = Databases::with("CREATE TABLE queue (n NUMERIC(10,2)); INSERT INTO queue VALUES (1.25), (2)").await;
    let sampled = Timestamp((clock().0 / 1_000 - 30) * 1_000);
    for database in databases.each() {
        for (query, millionths) in [
            ("SELECT sum(n) FROM queue", 3_250_000),
            ("SELECT count(*) FROM queue;", 2_000_000),
        ] {
            let found = level(database.clone(), query, Millis::minutes(1)).await;
            assert!(
                matches!(found, Observation::Level { value: Decimal(value), .. } if value == millionths),
                "{database:?}, {query}: {found:?}"
            );
        }
        let timed = format!("SELECT 7, {}", sampled.0 / 1_000);
        let found = level(database.clone(), &timed, Millis::minutes(1)).await;
        let value = Decimal(7_000_000);
        assert_eq!(found, Observation::Level { at: sampled, value }, "{database:?}");
        is_unusable(
            database,
            &format!("SELECT 7, {}", sampled.0 / 1_000 - 3_600),
            InvalidReason::Stale,
        )
        .await;
    }
}

#[tokio::test]
async fn a_moment_has_a_zone() {
    let databases = Databases::with("").await;
    let [postgres, maria, sqlite] = databases.each();
    for (database, with, without) in [
        (postgres, "SELECT 7, now()", "SELECT 7, now()::timestamp"),
        (maria, "SELECT 7, at FROM moments", "SELECT 7, now()"),
        (sqlite, "SELECT 7, datetime('now') || 'Z'", "SELECT 7, datetime('now')"),
    ] {
        if matches!(database, Database::MySql(_)) {
            databases
                .maria
                .run("CREATE TABLE moments (at TIMESTAMP(6)); INSERT INTO moments VALUES (now(6))")
                .await;
        }
        let found = level(database.clone(), with, Millis::minutes(1)).await;
        assert!(matches!(found, Observation::Level { .. }), "{with}: {found:?}");
        is_unusable(database, without, InvalidReason::Shape).await;
    }
}

#[tokio::test]
async fn what_is_no_number_in_a_row_is_told_as_what_it_is() {
    let databases = Databases::with("CREATE TABLE nobody (n INTEGER)").await;
    for database in databases.each() {
        let nothing = level(database.clone(), "SELECT n FROM nobody", Millis::minutes(1)).await;
        assert!(matches!(nothing, Observation::Nothing { .. }), "{nothing:?}");
        for (query, reason) in [
            ("SELECT max(n) FROM nobody", InvalidReason::Null),
            ("SELECT 1 UNION ALL SELECT 2", InvalidReason::SeveralSeries),
            ("SELECT 'twelve'", InvalidReason::Shape),
            ("SELECT 1, NULL", InvalidReason::Null),
            ("SELECT 1, 2, 3", InvalidReason::Shape),
        ] {
            is_unusable(database.clone(), query, reason).await;
        }
        let refused = level(database.clone(), "SELECT n FROM nowhere", Millis::minutes(1)).await;
        assert!(matches!(refused, Observation::Silent(_)), "{refused:?}");
    }
    let [postgres, maria, sqlite] = databases.each();
    for (query, reason) in [
        ("SELECT 'NaN'::float8", InvalidReason::NotANumber),
        ("SELECT 'NaN'::numeric", InvalidReason::NotANumber),
        ("SELECT '-Infinity'::float8", InvalidReason::Infinite),
        ("SELECT 'Infinity'::numeric", InvalidReason::Infinite),
    ] {
        is_unusable(postgres.clone(), query, reason).await;
    }
    is_unusable(sqlite, "SELECT 9e999", InvalidReason::Infinite).await;
    is_unusable(maria, "SELECT 1 / 0", InvalidReason::Null).await;
}

#[tokio::test]
async fn two_growing_numbers_are_counted_by_what_they_grew() {
    let databases = Databases::with("CREATE TABLE orders (bad INTEGER); INSERT INTO orders VALUES (0), (1)").await;
    let query = "SELECT count(*), sum(bad) FROM orders";
    let mut askers = Vec::new();
    for database in databases.each() {
        let sources = sources(Source::Database(database));
        let mut asker = asker(query, Looks::Stream);
        assert_eq!(asker.ask(&sources, clock()).await, [], "the baseline");
        askers.push((asker, sources));
    }
    let steps = [
        ("INSERT INTO orders VALUES (0), (0), (1)", Some((3, 1))),
        ("SELECT 1", Some((0, 0))),
        ("DELETE FROM orders WHERE bad = 1", None),
        ("INSERT INTO orders VALUES (1)", Some((1, 1))),
    ];
    for (statement, expected) in steps {
        if statement != "SELECT 1" {
            databases.run(statement).await;
        }
        for (asker, sources) in &mut askers {
            let found = asker.ask(sources, clock()).await;
            match expected {
                Some((n, hits)) => assert_eq!(
                    counted(found),
                    (None, ArmCounts { n, hits }),
                    "{sources:?}: {statement}"
                ),
                None => assert_eq!(found, [], "{sources:?}: {statement}"),
            }
        }
    }
}

#[tokio::test]
async fn counts_that_cannot_be_are_impossible_or_of_another_shape() {
    let databases = Databases::with("").await;
    for database in databases.each() {
        for (query, reason) in [
            ("SELECT 3, 4", InvalidReason::Impossible),
            ("SELECT -1, 0", InvalidReason::Impossible),
            ("SELECT 1.5, 1", InvalidReason::Impossible),
            ("SELECT 3, NULL", InvalidReason::Null),
            ("SELECT 'a', 1", InvalidReason::Shape),
            ("SELECT 3", InvalidReason::Shape),
            ("SELECT 3, 1 UNION ALL SELECT 4, 1", InvalidReason::SeveralSeries),
        ] {
            let sources = sources(Source::Database(database.clone()));
            let found = one(asker(query, Looks::Stream).ask(&sources, clock()).await);
            assert!(
                matches!(&found, Observation::Unusable { reason: told, .. } if *told == reason),
                "{database:?}, {query}: {found:?}"
            );
        }
    }
}

//! Batches that databases tell by name: each once, and none that was there before.

use tidegate_model::ask::Looks;
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_signals::Source;

use crate::asking::{batched, clock, one, sources, unusable};
use crate::file::File;
use crate::sql_questions::{Databases, asker};

#[tokio::test]
async fn each_batch_is_told_once_by_its_name() {
    let databases = Databases::with("CREATE TABLE nights (night VARCHAR(20), n INTEGER, bad INTEGER)").await;
    let query = "SELECT night, n, bad FROM nights";
    let looks = Looks::Batches { planned: 10 };
    let mut askers = Vec::new();
    for database in databases.each() {
        let sources = sources(Source::Database(database));
        let mut asker = asker(query, looks);
        let found = one(asker.ask(&sources, clock()).await);
        assert!(matches!(found, Observation::Nothing { .. }), "{found:?}");
        askers.push((asker, sources));
    }
    for (statement, expected) in [
        (
            "INSERT INTO nights VALUES ('first', 100, 1), ('second', 90, 0)",
            vec!["first", "second"],
        ),
        ("INSERT INTO nights VALUES ('third', 80, 2)", vec!["third"]),
        ("UPDATE nights SET n = 81 WHERE night = 'third'", vec![]),
    ] {
        databases.run(statement).await;
        for (asker, sources) in &mut askers {
            let found = asker.ask(sources, clock()).await;
            let names: Vec<String> = batched(found).into_iter().map(|(name, ..)| name).collect();
            assert_eq!(names, expected, "{sources:?}");
        }
    }
    databases.run("INSERT INTO nights VALUES ('third', 7, 0)").await;
    for (asker, sources) in &mut askers {
        let found = one(asker.ask(sources, clock()).await);
        let reason = InvalidReason::SeveralSeries;
        assert!(
            matches!(&found, Observation::Unusable { reason: told, .. } if *told == reason),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn runs_that_were_there_before_the_first_question_are_not_told() {
    let file =
        File::with("CREATE TABLE runs (run TEXT, n INTEGER, bad INTEGER); INSERT INTO runs VALUES ('a', 100, 0);");
    let sources = sources(Source::Database(file.database()));
    let mut asker = asker("SELECT run, n, bad FROM runs", Looks::Batches { planned: 10 });
    assert_eq!(asker.ask(&sources, clock()).await, []);
    file.open()
        .execute_batch("INSERT INTO runs VALUES ('b', 90, 1)")
        .unwrap();
    let told = batched(asker.ask(&sources, clock()).await);
    assert_eq!(told, [("b".to_owned(), None, ArmCounts { n: 90, hits: 1 })]);
}

#[tokio::test]
async fn more_batches_or_longer_names_than_are_remembered_are_of_another_shape() {
    let file = File::with("");
    let sources = sources(Source::Database(file.database()));
    let runs = |runs: u32| {
        format!(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {runs}) \
             SELECT 'run ' || x, 3, 1 FROM n"
        )
    };
    let name = |chars: usize| format!("SELECT '{}', 3, 1", "ä".repeat(chars));
    for query in [runs(1_000), name(100)] {
        let found = asker(&query, Looks::Batches { planned: 10 })
            .ask(&sources, clock())
            .await;
        assert_eq!(found, [], "{query}");
    }
    for query in [runs(1_001), name(101)] {
        let found = one(asker(&query, Looks::Batches { planned: 10 })
            .ask(&sources, clock())
            .await);
        assert_eq!(unusable(&found), InvalidReason::Shape, "{query}");
    }
}

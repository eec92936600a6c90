//! Whatever keeps a SQLite file from answering is silence with a reason.

use tidegate_signals::sql::{Database, Limits, equality};

use crate::file::File;
use crate::{NOW, impatient, limits, reason, silence};

async fn check(file: &File, query: &str, expected: &str) {
    assert_eq!(silence(&file.database(), query, &limits()).await, expected, "{query}");
}

#[tokio::test]
async fn a_missing_file_is_silence_and_stays_missing() {
    let file = File::with("");
    let missing = file.path().with_extension("nowhere");
    let database = Database::Sqlite(missing.clone());
    let told = silence(&database, "SELECT 1, 2", &limits()).await;
    assert_eq!(told, "the database file cannot be opened for reading");
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_file_is_meant_and_never_a_database_in_memory_or_an_option() {
    for path in ["", ":memory:", "file::memory:", "file:new.db?mode=rwc"] {
        let told = silence(&Database::Sqlite(path.into()), "SELECT 1, 2", &limits()).await;
        assert_eq!(told, "the database file cannot be opened for reading", "{path}");
    }
    assert!(Database::parse("sqlite:").is_err());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_silence() {
    let expected = "the file is no database, or broken";
    let text = File::of_bytes("sku,price\n1,2\n".repeat(200).as_bytes());
    check(&text, "SELECT sku, price FROM products", expected).await;
    let whole =
        File::with("CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, hex(zeroblob(90000)))");
    let bytes = std::fs::read(whole.path()).unwrap();
    let cut = File::of_bytes(&bytes[..bytes.len() / 2]);
    check(&cut, "SELECT k, v FROM t", expected).await;
}

#[tokio::test]
async fn what_the_statement_names_and_is_not_there_is_told() {
    let file = File::with("CREATE TABLE t (k INTEGER, v TEXT)");
    check(&file, "SELECT k, v FROM nowhere", "no such table: nowhere").await;
    check(&file, "SELECT id, v FROM t", "no such column: id").await;
    check(&file, "SELEKT 1", "near \"SELEKT\": syntax error").await;
    for query in ["SELECT 1, 2; SELECT 3, 4", "SELECT ?, 2"] {
        check(&file, query, "expected one statement without parameters").await;
    }
    for query in ["", "-- nothing"] {
        check(&file, query, "expected a statement that only reads and returns columns").await;
    }
}

#[tokio::test]
async fn rows_that_cannot_be_compared_for_certain_are_silence() {
    let file = File::with("CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 'a'), (NULL, 'b')");
    check(&file, "SELECT k, v FROM t", "a key (first column) is NULL").await;
    check(&file, "SELECT 1, CAST(x'ff41' AS TEXT)", "a text is not UTF-8").await;
    check(&file, "SELECT CAST(x'ff41' AS TEXT), 1", "a text is not UTF-8").await;
    for infinite in ["9e999", "-9e999"] {
        let query = format!("SELECT 1, {infinite}");
        check(&file, &query, "a number is not finite (NaN or infinity)").await;
    }
}

#[tokio::test]
async fn a_query_that_fails_on_the_way_is_silence_without_the_value_it_failed_on() {
    let file = File::with("CREATE TABLE t (k, v); INSERT INTO t VALUES (1, '{}'), (2, '{4111')");
    let told = silence(&file.database(), "SELECT k, json(v) FROM t", &limits()).await;
    assert_eq!(told, "the query failed (code 1)");
}

#[tokio::test]
async fn sides_of_different_widths_are_silence() {
    let file = File::with("");
    let database = file.database();
    let told = reason(
        equality(
            (&database, "SELECT 1, 2"),
            (&database, "SELECT 1, 2, 3"),
            &limits(),
            NOW,
        )
        .await,
    );
    assert_eq!(told, "the old side returns 2 columns and the new side 3");
}

#[tokio::test]
async fn both_sides_are_told_when_both_are_silent() {
    let file = File::with("");
    let database = file.database();
    let told = reason(equality((&database, "SELECT a"), (&database, "SELECT b"), &limits(), NOW).await);
    assert_eq!(told, "old side: no such column: a; new side: no such column: b");
}

#[tokio::test]
async fn a_locked_file_is_silence() {
    let file = File::with("CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 2)");
    let holder = file.open();
    holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let told = silence(&file.database(), "SELECT k, v FROM t", &impatient()).await;
    assert_eq!(told, "the database is locked by another program");
}

#[tokio::test]
async fn a_query_without_end_is_silence_and_ends() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*), 1 FROM n";
    let file = File::with("");
    let told = silence(&file.database(), endless, &impatient()).await;
    // The runtime of this test waits for its threads: it would never end if the engine went on.
    assert_eq!(told, "no answer within 1500 ms");
}

#[tokio::test]
async fn more_than_a_limit_is_silence_and_exactly_the_limit_an_answer() {
    let file = File::with("CREATE TABLE t (k, v); INSERT INTO t VALUES (1, 'abc'), (2, 'abc'), (3, 'abc')");
    let narrow = |rows_max, row_bytes_max| Limits {
        rows_max,
        row_bytes_max,
        ..limits()
    };
    let (database, query) = (file.database(), "SELECT k, v FROM t");
    let told = silence(&database, query, &narrow(2, 4)).await;
    assert_eq!(told, "more than 2 rows; narrow the query");
    let told = silence(&database, query, &narrow(3, 3)).await;
    assert_eq!(told, "a row is longer than 3 bytes");
    let told = silence(&database, "SELECT 1, hex(zeroblob(1000))", &narrow(3, 100)).await;
    assert_eq!(told, "a row is longer than 100 bytes");
    let sides = ((&database, query), (&database, query));
    let observation = equality(sides.0, sides.1, &narrow(3, 4), NOW).await;
    assert!(matches!(
        observation,
        tidegate_model::seam::Observation::Equality { counts, .. } if counts.old_rows == 3
    ));
}

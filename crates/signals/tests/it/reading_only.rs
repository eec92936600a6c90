//! A query that would write does not, and is silence.

use crate::file::File;
use crate::server::Server;
use crate::{limits, silence};

#[tokio::test]
async fn sqlite_is_only_read() {
    let file = File::with("CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a')");
    let before = file.contents();
    let elsewhere = file.path().with_extension("copy");
    for query in [
        "INSERT INTO t VALUES (2, 'b')",
        "INSERT INTO t VALUES (2, 'b') RETURNING k, v",
        "UPDATE t SET v = 'b' RETURNING k, v",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (k)",
        "CREATE TEMP TABLE u AS SELECT k, v FROM t",
        "PRAGMA journal_mode = WAL",
        "PRAGMA user_version = 7",
        "PRAGMA query_only = off",
        // It would hold for the whole process.
        "PRAGMA soft_heap_limit = 4000000000",
        "BEGIN IMMEDIATE",
        &format!("ATTACH '{}' AS other", elsewhere.display()),
        &format!("VACUUM INTO '{}'", elsewhere.display()),
    ] {
        let told = silence(&file.database(), query, &limits()).await;
        assert_eq!(
            told, "expected a statement that only reads and returns columns",
            "{query}"
        );
        assert_eq!(file.contents(), before, "{query}");
    }
}

#[tokio::test]
async fn postgres_is_only_read() {
    let server = Server::shared().await;
    server
        .run(
            "CREATE TABLE written (k int, v text); INSERT INTO written VALUES (1, 'a'); CREATE SEQUENCE numbers;
             CREATE FUNCTION add_row() RETURNS int LANGUAGE sql AS
               $$ INSERT INTO written VALUES (2, 'b') RETURNING k $$",
        )
        .await;
    let only_reads = "expected a statement that only reads and returns columns";
    for (query, expected) in [
        ("INSERT INTO written VALUES (2, 'b')", only_reads),
        ("DELETE FROM written", only_reads),
        ("DROP TABLE written", only_reads),
        ("SELECT add_row(), 1", only_reads),
        ("SELECT nextval('numbers'), 1", only_reads),
        ("SELECT k, v FROM written FOR UPDATE", only_reads),
        (
            "WITH added AS (INSERT INTO written VALUES (2, 'b') RETURNING k, v) SELECT k, v FROM added",
            "WITH clause containing a data-modifying statement must be at the top level (0A000)",
        ),
        (
            "SELECT 1, 2; COMMIT; INSERT INTO written VALUES (2, 'b')",
            "cannot insert multiple commands into a prepared statement (42601)",
        ),
        (
            "SELECT 1, 2) AS q; COMMIT; INSERT INTO written VALUES (2, 'b'); SELECT (1",
            "syntax error at or near \")\" (42601)",
        ),
        (
            "SELECT set_config('transaction_read_only', 'off', false), add_row()",
            "transaction read-write mode must be set before any query (25001)",
        ),
    ] {
        let told = silence(&server.database(), query, &limits()).await;
        assert_eq!(told, expected, "{query}");
        let client = server.client().await;
        let left = client
            .query_one("SELECT count(*), min(v) FROM written", &[])
            .await
            .unwrap();
        assert_eq!((left.get::<_, i64>(0), left.get::<_, &str>(1)), (1, "a"), "{query}");
        let numbers = client.query_one("SELECT is_called FROM numbers", &[]).await.unwrap();
        assert!(!numbers.get::<_, bool>(0), "{query}");
    }
}

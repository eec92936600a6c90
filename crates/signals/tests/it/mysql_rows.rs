//! Rows of MariaDB: compared with those of SQLite and its own, read only, and silence with a reason.

use tidegate_model::seam::EqualityCounts;
use tidegate_signals::sql::{Database, Limits};

use crate::file::File;
use crate::mariadb::MariaDb;
use crate::{counts, impatient, limits, silence};

/// Expressions of MariaDB and of SQLite that are one value.
const SAME: &[(&str, &str)] = &[
    ("1.00", "1"),
    ("CAST(19.90 AS DECIMAL(10,2))", "19.9"),
    ("0.1e0", "0.1"),
    ("CAST(0.1 AS FLOAT)", "0.1"),
    ("9223372036854775807", "9223372036854775807"),
    ("CAST(18446744073709551615 AS UNSIGNED)", "'18446744073709551615'"),
    ("-7", "-7"),
    ("TRUE", "1"),
    ("bit", "1"),
    ("'Ärger 注文 🚨'", "'Ärger 注文 🚨'"),
    ("''", "''"),
    ("NULL", "NULL"),
    ("x'00af'", "x'00af'"),
    ("DATE '2026-03-29'", "'2026-03-29'"),
    ("TIMESTAMP '2026-03-29 02:30:00.500000'", "'2026-03-29 02:30:00.5'"),
    ("moment", "'2026-03-29 01:30:00.5+00'"),
    ("TIME '-12:00:00'", "'-12:00:00'"),
    ("choice", "'card'"),
];

const DIFFERENT: &[(&str, &str)] = &[
    ("1", "2"),
    ("'a '", "'a'"),
    ("'A'", "'a'"),
    ("''", "NULL"),
    ("0", "NULL"),
    ("9007199254740993", "9007199254740993.0"),
];

#[tokio::test]
async fn one_value_is_one_in_mariadb_and_sqlite() {
    let (server, file) = (MariaDb::shared().await, File::with(""));
    server
        .run(
            "CREATE TABLE one (moment TIMESTAMP(6), choice ENUM('card', 'cash'), bit BIT(1));
             SET time_zone = '+02:00'; INSERT INTO one VALUES ('2026-03-29 03:30:00.5', 'card', b'1')",
        )
        .await;
    let (a, b) = (server.database(), file.database());
    for (pairs, differing) in [(SAME, 0), (DIFFERENT, 1)] {
        for (maria, sqlite) in pairs {
            let (old, new) = (format!("SELECT 1, {maria} FROM one"), format!("SELECT 1, {sqlite}"));
            let found = counts((&a, &old), (&b, &new)).await;
            assert_eq!(found.differing, differing, "{maria} and {sqlite}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_different_or_twice_is_counted_in_mariadb() {
    let (server, file) = (MariaDb::shared().await, File::with(""));
    server
        .run(
            "CREATE TABLE products (sku VARCHAR(20), price DECIMAL(10,2), note TEXT);
             INSERT INTO products VALUES ('a', 1.10, 'x'), ('b', 2.00, NULL), ('c', 3.50, ''), ('d', 4.00, 'y')",
        )
        .await;
    let items = "SELECT * FROM (VALUES ('a', 1.1, 'x'), ('b', 2, NULL), ('c', 3.51, ''), ('e', 5, 'z'), ('e', 5, 'z'))";
    let expected = EqualityCounts {
        old_rows: 4,
        new_rows: 5,
        missing: 2,
        differing: 1,
        duplicated: 1,
    };
    let query = "SELECT sku, price, note FROM products; ";
    let (maria, sqlite) = (server.database(), file.database());
    assert_eq!(counts((&maria, query), (&sqlite, items)).await, expected);
    let same = counts((&maria, query), (&maria, query)).await;
    assert_eq!((same.old_rows, same.missing, same.differing), (4, 0, 0));
    let none = "SELECT sku, price FROM products WHERE 1 = 0";
    assert_eq!(counts((&maria, none), (&maria, none)).await, EqualityCounts::default());
}

#[tokio::test]
async fn nothing_that_writes_is_asked() {
    let server = MariaDb::shared().await;
    server
        .run(
            "CREATE TABLE kept (k INT PRIMARY KEY, v INT); INSERT INTO kept VALUES (1, 2);
             CREATE FUNCTION spoil() RETURNS INT MODIFIES SQL DATA RETURN 1",
        )
        .await;
    let database = server.database();
    let expected = "expected a statement that only reads and returns columns";
    for query in [
        "DELETE FROM kept",
        "INSERT INTO kept VALUES (2, 3) RETURNING k, v",
        "OPTIMIZE TABLE kept",
        "SET GLOBAL max_connections = 7",
        "SELECT k, v FROM kept INTO @a, @b",
        "",
    ] {
        assert_eq!(silence(&database, query, &limits()).await, expected, "{query}");
    }
    for query in ["SELECT k, v FROM kept WHERE k = ?"] {
        let told = silence(&database, query, &limits()).await;
        assert_eq!(told, "expected one statement without parameters", "{query}");
    }
    let two = silence(&database, "SELECT 1, 2; DELETE FROM kept", &limits()).await;
    assert!(two.contains("(1064)"), "{two}");
    let query = "SELECT k, v FROM kept";
    assert_eq!(counts((&database, query), (&database, query)).await.old_rows, 1);
}

#[tokio::test]
async fn whatever_keeps_mariadb_from_answering_is_silence() {
    let server = MariaDb::shared().await;
    let database = server.database();
    let told = silence(&database, "SELECT k, v FROM nowhere", &limits()).await;
    assert_eq!(told, "Table 'shop.nowhere' doesn't exist (1146)");
    let told = silence(&database, "SELECT NULL, 1", &limits()).await;
    assert_eq!(told, "a key (first column) is NULL");
    let told = silence(&database, "SELECT SLEEP(60), 1", &impatient()).await;
    assert_eq!(told, "no answer within 1500 ms");
    let narrow = Limits {
        rows_max: 2,
        row_bytes_max: 100,
        ..limits()
    };
    let told = silence(
        &database,
        "SELECT 1, 2 UNION ALL SELECT 2, 3 UNION ALL SELECT 3, 4",
        &narrow,
    )
    .await;
    assert_eq!(told, "more than 2 rows; narrow the query");
    for bytes in [101, 1_000_000] {
        let told = silence(&database, &format!("SELECT 1, REPEAT('a', {bytes})"), &narrow).await;
        assert_eq!(told, "a row is longer than 100 bytes", "{bytes}");
    }
    let wrong = Database::parse(&format!("mariadb://tidegate:guess@127.0.0.1:{}/shop", server.port())).unwrap();
    let told = silence(&wrong, "SELECT 1, 2", &limits()).await;
    assert!(told.contains("(1045)") && !told.contains("guess"), "{told}");
    assert!(!format!("{wrong:?}").contains("guess"), "{wrong:?}");
    let far = Database::parse("mysql://u:p@192.0.2.1/shop").unwrap();
    let told = silence(&far, "SELECT 1, 2", &limits()).await;
    assert!(told.starts_with("MariaDB or MySQL is asked without TLS"), "{told}");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let gone = Database::parse(&format!("mysql://u:secret@127.0.0.1:{port}/shop")).unwrap();
    let told = silence(&gone, "SELECT 1, 2", &limits()).await;
    assert!(
        told.starts_with("the connection failed: ") && !told.contains("secret"),
        "{told}"
    );
}

//! When two values are one, across and within the two databases.

use crate::counts;
use crate::file::File;
use crate::server::Server;

/// Whether two expressions, one asked of PostgreSQL and one of SQLite, are one value: as a value and as a key.
async fn is_one(server: &Server, file: &File, postgres: &str, sqlite: &str) -> bool {
    let (a, b) = (server.database(), file.database());
    let value = (format!("SELECT 1, {postgres}"), format!("SELECT 1, {sqlite}"));
    let found = counts((&a, &value.0), (&b, &value.1)).await;
    let key = (format!("SELECT {postgres}, 1"), format!("SELECT {sqlite}, 1"));
    let matched = counts((&a, &key.0), (&b, &key.1)).await;
    assert_eq!(matched.missing, 2 * found.differing, "{postgres} and {sqlite} as keys");
    found.differing == 0
}

const SAME: &[(&str, &str)] = &[
    // Numbers by value.
    ("1.0", "1"),
    ("1.00::numeric(10,2)", "1.0"),
    ("1.10", "1.1"),
    ("100", "100.0"),
    ("0.1::float8", "0.1"),
    ("0.1::float4", "0.1"),
    ("0.1", "0.1"),
    ("1e15::float8", "1e15"),
    ("1e-7::float8", "1e-7"),
    ("1e300::float8", "1e300"),
    ("'-0'::float8", "0"),
    ("-0.00", "-0.0"),
    ("1::smallint", "1"),
    ("19.90::numeric", "19.9"),
    // Exact whole numbers beyond 2^53.
    ("9007199254740993::bigint", "9007199254740993"),
    ("9223372036854775807::numeric", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808"),
    // A number and the text that writes it shortest.
    ("1", "'1'"),
    ("'19.9'", "19.9"),
    ("19.90", "'19.9'"),
    // Truth.
    ("true", "1"),
    ("false", "0"),
    // Texts byte by byte; the padding of a fixed width is none of them.
    ("'Ärger 注文 🚨'", "'Ärger 注文 🚨'"),
    ("'ab'::char(5)", "'ab'"),
    ("'ab '::varchar(5)", "'ab '"),
    ("''", "''"),
    // Moments with a zone are in UTC, whatever zone they were written in; those without are what they say.
    ("'2026-03-29 03:30:00.5+02'::timestamptz", "'2026-03-29 01:30:00.5+00'"),
    ("'2026-03-29T01:30:00Z'::timestamptz", "'2026-03-29 01:30:00+00'"),
    ("'2026-03-29 02:30:00'::timestamp", "'2026-03-29 02:30:00'"),
    ("'2026-03-29'::date", "'2026-03-29'"),
    // Others as PostgreSQL writes them.
    ("'\\x00af'::bytea", "x'00af'"),
    (
        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    ),
    ("'{\"b\": 1, \"a\":2}'::jsonb", "'{\"a\": 2, \"b\": 1}'"),
    ("ARRAY[1, 2]", "'{1,2}'"),
];

const DIFFERENT: &[(&str, &str)] = &[
    ("1", "2"),
    ("1.0", "'1.0'"),
    ("1", "'01'"),
    ("1", "' 1'"),
    ("0.1::numeric + 0.2", "0.1 + 0.2"),
    // The float has lost its last digit; the exact number has not.
    ("9007199254740993::bigint", "9007199254740993.0"),
    ("9007199254740993::bigint", "9007199254740992"),
    ("'ab '::text", "'ab'"),
    ("'ab'", "'AB'"),
    // U+00E9, and e with U+0301.
    ("U&'\\00e9'", "'e' || char(769)"),
    ("'2026-03-29 03:30:00+02'::timestamptz", "'2026-03-29 03:30:00+02'"),
    (
        "'2026-03-29 01:30:00.1234567'::timestamp",
        "'2026-03-29 01:30:00.1234567'",
    ),
    ("true", "'true'"),
    ("'00af'", "x'00af'"),
];

#[tokio::test]
async fn one_value_is_one_in_both_databases() {
    let (server, file) = (Server::shared().await, File::with(""));
    for (postgres, sqlite) in SAME {
        assert!(
            is_one(&server, &file, postgres, sqlite).await,
            "{postgres} and {sqlite}"
        );
    }
}

#[tokio::test]
async fn different_values_are_different_in_both_databases() {
    let (server, file) = (Server::shared().await, File::with(""));
    for (postgres, sqlite) in DIFFERENT {
        assert!(
            !is_one(&server, &file, postgres, sqlite).await,
            "{postgres} and {sqlite}"
        );
    }
}

#[tokio::test]
async fn null_equals_null_and_nothing_else() {
    let (server, file) = (Server::shared().await, File::with(""));
    let (a, b) = (server.database(), file.database());
    for (postgres, sqlite, differing) in [
        ("NULL", "NULL", 0),
        ("NULL::int", "NULL", 0),
        ("NULL", "''", 1),
        ("''", "NULL", 1),
        ("0", "NULL", 1),
        ("NULL", "'NULL'", 1),
    ] {
        let (old, new) = (format!("SELECT 1, {postgres}"), format!("SELECT 1, {sqlite}"));
        let found = counts((&a, &old), (&b, &new)).await;
        assert_eq!(found.differing, differing, "{postgres} and {sqlite}");
    }
}

#[tokio::test]
async fn a_servers_own_settings_change_no_value() {
    let server = Server::shared().await;
    server
        .run(
            "CREATE ROLE abroad LOGIN SUPERUSER PASSWORD 'secret';
             ALTER ROLE abroad SET TimeZone = 'Asia/Tokyo'; ALTER ROLE abroad SET DateStyle = 'German';
             ALTER ROLE abroad SET IntervalStyle = 'iso_8601'; ALTER ROLE abroad SET bytea_output = 'escape';
             ALTER ROLE abroad SET extra_float_digits = -5",
        )
        .await;
    let here = server.database();
    let abroad = format!("postgres://abroad:secret@127.0.0.1:{}/postgres", server.port());
    let abroad = tidegate_signals::sql::Database::parse(&abroad).unwrap();
    let query = "SELECT 1, '2026-03-29 03:30:00.5+02'::timestamptz, '2026-03-29'::date, '1 day 2 hours'::interval, \
                 '\\x00af'::bytea, 0.1::float8 + 0.2::float8";
    assert_eq!(counts((&here, query), (&abroad, query)).await.differing, 0);
}

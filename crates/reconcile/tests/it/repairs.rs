//! A repair script makes the target what the old side is, and leaves alone what has changed since.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tidegate_reconcile::repair::{Repair, Written};
use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{Column, Comparison, Earlier, Entity, Expression, Stop, source};

use crate::pairs::{compare, fast, table};
use crate::server::Servers;

/// An output that a test can read after the script has gone.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn script(old: &str, new: &str, entity: Entity) -> (String, Written) {
    let (from, to) = (source::open(old).unwrap(), source::open(new).unwrap());
    let comparison = Comparison::prepare(entity, from, to, fast()).await.unwrap();
    let out = Shared::default();
    let mut repair = Repair::begin(&comparison, new, Box::new(out.clone())).unwrap();
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut |event| {
            repair.take(&event).unwrap()
        })
        .await
        .unwrap();
    assert_eq!(verdict.outcome, Outcome::Diverged);
    let written = repair.finish().unwrap();
    (out.text(), written)
}

/// Runs a script as the header says that people do.
fn run(address: &str, script: &str) {
    let mut command = if address.starts_with("postgres") {
        let mut psql = Command::new("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--file",
            "-",
            address,
        ]);
        psql
    } else {
        // mysql://USER:PASSWORD@HOST:PORT/NAME
        let rest = address.strip_prefix("mysql://tidegate:secret@127.0.0.1:").unwrap();
        let (port, name) = rest.split_once('/').unwrap();
        let mut mariadb = Command::new("mariadb");
        mariadb.args([
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            port,
            "-u",
            "tidegate",
            "-psecret",
        ]);
        mariadb.args(["--default-character-set=latin1", name]);
        mariadb
    };
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let end = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&end.stderr);
    assert!(end.status.success(), "{words}\n{script}");
}

const POSTGRES: &str = r"
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, flag boolean, small smallint, money numeric(20,4), share double precision,
    part real, name text, code char(5), raw bytea, day date, clock time(6), at timestamp(6), seen timestamptz(6),
    mark uuid, doc jsonb);
";

const MARIADB: &str = r"
CREATE TABLE t (id bigint PRIMARY KEY, flag bit(1), small smallint, money decimal(20,4), share double, part float,
    name longtext, code char(5), raw longblob, day date, clock time(6), at datetime(6), seen timestamp(6) NULL,
    mark char(36), doc json) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
";

/// Rows of both engines by the same words; each differs from its neighbours in every column.
const ROWS: [&str; 5] = [
    r#"(1, FALSE, -1, -0.0001, 0.1, 0.1, 'It''s', 'ab', @00ff27@, '2026-03-29', '23:59:59.999999', '2026-03-29 02:30:00.000001', '2026-03-29 02:30:00.5+00', '01234567-89ab-cdef-0123-456789abcdef', '{"b": [1, 2.50], "a": "x''y"}')"#,
    r#"(2, TRUE, 32767, 9999999999999999.9999, 1e-300, 3.4e38, 'trailing  ', 'EU', @5c@, '1970-01-01', '00:00:00', '1999-12-31 23:59:59', '2037-12-31 23:59:59+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]')"#,
    r#"(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"#,
    r#"(4, TRUE, 0, 0, 0.30000000000000004, 16777217, '', '', @@, '2000-02-29', '12:00:00.5', '2026-10-25 02:30:00', '2026-10-25 01:30:00+00', '00000000-0000-0000-0000-000000000000', 'null')"#,
    r#"(5, FALSE, 7, 7, -7.5, -7.5, 'Grüße 🚢; -- no comment \. :name', 'X y', @0a0d09@, '9999-12-31', '01:02:03', '0999-01-01 00:00:00', '1970-01-02 00:00:00+00', 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', '{"k": 12345678901234567890.5}')"#,
];

const COLUMNS: [&str; 14] = [
    "flag", "small", "money", "share", "part", "name", "code", "raw", "day", "clock", "at", "seen", "mark", "doc",
];

fn row(text: &str, is_postgres: bool) -> String {
    let mut out = String::new();
    for (at, part) in text.split('@').enumerate() {
        match (at % 2 == 1, is_postgres) {
            (false, true) => out.push_str(part),
            (false, false) => out.push_str(&part.replace("+00'", "'")),
            (true, true) => out.push_str(&format!("decode('{part}', 'hex')")),
            (true, false) => out.push_str(&format!("x'{part}'")),
        }
    }
    out
}

fn insert(rows: &[String], is_postgres: bool) -> String {
    let over = if is_postgres { " OVERRIDING SYSTEM VALUE" } else { "" };
    format!("INSERT INTO t{over} VALUES {};\n", rows.join(", "))
}

/// The rows with ids turned round among those that are there: every column of every row differs.
fn shifted(rows: &[String]) -> Vec<String> {
    let content = |at: usize| rows[at].split_once(',').unwrap().1.to_owned();
    // 1 and 3 are missing, 2, 4 and 5 hold other rows' values, 8 and 9 are too many.
    [(2, 4), (4, 2), (5, 0), (8, 3), (9, 1)]
        .map(|(id, at)| format!("({id},{}", content(at)))
        .to_vec()
}

async fn check(is_old_postgres: bool, is_new_postgres: bool) {
    let servers = Servers::shared().await;
    let rows = |is_postgres| -> Vec<String> { ROWS.iter().map(|text| row(text, is_postgres)).collect() };
    let mut addresses = Vec::new();
    for (is_postgres, is_new) in [(is_old_postgres, false), (is_new_postgres, true)] {
        let content = if is_new {
            shifted(&rows(is_postgres))
        } else {
            rows(is_postgres)
        };
        let statements = format!(
            "{}{}",
            if is_postgres { POSTGRES } else { MARIADB },
            insert(&content, is_postgres)
        );
        addresses.push(if is_postgres {
            let database = servers.postgres().await;
            database.run(&statements).await;
            database.0
        } else {
            let database = servers.mariadb().await;
            database.run(&statements).await;
            database.0
        });
    }
    let [old, new] = [&addresses[0], &addresses[1]];
    let entity = || {
        let mut entity = table("t", &["id"], &COLUMNS);
        entity.zone = Some("UTC".to_owned());
        entity
    };
    let before = compare(old, new, entity(), fast()).await;
    assert_eq!(before.verdict.counts.confirmed(), 7, "{:?}", before.differences);
    let (text, written) = script(old, new, entity()).await;
    assert_eq!(
        written,
        Written {
            inserts: 2,
            updates: 3,
            deletes: 2,
            left: 0
        },
        "{text}"
    );
    run(new, &text);
    let after = compare(old, new, entity(), fast()).await;
    assert_eq!(after.verdict.outcome, Outcome::Clean, "{:?}\n{text}", after.differences);
    run(new, &text);
    let again = compare(old, new, entity(), fast()).await;
    assert_eq!(
        again.verdict.outcome,
        Outcome::Clean,
        "run twice: {:?}",
        again.differences
    );
}

#[tokio::test]
async fn after_the_script_postgresql_is_what_mariadb_is() {
    check(false, true).await;
}

#[tokio::test]
async fn after_the_script_mariadb_is_what_postgresql_is() {
    check(true, false).await;
}

#[tokio::test]
async fn after_the_script_both_sides_of_one_engine_are_the_same() {
    check(true, true).await;
    check(false, false).await;
}

/// Rows that change between the comparison and the script: each by one column that no statement sets.
#[tokio::test]
async fn a_row_that_has_changed_since_is_left_alone() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run(
        "CREATE TABLE t (code text PRIMARY KEY, name text, size int);
        INSERT INTO t VALUES ('a', 'Ann', 1), ('b', 'Bob', 2), ('c', 'Cat', 3), ('n', NULL, 4)",
    )
    .await;
    let targets = [servers.postgres().await.0, servers.mariadb().await.0];
    for new in targets {
        let is_postgres = new.starts_with("postgres");
        let statements = "CREATE TABLE t (code varchar(20) PRIMARY KEY, name varchar(20), size int);\n\
            INSERT INTO t VALUES ('a', 'ann', 1), ('n', 'x', 4), ('x', 'Xen', 9), ('y', NULL, 9);\n";
        let since = "UPDATE t SET size = NULL WHERE code = 'a';\n\
            UPDATE t SET name = 'X' WHERE code = 'n';\n\
            UPDATE t SET name = 'xen ' WHERE code = 'x';\n\
            UPDATE t SET name = '' WHERE code = 'y';\n\
            INSERT INTO t VALUES ('b', 'Bo', 0);\n";
        let seen = if is_postgres {
            "SELECT string_agg(code || ':' || coalesce('<' || name || '>', '-') || ':' || coalesce(size::text, '-'), ' ' ORDER BY code COLLATE \"C\") FROM t"
        } else {
            "SELECT group_concat(concat(code, ':', coalesce(concat('<', name, '>'), '-'), ':', coalesce(size, '-')) ORDER BY code SEPARATOR ' ') FROM t"
        };
        execute(&new, statements).await;
        let (text, written) = script(&old.0, &new, table("t", &["code"], &["name", "size"])).await;
        assert_eq!((written.inserts, written.updates, written.deletes), (2, 2, 2), "{text}");
        execute(&new, since).await;
        run(&new, &text);
        assert_eq!(
            ask(&new, seen).await,
            "a:<ann>:- b:<Bo>:0 c:<Cat>:3 n:<X>:4 x:<xen >:9 y:<>:9",
            "only `c` was still as it had been seen\n{text}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_turned_round_is_said_and_not_written() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.postgres().await, servers.postgres().await);
    old.run(
        "CREATE TABLE t (id int PRIMARY KEY, mail text, total numeric);
        INSERT INTO t VALUES (1, 'A@x', 1.50), (2, 'b@x', 2), (3, 'c@x', 3)",
    )
    .await;
    new.run(
        "CREATE TABLE t (id int PRIMARY KEY, mail text, cents int, gone boolean NOT NULL DEFAULT false);
        INSERT INTO t VALUES (1, 'a@x', 151, false), (2, 'B@x', 200, false), (4, E'd@x\\nDROP TABLE t;', 4, false)",
    )
    .await;
    let mut entity = table("t", &["id"], &["mail"]);
    entity.columns[0].old = Expression::Sql("lower(mail)".to_owned());
    entity.columns.push(Column {
        name: "total".to_owned(),
        new: Expression::Sql("cents / 100.0".to_owned()),
        ..Column::same("total")
    });
    let (text, written) = script(&old.0, &new.0, entity.clone()).await;
    let lines: Vec<&str> = text.lines().skip_while(|line| !line.is_empty()).skip(1).collect();
    assert_eq!(
        lines,
        [
            "-- Left, changed: id = 1: column `total`: the column is an expression on the target, which cannot be turned round.",
            "UPDATE \"t\" SET \"mail\" = 'b@x' WHERE \"id\" = 2 AND \"mail\"::text COLLATE \"C\" IS NOT DISTINCT FROM 'B@x' AND (cents / 100.0) IS NOT DISTINCT FROM 2;",
            "-- Left, missing: id = 3: column `total`: the column is an expression on the target, which cannot be turned round.",
            "DELETE FROM \"t\" WHERE \"id\" = 4 AND \"mail\"::text COLLATE \"C\" IS NOT DISTINCT FROM E'd@x\\nDROP TABLE t;' AND (cents / 100.0) IS NOT DISTINCT FROM 0.04;",
            "",
            "-- 0 rows to insert, 1 to change, 1 to delete; 2 differences are left.",
            "COMMIT;",
        ]
    );
    assert_eq!(written.left, 2);
    assert!(
        text.contains("-- column `total` is not written: the column is an expression"),
        "{text}"
    );
    run(&new.0, &text);
    entity.new_filter = Some("NOT gone".to_owned());
    let (text, _) = script(&old.0, &new.0, entity).await;
    assert!(
        text.contains("Missing rows are not inserted: they would have to meet `NOT gone`."),
        "{text}"
    );
    assert!(
        text.contains("-- Left, missing: id = 3: a new row would have to meet `NOT gone`."),
        "{text}"
    );
}

#[tokio::test]
async fn a_script_that_was_not_finished_changes_nothing() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)")
        .await;
    for new in [servers.postgres().await.0, servers.mariadb().await.0] {
        execute(
            &new,
            "CREATE TABLE t (id int PRIMARY KEY, n int);\nINSERT INTO t VALUES (1, 0);\n",
        )
        .await;
        let (text, _) = script(&old.0, &new, table("t", &["id"], &["n"])).await;
        let cut = text.split_once("\n-- 1 rows").unwrap().0;
        run(&new, cut);
        assert_eq!(ask(&new, "SELECT concat(count(*), ' ', sum(n)) FROM t").await, "1 0");
    }
}

async fn execute(address: &str, statements: &str) {
    if address.starts_with("postgres") {
        crate::server::Postgres(address.to_owned()).run(statements).await;
    } else {
        crate::server::MariaDb(address.to_owned()).run(statements).await;
    }
}

async fn ask(address: &str, sql: &str) -> String {
    use mysql_async::prelude::Queryable as _;
    if address.starts_with("postgres") {
        let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    } else {
        let mut conn = mysql_async::Conn::from_url(address).await.unwrap();
        let text = conn.query_first::<String, _>(sql).await.unwrap().unwrap();
        conn.disconnect().await.unwrap();
        text
    }
}

#[tokio::test]
async fn after_the_script_a_sqlite_file_is_what_postgresql_is() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run(
        "CREATE TABLE t (id int PRIMARY KEY, flag boolean, money numeric(12,4), name text, raw bytea, day date,
            at timestamp(6), mark uuid);
        INSERT INTO t VALUES
            (1, true, 1.5, E'two\\nlines \\\\', decode('00ff', 'hex'), '2026-03-29', '2026-03-29 02:30:00.5',
                '01234567-89ab-cdef-0123-456789abcdef'),
            (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            (3, false, -7, 'It''s', decode('', 'hex'), '1999-12-31', '1999-12-31 00:00:00',
                'ffffffff-ffff-ffff-ffff-ffffffffffff')",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.db");
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, flag BOOLEAN, money NUMERIC, name TEXT COLLATE NOCASE, raw BLOB, day DATE,
            at TIMESTAMP, mark TEXT);
        INSERT INTO t VALUES
            (2, 1, 2.25, 'x', x'00', '2026-01-01', '2026-01-01T10:20:30.250', 'AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee'),
            (3, 0, -7, 'it''s', x'', '1999-12-31', '1999-12-31 00:00:00', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'),
            (4, NULL, 1, 'y', NULL, NULL, '2026-01-01 00:00:00', NULL),
            (5, NULL, 1, 'z', NULL, NULL, '2026-01-01 00:00:00', NULL);",
    );
    let new = format!("sqlite:{}", path.display());
    let entity = || table("t", &["id"], &["flag", "money", "name", "raw", "day", "at", "mark"]);
    let (text, written) = script(&old.0, &new, entity()).await;
    assert_eq!(
        (written.inserts, written.updates, written.deletes, written.left),
        (1, 2, 2, 0),
        "{text}"
    );
    execute("UPDATE t SET at = '2026-01-01 00:00:01' WHERE id = 5");
    execute(&text);
    let after = compare(&old.0, &new, entity(), fast()).await;
    assert_eq!(after.differences, ["5: extra"], "it had changed since\n{text}");
}

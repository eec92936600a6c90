//! SQLite, CSV and NDJSON against each other and against a server; queries, filters, renamed columns and expressions.

use std::path::Path;

use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{Column, Comparison, Entity, Expression, PlanFault, Relation, SourceFault, source};

use crate::pairs::{compare, fast, table};
use crate::server::Servers;

fn sqlite(path: &Path, script: &str) -> String {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(script).unwrap();
    format!("sqlite:{}", path.display())
}

fn file(path: &Path, scheme: &str, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    format!("{scheme}:{}", path.display())
}

#[tokio::test]
async fn every_form_of_source_meets_every_other() {
    let servers = Servers::shared().await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (postgres, mariadb) = (servers.postgres().await, servers.mariadb().await);
    // Rows 1 to 4 are the same everywhere; each form lacks one of the rows 10 to 14.
    let rows = [
        "(1, 'plain', 1.5, '2026-01-01 00:00:00')",
        "(2, '', -0.05, '2026-01-01 12:30:00.25')",
        "(3, NULL, NULL, NULL)",
        "(4, 'quo\"te, comma', 100, '2026-12-31 23:59:59')",
    ];
    let insert = |lacks: u32| {
        let some = (10..15)
            .filter(|id| *id != lacks)
            .map(|id| format!("({id}, 'n', 1, NULL)"));
        let all: Vec<String> = rows.iter().map(|row| (*row).to_owned()).chain(some).collect();
        format!("INSERT INTO t VALUES {}", all.join(", "))
    };
    postgres
        .run(&format!(
            "CREATE TABLE t (id int primary key, note text, total numeric(9,2), at timestamp); {}",
            insert(10)
        ))
        .await;
    mariadb
        .run(&format!(
            "CREATE TABLE t (id int primary key, note text, total decimal(9,3), at datetime(6));\n{}",
            insert(11)
        ))
        .await;
    let db = sqlite(
        &at("t.db"),
        &format!(
            "CREATE TABLE t (id integer primary key, note text, total numeric, at datetime); {}",
            insert(12)
        ),
    );
    let lines = |lacks: u32, line: &dyn Fn(u32) -> String| -> String {
        (10..15).rev().filter(|id| *id != lacks).map(line).collect()
    };
    let csv = file(
        &at("t.csv"),
        "csv",
        &format!(
            "at,id,note,total\r\n2026-12-31 23:59:59,4,\"quo\"\"te, comma\",100\r\n,3,,\n{}2026-01-01 12:30:00.250,2,\"\",-0.050\n2026-01-01T00:00:00,1,plain,1.50\n",
            lines(13, &|id| format!(",{id},n,1\n"))
        ),
    );
    let ndjson = file(
        &at("t.ndjson"),
        "ndjson",
        &format!(
            "{{\"id\":2,\"note\":\"\",\"total\":-5e-2,\"at\":\"2026-01-01 12:30:00.25\"}}\n{}{{\"id\":4,\"note\":\"quo\\\"te, comma\",\"total\":100.00,\"at\":\"2026-12-31 23:59:59\"}}\n\n{{\"id\":3,\"note\":null}}\n{{\"id\":1,\"note\":\"plain\",\"total\":1.5,\"at\":\"2026-01-01 00:00:00\"}}",
            lines(14, &|id| format!(
                "{{\"id\":{id},\"note\":\"n\",\"total\":1,\"at\":null}}\n"
            ))
        ),
    );
    let sides = [
        (postgres.0.as_str(), 10),
        (mariadb.0.as_str(), 11),
        (db.as_str(), 12),
        (csv.as_str(), 13),
        (ndjson.as_str(), 14),
    ];
    for (old, old_lacks) in sides {
        for (new, new_lacks) in sides {
            let mut entity = table("t", &["id"], &["note", "total", "at"]);
            // Two files say nothing of what they hold.
            for (column, kind) in entity.key.iter_mut().chain(&mut entity.columns).zip([
                tidegate_reconcile::Kind::Int,
                tidegate_reconcile::Kind::Text,
                tidegate_reconcile::Kind::Decimal,
                tidegate_reconcile::Kind::Timestamp,
            ]) {
                column.kind = Some(kind);
            }
            let said = compare(old, new, entity, fast()).await;
            let mut expected = vec![format!("{old_lacks}: extra"), format!("{new_lacks}: missing")];
            expected.sort();
            if old == new {
                expected.clear();
            }
            assert_eq!(said.differences, expected, "{old_lacks} against {new_lacks}");
            let outcome = if old == new { Outcome::Clean } else { Outcome::Diverged };
            assert_eq!(said.verdict.outcome, outcome, "{:?}", said.verdict);
        }
    }
}

#[tokio::test]
async fn more_rows_than_are_sorted_in_memory_are_sorted_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n: u32| format!("{},{}\n", n, "x".repeat(400));
    // A step that shares no factor with the number of rows visits each of them once.
    let shuffled = |lacks: u32| -> String {
        let some = (0..60_000_u32).map(|n| n * 7_919 % 60_000).filter(|n| *n != lacks);
        "id,v\n".to_owned() + &some.map(line).collect::<String>()
    };
    let old = file(&folder.path().join("old.csv"), "csv", &shuffled(41));
    let new = file(&folder.path().join("new.csv"), "csv", &shuffled(59_999));
    let said = compare(&old, &new, table("t", &["id"], &["v"]), fast()).await;
    // Without a kind the key of a file is text.
    assert_eq!(said.differences, ["41: extra", "59999: missing"]);
    assert_eq!(
        (said.verdict.coverage.old_rows, said.verdict.coverage.new_rows),
        (59_999, 59_999)
    );
}

#[tokio::test]
async fn a_query_a_filter_another_name_and_an_expression_take_the_place_of_a_table() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.mariadb().await, servers.postgres().await);
    old.run(
        "CREATE TABLE orders (id int primary key, status varchar(9), price decimal(9,2), customer int);
        CREATE TABLE customers (id int primary key, mail varchar(40));
        INSERT INTO customers VALUES (1, 'a@b.example'), (2, 'c@d.example');
        INSERT INTO orders VALUES (1, 'cart', 1.50, 1), (2, 'paid', 2, 1), (3, 'cart', 3, 2), (4, 'cart', 4, 2)",
    )
    .await;
    new.run(
        "CREATE TABLE carts (cart_id int primary key, cents bigint, email text);
        INSERT INTO carts VALUES (1, 150, 'a@b.example'), (3, 301, 'c@d.example'), (9, 1, 'x')",
    )
    .await;
    let entity = Entity {
        name: "carts".to_owned(),
        old: Relation::Query(
            "SELECT o.id, o.price, c.mail FROM orders o JOIN customers c ON c.id = o.customer WHERE o.status = 'cart'"
                .to_owned(),
        ),
        new: Relation::Table("carts".to_owned()),
        key: vec![Column::renamed("id", "cart_id")],
        columns: vec![
            Column {
                old: Expression::Sql("price * 100".to_owned()),
                ..Column::same("cents")
            },
            Column::renamed("mail", "email"),
        ],
        old_filter: None,
        new_filter: Some("cart_id < 9".to_owned()),
        zone: None,
    };
    let said = compare(&old.0, &new.0, entity, fast()).await;
    assert_eq!(said.differences, ["3: cents 300 -> 301 (value)", "4: missing"]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_anything_runs() {
    let servers = Servers::shared().await;
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (servers.mariadb().await, servers.postgres().await);
    old.run("CREATE TABLE t (id int primary key, v datetime, w int)").await;
    new.run("CREATE TABLE t (id int primary key, v timestamptz, w uuid)")
        .await;
    let csv = file(&folder.path().join("t.csv"), "csv", "id,v\n1,2\n");
    let prepare = async |old: &str, entity: Entity| {
        let (old, new) = (source::open(old).unwrap(), source::open(&new.0).unwrap());
        let fault = Comparison::prepare(entity, old, new, fast()).await.err();
        fault.expect("it cannot be asked")
    };
    let entity = |columns: &[&str]| table("t", &["id"], columns);
    assert!(matches!(prepare(&old.0, entity(&["v"])).await, PlanFault::ZoneNeeded { column } if column == "v"));
    assert!(matches!(prepare(&old.0, entity(&["w"])).await, PlanFault::Strangers { column, .. } if column == "w"));
    assert!(matches!(
        prepare(&old.0, table("t", &[], &["v"])).await,
        PlanFault::NoKey
    ));
    let fault = prepare(&old.0, entity(&["none"])).await.to_string();
    assert!(fault.contains("none"), "{fault}");
    let fault = prepare(&csv, entity(&["none"])).await.to_string();
    assert_eq!(fault, "old side: there is no column `none`; there are id, v");
    let filtered = Entity {
        old_filter: Some("v > 1".to_owned()),
        ..entity(&["v"])
    };
    assert!(matches!(
        prepare(&csv, filtered).await,
        PlanFault::Side(fault) if matches!(fault.fault, SourceFault::NoExpressions { .. })
    ));
    for far in ["postgres://u:p@db.example/x", "mysql://u:p@db.example/x", "redis://x"] {
        let fault = source::open(far).err().expect("it is not opened").to_string();
        assert!(!fault.contains("u:p"), "{fault}");
    }
}

//! The last key of a table, as a reader of changes asks for it.

use std::time::Duration;

use tidegate_reconcile::source::{self, Arrival, Asked, Question};
use tidegate_reconcile::{Expression, Key, Kind, Relation, Value};

use crate::server::Servers;

fn question(kind: Kind, order: Arrival) -> Question {
    let asked = |name: &str, kind: Kind| Asked {
        expression: Expression::Column(name.to_owned()),
        kind: Some(kind),
        native: Some(kind),
    };
    Question {
        relation: Relation::Table("changed".to_owned()),
        key: vec![asked("position", kind)],
        cells: vec![asked("sku", Kind::Int)],
        filter: None,
        may_have_null_keys: true,
        zone: None,
        statement_time_max: Duration::from_secs(60),
        order,
    }
}

#[tokio::test]
async fn the_last_key_is_found_from_the_end_and_an_empty_table_has_none() {
    let servers = Servers::shared().await;
    let (postgres, mariadb) = (servers.postgres().await, servers.mariadb().await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.db");
    let sqlite = rusqlite::Connection::open(&path).unwrap();
    let make = "CREATE TABLE changed (position int, sku int)";
    postgres.run(make).await;
    mariadb.run(make).await;
    sqlite.execute_batch(make).unwrap();
    let addresses = [
        postgres.0.clone(),
        mariadb.0.clone(),
        format!("sqlite:{}", path.display()),
    ];
    for address in &addresses {
        let source = source::open(address).unwrap();
        for order in [Arrival::ByKey, Arrival::AsTheyCome] {
            let last = source.last(&question(Kind::Int, order)).await.unwrap();
            assert_eq!(last, None, "{order:?}");
        }
    }
    // Numbers that are no numbers yet come first or last, and are no end.
    let fill = "INSERT INTO changed VALUES (9, 1), (10, 2), (NULL, 3), (2, 4)";
    postgres.run(fill).await;
    mariadb.run(fill).await;
    sqlite.execute_batch(fill).unwrap();
    for (at, address) in addresses.iter().enumerate() {
        let source = source::open(address).unwrap();
        let last = source
            .last(&question(Kind::Int, Arrival::ByKey))
            .await
            .unwrap_or_else(|error| panic!("source {at}: {error}"));
        assert_eq!(last, Some(Key::of(&[Value::Int(10)])), "source {at}");
    }
}

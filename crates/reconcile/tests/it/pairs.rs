//! Planted differences between two servers are found, each with its class, and nothing else is.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test listens to the events that it is about"
)]

use std::sync::Arc;
use std::time::Duration;

use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{
    Budget, Column, Comparison, Difference, Earlier, Entity, Event, Relation, Stop, Value, Verdict, source,
};

use crate::server::Servers;

/// What a comparison said, in words.
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    pub(crate) differences: Vec<String>,
    /// Key and what happened to it, with the places of changed columns.
    pub(crate) found: Vec<(Vec<Value>, String)>,
    pub(crate) events: Vec<Event>,
}

/// A budget for tests: suspects settle fast.
pub(crate) fn fast() -> Budget {
    Budget {
        settle: Duration::from_millis(20),
        ..Budget::default()
    }
}

/// The same with chunks so small that few rows are many ranges.
pub(crate) fn small_chunks() -> Budget {
    Budget {
        chunk_rows_first: 40,
        ..fast()
    }
}

/// The same table on both sides.
pub(crate) fn table(name: &str, key: &[&str], columns: &[&str]) -> Entity {
    Entity {
        name: name.to_owned(),
        old: Relation::Table(name.to_owned()),
        new: Relation::Table(name.to_owned()),
        key: key.iter().map(|name| Column::same(name)).collect(),
        columns: columns.iter().map(|name| Column::same(name)).collect(),
        old_filter: None,
        new_filter: None,
        zone: None,
    }
}

pub(crate) async fn compare(old: &str, new: &str, entity: Entity, budget: Budget) -> Said {
    let names: Vec<String> = entity.columns.iter().map(|column| column.name.clone()).collect();
    let (old, new) = (source::open(old).unwrap(), source::open(new).unwrap());
    let comparison = Comparison::prepare(entity, Arc::clone(&old), Arc::clone(&new), budget)
        .await
        .unwrap();
    let mut events = Vec::new();
    let verdict = comparison
        .run(Earlier::default(), &Stop::default(), &mut |event| events.push(event))
        .await
        .unwrap();
    let confirmed = events.iter().filter_map(|event| match event {
        Event::Confirmed(difference) => Some(words(difference, &names)),
        _ => None,
    });
    let found = events.iter().filter_map(|event| match event {
        Event::Confirmed(difference) => Some((difference.key().values(), bare(difference))),
        _ => None,
    });
    Said {
        verdict,
        differences: confirmed.collect(),
        found: found.collect(),
        events,
    }
}

fn bare(difference: &Difference) -> String {
    match difference {
        Difference::Missing { .. } => "missing".to_owned(),
        Difference::Extra { .. } => "extra".to_owned(),
        Difference::Duplicated { .. } => "duplicated".to_owned(),
        Difference::Changed { changes, .. } => {
            let places: Vec<String> = changes.iter().map(|change| change.column.to_string()).collect();
            format!("changed {}", places.join(" "))
        }
    }
}

fn words(difference: &Difference, names: &[String]) -> String {
    let key = difference.key();
    match difference {
        Difference::Missing { .. } => format!("{key}: missing"),
        Difference::Extra { .. } => format!("{key}: extra"),
        Difference::Duplicated { side, rows, .. } => format!("{key}: {rows} rows on the {side} side"),
        Difference::Changed { changes, .. } => {
            let change = changes.iter().map(|change| {
                format!(
                    "{} {} -> {} ({})",
                    names[change.column], change.old, change.new, change.class
                )
            });
            format!("{key}: {}", change.collect::<Vec<_>>().join(", "))
        }
    }
}

#[tokio::test]
async fn planted_differences_between_two_engines_are_found_and_nothing_else() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.mariadb().await, servers.postgres().await);
    old.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, note varchar(40), total decimal(12,2), at datetime(6));
        INSERT INTO t SELECT seq, concat('n', seq), seq / 7, '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_30000",
    )
    .await;
    new.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, note text, total numeric(12,2), at timestamp(6));
        INSERT INTO t SELECT s, 'n' || s, round(s / 7.0, 2), timestamp '2026-01-01' + s * interval '1 second'
          FROM generate_series(1, 30000) s;
        DELETE FROM t WHERE id IN (1, 15000, 30000);
        INSERT INTO t VALUES (0, 'zero', 0, '2026-01-01'), (40000, 'beyond', 0, '2026-01-01');
        UPDATE t SET note = note || ' ' WHERE id = 2;
        UPDATE t SET note = upper(note) WHERE id = 3;
        UPDATE t SET note = NULL WHERE id = 4;
        UPDATE t SET total = total + 0.01 WHERE id = 5;
        UPDATE t SET at = at + interval '1 microsecond' WHERE id = 29999;",
    )
    .await;
    let said = compare(&old.0, &new.0, table("t", &["id"], &["note", "total", "at"]), fast()).await;
    assert_eq!(
        said.differences,
        [
            "0: extra",
            "1: missing",
            "2: note n2 -> n2  (trailing space)",
            "3: note n3 -> N3 (case)",
            "4: note n4 -> NULL (NULL or value)",
            "5: total 0.71 -> 0.72 (value)",
            "15000: missing",
            "29999: at 2026-01-01 08:19:59 -> 2026-01-01 08:19:59.000001 (sub-second)",
            "30000: missing",
            "40000: extra",
        ]
    );
    assert_eq!(said.verdict.outcome, Outcome::Diverged);
    assert_eq!(
        (said.verdict.coverage.old_rows, said.verdict.coverage.new_rows),
        (30_000, 29_999)
    );
    assert!(said.verdict.coverage.is_whole && said.verdict.coverage.chunks_done > 1);
    assert!(
        said.events
            .iter()
            .any(|event| matches!(event, Event::Rereading { suspects: 10, .. }))
    );
}

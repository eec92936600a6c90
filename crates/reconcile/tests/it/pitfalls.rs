//! What makes two databases write one value in two ways is no difference; what differs although it looks alike is one.

use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{Cmp, Entity, Event, Kind};

use crate::pairs::{Said, compare, small_chunks, table};
use crate::server::Servers;

/// One table on either engine: its columns besides `id`, and its rows.
struct Case<'a> {
    mariadb: (&'a str, &'a str),
    postgres: (&'a str, &'a str),
    /// Key and columns.
    entity: Entity,
    /// What is to be found, from MariaDB to PostgreSQL.
    expected: &'a [&'a str],
}

async fn check(case: Case<'_>) -> Said {
    let servers = Servers::shared().await;
    let (old, new) = (servers.mariadb().await, servers.postgres().await);
    let script = |(columns, rows): (&str, &str)| format!("CREATE TABLE t ({columns});\nINSERT INTO t VALUES {rows};\n");
    old.run(&script(case.mariadb)).await;
    new.run(&script(case.postgres)).await;
    let said = compare(&old.0, &new.0, case.entity, small_chunks()).await;
    assert_eq!(said.differences, case.expected, "{:?}", case.mariadb);
    let outcome = if case.expected.is_empty() {
        Outcome::Clean
    } else {
        Outcome::Diverged
    };
    assert_eq!(said.verdict.outcome, outcome, "{:?}", said.verdict);
    said
}

/// Whether rows of a side had to be sorted here.
fn was_sorted(said: &Said) -> bool {
    said.events.iter().any(|event| matches!(event, Event::Sorting { .. }))
}

fn values(columns: &[&str]) -> Entity {
    table("t", &["id"], columns)
}

fn with(mut entity: Entity, cmp: Cmp) -> Entity {
    entity.columns[0].cmp = cmp;
    entity
}

#[tokio::test]
async fn numbers_are_their_value_whatever_their_scale() {
    check(Case {
        mariadb: (
            "id int primary key, v decimal(12,4)",
            "(1, 1.1), (2, -0.05), (3, 100), (4, 2.345), (5, NULL), (6, 99999999.9999)",
        ),
        postgres: (
            "id bigint primary key, v numeric",
            "(1, 1.10), (2, -0.0500), (3, 1e2), (4, 2.35), (5, 0), (6, 99999999.9999)",
        ),
        entity: values(&["v"]),
        expected: &["4: v 2.345 -> 2.35 (scale)", "5: v NULL -> 0 (NULL or value)"],
    })
    .await;
    check(Case {
        mariadb: (
            "id int unsigned primary key, v bigint unsigned",
            "(1, 18446744073709551615), (4294967295, 7)",
        ),
        postgres: (
            "id bigint primary key, v numeric(20)",
            "(1, 18446744073709551615), (4294967295, 8)",
        ),
        entity: values(&["v"]),
        expected: &["4294967295: v 7 -> 8 (value)"],
    })
    .await;
}

#[tokio::test]
async fn floats_are_their_bits_not_their_text() {
    let rows = "(1, 1e15, 0.1), (2, 16777217, 0.36640625), (3, 0.1, 1.17549435e-38)";
    check(Case {
        mariadb: ("id int primary key, v double, s float", rows),
        postgres: ("id int primary key, v float8, s float4", rows),
        entity: values(&["v", "s"]),
        expected: &[],
    })
    .await;
    check(Case {
        mariadb: ("id int primary key, v float", "(1, 0.1), (2, 0.5)"),
        postgres: ("id int primary key, v float8", "(1, 0.1), (2, 0.5)"),
        entity: values(&["v"]),
        expected: &["1: v 0.10000000149011612 -> 0.1 (value)"],
    })
    .await;
    check(Case {
        mariadb: ("id int primary key, v float", "(1, 0.1), (2, 0.5)"),
        postgres: ("id int primary key, v float8", "(1, 0.1), (2, 0.51)"),
        entity: with(values(&["v"]), Cmp::Abs(Decimal::parse("0.001").unwrap())),
        expected: &["2: v 0.5 -> 0.51 (value)"],
    })
    .await;
}

#[tokio::test]
async fn times_are_moments_whatever_zone_the_session_or_server_has() {
    // MariaDB's server stands in +05:30; its connections are told otherwise.
    check(Case {
        mariadb: (
            "id int primary key, d datetime(6), t timestamp(6) NULL, day date, c time(6)",
            "(1, '2026-03-29 01:30:00', '2026-03-29 01:30:00', '2026-03-29', '01:30:00'),
             (2, '1969-12-31 23:59:59.123456', NULL, '0001-01-01', '23:59:59.999999'),
             (3, '2026-01-01 00:00:00.1', '2026-01-01 00:00:00.2', '2026-01-01', '00:00:00'),
             (4, '0000-00-00 00:00:00', NULL, '0000-00-00', '00:00:00')",
        ),
        postgres: (
            "id int primary key, d timestamp, t timestamptz, day date, c time",
            "(1, '2026-03-29 01:30:00', '2026-03-29 03:30:00+02', '2026-03-29', '01:30:00'),
             (2, '1969-12-31 23:59:59.123456', NULL, '0001-01-01', '23:59:59.999999'),
             (3, '2026-01-01 00:00:00', '2026-01-01 00:00:00.200001+00', '2026-01-02', '00:00:00.5'),
             (4, '-infinity', NULL, '0001-01-01', '00:00:00')",
        ),
        entity: values(&["d", "t", "day", "c"]),
        expected: &[
            "3: d 2026-01-01 00:00:00.100000 -> 2026-01-01 00:00:00 (sub-second), \
             t 2026-01-01 00:00:00.200000Z -> 2026-01-01 00:00:00.200001Z (sub-second), \
             day 2026-01-01 -> 2026-01-02 (value), c 00:00:00 -> 00:00:00.500000 (sub-second)",
            "4: d 0000-00-00 00:00:00 -> -infinity (value), day 0000-00-00 -> 0001-01-01 (value)",
        ],
    })
    .await;
    check(Case {
        mariadb: (
            "id int primary key, v datetime(3)",
            "(1, '2026-07-01 12:00:00.123'), (2, '2026-07-01 12:00:00.5')",
        ),
        postgres: (
            "id int primary key, v timestamptz",
            "(1, '2026-07-01 10:00:00.1234Z'), (2, '2026-07-01 11:00:00.5Z')",
        ),
        entity: Entity {
            zone: Some("Europe/Berlin".to_owned()),
            ..with(values(&["v"]), Cmp::Micros(1_000))
        },
        expected: &["2: v 2026-07-01 10:00:00.500000Z -> 2026-07-01 11:00:00.500000Z (value)"],
    })
    .await;
}

#[tokio::test]
async fn texts_are_their_bytes() {
    check(Case {
        mariadb: (
            "id int primary key, v varchar(20) COLLATE utf8mb4_general_ci, c char(5)",
            "(1, 'ab ', 'ab'), (2, 'AB', 'EU'), (3, '', 'x'), (4, NULL, ''), (5, '\u{e9}', 'y'), (6, 'a\tb', NULL)",
        ),
        postgres: (
            "id int primary key, v text, c char(3)",
            "(1, 'ab', 'ab'), (2, 'ab', 'EU'), (3, NULL, 'x'), (4, '', ''), (5, 'e\u{301}', 'y'), (6, 'a\tb', NULL)",
        ),
        entity: values(&["v", "c"]),
        expected: &[
            "1: v ab  -> ab (trailing space)",
            "2: v AB -> ab (case)",
            "3: v  -> NULL (NULL or empty)",
            "4: v NULL ->  (NULL or empty)",
            "5: v \u{e9} -> e\u{301} (NFC)",
        ],
    })
    .await;
    check(Case {
        mariadb: (
            "id int primary key, v text",
            "(1, 'AB '), (2, ''), (3, '\u{c9}'), (4, 'a')",
        ),
        postgres: (
            "id int primary key, v text",
            "(1, 'ab'), (2, NULL), (3, 'e\u{301}'), (4, 'b')",
        ),
        entity: with(
            values(&["v"]),
            Cmp::NullEqEmpty(Box::new(Cmp::Text {
                trim: true,
                ci: true,
                nfc: true,
            })),
        ),
        expected: &["4: v a -> b (value)"],
    })
    .await;
}

#[tokio::test]
async fn bools_bytes_uuids_and_documents_meet_in_one_form() {
    check(Case {
        mariadb: (
            "id int primary key, f tinyint(1), b bit(1), u char(36), y binary(16), x varbinary(8), j json, n json",
            r#"(1, 1, b'1', '01234567-89AB-CDEF-0123-456789ABCDEF', x'0123456789abcdef0123456789abcdef', x'00ff', '{"b":1,"a":1.0}', '[1, 2]'),
               (2, 0, b'0', NULL, NULL, x'', '{"a":2}', NULL)"#,
        ),
        postgres: (
            "id int primary key, f bool, b bool, u uuid, y uuid, x bytea, j jsonb, n json",
            r#"(1, true, true, '01234567-89ab-cdef-0123-456789abcdef', '01234567-89ab-cdef-0123-456789abcdef', '\x00ff', '{"a":1,"b":1}', '[1,2]'),
               (2, true, false, NULL, NULL, NULL, '{"a":3}', NULL)"#,
        ),
        entity: values(&["f", "b", "u", "y", "x", "j", "n"]),
        expected: &["2: f false -> true (value), x \\x -> NULL (NULL or value), j {\"a\":2} -> {\"a\":3} (value)"],
    })
    .await;
}

#[tokio::test]
async fn text_keys_are_ordered_by_bytes_whatever_their_collation() {
    let words = [
        "_",
        " a",
        "a",
        "A",
        "a ",
        "a\t",
        "b",
        "B",
        "\u{e9}",
        "z",
        "\u{1f600}",
        "Z",
    ];
    let rows = |skip: &str| {
        let rows = words
            .iter()
            .filter(|word| **word != skip)
            .map(|word| format!("('{word}', 1)"));
        rows.collect::<Vec<_>>().join(", ")
    };
    for collation in ["utf8mb4_nopad_bin", "latin1_general_cs", "utf8mb4_bin"] {
        // A collation that pads takes `a` and `a ` for one key, and latin1 has no smileys.
        let pads = !collation.contains("nopad");
        let kept: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| !pads || !matches!(*word, "a " | "a\t" | "\u{1f600}"))
            .collect();
        let some = |skip: &str| {
            let rows = kept
                .iter()
                .filter(|word| **word != skip)
                .map(|word| format!("('{word}', 1)"));
            rows.collect::<Vec<_>>().join(", ")
        };
        let charset = collation.split('_').next().unwrap();
        let column = format!("k varchar(20) CHARACTER SET {charset} COLLATE {collation} primary key, v int");
        let case = |expected: &'static [&'static str]| Case {
            mariadb: (&column, ""),
            postgres: ("k text primary key, v int", ""),
            entity: table("t", &["k"], &["v"]),
            expected,
        };
        let (old, new) = (some("b"), some("B"));
        check(Case {
            mariadb: (&column, &old),
            postgres: ("k text COLLATE \"C\" primary key, v int", &new),
            ..case(&["B: missing", "b: extra"])
        })
        .await;
    }
    check(Case {
        mariadb: (
            "k varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin primary key, v int",
            &rows("a"),
        ),
        postgres: ("k text COLLATE \"en-x-icu\" primary key, v int", &rows("A")),
        entity: table("t", &["k"], &["v"]),
        expected: &["A: missing", "a: extra"],
    })
    .await;
}

#[tokio::test]
async fn uuid_and_composite_keys_are_matched_by_all_their_parts() {
    let uuid = |n: u32| format!("{:08x}-00ab-4000-8000-{:012x}", n.wrapping_mul(2_654_435_761), n);
    let rows = |upper: bool, skip: u32| {
        let rows = (0..1_500).filter(|n| *n != skip).map(|n| {
            let uuid = if upper { uuid(n).to_uppercase() } else { uuid(n) };
            format!("('{uuid}', {n})")
        });
        rows.collect::<Vec<_>>().join(", ")
    };
    // Under `bin`, no index finds upper-case digits by lower-case ones.
    for (upper, collation) in [
        (false, "general_ci"),
        (true, "general_ci"),
        (true, "bin"),
        (false, "nopad_bin"),
    ] {
        let column = format!("k char(36) COLLATE utf8mb4_{collation} primary key, v int");
        let missing = format!("{}: missing", uuid(7));
        let extra = format!("{}: extra", uuid(9));
        let mut expected = [missing.as_str(), extra.as_str()];
        expected.sort_unstable();
        check(Case {
            mariadb: (&column, &rows(upper, 9)),
            postgres: ("k uuid primary key, v int", &rows(false, 7)),
            entity: table("t", &["k"], &["v"]),
            expected: &expected,
        })
        .await;
    }
    let pairs = |skip: (u32, u32)| {
        let rows = (0..60)
            .flat_map(|a| (0..60).map(move |b| (a, b)))
            .filter(|pair| *pair != skip);
        rows.map(|(a, b)| format!("({a}, 'n{b:02}', {})", a + b))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let said = check(Case {
        mariadb: (
            "a int, b varchar(10) COLLATE utf8mb4_nopad_bin, v int, primary key (a, b)",
            &pairs((5, 6)),
        ),
        postgres: ("a int, b text, v int, primary key (a, b)", &pairs((6, 5))),
        entity: table("t", &["a", "b"], &["v"]),
        expected: &["5, n06: extra", "6, n05: missing"],
    })
    .await;
    assert!(!was_sorted(&said), "the database's own order is ours");
}

#[tokio::test]
async fn a_key_that_stands_twice_is_reported_and_names_no_row() {
    check(Case {
        mariadb: ("id int, v int, key (id)", "(1, 1), (2, 1), (2, 2), (3, 1)"),
        postgres: ("id int primary key, v int", "(1, 1), (2, 1), (3, 1)"),
        entity: values(&["v"]),
        expected: &["2: 2 rows on the old side"],
    })
    .await;
}

#[tokio::test]
async fn a_declared_kind_takes_the_place_of_what_the_sides_say() {
    let mut entity = values(&["v"]);
    entity.columns[0].kind = Some(Kind::Int);
    check(Case {
        mariadb: ("id int primary key, v varchar(9)", "(1, '007'), (2, '8')"),
        postgres: ("id int primary key, v text", "(1, '7'), (2, '9')"),
        entity,
        expected: &["2: v 8 -> 9 (value)"],
    })
    .await;
}

#[tokio::test]
async fn rows_that_come_in_another_order_than_ours_are_sorted_and_then_compared() {
    let servers = Servers::shared().await;
    let (old, new) = (servers.mariadb().await, servers.postgres().await);
    let uuid = |n: u32| format!("{:08x}-00ab-4000-8000-{n:012x}", n.wrapping_mul(2_654_435_761));
    let rows = |skip: u32, spell: &dyn Fn(u32, String) -> String| {
        let rows = (0..600)
            .filter(|n| *n != skip)
            .map(|n| format!("('{}', {n})", spell(n, uuid(n))));
        format!("INSERT INTO t VALUES {}", rows.collect::<Vec<_>>().join(", "))
    };
    // Some in upper case, which a binary order puts before all in lower case.
    let mixed = |n: u32, uuid: String| if n.is_multiple_of(3) { uuid.to_uppercase() } else { uuid };
    let create = "CREATE TABLE t (k char(36) COLLATE utf8mb4_bin primary key, v int);\n".to_owned();
    old.run(&(create + &rows(9, &mixed))).await;
    new.run(&format!(
        "CREATE TABLE t (k uuid primary key, v int); {}",
        rows(6, &|_, uuid| uuid)
    ))
    .await;
    let said = compare(&old.0, &new.0, table("t", &["k"], &["v"]), small_chunks()).await;
    let mut expected = [format!("{}: missing", uuid(6)), format!("{}: extra", uuid(9))];
    expected.sort_unstable();
    assert_eq!(said.differences, expected);
    assert!(was_sorted(&said));
    assert!(said.verdict.coverage.is_whole);
}

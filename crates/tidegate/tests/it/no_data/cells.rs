//! The cells: what each kind of source does, how a plan asks for it, and what the criterion must then say.

use std::path::Path;

use super::liar::Liar;

/// One criterion of the gate.
pub(super) struct Case {
    /// Its name: source, signal, cell.
    pub(super) name: String,
    /// What it measures, as the plan has it.
    pub(super) plan: String,
    /// How its verdict and its reason begin.
    pub(super) expected: &'static str,
    /// What the source does.
    pub(super) says: &'static str,
}

/// What a source does, and the verdict that follows.
type Cell = (&'static str, &'static str, &'static str);

const WEB_CELLS: [Cell; 10] = [
    ("empty", "no data", "an answer without a series or row"),
    ("nan", "invalid", "NaN"),
    ("infinite", "invalid", "infinity"),
    ("null", "invalid", "null, or an empty field"),
    ("stale", "invalid", "a number of yesterday"),
    ("several", "invalid", "two where one is asked for"),
    ("down", "source down", "status 503"),
    ("error", "source down", "the source says that it failed"),
    ("torn", "source down", "a body that breaks off"),
    ("shape", "invalid", "JSON or a table of another shape"),
];

/// Cell, level, counts, verdict, what it is.
type SqlCell = (&'static str, &'static str, &'static str, &'static str, &'static str);

const SQL_CELLS: [SqlCell; 8] = [
    ("empty", "SELECT 5 WHERE 0", "SELECT 5, 5 WHERE 0", "no data", "no row"),
    (
        "nan",
        "SELECT 9e999 - 9e999",
        "SELECT 9e999 - 9e999, 1",
        "invalid",
        "NaN, which SQLite has as null",
    ),
    ("infinite", "SELECT 9e999", "SELECT 9e999, 1", "invalid", "infinity"),
    ("null", "SELECT NULL", "SELECT NULL, NULL", "invalid", "null"),
    (
        "several",
        "SELECT 5 UNION ALL SELECT 6",
        "SELECT 5, 1 UNION ALL SELECT 6, 1",
        "invalid",
        "two rows",
    ),
    (
        "error",
        "SELECT 5 FROM missing",
        "SELECT 5, 1 FROM missing",
        "source down",
        "an error of the statement",
    ),
    ("shape", "SELECT 'five'", "SELECT 'five', 1", "invalid", "text"),
    (
        "stale",
        "SELECT 5, '2023-11-14T22:13:20Z'",
        "SELECT -5, 1",
        "invalid",
        "a number of another year; a count below zero",
    ),
];

const LOG_CELLS: [Cell; 8] = [
    ("empty", "no data", "no line"),
    ("nan", "invalid", "NaN as text"),
    ("infinite", "invalid", "a number beyond all numbers"),
    ("null", "invalid", "null"),
    ("stale", "invalid", "a line of yesterday"),
    ("shape", "invalid", "a list where a number is asked for"),
    ("down", "source down", "no such file"),
    ("torn", "no data", "a line that is never finished"),
];

/// Of an entity's old side: which cell it is, where its rows are, the verdict, what it is.
type RowCell = (&'static str, &'static str, &'static str, &'static str);

const ROW_CELLS: [RowCell; 6] = [
    ("empty", "table: voids", "no data: the old side has no rows", "no row"),
    ("error", "table: missing", "source down", "no such table"),
    ("shape", "table: others", "source down", "no such column"),
    (
        "null",
        "query: 'SELECT NULL AS id, 1 AS value'",
        "source down",
        "a key that is null",
    ),
    (
        "statements",
        "query: 'DELETE FROM things'",
        "source down",
        "a statement that writes",
    ),
    ("nowhere", "table: things", "source down", "a name without an address"),
];

/// Their entities; the new side always has one row.
pub(super) fn entities() -> String {
    let entity = |(cell, rows, ..): &RowCell| {
        let on = if *cell == "nowhere" { "nowhere" } else { "rows" };
        format!(
            "---
apiVersion: tidegate/v1alpha1
kind: Entity
metadata: {{ name: rows-{cell} }}
spec:
  owner: shop
  record: old
  reconcile:
    old: {{ on: {on}, {rows} }}
    new: {{ on: rows, table: things }}
    key: id
    columns: [value]
    every: 1s
    stale-after: 30s
    budget: {{ time: 2s, settle: 10ms }}
"
        )
    };
    ROW_CELLS.iter().map(entity).collect()
}

/// Every case.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, plan: String, expected, says| {
        cases.push(Case {
            name,
            plan,
            expected,
            says,
        });
    };
    for (cell, expected, says) in WEB_CELLS {
        let level = format!("level: {{ on: metrics, prometheus: \"{cell}\" }}, for: 1s");
        add(
            format!("prometheus-harm-{cell}"),
            format!("{level}, at-most: 10"),
            expected,
            says,
        );
        add(
            format!("prometheus-pass-{cell}"),
            format!("{level}, at-least: 1"),
            expected,
            says,
        );
        let counts = format!("counts: {{ on: metrics, prometheus: {{ all: \"{cell}\", bad: \"{cell}\" }} }}");
        add(
            format!("prometheus-counts-{cell}"),
            format!("{counts}, at-most: 5%"),
            expected,
            says,
        );
        let on = format!("on: table-{cell}");
        let level = format!("level: {{ {on}, csv: {{ value: Value, time: Date }} }}, for: 1s");
        add(
            format!("csv-harm-{cell}"),
            format!("{level}, at-most: 10"),
            expected,
            says,
        );
        add(
            format!("csv-pass-{cell}"),
            format!("{level}, at-least: 1"),
            expected,
            says,
        );
    }
    for (cell, level, counts, expected, says) in SQL_CELLS {
        let level = format!("level: {{ on: books, sql: \"{level}\" }}, for: 1s");
        add(
            format!("sql-harm-{cell}"),
            format!("{level}, at-most: 10"),
            expected,
            says,
        );
        add(
            format!("sql-pass-{cell}"),
            format!("{level}, at-least: 1"),
            expected,
            says,
        );
        let counts = format!("counts: {{ on: books, sql: {{ query: \"{counts}\", columns: [all, bad] }} }}");
        add(
            format!("sql-counts-{cell}"),
            format!("{counts}, at-most: 5%"),
            expected,
            says,
        );
    }
    for (cell, expected, says) in LOG_CELLS {
        let level = format!("level: {{ on: log-{cell}, log: {{ value: /value, time: /time }} }}, for: 1s");
        add(
            format!("log-harm-{cell}"),
            format!("{level}, at-most: 10"),
            expected,
            says,
        );
        add(
            format!("log-pass-{cell}"),
            format!("{level}, at-least: 1"),
            expected,
            says,
        );
    }
    for (cell, expected, says) in [
        ("down", "source down", "nobody listens"),
        ("shape", "invalid", "a good status without what a good answer shows"),
        ("error", "source down", "status 500"),
        ("torn", "source down", "a body that breaks off"),
    ] {
        let on = if cell == "down" { "nobody" } else { "site" };
        let level = format!(
            "level: {{ on: {on}, probe: {{ path: /probe/{cell}, success: {{ status: [200], text: in stock }} }} }}, for: 1s"
        );
        add(
            format!("probe-harm-{cell}"),
            format!("{level}, at-most: 500ms"),
            expected,
            says,
        );
    }
    for (cell, _, expected, says) in ROW_CELLS {
        add(
            format!("reconcile-{cell}"),
            format!("reconcile: rows-{cell}"),
            expected,
            says,
        );
    }
    add_pairs(&mut add);
    for (cell, plan) in [
        ("completion", "flow: unvisited, completion: not worse"),
        ("errors", "errors: unvisited, at-most: 5%, not-worse-by: 2pp"),
        ("latency", "latency: unvisited, p95: 500ms"),
    ] {
        add(
            format!("gateway-{cell}-empty"),
            plan.to_owned(),
            "no data",
            "nobody comes",
        );
    }
    let plan = "level: { on: nowhere, prometheus: up }, for: 1s, at-least: 1";
    add(
        "nowhere".into(),
        plan.to_owned(),
        "source down",
        "a name without an address",
    );
    cases
}

/// Counts of two sides that say nothing, though each is a number.
fn add_pairs(add: &mut impl FnMut(String, String, &'static str, &'static str)) {
    let sql = |query: &str| format!("{{ on: books, sql: {{ query: \"{query}\", columns: [all, bad] }} }}");
    let prometheus = |word: &str| format!("{{ on: metrics, prometheus: {{ all: {word}, bad: {word} }} }}");
    let counts = |old: String, new: String| format!("counts: {{ old: {old}, new: {new} }}, not-worse-by: 1pp");
    let zero = "invalid: the new side had no attempts";
    let still = "counters that stand still";
    let constant = || sql("SELECT 100, 5");
    add("sql-zero".into(), counts(constant(), constant()), zero, still);
    let constant = || prometheus("constant");
    add("prometheus-zero".into(), counts(constant(), constant()), zero, still);
    add(
        "prometheus-identical".into(),
        counts(prometheus("growing_old"), prometheus("growing_new")),
        "invalid: both sides are the same series",
        "two sides that count the same, stratum by stratum",
    );
}

/// Where `serve` finds each of them.
pub(super) fn sources(cases: &[Case], liar: &Liar, folder: &Path) -> Vec<String> {
    let books = folder.join("books.sqlite3");
    std::fs::write(&books, b"").unwrap();
    let rows = folder.join("rows.sqlite3");
    let tables = "CREATE TABLE voids (id INTEGER PRIMARY KEY, value TEXT);
        CREATE TABLE others (id INTEGER PRIMARY KEY, other TEXT);
        CREATE TABLE things (id INTEGER PRIMARY KEY, value TEXT);
        INSERT INTO things VALUES (1, 'a');";
    rusqlite::Connection::open(&rows)
        .unwrap()
        .execute_batch(tables)
        .unwrap();
    let mut pairs = vec![
        format!("metrics=prometheus+http://{}", liar.address()),
        format!("site=http://{}", liar.address()),
        "nobody=http://127.0.0.1:1".to_owned(),
        format!("books=sqlite:{}", books.display()),
        format!("rows=sqlite:{}", rows.display()),
    ];
    for (cell, ..) in WEB_CELLS {
        pairs.push(format!("table-{cell}=csv+http://{}/csv/{cell}", liar.address()));
    }
    for (cell, ..) in LOG_CELLS {
        pairs.push(format!(
            "log-{cell}=log:{}",
            folder.join(format!("{cell}.jsonl")).display()
        ));
    }
    assert!(cases.len() > 60, "{} cases", cases.len());
    pairs
        .into_iter()
        .flat_map(|pair| ["--source".to_owned(), pair])
        .collect()
}

//! Random tables of every type, filled alike on two engines, and harmed at random: exactly the harm is reported.
//!
//! The seed of each case is printed; `RECONCILE_CASES` asks for more cases than the default.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "few values are written in a way of their own"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tidegate_reconcile::verdict::Outcome;
use tidegate_reconcile::{Column, Entity, Kind};

use crate::pairs::{Said, compare, small_chunks, table};
use crate::server::Servers;

/// Cases of each pair of engines.
const CASES: u64 = 1;
const SEED: u64 = 0x7d1e;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Postgres,
    MariaDb,
    Sqlite,
    Csv,
}

/// A value as the test thinks of it.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    /// Hundredths.
    Decimal(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Date(i32),
    /// Microseconds since 1970.
    Timestamp(i64),
    Uuid(u128),
}

/// The declared type of a kind on an engine.
fn declared(kind: Kind, engine: Engine) -> &'static str {
    match (kind, engine) {
        (_, Engine::Csv) => "",
        (Kind::Bool, Engine::Postgres) => "boolean",
        (Kind::Bool, Engine::MariaDb) => "tinyint(1)",
        (Kind::Bool, Engine::Sqlite) => "boolean",
        (Kind::Int, _) => "bigint",
        (Kind::Decimal, Engine::Postgres) => "numeric(14,2)",
        (Kind::Decimal, Engine::MariaDb) => "decimal(16,4)",
        (Kind::Decimal, Engine::Sqlite) => "numeric",
        (Kind::Float, Engine::Postgres) => "float8",
        (Kind::Float, Engine::MariaDb | Engine::Sqlite) => "double",
        (Kind::Text, Engine::Postgres) => "text COLLATE \"C\"",
        (Kind::Text, Engine::MariaDb) => "varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        (Kind::Text, Engine::Sqlite) => "text",
        (Kind::Bytes, Engine::Postgres) => "bytea",
        (Kind::Bytes, Engine::MariaDb) => "varbinary(40)",
        (Kind::Bytes, Engine::Sqlite) => "blob",
        (Kind::Date, _) => "date",
        (Kind::Timestamp, Engine::Postgres) => "timestamp(6)",
        (Kind::Timestamp, Engine::MariaDb) => "datetime(6)",
        (Kind::Timestamp, Engine::Sqlite) => "datetime",
        (Kind::Uuid, Engine::Postgres | Engine::Sqlite) => "uuid",
        (Kind::Uuid, Engine::MariaDb) => "char(36)",
        (Kind::Time | Kind::Instant | Kind::Json, _) => unreachable!("these kinds are tested by hand"),
    }
}

const KINDS: [Kind; 9] = [
    Kind::Bool,
    Kind::Int,
    Kind::Decimal,
    Kind::Float,
    Kind::Text,
    Kind::Bytes,
    Kind::Date,
    Kind::Timestamp,
    Kind::Uuid,
];
const KEY_KINDS: [Kind; 6] = [
    Kind::Int,
    Kind::Text,
    Kind::Uuid,
    Kind::Timestamp,
    Kind::Date,
    Kind::Decimal,
];

fn cell(rng: &mut ChaCha8Rng, kind: Kind) -> Cell {
    match kind {
        Kind::Bool => Cell::Bool(rng.random()),
        Kind::Int => match rng.random_range(0..4) {
            0 => Cell::Int(rng.random()),
            _ => Cell::Int(rng.random_range(-50..50)),
        },
        Kind::Decimal => match rng.random_range(0..4) {
            0 => Cell::Decimal(rng.random_range(-99_999_999_999..99_999_999_999)),
            _ => Cell::Decimal(rng.random_range(-500..500)),
        },
        Kind::Float => Cell::Float(match rng.random_range(0..3) {
            0 => f64::from(rng.random_range(-1_000..1_000_i32)) / 8.0,
            1 => 1.0 / f64::from(rng.random_range(1..1_000_u32)),
            _ => f64::from_bits((rng.random::<u64>() & !(0x7ff << 52)) | (rng.random_range(900..1_150_u64) << 52)),
        }),
        Kind::Text => {
            let letters = [
                'a',
                'A',
                'b',
                ' ',
                '\t',
                '_',
                '\'',
                '"',
                '\\',
                ',',
                '\u{e9}',
                '\u{df}',
                '\u{1f600}',
                '0',
            ];
            let length = rng.random_range(0..6);
            Cell::Text(
                (0..length)
                    .map(|_| letters[rng.random_range(0..letters.len())])
                    .collect(),
            )
        }
        Kind::Bytes => {
            let length = rng.random_range(0..6);
            Cell::Bytes((0..length).map(|_| rng.random_range(0..3)).collect())
        }
        Kind::Date => Cell::Date(rng.random_range(-100_000..100_000)),
        Kind::Timestamp => match rng.random_range(0..2) {
            0 => Cell::Timestamp(rng.random_range(0..4_000_000_000) * 1_000_000),
            _ => Cell::Timestamp(rng.random_range(-4_000_000_000_000_000..4_000_000_000_000_000)),
        },
        Kind::Uuid => Cell::Uuid(rng.random()),
        Kind::Time | Kind::Instant | Kind::Json => unreachable!("these kinds are tested by hand"),
    }
}

/// Another value, often one that looks much the same.
fn harmed(rng: &mut ChaCha8Rng, kind: Kind, old: &Cell) -> Cell {
    let near = match old {
        Cell::Int(number) => Cell::Int(number ^ 1),
        Cell::Decimal(hundredths) => Cell::Decimal(hundredths + 1),
        Cell::Float(number) => Cell::Float(f64::from_bits(number.to_bits() ^ 1)),
        Cell::Text(text) => Cell::Text(match rng.random_range(0..3) {
            0 => format!("{text} "),
            1 => text.to_uppercase(),
            _ => format!("{text}e\u{301}"),
        }),
        Cell::Bytes(bytes) => Cell::Bytes([bytes, &[0][..]].concat()),
        Cell::Timestamp(micros) => Cell::Timestamp(micros + 1),
        Cell::Date(days) => Cell::Date(days + 1),
        Cell::Uuid(number) => Cell::Uuid(number ^ 1),
        Cell::Bool(_) | Cell::Null => Cell::Null,
    };
    let mut other = match rng.random_range(0..4) {
        0 => Cell::Null,
        1 => cell(rng, kind),
        _ => near,
    };
    while other == *old {
        other = cell(rng, kind);
    }
    other
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn day(days: i64) -> String {
    let date = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
    date.to_string()
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(truth) => u8::from(*truth).to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Decimal(hundredths) => {
            let sign = if *hundredths < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}", hundredths.abs() / 100, hundredths.abs() % 100)
        }
        Cell::Float(number) => format!("{number:e}"),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => format!("\\x{}", digits(bytes)),
        Cell::Date(days) => day(i64::from(*days)),
        Cell::Timestamp(micros) => {
            let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
            let seconds = rest / 1_000_000;
            let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
            format!(
                "{} {hour:02}:{minute:02}:{second:02}.{:06}",
                day(days),
                rest % 1_000_000
            )
        }
        Cell::Uuid(number) => {
            let text = digits(&number.to_be_bytes());
            format!(
                "{}-{}-{}-{}-{}",
                &text[..8],
                &text[8..12],
                &text[12..16],
                &text[16..20],
                &text[20..]
            )
        }
    }
}

fn literal(cell: &Cell, engine: Engine) -> String {
    match (cell, engine) {
        (Cell::Null, _) => "NULL".to_owned(),
        (Cell::Bool(truth), Engine::Postgres) => truth.to_string(),
        (Cell::Text(text), Engine::Postgres) => format!("convert_from('\\x{}', 'UTF8')", digits(text.as_bytes())),
        (Cell::Text(text), Engine::MariaDb) => format!("_utf8mb4 x'{}'", digits(text.as_bytes())),
        (Cell::Text(text), _) => format!("CAST(x'{}' AS TEXT)", digits(text.as_bytes())),
        (Cell::Bytes(bytes), Engine::Postgres) => format!("'\\x{}'", digits(bytes)),
        (Cell::Bytes(bytes), _) => format!("x'{}'", digits(bytes)),
        (Cell::Bool(_) | Cell::Int(_) | Cell::Decimal(_) | Cell::Float(_), _) => plain(cell),
        (Cell::Date(_) | Cell::Timestamp(_) | Cell::Uuid(_), _) => format!("'{}'", plain(cell)),
    }
}

/// Rows by their key.
type Table = BTreeMap<String, (Vec<Cell>, Vec<Cell>)>;

struct Shape {
    key: Vec<Kind>,
    cells: Vec<Kind>,
}

impl Shape {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let pick = |rng: &mut ChaCha8Rng, from: &[Kind]| from[rng.random_range(0..from.len())];
        let (keys, cells) = (rng.random_range(1..=2), rng.random_range(1..=5));
        Self {
            key: (0..keys).map(|_| pick(rng, &KEY_KINDS)).collect(),
            cells: (0..cells).map(|_| pick(rng, &KINDS)).collect(),
        }
    }

    /// The table's script, rows in an order of chance.
    fn script(&self, rows: &Table, engine: Engine, rng: &mut ChaCha8Rng) -> String {
        let column = |(place, kind): (usize, &Kind), name: char| format!("{name}{place} {}", declared(*kind, engine));
        let keys = self.key.iter().enumerate().map(|one| column(one, 'k') + " NOT NULL");
        let columns: Vec<String> = keys
            .chain(self.cells.iter().enumerate().map(|one| column(one, 'c')))
            .collect();
        let names: Vec<String> = (0..self.key.len()).map(|place| format!("k{place}")).collect();
        let mut script = format!(
            "CREATE TABLE t ({}, PRIMARY KEY ({}));\n",
            columns.join(", "),
            names.join(", ")
        );
        for row in shuffled(rows, rng) {
            let values: Vec<String> = row.0.iter().chain(&row.1).map(|cell| literal(cell, engine)).collect();
            writeln!(script, "INSERT INTO t VALUES ({});", values.join(", ")).unwrap();
        }
        script
    }

    fn csv(&self, rows: &Table, rng: &mut ChaCha8Rng) -> String {
        let keys = (0..self.key.len()).map(|place| format!("k{place}"));
        let names: Vec<String> = keys
            .chain((0..self.cells.len()).map(|place| format!("c{place}")))
            .collect();
        let mut text = names.join(",") + "\n";
        for row in shuffled(rows, rng) {
            let fields = row.0.iter().chain(&row.1).map(|cell| match cell {
                Cell::Null => String::new(),
                shown => format!("\"{}\"", plain(shown).replace('"', "\"\"")),
            });
            writeln!(text, "{}", fields.collect::<Vec<_>>().join(",")).unwrap();
        }
        text
    }

    fn entity(&self) -> Entity {
        let mut entity = table("t", &[], &[]);
        let column = |name: String, kind: Kind| Column {
            kind: Some(kind),
            ..Column::same(&name)
        };
        entity.key = self
            .key
            .iter()
            .enumerate()
            .map(|(n, kind)| column(format!("k{n}"), *kind))
            .collect();
        entity.columns = self
            .cells
            .iter()
            .enumerate()
            .map(|(n, kind)| column(format!("c{n}"), *kind))
            .collect();
        entity
    }

    fn row(&self, rng: &mut ChaCha8Rng) -> (Vec<Cell>, Vec<Cell>) {
        let key = self.key.iter().map(|kind| cell(rng, *kind)).collect();
        let cells = self.cells.iter().map(|kind| match rng.random_range(0..6) {
            0 => Cell::Null,
            _ => cell(rng, *kind),
        });
        (key, cells.collect())
    }
}

fn shuffled(rows: &Table, rng: &mut ChaCha8Rng) -> Vec<(Vec<Cell>, Vec<Cell>)> {
    let mut rows: Vec<_> = rows.values().cloned().collect();
    for place in (1..rows.len()).rev() {
        rows.swap(place, rng.random_range(0..=place));
    }
    rows
}

fn named(key: &[Cell]) -> String {
    key.iter().map(plain).collect::<Vec<_>>().join("\u{1f}")
}

/// Harms some rows; what a comparison has to find, by key and columns.
fn harm(shape: &Shape, rows: &Table, rng: &mut ChaCha8Rng) -> (Table, Vec<String>) {
    let mut new = rows.clone();
    let mut planted = Vec::new();
    for (name, (key, cells)) in rows {
        match rng.random_range(0..40) {
            0 => {
                new.remove(name);
                planted.push(format!("{name} missing"));
            }
            1 => {
                let place = rng.random_range(0..cells.len());
                let mut cells = cells.clone();
                cells[place] = harmed(rng, shape.cells[place], &cells[place]);
                new.insert(name.clone(), (key.clone(), cells));
                planted.push(format!("{name} changed {place}"));
            }
            _ => {}
        }
    }
    for _ in 0..rng.random_range(0..4) {
        let row = shape.row(rng);
        let name = named(&row.0);
        if !rows.contains_key(&name) && !new.contains_key(&name) {
            planted.push(format!("{name} extra"));
            new.insert(name, row);
        }
    }
    planted.sort();
    (new, planted)
}

/// A side of its own with these rows, and its address.
async fn side(
    servers: &Servers,
    folder: &std::path::Path,
    engine: Engine,
    shape: &Shape,
    rows: &Table,
    rng: &mut ChaCha8Rng,
) -> String {
    let path = folder.join(format!("{:x}", rng.next_u64()));
    match engine {
        Engine::Postgres => {
            let database = servers.postgres().await;
            database.run(&shape.script(rows, engine, rng)).await;
            database.0
        }
        Engine::MariaDb => {
            let database = servers.mariadb().await;
            let script = shape.script(rows, engine, rng);
            let whole = script.replacen("INSERT", "START TRANSACTION;\nINSERT", 1) + "COMMIT";
            database.run(&whole).await;
            database.0
        }
        Engine::Sqlite => {
            let script = format!("BEGIN; {} COMMIT;", shape.script(rows, engine, rng));
            rusqlite::Connection::open(&path)
                .unwrap()
                .execute_batch(&script)
                .unwrap();
            format!("sqlite:{}", path.display())
        }
        Engine::Csv => {
            std::fs::write(&path, shape.csv(rows, rng)).unwrap();
            format!("csv:{}", path.display())
        }
    }
}

fn found(said: &Said) -> Vec<String> {
    let mut found: Vec<String> = said
        .found
        .iter()
        .map(|(key, what)| {
            let key: Vec<String> = key
                .iter()
                .map(|value| match value {
                    // Dates have six digits of a second here, decimals two.
                    tidegate_reconcile::Value::Timestamp(_) if !value.to_string().contains('.') => {
                        format!("{value}.000000")
                    }
                    tidegate_reconcile::Value::Decimal(number) => {
                        let text = number.to_string();
                        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
                        format!("{whole}.{rest:0<2}")
                    }
                    _ => value.to_string(),
                })
                .collect();
            format!("{} {what}", key.join("\u{1f}"))
        })
        .collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_planted_harm_is_found_between_any_two_engines() {
    let servers = Servers::shared().await;
    let folder = tempfile::tempdir().unwrap();
    let cases = std::env::var("RECONCILE_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(CASES);
    let engines = [Engine::Postgres, Engine::MariaDb, Engine::Sqlite, Engine::Csv];
    let mut planted_in_all = 0;
    for (number, (old, new)) in engines
        .iter()
        .flat_map(|old| engines.iter().map(move |new| (*old, *new)))
        .enumerate()
    {
        for case in 0..cases {
            let seed = SEED + 1_000 * u64::try_from(number).unwrap() + case;
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let shape = Shape::random(&mut rng);
            let mut rows = Table::new();
            for _ in 0..rng.random_range(1..300) {
                let row = shape.row(&mut rng);
                rows.entry(named(&row.0)).or_insert(row);
            }
            let (harmed, planted) = harm(&shape, &rows, &mut rng);
            let old_address = side(&servers, folder.path(), old, &shape, &rows, &mut rng).await;
            let new_address = side(&servers, folder.path(), new, &shape, &harmed, &mut rng).await;
            let said = compare(&old_address, &new_address, shape.entity(), small_chunks()).await;
            let told = format!(
                "seed {seed}: {old:?} to {new:?}, key {:?}, columns {:?}",
                shape.key, shape.cells
            );
            assert_eq!(found(&said), planted, "{told}");
            let outcome = if planted.is_empty() {
                Outcome::Clean
            } else {
                Outcome::Diverged
            };
            assert_eq!(said.verdict.outcome, outcome, "{told}");
            planted_in_all += planted.len();
        }
    }
    println!(
        "seed {SEED}: {} cases, {planted_in_all} planted differences",
        16 * cases
    );
}

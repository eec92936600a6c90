//! What is missing, different or twice is counted, whichever databases stand on the sides.

use std::collections::BTreeMap;

use tidegate_model::seam::EqualityCounts;
use tidegate_signals::sql::Database;

use crate::file::File;
use crate::server::Server;
use crate::{PEAK_KB_MAX, counts, limits, peak_kb};

/// Seed of the random tables; each round adds its number.
const SEED: u64 = 0x7469_6465;

const PRODUCTS: &str = "CREATE TABLE PRODUCTS (sku TEXT, price NUMERIC(10,2), note TEXT);
    INSERT INTO PRODUCTS VALUES ('a', 1.10, 'x'), ('b', 2.00, NULL), ('c', 3.50, ''), ('d', 4.00, 'y');";

const ITEMS: &str = "CREATE TABLE ITEMS (note TEXT, price_cents INTEGER, sku TEXT);
    INSERT INTO ITEMS VALUES ('x', 110, 'a'), (NULL, 200, 'b'), ('', 351, 'c'), ('z', 500, 'e'), ('z', 500, 'e');";

#[tokio::test]
async fn what_is_missing_different_or_twice_is_counted() {
    let server = Server::shared().await;
    server.run(&PRODUCTS.replace("PRODUCTS", "products_counted")).await;
    server.run(&ITEMS.replace("ITEMS", "items_counted")).await;
    let file = File::with(
        &format!("{PRODUCTS}{ITEMS}")
            .replace("PRODUCTS", "products_counted")
            .replace("ITEMS", "items_counted"),
    );
    let old = "SELECT sku, CAST(price * 100 AS INTEGER), note FROM products_counted";
    let new = "SELECT sku, price_cents, note FROM items_counted ORDER BY sku DESC; ";
    let expected = EqualityCounts {
        old_rows: 4,
        new_rows: 5,
        missing: 2,
        differing: 1,
        duplicated: 1,
    };
    let (postgres, sqlite) = (server.database(), file.database());
    let socket = Database::parse(&server.socket_address()).unwrap();
    for (a, b) in [
        (&postgres, &sqlite),
        (&sqlite, &postgres),
        (&sqlite, &sqlite),
        (&postgres, &socket),
    ] {
        assert_eq!(counts((a, old), (b, new)).await, expected, "{a:?} and {b:?}");
    }
}

#[tokio::test]
async fn nothing_on_both_sides_is_counted_as_nothing() {
    let (server, file) = (Server::shared().await, File::with(""));
    let query = "SELECT 1, 2 WHERE 1 = 0 -- none";
    let found = counts((&server.database(), query), (&file.database(), query)).await;
    assert_eq!(found, EqualityCounts::default());
}

#[tokio::test]
async fn a_query_by_key_alone_counts_keys() {
    let (server, file) = (Server::shared().await, File::with(""));
    let (old, new) = ("SELECT * FROM (VALUES (1), (2)) AS t", "VALUES (2), (3), (4)");
    let found = counts((&server.database(), old), (&file.database(), new)).await;
    assert_eq!((found.old_rows, found.new_rows, found.missing), (2, 3, 3));
}

/// A small generator with a seed (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Literals that both databases read alike; no two of them are one value.
const LITERALS: [&str; 10] = [
    "1",
    "-2.5",
    "9007199254740993",
    "''",
    "' '",
    "'a'",
    "'a '",
    "'A'",
    "'注文'",
    "NULL",
];

type Table = BTreeMap<usize, (usize, usize)>;

fn table(chance: &mut Chance, like: Option<&Table>) -> Table {
    let rows = chance.below(40);
    let mut table = like.cloned().unwrap_or_default();
    for _ in 0..rows {
        let row = (chance.below(LITERALS.len()), chance.below(LITERALS.len()));
        table.insert(chance.below(50), row);
        table.remove(&chance.below(50));
    }
    table
}

fn statements(name: &str, table: &Table) -> String {
    let mut text = format!("DROP TABLE IF EXISTS {name}; CREATE TABLE {name} (k INTEGER, a TEXT, b TEXT);");
    for (key, (a, b)) in table {
        let (a, b) = (LITERALS[*a], LITERALS[*b]);
        text.push_str(&format!("INSERT INTO {name} VALUES ({key}, {a}, {b});"));
    }
    text
}

#[tokio::test]
async fn random_tables_are_compared_as_maps_are() {
    let (server, file) = (Server::shared().await, File::with(""));
    let (postgres, sqlite) = (server.database(), file.database());
    let client = server.client().await;
    let query = "SELECT k, a, b FROM random_side";
    for round in 0..40 {
        let seed = SEED + round;
        let mut chance = Chance(seed);
        let old = table(&mut chance, None);
        let new = table(&mut chance, Some(&old));
        client.batch_execute(&statements("random_side", &old)).await.unwrap();
        file.open().execute_batch(&statements("random_side", &new)).unwrap();
        let found = counts((&postgres, query), (&sqlite, query)).await;
        let count = |n: usize| u64::try_from(n).unwrap();
        let shared = || old.keys().filter(|key| new.contains_key(key));
        let expected = EqualityCounts {
            old_rows: count(old.len()),
            new_rows: count(new.len()),
            missing: count(old.len() + new.len() - 2 * shared().count()),
            differing: count(shared().filter(|key| old[key] != new[key]).count()),
            duplicated: 0,
        };
        assert_eq!(found, expected, "seed {seed}: {old:?} and {new:?}");
    }
}

#[tokio::test]
async fn long_rows_stream_through_and_are_not_kept() {
    let (server, file) = (Server::shared().await, File::with(""));
    let old = "SELECT n, repeat('0', 8000) FROM generate_series(1, 40000) AS n";
    let new = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 40000) \
               SELECT x, hex(zeroblob(4000)) FROM n";
    let found = counts((&server.database(), old), (&file.database(), new)).await;
    let expected = EqualityCounts {
        old_rows: 40_000,
        new_rows: 40_000,
        ..EqualityCounts::default()
    };
    assert_eq!(found, expected);
    // Each side is 320 MB of text; all tests of this binary together stay far below one of them.
    assert!(peak_kb() < PEAK_KB_MAX, "{} kB", peak_kb());
    assert!(limits().rows_max * 32 <= 32_000_000, "32 bytes a row");
}

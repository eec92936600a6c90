//! The new shop's database: money is whole cents, imported once from the old shop's catalogue.

use std::path::Path;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::callback::{Booking, Notice};
use super::super::catalogue::Product;
use super::super::outbox::{self, Exported};
use crate::clock::now_ms;
use crate::fault::Fault;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS items (sku INTEGER PRIMARY KEY, title TEXT NOT NULL, category INTEGER NOT NULL, price_cents INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS items_by_category ON items (category);
CREATE TABLE IF NOT EXISTS baskets (token TEXT NOT NULL, sku INTEGER NOT NULL, pieces INTEGER NOT NULL,
  PRIMARY KEY (token, sku)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sales_orders (id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
  total_cents INTEGER NOT NULL, state TEXT NOT NULL, method TEXT NOT NULL, payment TEXT, placed_at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS starts (number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL);
";

/// Basis points of a whole.
const WHOLE_BP: usize = 10_000;

/// The new shop's tables.
pub(super) struct Store {
    connection: Connection,
    starts: u64,
}

/// An item as the answers show it.
pub(super) struct Listed {
    pub(super) sku: u32,
    pub(super) name: String,
    pub(super) price_cents: i64,
}

/// An order that waits for its payment.
pub(super) struct Placed {
    pub(super) reference: String,
    pub(super) amount_cents: i64,
}

/// Why no order was placed.
pub(super) enum Unplaced {
    EmptyCart,
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Unplaced {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Store {
    /// Opens the database and imports the catalogue into an empty one, `wrong_bp` of its prices wrongly rounded.
    pub(super) fn open(path: &Path, products: &[Product], wrong_bp: u32, seed: u64) -> Result<Self, Fault> {
        let imported = import(products, wrong_bp, seed)?;
        let mut connection = super::super::open(path, SCHEMA)?;
        let filling = connection.transaction()?;
        if !filling.query_row("SELECT EXISTS (SELECT 1 FROM items)", [], |row| row.get::<_, bool>(0))? {
            let mut insert = filling.prepare("INSERT INTO items VALUES (?1, ?2, ?3, ?4)")?;
            for one in &imported {
                insert.execute(params![one.sku, one.name, one.category, one.price_cents])?;
            }
        }
        filling.execute("INSERT INTO starts (at_ms) VALUES (?1)", [now_ms()])?;
        let starts = filling.last_insert_rowid().unsigned_abs();
        filling.commit()?;
        Ok(Self { connection, starts })
    }

    /// How often this database was opened by a shop, this time included.
    pub(super) fn starts(&self) -> u64 {
        self.starts
    }

    pub(super) fn category(&self, number: u32) -> rusqlite::Result<Vec<Listed>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT sku, title, price_cents FROM items WHERE category = ?1")?;
        select.query_map([number], listed)?.collect()
    }

    pub(super) fn item(&self, sku: u32) -> rusqlite::Result<Option<Listed>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT sku, title, price_cents FROM items WHERE sku = ?1")?;
        select.query_row([sku], listed).optional()
    }

    /// Puts pieces of an item into the basket; `false` when there is no such item.
    pub(super) fn add(&self, token: &str, sku: u32, pieces: u32) -> rusqlite::Result<bool> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO baskets SELECT ?1, sku, ?3 FROM items WHERE sku = ?2
             ON CONFLICT (token, sku) DO UPDATE SET pieces = pieces + excluded.pieces",
        )?;
        Ok(insert.execute(params![token, sku, pieces])? == 1)
    }

    /// Turns the basket into a pending order and empties it, at once or not at all.
    pub(super) fn place(&mut self, token: &str, method: &str, suffix: &str) -> Result<Placed, Unplaced> {
        let placing = self.connection.transaction()?;
        let amount_cents: i64 = placing
            .prepare_cached(
                "SELECT COALESCE(SUM(price_cents * pieces), 0) FROM baskets JOIN items USING (sku) WHERE token = ?1",
            )?
            .query_row([token], |row| row.get(0))?;
        if amount_cents == 0 {
            return Err(Unplaced::EmptyCart);
        }
        let id: i64 = placing.query_row("SELECT COALESCE(MAX(id), 0) + 1 FROM sales_orders", [], |row| {
            row.get(0)
        })?;
        let reference = format!("N-{id}-{suffix}");
        placing
            .prepare_cached("INSERT INTO sales_orders (reference, total_cents, state, method, placed_at_ms) VALUES (?1, ?2, 'pending', ?3, ?4)")?
            .execute(params![reference, amount_cents, method, now_ms()])?;
        placing
            .prepare_cached("DELETE FROM baskets WHERE token = ?1")?
            .execute([token])?;
        placing.commit()?;
        Ok(Placed {
            reference,
            amount_cents,
        })
    }

    /// The first paid orders behind a position of the outbox.
    pub(super) fn paid_after(&self, position: i64) -> rusqlite::Result<Vec<Exported>> {
        outbox::after(&self.connection, position)
    }

    pub(super) fn note_payment(&self, reference: &str, payment: &str) -> rusqlite::Result<()> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE sales_orders SET payment = ?2 WHERE reference = ?1")?;
        update.execute([reference, payment]).map(drop)
    }

    /// Marks an order whose payment could not be created.
    pub(super) fn give_up(&self, reference: &str) -> rusqlite::Result<()> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE sales_orders SET state = 'unpaid' WHERE reference = ?1 AND state = 'pending'")?;
        update.execute([reference]).map(drop)
    }

    pub(super) fn state(&self, reference: &str) -> rusqlite::Result<Option<String>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT state FROM sales_orders WHERE reference = ?1")?;
        select.query_row([reference], |row| row.get(0)).optional()
    }

    /// Books a capture; a repeated delivery changes nothing.
    pub(super) fn book(&self, notice: &Notice) -> rusqlite::Result<Booking> {
        let mut select = self
            .connection
            .prepare_cached("SELECT total_cents FROM sales_orders WHERE reference = ?1")?;
        let Some(total) = select
            .query_row([&notice.reference], |row| row.get::<_, i64>(0))
            .optional()?
        else {
            return Ok(Booking::UnknownOrder);
        };
        if total != notice.amount {
            return Ok(Booking::WrongAmount);
        }
        let booking = self.connection.unchecked_transaction()?;
        booking
            .prepare_cached(
                "UPDATE sales_orders SET state = 'paid', payment = COALESCE(payment, ?2) WHERE reference = ?1",
            )?
            .execute(params![notice.reference, notice.payment])?;
        outbox::note(&booking, &notice.reference, notice.amount)?;
        booking.commit()?;
        Ok(Booking::Paid)
    }

    /// Takes over prices that differ, all of them or none; returns how many did.
    pub(super) fn take_prices(&mut self, prices: &[(u32, i64)]) -> rusqlite::Result<usize> {
        let repairing = self.connection.transaction()?;
        let mut repaired = 0;
        {
            let mut update =
                repairing.prepare("UPDATE items SET price_cents = ?2 WHERE sku = ?1 AND price_cents <> ?2")?;
            for (sku, cents) in prices {
                repaired += update.execute(params![sku, cents])?;
            }
        }
        repairing.commit()?;
        Ok(repaired)
    }
}

fn listed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        sku: row.get(0)?,
        name: row.get(1)?,
        price_cents: row.get(2)?,
    })
}

/// The catalogue as the importer leaves it. Part of it went through a spreadsheet that rounds to tenths, so a price
/// such as 12.35 arrived as 12.40; the seed says which part.
fn import(products: &[Product], wrong_bp: u32, seed: u64) -> Result<Vec<Product>, Fault> {
    let wanted = (products.len() * wrong_bp as usize).div_ceil(WHOLE_BP);
    let mut fives: Vec<usize> = (0..products.len())
        .filter(|&at| products[at].price_cents % 10 == 5)
        .collect();
    if wanted > fives.len() {
        return Err(Fault::TooManyWrongPrices {
            wanted,
            available: fives.len(),
        });
    }
    fives.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ 0x7072_6963_6573));
    let mut imported = products.to_vec();
    for &at in &fives[..wanted] {
        imported[at].price_cents += 5;
    }
    Ok(imported)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::super::super::catalogue::products;
    use super::*;

    #[test]
    fn one_percent_of_the_prices_is_wrong_for_every_seed() {
        for seed in 0..50 {
            let right = products(seed, 1_000);
            let wrong = import(&right, 100, seed).unwrap();
            assert_eq!(
                right
                    .iter()
                    .zip(&wrong)
                    .filter(|(a, b)| a.price_cents != b.price_cents)
                    .count(),
                10,
                "seed {seed}"
            );
            assert_eq!(import(&right, 0, seed).unwrap(), right);
        }
    }

    #[test]
    fn more_wrong_prices_than_can_be_rounded_are_refused() {
        assert!(matches!(
            import(&products(1, 1_000), 9_000, 1),
            Err(Fault::TooManyWrongPrices { wanted: 900, .. })
        ));
    }
}

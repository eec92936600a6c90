//! The old shop's database: money is decimal text, as it was when the shop was written.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::callback::{Booking, Notice};
use super::super::catalogue::{Product, cents, decimal};
use super::super::outbox::{self, Exported};
use crate::clock::now_ms;
use crate::fault::Fault;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS products (sku INTEGER PRIMARY KEY, name TEXT NOT NULL, category INTEGER NOT NULL, price TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS products_by_category ON products (category);
CREATE TABLE IF NOT EXISTS cart_lines (session TEXT NOT NULL, sku INTEGER NOT NULL, quantity INTEGER NOT NULL,
  PRIMARY KEY (session, sku)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
  amount TEXT NOT NULL, status TEXT NOT NULL, method TEXT NOT NULL, payment TEXT, placed_at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS starts (number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL);
";

/// The old shop's tables.
pub(super) struct Store {
    connection: Connection,
    starts: u64,
}

/// A product as the pages show it.
pub(super) struct Listed {
    pub(super) id: u32,
    pub(super) name: String,
    pub(super) price: String,
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
    /// Opens the database and fills an empty catalogue.
    pub(super) fn open(path: &Path, products: &[Product]) -> Result<Self, Fault> {
        let mut connection = super::super::open(path, SCHEMA)?;
        let filling = connection.transaction()?;
        if !filling.query_row("SELECT EXISTS (SELECT 1 FROM products)", [], |row| {
            row.get::<_, bool>(0)
        })? {
            let mut insert = filling.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4)")?;
            for one in products {
                insert.execute(params![one.sku, one.name, one.category, decimal(one.price_cents)])?;
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
            .prepare_cached("SELECT sku, name, price FROM products WHERE category = ?1")?;
        select.query_map([number], listed)?.collect()
    }

    pub(super) fn product(&self, id: u32) -> rusqlite::Result<Option<Listed>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT sku, name, price FROM products WHERE sku = ?1")?;
        select.query_row([id], listed).optional()
    }

    /// Every price as stored, by sku.
    pub(super) fn prices(&self) -> rusqlite::Result<Vec<(u32, String)>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT sku, price FROM products ORDER BY sku")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Puts pieces of a product into the cart; `false` when there is no such product.
    pub(super) fn add(&self, session: &str, sku: u32, quantity: u32) -> rusqlite::Result<bool> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO cart_lines SELECT ?1, sku, ?3 FROM products WHERE sku = ?2
             ON CONFLICT (session, sku) DO UPDATE SET quantity = quantity + excluded.quantity",
        )?;
        Ok(insert.execute(params![session, sku, quantity])? == 1)
    }

    /// Turns the cart into a pending order and empties it, at once or not at all.
    pub(super) fn place(&mut self, session: &str, method: &str, suffix: &str) -> Result<Placed, Unplaced> {
        let placing = self.connection.transaction()?;
        let mut amount_cents = 0;
        {
            let mut select = placing.prepare_cached(
                "SELECT price, quantity FROM cart_lines JOIN products USING (sku) WHERE session = ?1",
            )?;
            let lines = select.query_map([session], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
            for line in lines {
                let (price, quantity) = line?;
                amount_cents += cents(&price).ok_or(rusqlite::Error::InvalidQuery)? * quantity;
            }
        }
        if amount_cents == 0 {
            return Err(Unplaced::EmptyCart);
        }
        let number: i64 = placing.query_row("SELECT COALESCE(MAX(number), 0) + 1 FROM orders", [], |row| row.get(0))?;
        let reference = format!("O-{number}-{suffix}");
        placing
            .prepare_cached("INSERT INTO orders (reference, amount, status, method, placed_at_ms) VALUES (?1, ?2, 'pending', ?3, ?4)")?
            .execute(params![reference, decimal(amount_cents), method, now_ms()])?;
        placing
            .prepare_cached("DELETE FROM cart_lines WHERE session = ?1")?
            .execute([session])?;
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
            .prepare_cached("UPDATE orders SET payment = ?2 WHERE reference = ?1")?;
        update.execute([reference, payment]).map(drop)
    }

    /// Marks an order whose payment could not be created.
    pub(super) fn give_up(&self, reference: &str) -> rusqlite::Result<()> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE orders SET status = 'unpaid' WHERE reference = ?1 AND status = 'pending'")?;
        update.execute([reference]).map(drop)
    }

    pub(super) fn status(&self, reference: &str) -> rusqlite::Result<Option<String>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT status FROM orders WHERE reference = ?1")?;
        select.query_row([reference], |row| row.get(0)).optional()
    }

    /// Books a capture; a repeated delivery changes nothing.
    pub(super) fn book(&self, notice: &Notice) -> rusqlite::Result<Booking> {
        let mut select = self
            .connection
            .prepare_cached("SELECT amount FROM orders WHERE reference = ?1")?;
        let Some(amount) = select
            .query_row([&notice.reference], |row| row.get::<_, String>(0))
            .optional()?
        else {
            return Ok(Booking::UnknownOrder);
        };
        if cents(&amount) != Some(notice.amount) {
            return Ok(Booking::WrongAmount);
        }
        let booking = self.connection.unchecked_transaction()?;
        booking
            .prepare_cached("UPDATE orders SET status = 'paid', payment = COALESCE(payment, ?2) WHERE reference = ?1")?
            .execute(params![notice.reference, notice.payment])?;
        outbox::note(&booking, &notice.reference, notice.amount)?;
        booking.commit()?;
        Ok(Booking::Paid)
    }
}

fn listed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        id: row.get(0)?,
        name: row.get(1)?,
        price: row.get(2)?,
    })
}

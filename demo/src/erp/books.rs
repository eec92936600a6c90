//! The ERP's books: one booking per idempotency key. Two keys of one order are two bookings, until one is reversed.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use crate::clock::now_ms;
use crate::tables;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS bookings (number INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT NOT NULL UNIQUE,
  reference TEXT NOT NULL, amount_cents INTEGER NOT NULL, exporter TEXT NOT NULL, booked_at_ms INTEGER NOT NULL,
  reversed_at_ms INTEGER);
CREATE INDEX IF NOT EXISTS bookings_by_reference ON bookings (reference);
";

/// The tables.
pub(super) struct Books {
    connection: Connection,
}

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Booked {
    /// A booking of this number.
    New(i64),
    /// The booking that this key already has.
    Again(i64),
    /// The key is taken by another order.
    OtherOrder,
}

/// Sums over the books.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    /// Bookings that stand.
    bookings: i64,
    /// Orders that have one.
    orders: i64,
    /// Those of the new exporter.
    by_new: i64,
    /// Bookings that were reversed.
    reversed: i64,
}

impl Books {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = tables::open(path, SCHEMA)?;
        Ok(Self { connection })
    }

    /// Books an order under a key once.
    pub(super) fn book(
        &self,
        key: &str,
        reference: &str,
        amount_cents: i64,
        exporter: &str,
    ) -> rusqlite::Result<Booked> {
        let mut select = self
            .connection
            .prepare_cached("SELECT number, reference, amount_cents FROM bookings WHERE idempotency_key = ?1")?;
        let known = select
            .query_row([key], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
            })
            .optional()?;
        match known {
            Some((number, of, amount)) if of == reference && amount == amount_cents => Ok(Booked::Again(number)),
            Some(_) => Ok(Booked::OtherOrder),
            None => {
                self.connection
                    .prepare_cached(
                        "INSERT INTO bookings (idempotency_key, reference, amount_cents, exporter, booked_at_ms)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![key, reference, amount_cents, exporter, now_ms()])?;
                Ok(Booked::New(self.connection.last_insert_rowid()))
            }
        }
    }

    /// How many bookings of an order stand.
    pub(super) fn bookings_of(&self, reference: &str) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached("SELECT COUNT(*) FROM bookings WHERE reference = ?1 AND reversed_at_ms IS NULL")?
            .query_row([reference], |row| row.get(0))
    }

    /// Reverses all but the first booking of each order; returns how many.
    pub(super) fn reverse_repeats(&self) -> rusqlite::Result<usize> {
        self.connection.execute(
            "UPDATE bookings SET reversed_at_ms = ?1 WHERE reversed_at_ms IS NULL AND number NOT IN
             (SELECT MIN(number) FROM bookings WHERE reversed_at_ms IS NULL GROUP BY reference)",
            [now_ms()],
        )
    }

    pub(super) fn totals(&self) -> rusqlite::Result<Totals> {
        self.connection
            .prepare_cached(
                "SELECT COUNT(*) FILTER (WHERE reversed_at_ms IS NULL),
                        COUNT(DISTINCT reference) FILTER (WHERE reversed_at_ms IS NULL),
                        COUNT(DISTINCT reference) FILTER (WHERE reversed_at_ms IS NULL AND exporter = 'new'),
                        COUNT(reversed_at_ms) FROM bookings",
            )?
            .query_row([], |row| {
                Ok(Totals {
                    bookings: row.get(0)?,
                    orders: row.get(1)?,
                    by_new: row.get(2)?,
                    reversed: row.get(3)?,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn one_key_books_once_and_two_keys_of_an_order_twice_until_it_is_reversed() {
        let books = Books::open(Path::new(":memory:")).unwrap();
        let book = |key: &str| books.book(key, "O-1", 700, "new").unwrap();
        assert_eq!(book("order-O-1"), Booked::New(1));
        assert_eq!(book("order-O-1"), Booked::Again(1));
        assert_eq!(books.book("order-O-1", "O-2", 700, "new").unwrap(), Booked::OtherOrder);
        assert_eq!(book("order-O-1-2"), Booked::New(2));
        assert_eq!(books.bookings_of("O-1").unwrap(), 2);
        assert_eq!(books.reverse_repeats().unwrap(), 1);
        assert_eq!(books.reverse_repeats().unwrap(), 0);
        let totals = Totals {
            bookings: 1,
            orders: 1,
            by_new: 1,
            reversed: 1,
        };
        assert_eq!(books.totals().unwrap(), totals);
        // What was sent under the reversed key is known all the same.
        assert_eq!(book("order-O-1-2"), Booked::Again(2));
    }
}

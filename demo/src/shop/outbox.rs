//! Paid orders in the order in which they were paid, for whoever passes them on. Written with the booking, read by position.

use rusqlite::{Connection, params};
use serde::Serialize;

/// The table.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL UNIQUE,
  amount_cents INTEGER NOT NULL);
";
/// Orders read at once.
const ORDERS_MAX: u32 = 500;

/// A paid order.
#[derive(Debug, Serialize)]
pub(super) struct Exported {
    position: i64,
    reference: String,
    amount_cents: i64,
}

/// Notes a paid order; once, however often its payment is told.
pub(super) fn note(connection: &Connection, reference: &str, amount_cents: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO outbox (reference, amount_cents) VALUES (?1, ?2)")?
        .execute(params![reference, amount_cents])
        .map(drop)
}

/// The first orders behind a position.
pub(super) fn after(connection: &Connection, position: i64) -> rusqlite::Result<Vec<Exported>> {
    connection
        .prepare_cached(
            "SELECT position, reference, amount_cents FROM outbox WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?
        .query_map(params![position, ORDERS_MAX], |row| {
            Ok(Exported {
                position: row.get(0)?,
                reference: row.get(1)?,
                amount_cents: row.get(2)?,
            })
        })?
        .collect()
}

//! The provider's own record of who paid what: one row per order reference, whatever the shops believe.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::Serialize;

use crate::clock::now_ms;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS ledger (payment TEXT PRIMARY KEY, reference TEXT NOT NULL UNIQUE, amount_cents INTEGER NOT NULL,
  status TEXT NOT NULL, at_ms INTEGER NOT NULL, method TEXT NOT NULL, callback TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, delivered_at_ms INTEGER);
";

/// The ledger's table.
pub(super) struct Ledger {
    connection: Connection,
}

/// What became of a request for a payment.
pub(super) enum Accepted {
    /// A new payment with this id.
    New(String),
    /// The payment that this reference already has.
    Again(String),
    /// The reference is taken with another amount.
    OtherAmount,
}

/// One payment.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) payment: String,
    pub(super) reference: String,
    pub(super) amount_cents: i64,
    pub(super) status: String,
    pub(super) at_ms: i64,
    pub(super) method: String,
    #[serde(skip)]
    pub(super) callback: String,
    pub(super) attempts: u32,
    pub(super) delivered_at_ms: Option<i64>,
}

/// Sums over the ledger.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    pub(super) payments: i64,
    pub(super) captured: i64,
    pub(super) captured_cents: i64,
    /// Payments whose shop has not yet said 2xx to the webhook.
    pub(super) undelivered: i64,
}

const COLUMNS: &str = "payment, reference, amount_cents, status, at_ms, method, callback, attempts, delivered_at_ms";

impl Ledger {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(2))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection })
    }

    /// Creates the payment of a reference once; the same order again finds the same payment.
    pub(super) fn accept(
        &self,
        reference: &str,
        amount_cents: i64,
        method: &str,
        callback: &str,
    ) -> rusqlite::Result<Accepted> {
        let mut select = self
            .connection
            .prepare_cached("SELECT payment, amount_cents FROM ledger WHERE reference = ?1")?;
        let known = select
            .query_row([reference], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        match known {
            Some((payment, amount)) if amount == amount_cents => Ok(Accepted::Again(payment)),
            Some(_) => Ok(Accepted::OtherAmount),
            None => {
                let payment = format!("pay-{reference}");
                self.connection
                    .prepare_cached(
                        "INSERT INTO ledger (payment, reference, amount_cents, status, at_ms, method, callback)
                         VALUES (?1, ?2, ?3, 'authorised', ?4, ?5, ?6)",
                    )?
                    .execute(params![payment, reference, amount_cents, now_ms(), method, callback])?;
                Ok(Accepted::New(payment))
            }
        }
    }

    /// Takes the money and returns the row; capturing twice takes it once.
    pub(super) fn capture(&self, payment: &str) -> rusqlite::Result<Row> {
        self.connection
            .prepare_cached(
                "UPDATE ledger SET status = 'captured', at_ms = ?2 WHERE payment = ?1 AND status = 'authorised'",
            )?
            .execute(params![payment, now_ms()])?;
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM ledger WHERE payment = ?1"))?
            .query_row([payment], row)
    }

    /// Counts an attempt to tell the shop.
    pub(super) fn attempted(&self, payment: &str) -> rusqlite::Result<()> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE ledger SET attempts = attempts + 1 WHERE payment = ?1")?;
        update.execute([payment]).map(drop)
    }

    /// Notes that the shop has understood.
    pub(super) fn delivered(&self, payment: &str) -> rusqlite::Result<()> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE ledger SET delivered_at_ms = ?2 WHERE payment = ?1")?;
        update.execute(params![payment, now_ms()]).map(drop)
    }

    /// Payments that an earlier start did not deliver.
    pub(super) fn undelivered(&self) -> rusqlite::Result<Vec<String>> {
        let mut select = self
            .connection
            .prepare("SELECT payment FROM ledger WHERE delivered_at_ms IS NULL ORDER BY at_ms")?;
        select.query_map([], |row| row.get(0))?.collect()
    }

    pub(super) fn rows(&self) -> rusqlite::Result<Vec<Row>> {
        let mut select = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM ledger ORDER BY rowid"))?;
        select.query_map([], row)?.collect()
    }

    pub(super) fn totals(&self) -> rusqlite::Result<Totals> {
        let mut select = self.connection.prepare_cached(
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE status = 'captured'),
                    COALESCE(SUM(amount_cents) FILTER (WHERE status = 'captured'), 0),
                    COUNT(*) FILTER (WHERE delivered_at_ms IS NULL) FROM ledger",
        )?;
        select.query_row([], |row| {
            Ok(Totals {
                payments: row.get(0)?,
                captured: row.get(1)?,
                captured_cents: row.get(2)?,
                undelivered: row.get(3)?,
            })
        })
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        payment: row.get(0)?,
        reference: row.get(1)?,
        amount_cents: row.get(2)?,
        status: row.get(3)?,
        at_ms: row.get(4)?,
        method: row.get(5)?,
        callback: row.get(6)?,
        attempts: row.get(7)?,
        delivered_at_ms: row.get(8)?,
    })
}

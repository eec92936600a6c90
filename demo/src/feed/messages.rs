//! The feed's tables: orders on their way, how far each shop was read, and the letters that were given up.

use std::path::Path;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::side::Side;
use crate::clock::now_ms;
use crate::tables;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS messages (reference TEXT PRIMARY KEY, amount_cents INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
  side TEXT, attempts INTEGER NOT NULL DEFAULT 0, due_at_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (due_at_ms) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS cursors (shop INTEGER PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dead_letters (reference TEXT PRIMARY KEY, side TEXT NOT NULL, reason TEXT NOT NULL, at_ms INTEGER NOT NULL,
  handled_at_ms INTEGER);
";
/// Attempts after which an order is given up and becomes a dead letter.
const ATTEMPTS_MAX: u32 = 8;
/// Pause after the first failed attempt; it doubles up to [`PAUSE_MS_MAX`].
const PAUSE_MS_FIRST: i64 = 100;
const PAUSE_MS_MAX: i64 = 2_000;

/// The tables.
pub(super) struct Messages {
    connection: Connection,
}

/// A paid order as a shop tells it.
#[derive(Debug, Deserialize)]
pub(super) struct Taken {
    pub(super) position: i64,
    pub(super) reference: String,
    pub(super) amount_cents: i64,
}

/// An order that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) reference: String,
    pub(super) amount_cents: i64,
    /// Failed attempts so far.
    pub(super) attempts: u32,
}

/// Sums over the messages.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    waiting: i64,
    sent: i64,
    given_up: i64,
    sent_by_new: i64,
}

impl Messages {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = tables::open(path, SCHEMA)?;
        Ok(Self { connection })
    }

    /// How far a shop was read.
    pub(super) fn position(&self, shop: u32) -> rusqlite::Result<i64> {
        self.connection
            .prepare_cached("SELECT COALESCE(MAX(position), 0) FROM cursors WHERE shop = ?1")?
            .query_row([shop], |row| row.get(0))
    }

    /// Takes orders in and moves the shop's position, both or neither; an order that is known is not taken again.
    pub(super) fn take(&mut self, shop: u32, orders: &[Taken]) -> rusqlite::Result<()> {
        let Some(last) = orders.last() else { return Ok(()) };
        let taking = self.connection.transaction()?;
        {
            let mut insert = taking.prepare_cached(
                "INSERT OR IGNORE INTO messages (reference, amount_cents, due_at_ms) VALUES (?1, ?2, ?3)",
            )?;
            for order in orders {
                insert.execute(params![order.reference, order.amount_cents, now_ms()])?;
            }
        }
        taking.execute(
            "INSERT INTO cursors VALUES (?1, ?2) ON CONFLICT (shop) DO UPDATE SET position = excluded.position",
            params![shop, last.position],
        )?;
        taking.commit()
    }

    /// The first orders that are due.
    pub(super) fn due(&self, at_most: u32) -> rusqlite::Result<Vec<Message>> {
        self.connection
            .prepare_cached(
                "SELECT reference, amount_cents, attempts FROM messages WHERE state = 'waiting' AND due_at_ms <= ?1
                 ORDER BY due_at_ms LIMIT ?2",
            )?
            .query_map(params![now_ms(), at_most], message)?
            .collect()
    }

    /// Orders that wait after at least one attempt: whether the ERP has them is not known.
    pub(super) fn doubtful(&self) -> rusqlite::Result<Vec<Message>> {
        self.connection
            .prepare_cached(
                "SELECT reference, amount_cents, attempts FROM messages WHERE state = 'waiting' AND attempts > 0",
            )?
            .query_map([], message)?
            .collect()
    }

    /// Whether an order still has to be sent.
    pub(super) fn is_waiting(&self, reference: &str) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM messages WHERE reference = ?1 AND state = 'waiting')")?
            .query_row([reference], |row| row.get(0))
    }

    /// The order was taken by the ERP.
    pub(super) fn sent(&self, reference: &str, by: Side) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE messages SET state = 'sent', side = ?2 WHERE reference = ?1")?
            .execute([reference, by.word()])
            .map(drop)
    }

    /// Nobody said whose it is: it waits, and no attempt was made.
    pub(super) fn wait(&self, reference: &str) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE messages SET due_at_ms = ?2 WHERE reference = ?1")?
            .execute(params![reference, now_ms() + PAUSE_MS_MAX])
            .map(drop)
    }

    /// An attempt failed: it is made again after a pause that doubles, or given up.
    pub(super) fn failed(&mut self, message: &Message, by: Side, reason: &str) -> rusqlite::Result<()> {
        let attempts = message.attempts + 1;
        if attempts < ATTEMPTS_MAX {
            let due = now_ms() + (PAUSE_MS_FIRST << message.attempts).min(PAUSE_MS_MAX);
            let mut update = self
                .connection
                .prepare_cached("UPDATE messages SET attempts = ?2, due_at_ms = ?3 WHERE reference = ?1")?;
            return update.execute(params![message.reference, attempts, due]).map(drop);
        }
        let giving_up = self.connection.transaction()?;
        giving_up.execute(
            "UPDATE messages SET attempts = ?2, state = 'given up', side = ?3 WHERE reference = ?1",
            params![message.reference, attempts, by.word()],
        )?;
        giving_up.execute(
            "INSERT OR REPLACE INTO dead_letters (reference, side, reason, at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![message.reference, by.word(), reason, now_ms()],
        )?;
        giving_up.commit()
    }

    pub(super) fn totals(&self) -> rusqlite::Result<Totals> {
        self.connection
            .prepare_cached(
                "SELECT COUNT(*) FILTER (WHERE state = 'waiting'), COUNT(*) FILTER (WHERE state = 'sent'),
                        COUNT(*) FILTER (WHERE state = 'given up'), COUNT(*) FILTER (WHERE state = 'sent' AND side = 'new')
                 FROM messages",
            )?
            .query_row([], |row| {
                Ok(Totals {
                    waiting: row.get(0)?,
                    sent: row.get(1)?,
                    given_up: row.get(2)?,
                    sent_by_new: row.get(3)?,
                })
            })
    }
}

fn message(row: &rusqlite::Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        reference: row.get(0)?,
        amount_cents: row.get(1)?,
        attempts: row.get(2)?,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn taken(position: i64, reference: &str) -> Taken {
        Taken {
            position,
            reference: reference.to_owned(),
            amount_cents: 700,
        }
    }

    #[test]
    fn an_order_is_taken_once_and_given_up_after_its_last_attempt() {
        let mut messages = Messages::open(Path::new(":memory:")).unwrap();
        messages.take(0, &[taken(1, "O-1"), taken(2, "O-2")]).unwrap();
        messages.take(0, &[taken(2, "O-2")]).unwrap();
        assert_eq!((messages.position(0).unwrap(), messages.position(1).unwrap()), (2, 0));
        assert_eq!(messages.due(10).unwrap().len(), 2);
        messages.sent("O-2", Side::New).unwrap();
        let mut message = messages.due(10).unwrap().remove(0);
        for attempt in 1..ATTEMPTS_MAX {
            messages.failed(&message, Side::New, "503").unwrap();
            assert!(messages.due(10).unwrap().is_empty(), "it waits");
            message.attempts = attempt;
            assert_eq!(messages.doubtful().unwrap(), [message.clone()]);
        }
        messages.failed(&message, Side::New, "503").unwrap();
        let totals = messages.totals().unwrap();
        assert_eq!(
            (totals.waiting, totals.sent, totals.given_up, totals.sent_by_new),
            (0, 1, 1, 1)
        );
        let letters = "SELECT COUNT(*) FROM dead_letters WHERE handled_at_ms IS NULL";
        let letters: i64 = messages.connection.query_row(letters, [], |row| row.get(0)).unwrap();
        assert_eq!(letters, 1);
    }
}

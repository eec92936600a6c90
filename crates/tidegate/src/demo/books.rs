//! The books of the demo's world: orders of both shops and the payment provider's ledger, read from their own databases
//! and compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OpenFlags};

use super::measured::{Orders, Stranded};

/// How long a busy database is waited for.
const BUSY_WITHIN: Duration = Duration::from_secs(5);
/// What a paid order is called by a shop, and by the ledger.
const PAID: &str = "paid";
const CAPTURED: &str = "captured";

/// One order, as one book has it.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) reference: String,
    pub(crate) cents: i64,
    pub(crate) status: String,
    pub(crate) placed_at_ms: i64,
}

/// All three.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) old: Vec<Order>,
    pub(crate) new: Vec<Order>,
    pub(crate) ledger: Vec<Order>,
}

impl Books {
    /// Reads them from the demo's folder.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let book = |file: &str, query: &str| read(&folder.join(file), query);
        Ok(Self {
            old: book(
                "old-shop.sqlite3",
                "SELECT reference, CAST(ROUND(CAST(amount AS REAL) * 100) AS INTEGER), status, placed_at_ms FROM orders",
            )?,
            new: book(
                "new-shop.sqlite3",
                "SELECT reference, total_cents, state, placed_at_ms FROM sales_orders",
            )?,
            ledger: book(
                "ledger.sqlite3",
                "SELECT reference, amount_cents, status, at_ms FROM ledger",
            )?,
        })
    }

    /// Sums of the old shop, the new shop and the ledger.
    pub(crate) fn sums(&self) -> [Orders; 3] {
        [sum(&self.old, PAID), sum(&self.new, PAID), sum(&self.ledger, CAPTURED)]
    }

    /// How many entries stand in one of ledger and shops more often than in the other. One that was captured twice and
    /// ordered once is a difference.
    pub(crate) fn differences(&self) -> u64 {
        let mut surplus: BTreeMap<(&str, i64), i64> = BTreeMap::new();
        for order in self.ledger.iter().filter(|order| order.status == CAPTURED) {
            *surplus.entry((&order.reference, order.cents)).or_default() += 1;
        }
        for order in self.old.iter().chain(&self.new).filter(|order| order.status == PAID) {
            *surplus.entry((&order.reference, order.cents)).or_default() -= 1;
        }
        surplus.values().map(|more| more.unsigned_abs()).sum()
    }

    /// Orders that the new shop had at an instant, and which of them were paid in the end.
    pub(crate) fn stranded(&self, at_ms: i64) -> Stranded {
        let then: Vec<&Order> = self.new.iter().filter(|order| order.placed_at_ms <= at_ms).collect();
        let kept = then.iter().filter(|order| order.status == PAID);
        Stranded {
            orders: then.len() as u64,
            cents: then.iter().map(|order| order.cents).sum(),
            kept: kept.clone().count() as u64,
            kept_cents: kept.map(|order| order.cents).sum(),
        }
    }
}

fn read(path: &Path, query: &str) -> anyhow::Result<Vec<Order>> {
    let failed = || format!("cannot read `{}`", path.display());
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).with_context(failed)?;
    connection.busy_timeout(BUSY_WITHIN).with_context(failed)?;
    let mut statement = connection.prepare(query).with_context(failed)?;
    let rows = statement.query_map([], |row| {
        Ok(Order {
            reference: row.get(0)?,
            cents: row.get(1)?,
            status: row.get(2)?,
            placed_at_ms: row.get(3)?,
        })
    });
    rows.with_context(failed)?
        .collect::<Result<_, _>>()
        .with_context(failed)
}

fn sum(orders: &[Order], done: &str) -> Orders {
    let paid = orders.iter().filter(|order| order.status == done);
    Orders {
        placed: orders.len() as u64,
        paid: paid.clone().count() as u64,
        paid_cents: paid.map(|order| order.cents).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(reference: &str, cents: i64, status: &str, placed_at_ms: i64) -> Order {
        Order {
            reference: reference.to_owned(),
            cents,
            status: status.to_owned(),
            placed_at_ms,
        }
    }

    fn agreeing() -> Books {
        Books {
            old: vec![order("O-1", 1_000, PAID, 5), order("O-2", 700, "payment_failed", 6)],
            new: vec![
                order("N-1", 2_000, PAID, 7),
                order("N-2", 300, "pending", 8),
                order("N-3", 50, PAID, 9),
            ],
            ledger: vec![
                order("O-1", 1_000, CAPTURED, 5),
                order("N-1", 2_000, CAPTURED, 7),
                order("N-2", 300, "created", 8),
                order("N-3", 50, CAPTURED, 9),
            ],
        }
    }

    #[test]
    fn books_that_agree_have_no_differences() {
        assert_eq!(agreeing().differences(), 0);
    }

    #[test]
    fn twice_captured_is_not_once_captured() {
        let mut books = agreeing();
        books.ledger.push(order("N-1", 2_000, CAPTURED, 7));
        assert_eq!(books.differences(), 1);
        let mut books = agreeing();
        books.old.push(order("O-1", 1_000, PAID, 5));
        assert_eq!(books.differences(), 1);
    }

    #[test]
    fn a_missing_entry_is_one_difference_and_another_amount_two() {
        let mut books = agreeing();
        books.ledger.pop();
        assert_eq!(books.differences(), 1);
        let mut books = agreeing();
        books.new[0].cents += 1;
        assert_eq!(books.differences(), 2);
    }

    #[test]
    fn what_is_stranded_is_counted_and_valued_at_the_instant_of_the_rollback() {
        let stranded = agreeing().stranded(8);
        let expected = Stranded {
            orders: 2,
            cents: 2_300,
            kept: 1,
            kept_cents: 2_000,
        };
        assert_eq!(stranded, expected);
    }
}

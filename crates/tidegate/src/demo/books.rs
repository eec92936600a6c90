//! The books of the demo's world: orders of both shops, the payment provider's ledger and the ERP's bookings, read from their
//! own databases and compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use rusqlite::{Connection, OpenFlags};

use super::measured::{Booked, Orders, Stranded};

/// How long a busy database is waited for.
const BUSY_WITHIN: Duration = Duration::from_secs(5);
/// What a paid order is called by a shop, and by the ledger.
const PAID: &str = "paid";
const CAPTURED: &str = "captured";
/// What a booking of the ERP is called here that was reversed, and one of the new exporter that was not.
const REVERSED: &str = "reversed";
const BY_NEW: &str = "new";

/// One order, as one book has it.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) reference: String,
    pub(crate) cents: i64,
    pub(crate) status: String,
    pub(crate) placed_at_ms: i64,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Books {
    pub(crate) old: Vec<Order>,
    pub(crate) new: Vec<Order>,
    pub(crate) ledger: Vec<Order>,
    pub(crate) erp: Vec<Order>,
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
            erp: book(
                "erp.sqlite3",
                "SELECT reference, amount_cents, IIF(reversed_at_ms IS NULL, exporter, 'reversed'), booked_at_ms FROM bookings",
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
        self.differences_to(self.ledger.iter().filter(|order| order.status == CAPTURED))
    }

    /// What the ERP has, held against the paid orders of both shops in the same way.
    pub(crate) fn erp_sums(&self) -> Booked {
        let standing = || self.erp.iter().filter(|order| order.status != REVERSED);
        Booked {
            orders: standing().count() as u64,
            by_new: standing().filter(|order| order.status == BY_NEW).count() as u64,
            reversed: (self.erp.len() - standing().count()) as u64,
            differences: self.differences_to(standing()),
        }
    }

    fn differences_to<'a>(&'a self, entries: impl Iterator<Item = &'a Order>) -> u64 {
        let mut surplus: BTreeMap<(&str, i64), i64> = BTreeMap::new();
        for order in entries {
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
            erp: vec![
                order("O-1", 1_000, "old", 6),
                order("N-1", 2_000, BY_NEW, 8),
                order("N-1", 2_000, REVERSED, 8),
                order("N-3", 50, "old", 9),
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
    fn the_erp_has_each_paid_order_once_and_what_was_reversed_does_not_count() {
        let booked = Booked {
            orders: 3,
            by_new: 1,
            reversed: 1,
            differences: 0,
        };
        assert_eq!(agreeing().erp_sums(), booked);
        let mut books = agreeing();
        books.erp[2].status = BY_NEW.to_owned();
        assert_eq!(books.erp_sums().differences, 1, "taken twice");
        books.erp.truncate(2);
        assert_eq!(books.erp_sums().differences, 1, "not taken");
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

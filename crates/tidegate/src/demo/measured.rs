//! What the world outside said when the story was over.

use serde::Deserialize;
use tidegate_model::Timestamp;

/// What the world outside said at the end.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Orders in each shop's own database: placed, paid, money of the paid ones in cents.
    pub(crate) old_orders: Orders,
    /// The new shop's.
    pub(crate) new_orders: Orders,
    /// The payment provider's ledger.
    pub(crate) ledger: Orders,
    /// Entries that one of ledger and shops has more often than the other.
    pub(crate) ledger_differences: u64,
    /// What the ERP has of all paid orders.
    pub(crate) erp: Booked,
    /// Orders that the rollback of checkout left on the new side.
    pub(crate) stranded: Stranded,
    /// When the first order failed on the new side without an error status, as the shopper saw it.
    pub(crate) first_failure_at: Option<Timestamp>,
    /// Last request on the new side of a visitor without an open cart, until checkout was exposed again.
    pub(crate) last_fresh_request_at: Option<Timestamp>,
    /// Attempts of shoppers and how many of them completed.
    pub(crate) attempts: u64,
    /// Completed ones.
    pub(crate) completed: u64,
    /// How long shoppers came, in seconds.
    pub(crate) seconds: f64,
    /// What a search engine's crawler met.
    pub(crate) crawler: Crawled,
    /// Whether the journal verifies, and how many entries it has.
    pub(crate) journal: Result<u64, String>,
}

/// Orders of one book.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) placed: u64,
    pub(crate) paid: u64,
    pub(crate) paid_cents: i64,
}

/// Orders in the ERP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Booked {
    /// Bookings that stand.
    pub(crate) orders: u64,
    /// Those that the new exporter sent.
    pub(crate) by_new: u64,
    /// Repeats that were reversed.
    pub(crate) reversed: u64,
    /// Entries that one of ERP and shops has more often than the other.
    pub(crate) differences: u64,
}

/// Orders that were on the new side when everybody was taken back, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stranded {
    pub(crate) orders: u64,
    /// What they are worth.
    pub(crate) cents: i64,
    /// Those that were paid in the end.
    pub(crate) kept: u64,
    /// What these are worth.
    pub(crate) kept_cents: i64,
}

/// Pages that a crawler was shown, which keeps no cookie and knows the old shop's addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Crawled {
    /// Of the old shop.
    pub(crate) old: u64,
    /// Of the new one, behind a redirect.
    pub(crate) new: u64,
    /// How often the shop changed from one page to the next.
    pub(crate) moves: u64,
    /// Pages whose canonical address was not the one they were found at.
    pub(crate) misnamed: u64,
    /// Addresses without a page behind them.
    pub(crate) failed: u64,
}

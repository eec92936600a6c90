//! What one book says of one reference: its rows taken together, their amounts summed by currency.

use std::collections::BTreeMap;

use crate::decimal::Decimal;
use crate::encode;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key, RowRef};
use crate::source::RowStream;
use crate::sum::{minus, plus};
use crate::totals::number_of;
use crate::value::Value;

/// Currencies of one reference that are kept apart; beyond them the amount counts as unreadable.
const CURRENCIES_MAX: usize = 16;

/// Exact amounts by currency; an amount of zero is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Money(BTreeMap<String, Decimal>);

impl Money {
    /// Adds an amount of a currency.
    pub fn add(&mut self, currency: &str, amount: &Decimal) {
        let held = self.0.entry(currency.to_owned()).or_default();
        *held = plus(held, amount);
        if held.digits().is_empty() {
            self.0.remove(currency);
        }
    }

    /// Adds all amounts of another.
    pub fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(currency, amount)| self.add(currency, amount));
    }

    /// What this is more than the other.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        let mut rest = self.clone();
        for (currency, amount) in &other.0 {
            rest.add(currency, &minus(&Decimal::default(), amount));
        }
        rest
    }

    /// Whether no amount of any currency is left.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no amount differs from the other's by more than this.
    #[must_use]
    pub fn is_within(&self, other: &Self, most: &Decimal) -> bool {
        self.less(other)
            .0
            .values()
            .all(|rest| rest.distance(&Decimal::default()) <= *most)
    }

    /// Amounts by currency.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, &Decimal)> {
        self.0.iter().map(|(currency, amount)| (currency.as_str(), amount))
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (at, (currency, amount)) in self.amounts().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let blank = if currency.is_empty() { "" } else { " " };
            write!(f, "{comma}{amount}{blank}{currency}")?;
        }
        Ok(())
    }
}

/// What a book says of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub(super) rows: u64,
    pub(super) money: Money,
    /// Rows whose amount is neither a number nor `NULL`.
    pub(super) unreadable: u64,
}

impl Entry {
    /// Takes a row: an amount and a currency, as far as the book has them.
    pub(super) fn take(&mut self, cells: &[u8]) {
        self.rows += 1;
        let cells = encode::values(cells).expect("a batch is only made of canonical bytes");
        let currency = match cells.get(1) {
            None | Some(Value::Null) => String::new(),
            Some(value) => value.to_string().trim().to_uppercase(),
        };
        match cells.first() {
            None | Some(Value::Null) => {}
            Some(value) => match number_of(value) {
                Some(amount) if self.money.0.len() < CURRENCIES_MAX => self.money.add(&currency, &amount),
                Some(_) | None => self.unreadable += 1,
            },
        }
    }
}

/// The entries of a book in the order of their references.
pub(super) struct Entries {
    stream: RowStream,
    range: KeyRange,
    batch: Batch,
    place: usize,
    has_ended: bool,
    /// The entry that is being gathered, or waits.
    head: Option<(Key, Entry)>,
    is_whole: bool,
    pub(super) rows: u64,
}

impl Entries {
    pub(super) fn new(stream: RowStream, range: &KeyRange) -> Self {
        Self {
            stream,
            range: range.clone(),
            batch: Batch::default(),
            place: 0,
            has_ended: false,
            head: None,
            is_whole: false,
            rows: 0,
        }
    }

    /// Gathers the next entry, if it is not there yet.
    ///
    /// # Errors
    /// Any fault of the source; [`SourceFault::OutOfOrder`].
    pub(super) async fn fill(&mut self) -> Result<(), SourceFault> {
        while !self.is_whole {
            if self.place >= self.batch.len() {
                match self.stream.next().await? {
                    Some(batch) => {
                        self.rows += u64::try_from(batch.len()).expect("a batch has few rows");
                        (self.batch, self.place) = (batch, 0);
                    }
                    None => {
                        self.has_ended = true;
                        self.is_whole = true;
                    }
                }
                continue;
            }
            let row = self.batch.row(self.place);
            if !self.range.holds(row.key) {
                return Err(SourceFault::OutOfOrder);
            }
            match &mut self.head {
                Some((key, entry)) if key.as_bytes() == row.key => entry.take(row.cells),
                Some((key, _)) if key.as_bytes() > row.key => return Err(SourceFault::OutOfOrder),
                Some(_) => {
                    self.is_whole = true;
                    return Ok(());
                }
                none @ None => *none = Some(begun(row)),
            }
            self.place += 1;
        }
        Ok(())
    }

    /// The reference of the entry that waits.
    pub(super) fn key(&self) -> Option<&Key> {
        self.head.as_ref().map(|(key, _)| key)
    }

    /// Takes the entry that waits, if it is of this reference.
    pub(super) fn take(&mut self, key: &Key) -> Option<Entry> {
        let (_, entry) = self.head.take_if(|(held, _)| held == key)?;
        self.is_whole = self.has_ended;
        // The row that ended it begins the next, so that order is checked across them.
        if self.place < self.batch.len() {
            let row = self.batch.row(self.place);
            self.head = Some(begun(row));
            self.place += 1;
        }
        Some(entry)
    }
}

fn begun(row: RowRef<'_>) -> (Key, Entry) {
    let mut entry = Entry::default();
    entry.take(row.cells);
    (Key::trusted(row.key), entry)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn money(parts: &[(&str, &str)]) -> Money {
        let mut money = Money::default();
        for (currency, amount) in parts {
            money.add(currency, &Decimal::parse(amount).unwrap());
        }
        money
    }

    #[test]
    fn money_of_two_currencies_is_never_added_up() {
        let both = money(&[("EUR", "10.50"), ("USD", "1"), ("EUR", "-0.50")]);
        assert_eq!(both.to_string(), "10 EUR, 1 USD");
        assert_eq!(both.less(&money(&[("EUR", "10")])).to_string(), "1 USD");
        assert!(
            money(&[("EUR", "5"), ("EUR", "-5.00")]).is_zero(),
            "a charge and its refund"
        );
        let cent = Decimal::parse("0.01").unwrap();
        assert!(both.is_within(&money(&[("EUR", "10.01"), ("USD", "1")]), &cent));
        assert!(!both.is_within(&money(&[("EUR", "10.011"), ("USD", "1")]), &cent));
        assert!(!both.is_within(&money(&[("EUR", "10"), ("CHF", "1")]), &cent));
    }
}

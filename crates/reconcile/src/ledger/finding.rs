//! What is wrong with a reference, seen across the sides and the ledger.

use std::fmt;

use serde::Serialize;

use crate::decimal::Decimal;
use crate::entity::Side;
use crate::ledger::Presence;
use crate::ledger::entry::{Entry, Money};
use crate::row::Key;

/// What is wrong. Whether money moved tells the worse half from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// The ledger charged a reference that no order has.
    ChargedWithoutOrder,
    /// An order with an amount has no entry in the ledger.
    OrderWithoutCharge,
    /// Both have it, with other amounts.
    AmountDiffers,
    /// The ledger has a reference without an amount left, and no order has it.
    Missing,
    /// An order without an amount has no entry in the ledger.
    Extra,
    /// A side has several orders of one reference.
    Duplicated,
    /// Both sides have the order, where each order lives on one of them.
    OnBothSides,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChargedWithoutOrder => "charged without order",
            Self::OrderWithoutCharge => "order without charge",
            Self::AmountDiffers => "amount differs",
            Self::Missing => "in the ledger only, without an amount",
            Self::Extra => "order without an amount, not in the ledger",
            Self::Duplicated => "several orders of one reference",
            Self::OnBothSides => "on both sides",
        })
    }
}

/// Something wrong that stayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub wrong: Wrong,
    /// The reference.
    pub reference: Key,
    /// The side whose order it is, or should be; `None` where either could have it, or both do.
    pub side: Option<Side>,
    /// What the orders come to.
    pub ordered: Money,
    /// What the ledger's entries come to.
    pub charged: Money,
}

/// What the three say of one reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen {
    pub(super) old: Option<Entry>,
    pub(super) new: Option<Entry>,
    pub(super) ledger: Option<Entry>,
}

/// The rules that references are judged by.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) presence: Presence,
    pub(super) has_old: bool,
    pub(super) has_new: bool,
    pub(super) tolerance: Decimal,
}

/// All that is wrong with a reference.
pub(super) fn judge(rules: &Rules, reference: &Key, seen: &Seen) -> Vec<Finding> {
    let ledger = seen.ledger.as_ref();
    let one = |side: Option<Side>, order: Option<&Entry>| {
        let wrong = wrong(rules, order, ledger)?;
        Some(finding(wrong, reference, side, order, ledger))
    };
    match rules.presence {
        Presence::Each => {
            let old = rules.has_old.then(|| one(Some(Side::Old), seen.old.as_ref())).flatten();
            let new = rules.has_new.then(|| one(Some(Side::New), seen.new.as_ref())).flatten();
            old.into_iter().chain(new).collect()
        }
        Presence::Split => match (&seen.old, &seen.new) {
            (Some(old), Some(new)) => {
                let mut both = old.clone();
                both.money.add_all(&new.money);
                vec![finding(Wrong::OnBothSides, reference, None, Some(&both), ledger)]
            }
            (Some(old), None) => one(Some(Side::Old), Some(old)).into_iter().collect(),
            (None, Some(new)) => one(Some(Side::New), Some(new)).into_iter().collect(),
            (None, None) => one(None, None).into_iter().collect(),
        },
    }
}

fn wrong(rules: &Rules, order: Option<&Entry>, ledger: Option<&Entry>) -> Option<Wrong> {
    let has_amount = |entry: &Entry| !entry.money.is_zero() || entry.unreadable > 0;
    match (order, ledger) {
        (None, None) => None,
        (None, Some(ledger)) if has_amount(ledger) => Some(Wrong::ChargedWithoutOrder),
        (None, Some(_)) => Some(Wrong::Missing),
        (Some(order), _) if order.rows > 1 => Some(Wrong::Duplicated),
        (Some(order), None) if has_amount(order) => Some(Wrong::OrderWithoutCharge),
        (Some(_), None) => Some(Wrong::Extra),
        (Some(order), Some(ledger)) => {
            let is_readable = order.unreadable + ledger.unreadable == 0;
            let agrees = is_readable && order.money.is_within(&ledger.money, &rules.tolerance);
            (!agrees).then_some(Wrong::AmountDiffers)
        }
    }
}

fn finding(
    wrong: Wrong,
    reference: &Key,
    side: Option<Side>,
    order: Option<&Entry>,
    ledger: Option<&Entry>,
) -> Finding {
    let money = |entry: Option<&Entry>| entry.map(|entry| entry.money.clone()).unwrap_or_default();
    Finding {
        wrong,
        reference: reference.clone(),
        side,
        ordered: money(order),
        charged: money(ledger),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::value::Value;

    fn entry(rows: u64, amount: &str) -> Option<Entry> {
        let mut entry = Entry {
            rows,
            ..Entry::default()
        };
        if !amount.is_empty() {
            entry.money.add("EUR", &Decimal::parse(amount).unwrap());
        }
        Some(entry)
    }

    fn check(presence: Presence, seen: Seen, expected: &[(Wrong, Option<Side>)]) {
        let rules = Rules {
            presence,
            has_old: true,
            has_new: true,
            tolerance: Decimal::default(),
        };
        let found = judge(&rules, &Key::of(&[Value::Int(1)]), &seen);
        let found: Vec<_> = found.iter().map(|one| (one.wrong, one.side)).collect();
        assert_eq!(found, expected, "{seen:?}");
    }

    #[test]
    fn each_side_is_held_against_the_ledger() {
        let seen = |old, new, ledger| Seen { old, new, ledger };
        let each = |seen, expected: &[_]| check(Presence::Each, seen, expected);
        each(seen(entry(1, "5"), entry(1, "5.00"), entry(2, "5")), &[]);
        each(
            seen(entry(1, "5"), None, entry(1, "5")),
            &[(Wrong::ChargedWithoutOrder, Some(Side::New))],
        );
        each(
            seen(entry(1, "5"), None, None),
            &[(Wrong::OrderWithoutCharge, Some(Side::Old))],
        );
        each(
            seen(entry(1, "5"), entry(1, "5.01"), entry(1, "5")),
            &[(Wrong::AmountDiffers, Some(Side::New))],
        );
        each(
            seen(None, entry(1, ""), entry(2, "")),
            &[(Wrong::Missing, Some(Side::Old))],
        );
        each(seen(None, entry(1, ""), None), &[(Wrong::Extra, Some(Side::New))]);
        each(
            seen(entry(2, "5"), entry(1, "5"), entry(1, "5")),
            &[(Wrong::Duplicated, Some(Side::Old))],
        );
    }

    #[test]
    fn a_split_order_lives_on_one_side_only() {
        let seen = |old, new, ledger| Seen { old, new, ledger };
        let split = |seen, expected: &[_]| check(Presence::Split, seen, expected);
        split(seen(entry(1, "5"), None, entry(1, "5")), &[]);
        split(seen(None, entry(1, "5"), entry(1, "5")), &[]);
        split(
            seen(entry(1, "5"), entry(1, "5"), entry(1, "5")),
            &[(Wrong::OnBothSides, None)],
        );
        split(seen(None, None, entry(1, "5")), &[(Wrong::ChargedWithoutOrder, None)]);
        split(
            seen(None, entry(1, "4"), entry(1, "5")),
            &[(Wrong::AmountDiffers, Some(Side::New))],
        );
        split(
            seen(entry(1, "4"), None, None),
            &[(Wrong::OrderWithoutCharge, Some(Side::Old))],
        );
    }
}

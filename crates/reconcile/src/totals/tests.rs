//! Sums are exact, groups are never mixed, and parts come to the same as the whole.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::entity::{Column, Relation};

fn orders() -> Entity {
    Entity {
        name: "orders".to_owned(),
        old: Relation::Table("orders".to_owned()),
        new: Relation::Table("orders".to_owned()),
        key: vec![Column::same("id")],
        columns: ["amount", "currency", "created_at"].map(Column::same).to_vec(),
        old_filter: None,
        new_filter: None,
        zone: None,
    }
}

fn plan(text: &str) -> TotalsPlan {
    TotalsPlan::parse(text, &orders()).unwrap()
}

fn add(totals: &mut Totals, side: Side, id: i128, amount: Value, currency: &str, at: &str) {
    let (mut key, mut cells) = (Vec::new(), Vec::new());
    encode::value(&mut key, &Value::Int(id));
    encode::value(&mut cells, &amount);
    encode::value(&mut cells, &Value::Text(currency.to_owned()));
    encode::value(&mut cells, &Value::Instant(moment::timestamp_of(at).unwrap().0));
    totals
        .add(
            side,
            RowRef {
                key: &key,
                cells: &cells,
            },
        )
        .unwrap();
}

fn decimal(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}

fn shown(totals: &Totals) -> Vec<String> {
    let line = |(values, group): (Vec<Value>, &Group)| {
        let names: Vec<String> = values.iter().map(Value::to_string).collect();
        let (old, new) = (&group.old, &group.new);
        format!(
            "{} {}/{} {}/{}",
            names.join(" "),
            old.rows(),
            old.total(),
            new.rows(),
            new.total()
        )
    };
    totals.groups().into_iter().map(line).collect()
}

#[test]
fn money_is_summed_exactly_per_currency_and_day() {
    let mut totals = Totals::new(plan("amount:currency,created_at/day"));
    for id in 0..10 {
        add(
            &mut totals,
            Side::Old,
            id,
            decimal("0.1"),
            "EUR",
            "2026-03-29 23:59:59.999999",
        );
    }
    add(&mut totals, Side::New, 1, decimal("1"), "EUR", "2026-03-29 00:00:00");
    add(
        &mut totals,
        Side::New,
        2,
        decimal("99999999999999999999999.01"),
        "USD",
        "2026-03-30 00:00:00",
    );
    add(
        &mut totals,
        Side::New,
        3,
        decimal("-0.011"),
        "USD",
        "2026-03-30 00:00:00",
    );
    assert_eq!(
        shown(&totals),
        [
            "EUR 2026-03-29 10/1 1/1",
            "USD 2026-03-30 0/0 2/99999999999999999999998.999",
        ]
    );
    assert!(!totals.agree(), "ten rows against one");
}

#[test]
fn a_group_beyond_the_limit_is_said_and_in_no_other_group() {
    let mut totals = Totals::with_groups_max(plan("amount:currency"), 2);
    for (id, currency) in ["EUR", "USD", "CHF", "EUR", "SEK"].into_iter().enumerate() {
        let id = i128::try_from(id).unwrap();
        add(&mut totals, Side::Old, id, Value::Int(1), currency, "2026-01-01");
        add(&mut totals, Side::New, id, Value::Int(1), currency, "2026-01-01");
    }
    assert_eq!(shown(&totals), ["EUR 2/2 2/2", "USD 1/1 1/1"]);
    assert_eq!(
        totals.over(),
        &Over {
            old_rows: 2,
            new_rows: 2
        }
    );
    assert!(!totals.agree(), "what is in no group was not compared");
}

#[test]
fn parts_of_the_rows_come_to_the_same_as_all_of_them() {
    let (mut whole, mut first, mut second) = (
        Totals::new(plan("amount:created_at/month")),
        Totals::new(plan("amount:created_at/month")),
        Totals::new(plan("amount:created_at/month")),
    );
    for id in 0..100_i128 {
        let at = format!("2026-{:02}-28 12:00:00", id % 12 + 1);
        let amount = if id % 10 == 0 {
            Value::Null
        } else {
            decimal(&format!("{id}.{id}"))
        };
        add(&mut whole, Side::Old, id, amount.clone(), "EUR", &at);
        let part = if id < 37 { &mut first } else { &mut second };
        add(part, Side::Old, id, amount, "EUR", &at);
    }
    first.merge(&second);
    assert_eq!(first, whole);
    assert_eq!(whole.groups().len(), 12);
    let nulls: u64 = whole.groups().iter().map(|(_, group)| group.old.nulls()).sum();
    assert_eq!(nulls, 10);
}

#[test]
fn a_description_names_columns_of_the_entity() {
    assert_eq!(plan("rows:currency").measure, None);
    assert_eq!(plan("amount").dimensions, []);
    assert_eq!(plan("id").measure.unwrap().place, Place::Key(0));
    for wrong in ["price", "amount:colour", "amount:created_at/hour"] {
        assert!(
            matches!(TotalsPlan::parse(wrong, &orders()), Err(TotalsFault::NoColumn { .. })),
            "{wrong}"
        );
    }
}

//! The third source that both sides of an entity are held against.

use tidegate_model::ask::Decimal;
use tidegate_model::entity::{Booked, Expression, Ledger, Presence};

use super::columns::expression;
use super::comparison::held_in;
use crate::form::{Form, Of, may, need};
use crate::read::Reading;
use crate::read::envelope::Head;
use crate::read::fields::{Fields, text, value};
use crate::read::scalar::{NUMBER, TRUTH, number, truth};
use crate::syntax::Node;

/// The fields of a ledger.
pub(super) static LEDGER: Form = Form::new(
    "the third source that both sides are held against",
    &[
        need("on", Of::Name),
        may("table", Of::Text),
        may("query", Of::Text),
        may("where", Of::Text),
        need("reference", Of::Text),
        may("amount", Of::Either(&[Of::Text, Of::Form(&BOOKED)])),
        may("currency", Of::Either(&[Of::Text, Of::Form(&BOOKED)])),
        may("within", Of::Number),
        may("split", Of::Truth),
    ],
);

static BOOKED: Form = Form::new(
    "a column and what the ledger calls it",
    &[need("column", Of::Text), may("ledger", Of::Text)],
);

/// `{ on: payments, table: charges, reference: order_id, amount: { column: total, ledger: amount }, split: true }`.
pub(super) fn read(node: &Node, head: &Head, reading: &mut Reading) -> Option<Ledger> {
    let mut fields = Fields::open(node, format!("the ledger of {}", head.subject), &LEDGER, reading)?;
    reading.mark(&head.subject, "ledger", fields.head());
    let held = held_in(&mut fields, "the ledger", reading);
    let reference = fields
        .need("reference", reading)
        .and_then(|node| expression(node, "`reference`", reading));
    let amount = booked(&mut fields, "amount", reading);
    let currency = booked(&mut fields, "currency", reading);
    let within = fields.get("within").map_or(Some(Decimal::default()), |node| {
        value(
            node,
            "`within`",
            NUMBER,
            |text| number(text).filter(|within| within.0 >= 0),
            reading,
        )
    });
    let split = fields
        .get("split")
        .map_or(Some(false), |node| value(node, "`split`", TRUTH, truth, reading));
    fields.close(reading);
    Some(Ledger {
        held: held?,
        reference: reference?,
        amount: amount?,
        currency: currency?,
        within: within?,
        presence: match split? {
            true => Presence::Split,
            false => Presence::Each,
        },
    })
}

/// `amount: total`, or `amount: { column: total, ledger: amount_cents }`.
#[expect(
    clippy::option_option,
    reason = "none written is not the same as one that cannot be read"
)]
fn booked(outer: &mut Fields<'_>, field: &'static str, reading: &mut Reading) -> Option<Option<Booked>> {
    let Some(node) = outer.get(field) else {
        return Some(None);
    };
    let what = format!("`{field}`");
    if let Some(name) = node.text() {
        return Some(Some(Booked {
            column: name.to_owned(),
            ledger: Expression::Column(name.to_owned()),
        }));
    }
    let mut fields = Fields::open(node, what, &BOOKED, reading)?;
    let column = fields
        .need("column", reading)
        .and_then(|node| text(node, "`column`", reading));
    let ledger = match (fields.get("ledger"), &column) {
        (Some(node), _) => expression(node, "`ledger`", reading),
        (None, column) => column.clone().map(Expression::Column),
    };
    fields.close(reading);
    Some(Some(Booked {
        column: column?,
        ledger: ledger?,
    }))
}

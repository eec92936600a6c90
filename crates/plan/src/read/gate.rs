//! Gates: approvers, criteria and the emergency brake. How a criterion is read is the `criterion` folder's.

use tidegate_model::plan::{Brake, Criterion, Gate};
use tidegate_model::{DomainId, Millis, PartsPerMillion};

use super::Reading;
use super::criterion;
use super::envelope::Head;
use super::fields::{Fields, items, value};
use super::scalar::{DURATION, WHOLE, duration, percent, whole};
use super::stage::approver;
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// The trigger that every gate has.
pub(crate) const HARM: &str = "gate harm";

const APPROVAL_WITHIN: Millis = Millis::minutes(4 * 60);
const FRESH_FOR: Millis = Millis::minutes(60);
/// The brake when the gate does not say: half of at least 50 attempts within a minute failed.
const BRAKE_BAD_PPM: u32 = 500_000;
const BRAKE_OVER: Millis = Millis::minutes(1);
const BRAKE_ATTEMPTS: u64 = 50;

/// The fields of a gate.
pub(crate) static GATE: Form = Form::new(
    "what has to hold before exposure grows",
    &[
        need("approvers", Of::Listed(&Of::Text)),
        need("criteria", Of::Listed(&Of::Form(&criterion::CRITERION))),
        may("brake", Of::Form(&BRAKE)),
        may("approval-within", Of::Duration),
        may("fresh-for", Of::Duration),
    ],
);

static BRAKE: Form = Form::new(
    "the emergency brake",
    &[need("bad", Of::Text), may("attempts", Of::Whole)],
);

/// Reads the gate of a stage.
pub(crate) fn read(node: &Node, head: &Head, owner: &DomainId, reading: &mut Reading) -> Option<Gate> {
    let mut fields = Fields::open(node, format!("the gate of {}", head.subject), &GATE, reading)?;
    reading.mark(&head.subject, "gate", fields.head());
    let nodes = fields.get("approvers").map(items).unwrap_or_default();
    let mut approvers = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if let Some(found) = approver(node, "an approver", reading) {
            reading.mark(&head.subject, &format!("approver {at}"), node.place);
            approvers.push(found);
        }
    }
    if nodes.is_empty() {
        lacks(
            Code::NoApprover,
            &fields,
            ["approver", "approvers"],
            &format!("add `approvers: [{owner}.owner]`"),
            reading,
        );
    }
    let nodes = fields.get("criteria").map(items).unwrap_or_default();
    if nodes.is_empty() {
        lacks(
            Code::NoCriterion,
            &fields,
            ["criterion", "criteria"],
            "add `criteria: [{ flow: buy, completion: not worse }]`: only a pass opens a gate",
            reading,
        );
    }
    let mut criteria: Vec<Criterion> = Vec::new();
    for node in nodes {
        let read = criterion::read(node, head, owner, &criteria, reading);
        if read.is_empty() {
            reading.unread_gates.insert(head.name.clone());
        }
        for found in read {
            reading.mark(&head.subject, &format!("criterion {}", found.id), node.place);
            criteria.push(found);
        }
    }
    let brake = fields
        .get("brake")
        .map_or_else(|| Some(default_brake()), |node| brake(node, reading));
    let mut time = |field: &'static str, default: Millis, reading: &mut Reading| {
        fields.get(field).map_or(Some(default), |node| {
            reading.mark(&head.subject, field, node.place);
            value(node, &format!("`{field}`"), DURATION, duration, reading)
        })
    };
    let approval_within = time("approval-within", APPROVAL_WITHIN, reading);
    let fresh_for = time("fresh-for", FRESH_FOR, reading);
    fields.close(reading);
    Some(Gate {
        approvers,
        criteria,
        brake: brake?,
        approval_within: approval_within?,
        fresh_for: fresh_for?,
    })
}

fn lacks(code: Code, fields: &Fields<'_>, [what, field]: [&str; 2], help: &str, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(code, fields.head(), format!("{} has no {what}", fields.what()))
            .expected(format!("`{field}` with at least one {what}"), fields.instead_of(field))
            .help(help),
    );
}

fn default_brake() -> Brake {
    Brake {
        bad_share: PartsPerMillion::new(BRAKE_BAD_PPM).expect("half is a share"),
        over: BRAKE_OVER,
        attempts_at_least: BRAKE_ATTEMPTS,
    }
}

/// `{ bad: 30% over 5s, attempts: 50 }`.
fn brake(node: &Node, reading: &mut Reading) -> Option<Brake> {
    let mut fields = Fields::open(node, "the brake", &BRAKE, reading)?;
    let bad = fields
        .need("bad", reading)
        .and_then(|node| value(node, "`bad`", BAD_OVER, bad_over, reading));
    let attempts = fields.get("attempts").map_or(Some(BRAKE_ATTEMPTS), |node| {
        value(node, "`attempts`", WHOLE, whole, reading)
    });
    fields.close(reading);
    let (bad_share, over) = bad?;
    Some(Brake {
        bad_share,
        over,
        attempts_at_least: attempts?,
    })
}

const BAD_OVER: &str = "a share and a time such as `30% over 5s`";

fn bad_over(text: &str) -> Option<(PartsPerMillion, Millis)> {
    let (share, over) = text.split_once(" over ")?;
    let over = duration(over).filter(|over| over.0 > 0)?;
    Some((percent(share)?, over))
}

//! Flows: where an attempt begins, where it completes, and what success looks like on each side.

use tidegate_model::flow::{Flow, SuccessPredicate};
use tidegate_model::{DomainId, FlowId, Millis, RouteId, UnitId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, name, text, value};
use super::scalar::{DURATION, TRUTH, duration, truth};
use super::{Kind, Reading};
use crate::form::{Form, Of, may, need};
use crate::syntax::Node;

/// An attempt has so long when the flow does not say.
const WINDOW: Millis = Millis::minutes(30);

/// The fields of a `Flow`.
pub(crate) static FLOW: Form = Form::new(
    "a critical path that a customer walks",
    &[
        need("domain", Of::Name),
        need("unit", Of::Name),
        need("entry", Of::Name),
        may("complete", Of::Name),
        may("payment", Of::Truth),
        may("success", Of::Either(&[Of::Form(&PREDICATE), Of::Form(&SIDES)])),
        may("window", Of::Duration),
        may("segments", super::segment::SEGMENTS),
    ],
);

static SIDES: Form = Form::new(
    "what a success shows on each side",
    &[need("old", Of::Form(&PREDICATE)), need("new", Of::Form(&PREDICATE))],
);

/// The fields of a success.
pub(crate) static PREDICATE: Form = Form::new(
    "what a success shows; all of it must hold",
    &[
        may("status", Of::Listed(&Of::Whole)),
        may("location", Of::Text),
        may("json", Of::Listed(&Of::Text)),
        may("no-json", Of::Listed(&Of::Text)),
        may("text", Of::Text),
        may("no-text", Of::Text),
    ],
);

/// Reads a `Flow`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let domain = spec
        .need("domain", reading)
        .and_then(|node| reference(node, "the domain", Kind::Domain, DomainId::parse, reading));
    let unit = spec.need("unit", reading).and_then(|node| {
        reading.mark(&head.subject, "unit", node.place);
        name(node, "the unit", UnitId::parse, reading)
    });
    let entry = spec.need("entry", reading).and_then(|node| {
        reading.mark(&head.subject, "entry", node.place);
        name(node, "the entry route", RouteId::parse, reading)
    });
    let complete = match spec.get("complete") {
        Some(node) => {
            reading.mark(&head.subject, "complete", node.place);
            name(node, "the completing route", RouteId::parse, reading)
        }
        None => entry.clone(),
    };
    let payment = spec
        .get("payment")
        .and_then(|node| value(node, "`payment`", TRUTH, truth, reading));
    if payment == Some(true) {
        reading.payment_flows.push(head.name.clone());
    }
    let (success_old, success_new) = success(spec.get("success"), head, reading);
    let window = spec.get("window").map_or(Some(WINDOW), |node| {
        value(node, "`window`", DURATION, duration, reading)
    });
    let segments = spec
        .get("segments")
        .map(|node| {
            reading.mark(&head.subject, "segments", node.place);
            super::segment::read(node, head, reading)
        })
        .unwrap_or_default();
    spec.close(reading);
    let (Some(domain), Some(unit), Some(entry), Some(complete), Some(window)) = (domain, unit, entry, complete, window)
    else {
        return;
    };
    reading.parts.flows.push(Flow {
        id: FlowId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        domain,
        unit,
        entry,
        complete,
        success_old,
        success_new,
        window,
        segments,
    });
}

/// One predicate for both sides, or `old:` and `new:`.
fn success(node: Option<&Node>, head: &Head, reading: &mut Reading) -> (SuccessPredicate, SuccessPredicate) {
    let Some(node) = node else {
        return (SuccessPredicate::default(), SuccessPredicate::default());
    };
    if node.get("old").is_none() && node.get("new").is_none() {
        let both = predicate(node, format!("the success of {}", head.subject), reading);
        return (both.clone(), both);
    }
    let Some(mut fields) = Fields::open(node, format!("the success of {}", head.subject), &SIDES, reading) else {
        return (SuccessPredicate::default(), SuccessPredicate::default());
    };
    let mut side = |name: &'static str, reading: &mut Reading| {
        fields
            .need(name, reading)
            .map(|node| predicate(node, format!("the {name} side's success of {}", head.subject), reading))
            .unwrap_or_default()
    };
    let sides = (side("old", reading), side("new", reading));
    fields.close(reading);
    sides
}

/// Reads what a success shows.
pub(crate) fn predicate(node: &Node, what: String, reading: &mut Reading) -> SuccessPredicate {
    let Some(mut fields) = Fields::open(node, what, &PREDICATE, reading) else {
        return SuccessPredicate::default();
    };
    let mut status = Vec::new();
    for node in fields.get("status").map(items).unwrap_or_default() {
        status.extend(value(node, "a status", STATUS, status_code, reading));
    }
    let pointers = |node: Option<&Node>, reading: &mut Reading| -> Vec<String> {
        let mut found = Vec::new();
        for node in node.map(items).unwrap_or_default() {
            found.extend(value(node, "a pointer", POINTER, pointer, reading));
        }
        found
    };
    let predicate = SuccessPredicate {
        status,
        location_prefix: fields
            .get("location")
            .and_then(|node| text(node, "the location", reading)),
        json_present: pointers(fields.get("json"), reading),
        json_absent: pointers(fields.get("no-json"), reading),
        text: fields.get("text").and_then(|node| text(node, "`text`", reading)),
        text_absent: fields.get("no-text").and_then(|node| text(node, "`no-text`", reading)),
    };
    fields.close(reading);
    predicate
}

const STATUS: &str = "a status code, 100 to 599";

fn status_code(text: &str) -> Option<u16> {
    text.parse().ok().filter(|code| (100..600).contains(code))
}

/// What [`pointer`] reads, for messages.
pub(crate) const POINTER: &str = "a JSON pointer such as `/reference` (RFC 6901)";

/// A JSON pointer below the root.
pub(crate) fn pointer(text: &str) -> Option<String> {
    text.starts_with('/').then(|| text.to_owned())
}

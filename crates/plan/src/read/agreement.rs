//! Agreements: what two domains answer for together, where each begins alone, and who has signed.

use tidegate_model::agreement::{Agreement, Boundary, Signature};
use tidegate_model::{AgreementId, DomainId, LadderId, Millis, Timestamp};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, bad_name, items, text, value, wrong};
use super::people::person;
use super::scalar::{DURATION, duration};
use super::time::{DATE, date};
use super::{Kind, Reading, objective};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

/// The fields of an `Agreement`.
pub(crate) static AGREEMENT: Form = Form::new(
    "what two domains answer for together",
    &[
        need("between", Of::Listed(&Of::Name)),
        need("objective", Of::Form(&objective::OBJECTIVE)),
        need("boundaries", Of::Named(&Of::Text)),
        need("ladder", Of::Name),
        need("meets-every", Of::Duration),
        need("signed", Of::Listed(&Of::Form(&SIGNATURE))),
        need("until", Of::Text),
    ],
);

static SIGNATURE: Form = Form::new(
    "who has signed for a party",
    &[need("for", Of::Name), need("by", Of::EntityRef), may("on", Of::Text)],
);

/// Reads an `Agreement`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let mut between = Vec::new();
    if let Some(node) = spec.need("between", reading) {
        reading.mark(&head.subject, "between", node.place);
        for node in items(node) {
            between.extend(reference(node, "a party", Kind::Domain, DomainId::parse, reading));
        }
    }
    let objective = match spec.get("objective") {
        Some(node) => objective::read(node, &head.subject, reading),
        None => {
            lacks(
                head,
                &spec,
                (Code::NothingPromised, "promises nothing", "objective"),
                "add `objective: { name: finalization, p95: 300ms }`: what is shared without a figure is owned by nobody",
                reading,
            );
            None
        }
    };
    let boundaries = match spec.get("boundaries") {
        Some(node) => {
            reading.mark(&head.subject, "boundaries", node.place);
            Some(boundaries(node, reading))
        }
        None => {
            lacks(
                head,
                &spec,
                (Code::NoBoundary, "draws no boundary", "boundaries"),
                "add `boundaries: { <domain>: <what it does alone>, ... }`, one for each party",
                reading,
            );
            None
        }
    };
    let escalation = match spec.get("ladder") {
        Some(node) => reference(node, "the ladder", Kind::Ladder, LadderId::parse, reading),
        None => {
            lacks(
                head,
                &spec,
                (Code::NoSharedLadder, "has no escalation path", "ladder"),
                "add `ladder: standard`: whom a page climbs when both parties wait for each other",
                reading,
            );
            None
        }
    };
    let meets_every = match spec.get("meets-every") {
        Some(node) => value(node, "`meets-every`", DURATION, positive, reading),
        None => {
            lacks(
                head,
                &spec,
                (Code::NoMeetings, "has no meetings", "meets-every"),
                "add `meets-every: 2w`: an agreement that nobody talks about is forgotten",
                reading,
            );
            None
        }
    };
    let signed = signatures(head, &mut spec, reading);
    let until = spec.need("until", reading).and_then(|node| {
        reading.mark(&head.subject, "until", node.place);
        value(node, "`until`", DATE, date, reading)
    });
    spec.close(reading);
    let (Some(objective), Some(boundaries), Some(escalation)) = (objective, boundaries, escalation) else {
        return;
    };
    let (Some(meets_every), Some(signed), Some(until)) = (meets_every, signed, until) else {
        return;
    };
    reading.parts.agreements.push(Agreement {
        id: AgreementId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        between,
        objective,
        boundaries,
        escalation,
        meets_every,
        signed,
        until,
    });
}

fn positive(text: &str) -> Option<Millis> {
    duration(text).filter(|wait| wait.0 > 0)
}

fn lacks(
    head: &Head,
    spec: &Fields<'_>,
    (code, what, field): (Code, &str, &'static str),
    help: &str,
    reading: &mut Reading,
) {
    reading.sink.add(
        Finding::error(code, head.place, format!("{} {what}", head.subject))
            .expected(format!("`{field}`"), spec.instead_of(field))
            .help(help),
    );
}

fn boundaries(node: &Node, reading: &mut Reading) -> Vec<Boundary> {
    let Shape::Map(entries) = &node.shape else {
        wrong(
            node,
            "`boundaries`",
            "a mapping of domains to what each does alone",
            reading,
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, node) in entries {
        let Ok(domain) = DomainId::parse(&key.text) else {
            bad_name(key.place, "the party", &key.text, reading);
            continue;
        };
        reading.refer(Kind::Domain, domain.as_str(), key.place);
        found.extend(text(node, "what a party does alone", reading).map(|does| Boundary { domain, does }));
    }
    found
}

fn signatures(head: &Head, spec: &mut Fields<'_>, reading: &mut Reading) -> Option<Vec<Signature>> {
    let Some(node) = spec.get("signed") else {
        lacks(
            head,
            spec,
            (Code::NotSigned, "is not signed", "signed"),
            "add `signed: [{ for: <domain>, by: <person>, on: 2026-01-12 }]`, one for each party",
            reading,
        );
        return None;
    };
    reading.mark(&head.subject, "signed", node.place);
    let mut found = Vec::new();
    for (at, node) in items(node).iter().enumerate() {
        reading.mark(&head.subject, &format!("signature {at}"), node.place);
        found.extend(signature(node, reading));
    }
    Some(found)
}

fn signature(node: &Node, reading: &mut Reading) -> Option<Signature> {
    let mut fields = Fields::open(node, "a signature", &SIGNATURE, reading)?;
    let domain = fields
        .need("for", reading)
        .and_then(|node| reference(node, "the party", Kind::Domain, DomainId::parse, reading));
    let by = fields
        .need("by", reading)
        .and_then(|node| person(node, "who signed", reading));
    let at: Option<Timestamp> = fields
        .need("on", reading)
        .and_then(|node| value(node, "`on`", DATE, date, reading));
    fields.close(reading);
    Some(Signature {
        domain: domain?,
        by: by?,
        at: at?,
    })
}

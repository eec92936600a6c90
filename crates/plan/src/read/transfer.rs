//! Transfers: how a domain changes its owner.

use tidegate_model::agreement::{Cause, Transfer};
use tidegate_model::{DomainId, PersonId, TransferId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, texts, value};
use super::people::{person, team};
use super::time::{DATE, date};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;

/// The fields of a `Transfer`.
pub(crate) static TRANSFER: Form = Form::new(
    "how a domain changes its owner",
    &[
        need("domain", Of::Name),
        need("from", Of::EntityRef),
        need("to", Of::EntityRef),
        need(
            "because",
            Of::Words(&[
                "team reorganisation",
                "owner leaves",
                "scope change",
                "performance issues",
            ]),
        ),
        need("sessions", Of::Listed(&Of::Text)),
        need("documents", Of::Listed(&Of::Text)),
        need("told", Of::Listed(&Of::EntityRef)),
        need("escalation-contact", Of::EntityRef),
        may("completed", Of::Text),
    ],
);

const CAUSES: [Cause; 4] = [
    Cause::Reorganisation,
    Cause::OwnerLeaves,
    Cause::ScopeChange,
    Cause::Performance,
];
const CAUSE: &str = "`team reorganisation`, `owner leaves`, `scope change` or `performance issues`";

/// Reads a `Transfer`. What it takes is complained about by one code, whatever of it is missing.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let domain = spec
        .need("domain", reading)
        .and_then(|node| reference(node, "the domain", Kind::Domain, DomainId::parse, reading));
    let mut side = |field: &'static str, what: &str, reading: &mut Reading| {
        spec.need(field, reading).and_then(|node| {
            reading.mark(&head.subject, field, node.place);
            team(node, what, reading)
        })
    };
    let (from, to) = (
        side("from", "the owner before", reading),
        side("to", "the owner after", reading),
    );
    let cause = spec.need("because", reading).and_then(|node| {
        let known = |text: &str| CAUSES.into_iter().find(|cause| cause.words() == text);
        value(node, "`because`", CAUSE, known, reading)
    });
    let sessions = texts(spec.get("sessions"), "a session", reading);
    let documents = texts(spec.get("documents"), "a document", reading);
    let mut told = Vec::new();
    for node in spec.get("told").map(items).unwrap_or_default() {
        told.extend(team(node, "who is told", reading));
    }
    let contact = spec.get("escalation-contact");
    for (field, is_empty, what) in [
        (
            "sessions",
            sessions.is_empty(),
            "in which session knowledge changes hands",
        ),
        ("documents", documents.is_empty(), "which documents are written anew"),
        ("told", told.is_empty(), "who is told"),
        (
            "escalation-contact",
            contact.is_none(),
            "whom to name beside the ladder",
        ),
    ] {
        if is_empty {
            reading.sink.add(
                Finding::error(
                    Code::TransferIncomplete,
                    head.place,
                    format!("{} does not say {what}", head.subject),
                )
                .expected(format!("`{field}`"), spec.instead_of(field))
                .help(format!(
                    "add `{field}`: an owner who was only renamed knows nothing of the domain"
                )),
            );
        }
    }
    let contact: Option<PersonId> = contact.and_then(|node| person(node, "the escalation contact", reading));
    let completed = match spec.get("completed") {
        Some(node) => value(node, "`completed`", DATE, date, reading).map(Some),
        None => Some(None),
    };
    spec.close(reading);
    let (Some(domain), Some(from), Some(to), Some(cause)) = (domain, from, to, cause) else {
        return;
    };
    let (Some(escalation_contact), Some(completed)) = (contact, completed) else {
        return;
    };
    reading.parts.transfers.push(Transfer {
        id: TransferId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        domain,
        from,
        to,
        cause,
        sessions,
        documents,
        told,
        escalation_contact,
        completed,
    });
}

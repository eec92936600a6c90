//! Entities: who resolves differences, which system is right about which fields, and how rows are held against each other.

mod agrees;
mod budget;
mod columns;
mod comparison;
mod ledger;
mod record;

use tidegate_model::entity::{Entity, Resolver};
use tidegate_model::{DomainId, EntityId, TeamId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, text};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

/// The fields of an `Entity`.
pub(crate) static ENTITY: Form = Form::new(
    "what both systems hold, and how it is compared",
    &[
        need("owner", Of::Either(&[Of::Name, Of::Form(&TEAM)])),
        need(
            "record",
            Of::Listed(&Of::Either(&[Of::Name, Of::Form(&record::RECORD)])),
        ),
        may("critical", Of::Listed(&Of::Text)),
        may("reconcile", Of::Form(&comparison::COMPARISON)),
    ],
);

static TEAM: Form = Form::new("a team", &[need("team", Of::Name)]);

/// Reads an `Entity`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let owner = spec.get("owner");
    if owner.is_none() {
        reading.sink.add(
            Finding::error(
                Code::NoResolver,
                head.place,
                format!("nobody resolves the differences of {}", head.subject),
            )
            .expected(
                "`owner` with a domain, or with a team as `{ team: payments }`",
                spec.instead_of("owner"),
            )
            .help("add `owner: <domain>`: a difference that nobody resolves is found again every day"),
        );
    }
    let owner = owner.and_then(|node| resolver(node, reading));
    let records = record::read(&mut spec, head, reading);
    let mut critical = Vec::new();
    for node in spec.get("critical").map(items).unwrap_or_default() {
        if let Some(field) = text(node, "a critical field", reading) {
            reading.mark(&head.subject, &format!("critical {field}"), node.place);
            critical.push(field);
        }
    }
    let written = spec.get("reconcile");
    let comparison = written.map(|node| comparison::read(node, head, reading));
    spec.close(reading);
    // One that cannot be read is complained about where it stands.
    if let (Some(owner), Some(records), None | Some(Some(_))) = (owner, records, &comparison) {
        reading.parts.entities.push(Entity {
            id: EntityId::parse(&head.name).expect("the envelope checked the name"),
            title: head.title.clone(),
            owner,
            records,
            critical,
            comparison: comparison.flatten(),
        });
    }
}

/// A domain by its name, or `{ team: payments }`.
fn resolver(node: &Node, reading: &mut Reading) -> Option<Resolver> {
    if !matches!(node.shape, Shape::Map(_)) {
        return reference(node, "the owner", Kind::Domain, DomainId::parse, reading).map(Resolver::Domain);
    }
    let mut fields = Fields::open(node, "the owner", &TEAM, reading)?;
    let team = fields
        .need("team", reading)
        .and_then(|node| reference(node, "the team", Kind::Team, TeamId::parse, reading));
    fields.close(reading);
    team.map(Resolver::Team)
}

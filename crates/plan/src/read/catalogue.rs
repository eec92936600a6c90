//! Systems, components and domains as a Backstage catalogue says them. An owner is a team, here as everywhere.

use tidegate_model::catalogue::{Component, System};
use tidegate_model::{ComponentId, DomainId, SystemId, TeamId};

use super::envelope::Head;
use super::fields::{Fields, text, wrong};
use super::people::{entity_ref, parse};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// The fields of a `System`.
pub(crate) static SYSTEM: Form = Form::foreign(
    "a system",
    &[
        need("owner", Of::EntityRef),
        may("domain", Of::EntityRef),
        may("type", Of::Text),
    ],
);

/// The fields of a `Component`.
pub(crate) static COMPONENT: Form = Form::foreign(
    "a part of a system",
    &[
        need("type", Of::Text),
        need("lifecycle", Of::Text),
        need("owner", Of::EntityRef),
        may("system", Of::EntityRef),
        may("subcomponentOf", Of::Text),
        may("providesApis", Of::Listed(&Of::Text)),
        may("consumesApis", Of::Listed(&Of::Text)),
        may("dependsOn", Of::Listed(&Of::Text)),
        may("dependencyOf", Of::Listed(&Of::Text)),
    ],
);

/// The fields of a Backstage `Domain`.
pub(crate) static DOMAIN: Form = Form::foreign(
    "a domain of the catalogue",
    &[
        need("owner", Of::EntityRef),
        may("subdomainOf", Of::EntityRef),
        may("type", Of::Text),
    ],
);

/// Reads a `System`.
pub(crate) fn read_system(head: &Head, spec: Option<Fields<'_>>, reading: &mut Reading) {
    let Some(mut spec) = spec else {
        no_owner(head, "no spec".to_owned(), reading);
        return;
    };
    spec.get("type");
    let owner = owner(head, &mut spec, reading);
    let domain = spec
        .get("domain")
        .and_then(|node| entity(node, "the domain", "domain", Kind::Domain, DomainId::parse, reading));
    spec.close(reading);
    if let Some(owner) = owner {
        reading.parts.systems.push(System {
            id: SystemId::parse(&head.name).expect("the envelope checked the name"),
            title: head.title.clone(),
            owner,
            domain,
        });
    }
}

/// Reads a `Component`.
pub(crate) fn read_component(head: &Head, spec: Option<Fields<'_>>, reading: &mut Reading) {
    let Some(mut spec) = spec else {
        no_owner(head, "no spec".to_owned(), reading);
        return;
    };
    for known in [
        "subcomponentOf",
        "providesApis",
        "consumesApis",
        "dependsOn",
        "dependencyOf",
    ] {
        spec.get(known);
    }
    let what = spec
        .need("type", reading)
        .and_then(|node| text(node, "`type`", reading));
    let lifecycle = spec
        .need("lifecycle", reading)
        .and_then(|node| text(node, "`lifecycle`", reading));
    let owner = owner(head, &mut spec, reading);
    let system = spec
        .get("system")
        .and_then(|node| entity(node, "the system", "system", Kind::System, SystemId::parse, reading));
    spec.close(reading);
    let (Some(what), Some(lifecycle), Some(owner)) = (what, lifecycle, owner) else {
        return;
    };
    reading.parts.components.push(Component {
        id: ComponentId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        what,
        lifecycle,
        owner,
        system,
    });
}

/// Reads a Backstage `Domain`: it claims an owner for the domain of its name, and declares none.
pub(crate) fn read_domain(head: &Head, spec: Option<Fields<'_>>, reading: &mut Reading) {
    let Some(mut spec) = spec else { return };
    spec.get("type");
    spec.get("subdomainOf");
    let node = spec.get("owner");
    let owner = owner(head, &mut spec, reading);
    spec.close(reading);
    if let (Some(owner), Some(node)) = (owner, node) {
        reading
            .catalogued
            .push((head.name.clone(), owner.to_string(), node.place));
    }
}

fn owner(head: &Head, spec: &mut Fields<'_>, reading: &mut Reading) -> Option<TeamId> {
    let Some(node) = spec.get("owner") else {
        no_owner(head, spec.instead_of("owner"), reading);
        return None;
    };
    reading.mark(&head.subject, "owner", node.place);
    let written = text(node, "the owner", reading)?;
    if entity_ref(&written).kind.as_deref() == Some("user") {
        super::domain::person_as_owner(head, node.place, &written, reading);
        return None;
    }
    entity(node, "the owner", "group", Kind::Team, TeamId::parse, reading)
}

fn no_owner(head: &Head, found: String, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::SystemWithoutOwner,
            head.place,
            format!("{} has no owner", head.subject),
        )
        .expected("`owner` with one team", found)
        .help("add `owner: <team>`: a page about it has to reach somebody"),
    );
}

/// A reference to another entity, whose kind may be left out.
fn entity<T: std::fmt::Display>(
    node: &Node,
    what: &str,
    default: &str,
    kind: Kind,
    make: impl Fn(&str) -> Result<T, tidegate_model::NameError>,
    reading: &mut Reading,
) -> Option<T> {
    let written = text(node, what, reading)?;
    let found = entity_ref(&written);
    if found.kind.as_deref().is_some_and(|written| written != default) {
        wrong(node, what, &format!("a {}", kind.word()), reading);
        return None;
    }
    let id = parse(node, what, &found.id, make, reading)?;
    reading.refer(kind, &id.to_string(), node.place);
    Some(id)
}

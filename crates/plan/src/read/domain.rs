//! Domains: one owner, a ladder, switches, and what the owner's people may do without asking.

use tidegate_model::domain::{ActionEffect, Area, Domain, Grant};
use tidegate_model::switch::{Switch, SwitchValue};
use tidegate_model::{ActionId, DomainId, LadderId, Millis, NameError, RunbookId, SwitchId, TeamId};

use super::envelope::Head;
use super::fields::{Fields, bad_name, items, name, text, texts, value, wrong};
use super::people::{entity_ref, person};
use super::scalar::{DURATION, duration};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::{Finding, Place};
use crate::syntax::{Node, Shape};

/// The fields of a `Domain`.
pub(crate) static DOMAIN: Form = Form::new(
    "what is owned, by whom, and what its people may do without asking",
    &[
        need("owner", Of::EntityRef),
        need("ladder", Of::Name),
        may("escalation-contact", Of::EntityRef),
        may("areas", Of::Listed(&Of::Words(&AREAS))),
        may("objectives", Of::Listed(&Of::Form(&super::objective::OBJECTIVE))),
        may("responsibilities", Of::Listed(&Of::Text)),
        may("code", Of::Listed(&Of::Text)),
        may("switches", Of::Listed(&Of::Form(&SWITCH))),
        may("authority", Of::Listed(&Of::Form(&ACTION))),
        may("runbook", Of::Name),
    ],
);

/// The words of areas.
pub(crate) static AREAS: [&str; 9] = [
    "checkout",
    "payments",
    "promotions",
    "pricing",
    "seo",
    "integrations",
    "catalogue",
    "inventory",
    "observability",
];
/// What [`area`] reads, for messages.
pub(crate) const AREA: &str = "`checkout`, `payments`, `promotions`, `pricing`, `seo`, `integrations`, `catalogue`, `inventory` or `observability`";

/// A typical area of risk.
pub(crate) fn area(text: &str) -> Option<Area> {
    Area::ALL.into_iter().find(|area| area.word() == text)
}

static SWITCH: Form = Form::new(
    "a switch that services read",
    &[
        need("name", Of::Name),
        may("title", Of::Text),
        need("default", Of::Scalar),
    ],
);

static ACTION: Form = Form::new(
    "an action that the owner's people may take in an incident",
    &[
        need("action", Of::Name),
        may("title", Of::Text),
        may("sets", Of::Named(&Of::Scalar)),
        may("rolls-back", Of::Words(&["exposure"])),
        may("runs", Of::Name),
        may("expires", Of::Duration),
    ],
);

/// `expires` of an action that lowers exposure or begins a runbook, and leaves no mode behind.
const ROLLBACK_EXPIRES: Millis = Millis::minutes(60);

/// Reads a `Domain`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let owner = spec.get("owner");
    let owner = owner_of(owner, spec.instead_of("owner"), head, reading);
    let ladder = spec
        .need("ladder", reading)
        .and_then(|node| reference(node, "the ladder", Kind::Ladder, LadderId::parse, reading));
    let escalation_contact = spec.get("escalation-contact").and_then(|node| {
        reading.mark(&head.subject, "escalation-contact", node.place);
        person(node, "the escalation contact", reading)
    });
    let responsibilities = texts(spec.get("responsibilities"), "a responsibility", reading);
    let mut code = Vec::new();
    for node in spec.get("code").map(items).unwrap_or_default() {
        if let Some(path) = value(node, "a path of code", CODE, code_path, reading) {
            reading.mark(&head.subject, &format!("code {path}"), node.place);
            code.push(path);
        }
    }
    let mut areas = Vec::new();
    for node in spec.get("areas").map(items).unwrap_or_default() {
        reading.mark(&head.subject, "areas", node.place);
        areas.extend(value(node, "an area", AREA, area, reading));
    }
    let mut objectives = Vec::new();
    let promised = spec.get("objectives");
    for node in promised.map(items).unwrap_or_default() {
        // An empty list promises nothing.
        reading.mark(&head.subject, "objectives", node.place);
        objectives.extend(super::objective::read(node, &head.subject, reading));
    }
    let mut switches = Vec::new();
    for node in spec.get("switches").map(items).unwrap_or_default() {
        switches.extend(switch(node, reading));
    }
    let mut authority = Vec::new();
    for node in spec.get("authority").map(items).unwrap_or_default() {
        authority.extend(grant(node, reading));
    }
    let runbook = spec
        .get("runbook")
        .and_then(|node| reference(node, "the runbook", Kind::Runbook, RunbookId::parse, reading));
    spec.close(reading);
    let (Some(owner), Some(ladder)) = (owner, ladder) else {
        return;
    };
    reading.parts.domains.push(Domain {
        id: DomainId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        owner,
        ladder,
        escalation_contact,
        responsibilities,
        code,
        areas,
        objectives,
        switches,
        authority,
        runbook,
    });
}

const CODE: &str = "a path such as `services/payments/`";

/// A path relative to the repository's root; a folder ends with `/`.
fn code_path(text: &str) -> Option<String> {
    let path = text.trim_start_matches('/');
    let is_path = !path.is_empty() && !path.contains(['*', '?']) && path.split('/').all(|part| part != "..");
    is_path.then(|| path.to_owned())
}

/// The one owner. None, two and a person are errors of their own; a second document that claims the domain is one too.
fn owner_of(node: Option<&Node>, instead: String, head: &Head, reading: &mut Reading) -> Option<TeamId> {
    let claims = node.map(items).unwrap_or_default();
    let Some(first) = claims.first() else {
        reading.sink.add(
            Finding::error(Code::NoOwner, head.place, format!("{} has no owner", head.subject))
                .expected("`owner` with one team", instead)
                .help("add `owner: <team>`: exactly one team is accountable"),
        );
        return None;
    };
    if let Some(second) = claims.get(1) {
        two_owners(
            head,
            (second.place, second.words()),
            (first.place, first.words()),
            reading,
        );
    }
    let written = text(first, "the owner", reading)?;
    let entity = entity_ref(&written);
    if entity.kind.as_deref() == Some("user") {
        person_as_owner(head, first.place, &written, reading);
        return None;
    }
    let id = super::people::parse(first, "the owner", &entity.id, TeamId::parse, reading)?;
    match reading.owners.get(&head.name).cloned() {
        None => {
            reading.owners.insert(head.name.clone(), (id.to_string(), first.place));
            reading.mark(&head.subject, "owner", first.place);
            Some(id)
        }
        Some((earlier, place)) => {
            if earlier == id.as_str() {
                let finding = Finding::error(
                    Code::DeclaredTwice,
                    head.place,
                    format!("{} is declared twice", head.subject),
                )
                .expected("one document for a domain", format!("a second one of {}", head.subject))
                .help("merge the two documents")
                .related(place, "first declared here");
                reading.sink.add(finding);
            } else {
                two_owners(
                    head,
                    (first.place, first.words()),
                    (place, format!("`{earlier}`")),
                    reading,
                );
            }
            None
        }
    }
}

fn two_owners(head: &Head, second: (Place, String), first: (Place, String), reading: &mut Reading) {
    reading.sink.add(
        Finding::error(Code::TwoOwners, second.0, format!("{} has two owners", head.subject))
            .expected(format!("one team, {}", first.1), format!("{} beside it", second.1))
            .help("keep the team that is paged and decides; the other may be named in `escalation-contact`")
            .related(first.0, "first owner declared here"),
    );
}

/// Says that an owner is a person.
pub(crate) fn person_as_owner(head: &Head, place: Place, found: &str, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::PersonAsOwner,
            place,
            format!("the owner of {} is a person", head.subject),
        )
        .expected("a team", format!("`{found}`"))
        .help("people leave and sleep: name the person's team, and the person as `escalation-contact`"),
    );
}

/// A plain reference by name.
pub(crate) fn reference<T: std::fmt::Display>(
    node: &Node,
    what: &str,
    kind: Kind,
    parse: impl Fn(&str) -> Result<T, NameError>,
    reading: &mut Reading,
) -> Option<T> {
    let id = name(node, what, parse, reading)?;
    reading.refer(kind, &id.to_string(), node.place);
    Some(id)
}

fn switch(node: &Node, reading: &mut Reading) -> Option<Switch> {
    let mut fields = Fields::open(node, "a switch", &SWITCH, reading)?;
    let id = fields
        .need("name", reading)
        .and_then(|node| name(node, "the switch's name", SwitchId::parse, reading));
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let default = fields.get("default");
    if default.is_none() {
        let named = id
            .as_ref()
            .map_or_else(|| "a switch".to_owned(), |id| format!("switch `{id}`"));
        reading.sink.add(
            Finding::error(Code::NoDefault, fields.head(), format!("{named} has no default"))
                .expected("`default` with the safe value", fields.instead_of("default"))
                .help("add `default: on`: what services get while no action is active, or when nobody answers them"),
        );
    }
    let default = default.and_then(|node| switch_value(node, reading));
    fields.close(reading);
    let id = id?;
    if let Some((earlier, _)) = reading.switches.get(&id) {
        let finding = Finding::error(
            Code::DeclaredTwice,
            node.place,
            format!("switch `{id}` is declared twice"),
        )
        .expected(format!("switch `{id}` once in the estate"), "a second declaration")
        .help("a switch belongs to one domain")
        .related(*earlier, "first declared here");
        reading.sink.add(finding);
        return None;
    }
    reading.switches.insert(id.clone(), (node.place, default.clone()));
    Some(Switch {
        title: title.unwrap_or_else(|| id.to_string()),
        default: default?,
        id,
    })
}

/// `on`, `off`, `true` and `false` unquoted are a truth value; everything else is a text.
fn switch_value(node: &Node, reading: &mut Reading) -> Option<SwitchValue> {
    match &node.shape {
        Shape::Scalar { text, quoted: false } if matches!(text.as_str(), "on" | "true") => {
            Some(SwitchValue::Bool(true))
        }
        Shape::Scalar { text, quoted: false } if matches!(text.as_str(), "off" | "false") => {
            Some(SwitchValue::Bool(false))
        }
        Shape::Scalar { text, .. } => Some(SwitchValue::Text(text.clone())),
        Shape::Nothing | Shape::List(_) | Shape::Map(_) | Shape::Unreadable => {
            wrong(node, "a switch's value", "`on`, `off` or a word", reading);
            None
        }
    }
}

fn grant(node: &Node, reading: &mut Reading) -> Option<Grant> {
    let mut fields = Fields::open(node, "an action", &ACTION, reading)?;
    let action_node = fields.need("action", reading);
    let action = action_node.and_then(|node| name(node, "the action", ActionId::parse, reading));
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let named = action
        .as_ref()
        .map_or_else(|| "an action".to_owned(), |action| format!("action `{action}`"));
    let effect = effect(&mut fields, &named, reading);
    let written = fields.get("expires");
    let expires = written.and_then(|node| value(node, "`expires`", DURATION, duration, reading));
    let is_mode = matches!(effect, Some(ActionEffect::SetSwitches(_)));
    if expires.is_some_and(|wait| wait.0 == 0) || (written.is_none() && is_mode) {
        reading.sink.add(
            Finding::error(
                Code::NoExpiry,
                written.map_or(fields.head(), |node| node.place),
                format!("{named} has no expiry"),
            )
            .expected("`expires` above zero", fields.instead_of("expires"))
            .help("add `expires: 2h`: a mode is reverted, renewed or paged about, never left on"),
        );
    }
    fields.close(reading);
    let (action, action_node) = (action?, action_node?);
    reading.mark(&format!("action `{action}`"), "", action_node.place);
    match reading.declared.get(&(Kind::Action, action.to_string())) {
        Some(earlier) => {
            let finding = Finding::error(
                Code::DeclaredTwice,
                action_node.place,
                format!("{named} is declared twice"),
            )
            .expected(format!("{named} once in the estate"), "a second declaration")
            .help("names of actions are unique in an estate: lead them with the domain")
            .related(*earlier, "first declared here");
            reading.sink.add(finding);
        }
        None => {
            reading
                .declared
                .insert((Kind::Action, action.to_string()), action_node.place);
        }
    }
    Some(Grant {
        title: title.unwrap_or_else(|| action.to_string()),
        action,
        effect: effect?,
        expires: expires.unwrap_or(ROLLBACK_EXPIRES),
    })
}

fn effect(fields: &mut Fields<'_>, named: &str, reading: &mut Reading) -> Option<ActionEffect> {
    let sets = fields.get("sets");
    let rolls_back = fields.get("rolls-back");
    let runs = fields.get("runs");
    match (sets, rolls_back, runs) {
        (Some(node), None, None) => set_switches(node, named, reading),
        (None, None, Some(node)) => {
            reference(node, "the runbook", Kind::Runbook, RunbookId::parse, reading).map(ActionEffect::RunRunbook)
        }
        (None, Some(node), None) => value(
            node,
            "`rolls-back`",
            "`exposure`",
            |text| (text == "exposure").then_some(ActionEffect::Rollback),
            reading,
        ),
        (None, None, None) => {
            reading.sink.add(
                Finding::error(Code::NoEffect, fields.head(), format!("{named} has no effect"))
                    .expected("`sets`, `rolls-back` or `runs`", fields.instead_of("sets"))
                    .help("add `sets: { switch: off }`, `rolls-back: exposure` or `runs: a-runbook`"),
            );
            None
        }
        (Some(_), Some(node), _) | (_, Some(node), Some(_)) | (Some(_), None, Some(node)) => {
            wrong(node, named, "one effect: `sets`, `rolls-back` or `runs`", reading);
            None
        }
    }
}

fn set_switches(node: &Node, named: &str, reading: &mut Reading) -> Option<ActionEffect> {
    let Shape::Map(entries) = &node.shape else {
        wrong(node, "`sets`", "a mapping of switches to values", reading);
        return None;
    };
    if entries.is_empty() {
        reading.sink.add(
            Finding::error(Code::NoEffect, node.place, format!("{named} has no effect"))
                .expected("at least one switch with a value", node.words())
                .help("name a switch and its value: `sets: { checkout.wallet: off }`"),
        );
        return None;
    }
    let mut sets = Vec::new();
    for (key, node) in entries {
        match SwitchId::parse(&key.text) {
            Ok(id) => {
                let value = switch_value(node, reading)?;
                reading
                    .switch_uses
                    .push((id.clone(), value.clone(), key.place, node.place));
                sets.push((id, value));
            }
            Err(NameError::Empty | NameError::TooLong(_) | NameError::Character(_)) => {
                bad_name(key.place, "the switch", &key.text, reading);
            }
        }
    }
    Some(ActionEffect::SetSwitches(sets))
}

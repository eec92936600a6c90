//! Teams and people as Backstage `Group` and `User` say them, and static rosters.

use tidegate_model::people::{ContactMethod, Person, Team};
use tidegate_model::{NameError, PersonId, TeamId};

use super::envelope::Head;
use super::fields::{Fields, bad_name, items, text, wrong};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// A Backstage entity reference `[kind:][namespace/]name`, compared lower-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntityRef {
    /// The kind as written, lower-case; `None` when it is left out.
    pub(crate) kind: Option<String>,
    /// Namespace and name as one id.
    pub(crate) id: String,
}

/// The id of an entity: its lower-case name, led by its namespace unless that is `default`.
pub(crate) fn qualified(name: &str, namespace: Option<&str>) -> String {
    let name = name.to_ascii_lowercase();
    match namespace.map(str::to_ascii_lowercase).as_deref() {
        None | Some("default") => name,
        Some(namespace) => format!("{namespace}.{name}"),
    }
}

/// Reads a reference.
pub(crate) fn entity_ref(text: &str) -> EntityRef {
    let (kind, rest) = match text.split_once(':') {
        Some((kind, rest)) => (Some(kind.trim().to_ascii_lowercase()), rest),
        None => (None, text),
    };
    let (namespace, name) = match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace.trim()), name),
        None => (None, rest),
    };
    EntityRef {
        kind,
        id: qualified(name.trim(), namespace),
    }
}

/// A reference to a team; the default kind is Group.
pub(crate) fn team(node: &Node, what: &str, reading: &mut Reading) -> Option<TeamId> {
    let written = text(node, what, reading)?;
    let entity = entity_ref(&written);
    if entity.kind.as_deref().is_some_and(|kind| kind != "group") {
        wrong(node, what, "a team", reading);
        return None;
    }
    let id = parse(node, what, &entity.id, TeamId::parse, reading)?;
    reading.refer(Kind::Team, id.as_str(), node.place);
    Some(id)
}

/// A reference to a person; the default kind is User.
pub(crate) fn person(node: &Node, what: &str, reading: &mut Reading) -> Option<PersonId> {
    let written = text(node, what, reading)?;
    let entity = entity_ref(&written);
    if entity.kind.as_deref().is_some_and(|kind| kind != "user") {
        wrong(node, what, "a person", reading);
        return None;
    }
    let id = parse(node, what, &entity.id, PersonId::parse, reading)?;
    reading.refer(Kind::Person, id.as_str(), node.place);
    Some(id)
}

/// Parses an id out of a part of a node's text.
pub(crate) fn parse<T>(
    node: &Node,
    what: &str,
    id: &str,
    parse: impl Fn(&str) -> Result<T, NameError>,
    reading: &mut Reading,
) -> Option<T> {
    match parse(id) {
        Ok(id) => Some(id),
        Err(NameError::Empty | NameError::TooLong(_) | NameError::Character(_)) => {
            bad_name(node.place, what, id, reading);
            None
        }
    }
}

/// The fields of a `Group`.
pub(crate) static GROUP: Form = Form::foreign(
    "a team",
    &[
        may("type", Of::Text),
        may("profile", Of::Form(&PROFILE)),
        may("parent", Of::Text),
        may("children", Of::Listed(&Of::Text)),
        may("members", Of::Listed(&Of::EntityRef)),
    ],
);

/// The fields of a `User`.
pub(crate) static USER: Form = Form::foreign(
    "a person",
    &[
        may("profile", Of::Form(&PROFILE)),
        may("memberOf", Of::Listed(&Of::EntityRef)),
    ],
);

static PROFILE: Form = Form::foreign(
    "the profile of a team or a person",
    &[
        may("displayName", Of::Text),
        may("email", Of::Text),
        may("picture", Of::Text),
    ],
);

/// The fields of a `Roster`.
pub(crate) static ROSTER: Form = Form::new(
    "who of a team is paged",
    &[need("team", Of::EntityRef), need("on-call", Of::Listed(&Of::EntityRef))],
);

/// Reads a `Group`.
pub(crate) fn read_team(head: &Head, spec: Option<Fields<'_>>, reading: &mut Reading) {
    let mut title = head.title.clone();
    let mut members = Vec::new();
    if let Some(mut spec) = spec {
        for known in ["type", "parent", "children"] {
            spec.get(known);
        }
        if let Some(name) = display_name(&mut spec, reading).0 {
            title = name;
        }
        for member in spec.get("members").map(items).unwrap_or_default() {
            members.extend(person(member, "a member", reading));
        }
        spec.close(reading);
    }
    let id = TeamId::parse(&head.name).expect("the envelope checked the name");
    reading.parts.teams.push(Team {
        id,
        title,
        members,
        on_call: Vec::new(),
    });
}

/// Reads a `User`.
pub(crate) fn read_person(head: &Head, spec: Option<Fields<'_>>, reading: &mut Reading) {
    let mut title = head.title.clone();
    let mut methods = Vec::new();
    if let Some(mut spec) = spec {
        let (name, mail) = display_name(&mut spec, reading);
        if let Some(name) = name {
            title = name;
        }
        methods.extend(mail.map(ContactMethod::Mail));
        for node in spec.get("memberOf").map(items).unwrap_or_default() {
            if let Some(team) = team(node, "a team", reading) {
                reading.memberships.push((head.name.clone(), team.to_string()));
            }
        }
        spec.close(reading);
    }
    let id = PersonId::parse(&head.name).expect("the envelope checked the name");
    reading.parts.people.push(Person { id, title, methods });
}

/// The display name and mail address of a profile.
fn display_name(spec: &mut Fields<'_>, reading: &mut Reading) -> (Option<String>, Option<String>) {
    let what = format!("the profile of {}", spec.what());
    let Some(mut profile) = spec
        .get("profile")
        .and_then(|node| Fields::open(node, what, &PROFILE, reading))
    else {
        return (None, None);
    };
    profile.get("picture");
    let name = profile
        .get("displayName")
        .and_then(|node| text(node, "the display name", reading));
    let mail = profile.get("email").and_then(|node| mail(node, reading));
    profile.close(reading);
    (name, mail)
}

fn mail(node: &Node, reading: &mut Reading) -> Option<String> {
    let written = text(node, "the mail address", reading)?;
    let is_address = written
        .split_once('@')
        .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    if !is_address || written.chars().any(|c| c.is_whitespace() || c.is_control()) {
        wrong(
            node,
            "the mail address",
            "an address such as `ana@example.com`",
            reading,
        );
        return None;
    }
    Some(written)
}

/// Reads a `Roster`: who of a team is paged.
pub(crate) fn read_roster(mut spec: Fields<'_>, reading: &mut Reading) {
    let node = spec.need("team", reading);
    let place = node.map_or_else(|| spec.head(), |node| node.place);
    let team = node.and_then(|node| team(node, "the roster's team", reading));
    let mut on_call = Vec::new();
    let named = spec.need("on-call", reading);
    if let Some(node) = named.filter(|node| items(node).is_empty()) {
        reading.sink.add(
            Finding::error(Code::EmptyRoster, node.place, "this roster names nobody")
                .expected("at least one person of the team", "an empty list")
                .help("name who is paged, or remove the roster: without one everybody in the team is paged"),
        );
    }
    for node in named.map(items).unwrap_or_default() {
        if let Some(person) = person(node, "a person on call", reading) {
            if let Some(team) = &team {
                reading.on_call.push((team.to_string(), person.clone(), node.place));
            }
            on_call.push(person);
        }
    }
    spec.close(reading);
    if let Some(team) = team {
        reading.rostered.push((team.clone(), place));
        reading.rosters.push((team, on_call));
    }
}

/// Puts memberships that people declare and rosters into the teams.
pub(crate) fn settle(reading: &mut Reading) {
    let memberships = std::mem::take(&mut reading.memberships);
    let rosters = std::mem::take(&mut reading.rosters);
    let at: std::collections::BTreeMap<String, usize> = reading
        .parts
        .teams
        .iter()
        .enumerate()
        .map(|(at, team)| (team.id.to_string(), at))
        .collect();
    for (person, team) in memberships {
        let person = PersonId::parse(&person).expect("the envelope checked the name");
        if let Some(team) = at.get(&team).and_then(|at| reading.parts.teams.get_mut(*at))
            && !team.members.contains(&person)
        {
            team.members.push(person);
        }
    }
    for (team, people) in rosters {
        if let Some(team) = at.get(team.as_str()).and_then(|at| reading.parts.teams.get_mut(*at)) {
            for person in people {
                if !team.on_call.contains(&person) {
                    team.on_call.push(person);
                }
            }
        }
    }
}

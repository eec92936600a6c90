//! The envelope of a document: `apiVersion`, `kind`, `metadata`, `spec`; it decides which reader takes the rest.

use super::fields::{Fields, name, text};
use super::{Kind, Reading, declared, list, nearest};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::{Finding, Place};
use crate::syntax::{Node, Shape};

/// Our own kinds.
const OURS: &str = "tidegate/v1alpha1";
/// Teams and people.
const BACKSTAGE: &str = "backstage.io/v1alpha1";
/// Our kinds, in the order in which people write them; what stands in an `Estate` is only its name.
const OUR_KINDS: [(&str, Option<Kind>); 14] = [
    ("Estate", None),
    ("Domain", Some(Kind::Domain)),
    ("Ladder", Some(Kind::Ladder)),
    ("Roster", Some(Kind::Roster)),
    ("Flow", Some(Kind::Flow)),
    ("FailureMode", Some(Kind::FailureMode)),
    ("Runbook", Some(Kind::Runbook)),
    ("Edge", Some(Kind::Edge)),
    ("Entity", Some(Kind::Entity)),
    ("Plan", Some(Kind::Plan)),
    ("Agreement", Some(Kind::Agreement)),
    ("Transfer", Some(Kind::Transfer)),
    ("Integration", Some(Kind::Integration)),
    ("Invariant", Some(Kind::Invariant)),
];
/// Backstage kinds that are read.
const THEIR_KINDS: [(&str, Kind); 5] = [
    ("Group", Kind::Team),
    ("User", Kind::Person),
    ("System", Kind::System),
    ("Component", Kind::Component),
    ("Domain", Kind::CatalogueDomain),
];
/// Backstage kinds that plan files may hold and that say nothing which is read today.
const UNREAD: [&str; 4] = ["API", "Resource", "Location", "Template"];

/// The fields of a document of ours.
static DOCUMENT: Form = Form::new(
    "a document",
    &[
        need("apiVersion", Of::Text),
        need("kind", Of::Text),
        need("metadata", Of::Form(&METADATA)),
        may("spec", Of::Anything),
    ],
);

/// The fields of a Backstage entity.
static ENTITY: Form = Form::foreign(
    "an entity of a Backstage catalogue",
    &[
        need("apiVersion", Of::Text),
        need("kind", Of::Text),
        need("metadata", Of::Form(&ENTITY_METADATA)),
        may("spec", Of::Anything),
        may("relations", Of::Anything),
        may("status", Of::Anything),
    ],
);

/// The metadata of a document of ours.
pub(crate) static METADATA: Form = Form::new(
    "what a document is called",
    &[
        need("name", Of::Name),
        may("title", Of::Text),
        may("description", Of::Text),
    ],
);

/// The metadata of a Backstage entity.
pub(crate) static ENTITY_METADATA: Form = Form::foreign(
    "what an entity is called",
    &[
        need("name", Of::Name),
        may("title", Of::Text),
        may("description", Of::Text),
        may("namespace", Of::Text),
        may("annotations", Of::Anything),
        may("labels", Of::Anything),
        may("tags", Of::Anything),
        may("links", Of::Anything),
        may("uid", Of::Anything),
        may("etag", Of::Anything),
    ],
);

/// The spec of an `Estate`: there is nothing to say.
pub(crate) static ESTATE: Form = Form::new("the estate's name", &[]);

/// One kind of document with everything that may stand in it.
pub(crate) struct Document {
    /// Its `apiVersion`.
    pub(crate) version: &'static str,
    /// Its `kind`.
    pub(crate) kind: &'static str,
    /// The fields of its metadata.
    pub(crate) metadata: &'static Form,
    /// The fields of its spec.
    pub(crate) spec: &'static Form,
    /// Whether it says nothing without a spec.
    pub(crate) needs_spec: bool,
}

/// Every kind of document that is read: ours first.
pub(crate) fn documents() -> impl Iterator<Item = Document> {
    let ours = OUR_KINDS.into_iter().map(|(kind, of)| Document {
        version: OURS,
        kind,
        metadata: &METADATA,
        spec: of.and_then(form_of).unwrap_or(&ESTATE),
        needs_spec: of.is_some(),
    });
    let theirs = THEIR_KINDS.into_iter().map(|(kind, of)| Document {
        version: BACKSTAGE,
        kind,
        metadata: &ENTITY_METADATA,
        spec: form_of(of).unwrap_or(&ESTATE),
        needs_spec: false,
    });
    ours.chain(theirs)
}

/// Name, words and place of a document.
pub(crate) struct Head {
    /// The name as written.
    pub(crate) name: String,
    /// What people call it; the name when no title is given.
    pub(crate) title: String,
    /// `domain \`payments\``, for messages and places.
    pub(crate) subject: String,
    /// Where the name stands.
    pub(crate) place: Place,
}

/// The kinds that somebody may have meant who wrote this one.
pub(crate) fn kind_meant(written: &str) -> Vec<Kind> {
    let known = || {
        OUR_KINDS
            .into_iter()
            .map(|(kind, _)| kind)
            .chain(THEIR_KINDS.map(|(kind, _)| kind))
    };
    let meant = known()
        .find(|kind| *kind == written)
        .or_else(|| nearest(written, known()));
    let meant = match written {
        "Team" => Some("Group"),
        "Person" => Some("User"),
        _ => meant,
    };
    let ours = OUR_KINDS.into_iter().filter_map(|(kind, of)| of.map(|of| (kind, of)));
    ours.chain(THEIR_KINDS)
        .filter(|(kind, _)| Some(*kind) == meant)
        .map(|(_, of)| of)
        .collect()
}

/// Reads one document. False when what it declares is not known, so that others may name it.
pub(crate) fn read_document(node: &Node, reading: &mut Reading) -> bool {
    if matches!(node.shape, Shape::Nothing) {
        return true;
    }
    let form = match node.get("apiVersion").and_then(Node::text) {
        Some(BACKSTAGE) => &ENTITY,
        Some(_) => &DOCUMENT,
        // The key may be mistyped, and is then read all the same.
        None if says_backstage(node) => &ENTITY,
        None => &DOCUMENT,
    };
    let Some(mut fields) = Fields::open(node, "the document", form, reading) else {
        return false;
    };
    let (Some(version), Some(kind)) = (fields.need("apiVersion", reading), fields.need("kind", reading)) else {
        return false;
    };
    let (Some(version_text), Some(kind_text)) = (text(version, "`apiVersion`", reading), text(kind, "`kind`", reading))
    else {
        return false;
    };
    match version_text.as_str() {
        OURS => ours(&kind_text, kind, fields, reading),
        BACKSTAGE => backstage(&kind_text, kind, fields, reading),
        other => {
            let help = match other.split_once('/') {
                Some(("tidegate", _)) => format!("write `apiVersion: {OURS}`"),
                Some(("backstage.io", _)) => format!("write `apiVersion: {BACKSTAGE}`"),
                Some(_) | None => "move files that are not plan files out of the estate's folder".to_owned(),
            };
            reading.sink.add(
                Finding::error(
                    Code::Envelope,
                    version.place,
                    format!("`apiVersion` `{other}` is not known"),
                )
                .expected(format!("`{OURS}` or `{BACKSTAGE}`"), format!("`{other}`"))
                .help(help),
            );
            false
        }
    }
}

fn says_backstage(node: &Node) -> bool {
    match &node.shape {
        Shape::Map(entries) => entries.iter().any(|(_, value)| value.text() == Some(BACKSTAGE)),
        Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => false,
    }
}

fn ours(kind: &str, node: &Node, mut fields: Fields<'_>, reading: &mut Reading) -> bool {
    let Some((_, kind_of)) = OUR_KINDS.into_iter().find(|(known, _)| *known == kind) else {
        unknown_kind(kind, node, reading);
        return false;
    };
    let Some(head) = metadata(&mut fields, kind_of, reading) else {
        return false;
    };
    let Some(kind_of) = kind_of else {
        estate(head, fields, reading);
        return true;
    };
    let spec = fields.need("spec", reading);
    fields.close(reading);
    declare(kind_of, head.name.clone(), &head, reading);
    let form = form_of(kind_of).expect("every kind of a document has a form");
    let Some(spec) = spec.and_then(|spec| Fields::open(spec, head.subject.clone(), form, reading)) else {
        return false;
    };
    match kind_of {
        Kind::Domain => super::domain::read(&head, spec, reading),
        Kind::Ladder => super::ladder::read(&head, spec, reading),
        Kind::Roster => super::people::read_roster(spec, reading),
        Kind::Flow => super::flow::read(&head, spec, reading),
        Kind::FailureMode => super::hazard::read_failure_mode(&head, spec, reading),
        Kind::Runbook => super::hazard::read_runbook(&head, spec, reading),
        Kind::Edge => super::edge::read(&head, spec, reading),
        Kind::Entity => super::entity::read(&head, spec, reading),
        Kind::Plan => super::plan::read(&head, spec, reading),
        Kind::Agreement => super::agreement::read(&head, spec, reading),
        Kind::Transfer => super::transfer::read(&head, spec, reading),
        Kind::Integration => super::integration::read(&head, spec, reading),
        Kind::Invariant => super::objective::read_invariant(&head, spec, reading),
        Kind::Team
        | Kind::Person
        | Kind::System
        | Kind::Component
        | Kind::CatalogueDomain
        | Kind::Stage
        | Kind::Route
        | Kind::Action => {}
    }
    true
}

/// The fields of a kind's spec; `None` for what is declared inside another document.
pub(crate) fn form_of(kind: Kind) -> Option<&'static Form> {
    match kind {
        Kind::Team => Some(&super::people::GROUP),
        Kind::Person => Some(&super::people::USER),
        Kind::Ladder => Some(&super::ladder::LADDER),
        Kind::Domain => Some(&super::domain::DOMAIN),
        Kind::Flow => Some(&super::flow::FLOW),
        Kind::FailureMode => Some(&super::hazard::FAILURE_MODE),
        Kind::Runbook => Some(&super::hazard::RUNBOOK),
        Kind::Edge => Some(&super::edge::EDGE),
        Kind::Entity => Some(&super::entity::ENTITY),
        Kind::Plan => Some(&super::plan::PLAN),
        Kind::Roster => Some(&super::people::ROSTER),
        Kind::Agreement => Some(&super::agreement::AGREEMENT),
        Kind::Transfer => Some(&super::transfer::TRANSFER),
        Kind::Integration => Some(&super::integration::INTEGRATION),
        Kind::Invariant => Some(&super::objective::INVARIANT),
        Kind::System => Some(&super::catalogue::SYSTEM),
        Kind::Component => Some(&super::catalogue::COMPONENT),
        Kind::CatalogueDomain => Some(&super::catalogue::DOMAIN),
        Kind::Stage | Kind::Route | Kind::Action => None,
    }
}

fn unknown_kind(kind: &str, node: &Node, reading: &mut Reading) {
    let known = || OUR_KINDS.into_iter().map(|(kind, _)| kind);
    let help = match (kind, nearest(kind, known())) {
        ("Group" | "User", _) => format!("`{kind}` belongs to `apiVersion: {BACKSTAGE}`"),
        ("Team" | "Person", _) => format!("teams and people are `Group` and `User` of `apiVersion: {BACKSTAGE}`"),
        (_, Some(near)) => format!("did you mean `{near}`?"),
        (_, None) => format!("kinds are {}", known().collect::<Vec<_>>().join(", ")),
    };
    reading.sink.add(
        Finding::error(Code::Envelope, node.place, format!("kind `{kind}` is not known"))
            .expected(format!("a kind of `{OURS}`"), format!("`{kind}`"))
            .help(help),
    );
}

fn backstage(kind: &str, node: &Node, mut fields: Fields<'_>, reading: &mut Reading) -> bool {
    let Some((_, kind_of)) = THEIR_KINDS.into_iter().find(|(known, _)| *known == kind) else {
        let is_known = UNREAD.contains(&kind);
        if !is_known {
            unknown_entity(kind, node, reading);
        }
        return is_known;
    };
    let Some(head) = metadata(&mut fields, Some(kind_of), reading) else {
        return false;
    };
    let spec = fields.get("spec");
    fields.get("relations");
    fields.get("status");
    fields.close(reading);
    declare(kind_of, head.name.clone(), &head, reading);
    let form = form_of(kind_of);
    let spec = spec
        .zip(form)
        .and_then(|(spec, form)| Fields::open(spec, head.subject.clone(), form, reading));
    match kind_of {
        Kind::Team => super::people::read_team(&head, spec, reading),
        Kind::Person => super::people::read_person(&head, spec, reading),
        Kind::System => super::catalogue::read_system(&head, spec, reading),
        Kind::Component => super::catalogue::read_component(&head, spec, reading),
        Kind::CatalogueDomain => super::catalogue::read_domain(&head, spec, reading),
        Kind::Ladder
        | Kind::Domain
        | Kind::Flow
        | Kind::FailureMode
        | Kind::Runbook
        | Kind::Edge
        | Kind::Entity
        | Kind::Plan
        | Kind::Roster
        | Kind::Agreement
        | Kind::Transfer
        | Kind::Integration
        | Kind::Invariant
        | Kind::Stage
        | Kind::Route
        | Kind::Action => {}
    }
    true
}

fn unknown_entity(kind: &str, node: &Node, reading: &mut Reading) {
    let read = || THEIR_KINDS.into_iter().map(|(kind, _)| kind);
    let help = match nearest(kind, read().chain(UNREAD)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("kinds of `{OURS}` are {}", OUR_KINDS.map(|(kind, _)| kind).join(", ")),
    };
    reading.sink.add(
        Finding::error(Code::Envelope, node.place, format!("kind `{kind}` is not known"))
            .expected(
                format!("a kind of `{BACKSTAGE}`: {}", list(read())),
                format!("`{kind}`"),
            )
            .help(help),
    );
}

fn estate(head: Head, mut fields: Fields<'_>, reading: &mut Reading) {
    if let Some(spec) = fields
        .get("spec")
        .and_then(|spec| Fields::open(spec, "the estate", &ESTATE, reading))
    {
        spec.close(reading);
    }
    fields.close(reading);
    let Some((name, first)) = reading.estate.take() else {
        reading.estate = Some((head.name, head.place));
        return;
    };
    // The file at the root names the estate, wherever it stands in the order of files.
    let is_root = |place: Place| Some(place.file) == reading.root;
    let (kept, second) = match is_root(head.place) && !is_root(first) {
        true => ((head.name, head.place), (name, first)),
        false => ((name, first), (head.name, head.place)),
    };
    let finding = Finding::error(Code::DeclaredTwice, second.1, "the estate is named twice")
        .expected("one document of kind `Estate`", format!("a second one, `{}`", second.0))
        .help("keep one document of kind `Estate`, in `tidegate.yaml` at the root of the folder")
        .related(kept.1, "first named here");
    reading.sink.add(finding);
    reading.estate = Some(kept);
}

fn metadata(fields: &mut Fields<'_>, kind: Option<Kind>, reading: &mut Reading) -> Option<Head> {
    let word = kind.map_or("estate", Kind::word);
    let is_foreign = THEIR_KINDS.into_iter().any(|(_, their)| kind == Some(their));
    let node = fields.need("metadata", reading)?;
    let form = if is_foreign { &ENTITY_METADATA } else { &METADATA };
    let mut metadata = Fields::open(node, format!("the metadata of a {word}"), form, reading)?;
    let written = metadata.need("name", reading);
    let title = metadata
        .get("title")
        .and_then(|title| text(title, "the title", reading));
    metadata.get("description");
    let namespace = if is_foreign {
        for known in ["annotations", "labels", "tags", "links", "uid", "etag"] {
            metadata.get(known);
        }
        metadata
            .get("namespace")
            .and_then(|namespace| text(namespace, "the namespace", reading))
    } else {
        None
    };
    metadata.close(reading);
    let written = written?;
    let given: String = name(
        written,
        "the name",
        |text| tidegate_model::check_name(text).map(|()| text.to_owned()),
        reading,
    )?;
    let name = if is_foreign {
        super::people::qualified(&given, namespace.as_deref())
    } else {
        given.clone()
    };
    Some(Head {
        title: title.unwrap_or(given),
        subject: format!("{word} `{name}`"),
        name,
        place: written.place,
    })
}

/// Notes a declaration; a second one of the same name is an error unless it claims a domain for another owner, which says more.
pub(crate) fn declare(kind: Kind, name: String, head: &Head, reading: &mut Reading) {
    reading.mark(&head.subject, "", head.place);
    match reading.declared.get(&(kind, name.clone())) {
        None => {
            reading.declared.insert((kind, name), head.place);
        }
        Some(_) if kind == Kind::Domain => {}
        Some(earlier) => {
            let finding = Finding::error(
                Code::DeclaredTwice,
                head.place,
                format!("{} `{name}` is declared twice", kind.word()),
            )
            .expected(
                format!("one {} of this name", kind.word()),
                format!("a second `{name}`"),
            )
            .help("keep one, or give the second another name")
            .related(*earlier, "first declared here");
            reading.sink.add(finding);
        }
    }
}

/// Says that a name leads nowhere, with the nearest one.
pub(crate) fn unknown(kind: Kind, name: &str, place: Place, known: &[&str], reading: &mut Reading) {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare it {}", kind.home()),
    };
    reading.sink.add(
        Finding::error(
            Code::UnknownReference,
            place,
            format!("{} `{name}` is not declared", kind.word()),
        )
        .expected(declared(kind.word(), known.iter().copied()), format!("`{name}`"))
        .help(help),
    );
}

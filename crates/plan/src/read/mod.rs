//! Reading: from trees to the nouns of the model, one file per kind, every error of a document at once.

pub(crate) mod agreement;
pub(crate) mod catalogue;
pub(crate) mod client;
pub(crate) mod codeowners;
pub(crate) mod criterion;
pub(crate) mod domain;
pub(crate) mod edge;
pub(crate) mod entity;
pub(crate) mod entry;
pub(crate) mod envelope;
pub(crate) mod fields;
pub(crate) mod flow;
pub(crate) mod gate;
pub(crate) mod hazard;
pub(crate) mod integration;
pub(crate) mod ladder;
pub(crate) mod objective;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod redirect;
pub(crate) mod scalar;
pub(crate) mod segment;
pub(crate) mod stage;
pub(crate) mod time;
pub(crate) mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::domain::Area;
use tidegate_model::switch::SwitchValue;
use tidegate_model::{Parts, PersonId, SwitchId, SystemId, TeamId, UnitId};

use crate::lost::Lost;
use crate::shares::Shares;
use crate::sink::{Place, Sink};
use crate::whereabouts::Whereabouts;

/// Kinds of things that can be referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Team,
    Person,
    Ladder,
    Domain,
    Flow,
    FailureMode,
    Runbook,
    Edge,
    Entity,
    Plan,
    Roster,
    Agreement,
    Transfer,
    Integration,
    Invariant,
    System,
    Component,
    CatalogueDomain,
    Stage,
    Route,
    Action,
}

impl Kind {
    /// The word of messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Person => "person",
            Self::Ladder => "ladder",
            Self::Domain => "domain",
            Self::Flow => "flow",
            Self::FailureMode => "failure mode",
            Self::Runbook => "runbook",
            Self::Edge => "edge",
            Self::Entity => "entity",
            Self::Plan => "plan",
            Self::Roster => "roster",
            Self::Agreement => "agreement",
            Self::Transfer => "transfer",
            Self::Integration => "integration",
            Self::Invariant => "invariant",
            Self::System => "system",
            Self::Component => "component",
            Self::CatalogueDomain => "domain of the catalogue",
            Self::Route => "route",
            Self::Stage => "stage",
            Self::Action => "action",
        }
    }
}

impl Kind {
    /// The kind of document that declares one.
    pub(crate) fn document(self) -> Self {
        match self {
            Self::Stage => Self::Plan,
            Self::Route => Self::Edge,
            Self::Action => Self::Domain,
            Self::Team
            | Self::Person
            | Self::Ladder
            | Self::Domain
            | Self::Flow
            | Self::FailureMode
            | Self::Runbook
            | Self::Edge
            | Self::Entity
            | Self::Plan
            | Self::Roster
            | Self::Agreement
            | Self::Transfer
            | Self::Integration
            | Self::Invariant
            | Self::System
            | Self::Component
            | Self::CatalogueDomain => self,
        }
    }

    /// Where one is declared, for messages.
    pub(crate) fn home(self) -> &'static str {
        match self {
            Self::Team => "as a Backstage `Group`",
            Self::Person => "as a Backstage `User`",
            Self::Ladder => "in a document of kind `Ladder`",
            Self::Domain => "in a document of kind `Domain`",
            Self::Flow => "in a document of kind `Flow`",
            Self::FailureMode => "in a document of kind `FailureMode`",
            Self::Runbook => "in a document of kind `Runbook`",
            Self::Edge => "in a document of kind `Edge`",
            Self::Entity => "in a document of kind `Entity`",
            Self::Plan => "in a document of kind `Plan`",
            Self::Roster => "in a document of kind `Roster`",
            Self::Agreement => "in a document of kind `Agreement`",
            Self::Transfer => "in a document of kind `Transfer`",
            Self::Integration => "in a document of kind `Integration`",
            Self::Invariant => "in a document of kind `Invariant`",
            Self::System => "as a Backstage `System`",
            Self::Component => "as a Backstage `Component`",
            Self::CatalogueDomain => "as a Backstage `Domain`",
            Self::Route => "under `routes` of an edge",
            Self::Stage => "under `stages` of a plan",
            Self::Action => "under `authority` of a domain",
        }
    }
}

/// A reference that the text makes; resolved when everything is read.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// What reading gathers: the parts, what was declared where, what refers to what, and the places of fields for the checks.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) sink: Sink,
    pub(crate) parts: Parts,
    pub(crate) declared: BTreeMap<(Kind, String), Place>,
    pub(crate) references: Vec<Reference>,
    pub(crate) estate: Option<(String, Place)>,
    /// Flows marked `payment: true`.
    pub(crate) payment_flows: Vec<String>,
    /// Signals of failure modes that name a criterion, with their places.
    pub(crate) signals: Vec<(String, String, Place)>,
    /// Stages with a criterion that could not be read, so that its name is not known.
    pub(crate) unread_gates: BTreeSet<String>,
    /// Areas of risk that a plan says it does not touch.
    pub(crate) not_concerned: BTreeSet<Area>,
    /// Who is on call, as rosters say it: team, person, place.
    pub(crate) on_call: Vec<(String, PersonId, Place)>,
    /// Side effects of integrations with where they are declared.
    pub(crate) effects: BTreeMap<String, Place>,
    /// Owners that the catalogue claims: domain, team, place.
    pub(crate) catalogued: Vec<(String, String, Place)>,
    /// Memberships that people declare themselves: person, team.
    pub(crate) memberships: Vec<(String, String)>,
    /// Switches with their places and defaults.
    pub(crate) switches: BTreeMap<SwitchId, (Place, Option<SwitchValue>)>,
    /// Values that actions set: switch, value, place of the switch, place of the value.
    pub(crate) switch_uses: Vec<(SwitchId, SwitchValue, Place, Place)>,
    /// Rosters: a team, and where it is named.
    pub(crate) rostered: Vec<(TeamId, Place)>,
    /// Rosters: a team and whom it pages.
    pub(crate) rosters: Vec<(TeamId, Vec<PersonId>)>,
    /// Shares of traffic that a plan declares for values of a segment.
    pub(crate) shares: Shares,
    /// Owner of each domain document in order, to see two claims.
    pub(crate) owners: BTreeMap<String, (String, Place)>,
    /// Where what is declared, for answers about the estate.
    pub(crate) whereabouts: Whereabouts,
    /// What was not read, and may declare what is named elsewhere.
    pub(crate) lost: Lost,
    /// The file that names the estate at the root of its folder.
    pub(crate) root: Option<usize>,
    /// Systems of record, and where they are named.
    pub(crate) recorded: Vec<(SystemId, Place)>,
    /// Units of an edge that could not be read.
    pub(crate) unread_units: BTreeSet<UnitId>,
    /// Subjects with a part that could not be read, by the field that holds it.
    pub(crate) torn: BTreeSet<(String, &'static str)>,
    /// Criteria over entities, as far as they are written.
    pub(crate) reconciles: Vec<criterion::reconcile::Written>,
    places: BTreeMap<(String, String), Place>,
}

impl Reading {
    /// Notes a reference.
    pub(crate) fn refer(&mut self, kind: Kind, name: &str, place: Place) {
        self.references.push(Reference {
            kind,
            name: name.to_owned(),
            place,
        });
    }

    /// Notes where a field of a subject stands.
    pub(crate) fn mark(&mut self, subject: &str, field: &str, place: Place) {
        self.places.insert((subject.to_owned(), field.to_owned()), place);
    }

    /// Notes that a part of a field of a subject could not be read, which was complained about.
    pub(crate) fn tear(&mut self, subject: &str, field: &'static str) {
        self.torn.insert((subject.to_owned(), field));
    }

    /// Whether a part of a field of a subject could not be read.
    pub(crate) fn is_torn(&self, subject: &str, field: &'static str) -> bool {
        self.torn.contains(&(subject.to_owned(), field))
    }

    /// Whether a field of a subject is written.
    pub(crate) fn has_place(&self, subject: &str, field: &str) -> bool {
        self.places.contains_key(&(subject.to_owned(), field.to_owned()))
    }

    /// Where a field of a subject stands, else the subject itself.
    pub(crate) fn place(&self, subject: &str, field: &str) -> Place {
        self.places
            .get(&(subject.to_owned(), field.to_owned()))
            .or_else(|| self.places.get(&(subject.to_owned(), String::new())))
            .copied()
            .unwrap_or_default()
    }
}

/// The most names that a message lists.
const NAMES_LISTED_MAX: usize = 8;

/// The nearest known name, when one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (name.chars().count() / 3).max(1);
    known
        .map(|other| (distance(name, other, bound), other))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, other)| other)
}

/// Names as a list for a message.
pub(crate) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names = names;
    let first: Vec<String> = names
        .by_ref()
        .take(NAMES_LISTED_MAX)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.count() {
        0 => first.join(", "),
        beyond => format!("{} and {beyond} more", first.join(", ")),
    }
}

/// What a name could have been: `a declared team: ...`, or that there is none.
pub(crate) fn declared<'a>(word: &str, mut names: impl Iterator<Item = &'a str>) -> String {
    match names.next() {
        None => format!("a declared {word}, and there is none"),
        Some(first) => format!("a declared {word}: {}", list(std::iter::once(first).chain(names))),
    }
}

/// Edit distance of two texts, where two neighbours that changed places are one edit; `bound + 1` when their lengths
/// already differ by more than `bound`.
///
/// # Source
/// Optimal string alignment distance; Damerau, "A technique for computer detection and correction of spelling errors", 1964.
fn distance(a: &str, b: &str, bound: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > bound {
        return bound + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let change = row[j] + usize::from(left != right);
            let mut least = change.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = row;
        row = next;
    }
    row[b.len()]
}

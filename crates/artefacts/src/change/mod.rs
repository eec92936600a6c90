//! What differs between two estates, told in words: owners first, then exposure, gates and the way back, then everything else.
//! It says whether a change makes the plan weaker or stronger where a number decides that, and leaves the rest to the reader.

mod gate;
mod measure;
mod owner;
mod rest;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub(crate) use gate::approver;
use serde::Serialize;
use tidegate_model::Estate;

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Who answers for what, and who is reached.
    Owners,
    /// Steps, and when exposure may grow.
    Exposure,
    /// What must hold before it does, and who approves.
    Gates,
    /// The way back.
    Rollback,
    /// Everything else that is declared.
    Rest,
}

/// What a change does to the safety of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Less holds exposure back, or fewer people decide.
    Weaker,
    /// More holds it back.
    Stronger,
    /// A reader has to judge it.
    Open,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// What changes, such as ``gate of stage `checkout` ``.
    pub of: String,
    /// How, as words that follow it.
    pub what: String,
    /// What it does.
    pub effect: Effect,
}

/// Every change from one estate to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The changes by subject; none when both declare the same, however their files are written.
    pub changes: Vec<Change>,
}

impl Difference {
    /// Compares two estates.
    #[must_use]
    pub fn between(old: &Estate, new: &Estate) -> Self {
        let mut found = Found::default();
        owner::compare(old, new, &mut found);
        stage::compare(old, new, &mut found);
        rest::compare(old, new, &mut found);
        found.changes.sort();
        found.changes.dedup();
        Self { changes: found.changes }
    }

    /// Whether both declare the same.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.changes.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return writeln!(f, "both declare the same");
        }
        let count = |effect| self.changes.iter().filter(|change| change.effect == effect).count();
        let (weaker, stronger) = (count(Effect::Weaker), count(Effect::Stronger));
        let noun = if self.changes.len() == 1 { "change" } else { "changes" };
        writeln!(f, "{} {noun}: {weaker} weaker, {stronger} stronger", self.changes.len())?;
        let mut of = None;
        for change in &self.changes {
            if of != Some((change.subject, &change.of)) {
                writeln!(f, "\n{}", change.of)?;
                of = Some((change.subject, &change.of));
            }
            let effect = match change.effect {
                Effect::Weaker => "weaker",
                Effect::Stronger => "stronger",
                Effect::Open => "",
            };
            writeln!(f, "  {effect:<9} {}", change.what)?;
        }
        Ok(())
    }
}

/// Changes under way.
#[derive(Debug, Default)]
pub(crate) struct Found {
    changes: Vec<Change>,
}

impl Found {
    pub(crate) fn add(&mut self, subject: Subject, of: &str, what: String, effect: Effect) {
        self.changes.push(Change {
            subject,
            of: of.to_owned(),
            what,
            effect,
        });
    }

    /// A number of which less is safer.
    pub(crate) fn less_is_safer<T: Ord + fmt::Display>(
        &mut self,
        place: (Subject, &str),
        name: &str,
        old: &T,
        new: &T,
    ) {
        let effect = if new > old { Effect::Weaker } else { Effect::Stronger };
        self.if_changed(place, name, old, new, effect);
    }

    /// A number of which more is safer.
    pub(crate) fn more_is_safer<T: Ord + fmt::Display>(
        &mut self,
        place: (Subject, &str),
        name: &str,
        old: &T,
        new: &T,
    ) {
        let effect = if new < old { Effect::Weaker } else { Effect::Stronger };
        self.if_changed(place, name, old, new, effect);
    }

    /// Something of which neither is safer.
    pub(crate) fn either<T: PartialEq + fmt::Display>(&mut self, place: (Subject, &str), name: &str, old: &T, new: &T) {
        self.if_changed(place, name, old, new, Effect::Open);
    }

    fn if_changed<T: PartialEq + fmt::Display>(
        &mut self,
        (subject, of): (Subject, &str),
        name: &str,
        old: &T,
        new: &T,
        effect: Effect,
    ) {
        if old != new {
            self.add(subject, of, format!("{name}: {old} -> {new}"), effect);
        }
    }

    /// Members of a set that come and go, each with what that does.
    pub(crate) fn members(
        &mut self,
        (subject, of): (Subject, &str),
        name: &str,
        (old, new): (&BTreeSet<String>, &BTreeSet<String>),
        (gone, come): (Effect, Effect),
    ) {
        for one in old.difference(new) {
            self.add(subject, of, format!("{name} {one} is gone"), gone);
        }
        for one in new.difference(old) {
            self.add(subject, of, format!("{name} {one} is new"), come);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }
}

/// Compares two maps: what is gone, what is new, and each that stands in both. Whatever `both` has no words for is still told.
pub(crate) fn each<K: Ord + fmt::Display, V: PartialEq>(
    found: &mut Found,
    (subject, kind): (Subject, &str),
    (old, new): (&BTreeMap<K, V>, &BTreeMap<K, V>),
    (gone, come): (Effect, Effect),
    mut both: impl FnMut(&mut Found, &str, &V, &V),
) {
    for (name, was) in old {
        let of = format!("{kind} `{name}`");
        match new.get(name) {
            None => found.add(subject, &of, "is gone".to_owned(), gone),
            Some(is) if is == was => {}
            Some(is) => {
                let before = found.len();
                both(found, &of, was, is);
                if found.len() == before {
                    found.add(subject, &of, "is declared otherwise".to_owned(), Effect::Open);
                }
            }
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(name)) {
        found.add(subject, &format!("{kind} `{name}`"), "is new".to_owned(), come);
    }
}

/// Names as a set, for [`Found::members`].
pub(crate) fn names<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    items.into_iter().map(|item| format!("`{item}`")).collect()
}

/// Names in one text.
pub(crate) fn list<T: fmt::Display>(items: &[T]) -> String {
    match items {
        [] => "nobody".to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

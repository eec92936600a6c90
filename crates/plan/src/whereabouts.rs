//! Whereabouts: notes where documents, and named things inside of them, are declared. It judges nothing: what the readers
//! refuse never becomes an estate.

use tidegate_model::declared::Declared;

use crate::bundle::Bundle;
use crate::read::fields::items;
use crate::read::people::{entity_ref, qualified};
use crate::sink::{Place, line_starts};
use crate::syntax::{Node, Shape};

/// Keys whose value names an item of a list.
const NAMING: [&str; 2] = ["name", "action"];
/// Scalars of a spec that say who answers for it, or whose it is.
const ANSWERING: [&str; 3] = ["owner", "domain", "team"];
/// Mappings whose keys are names.
const NAMED_KEYS: [&str; 1] = ["units"];

/// Lists that put people into teams: of which kind, under which key. Each pair is noted as `subject other`.
const MEMBERSHIPS: [(&str, &str); 2] = [("Group", "members"), ("User", "memberOf")];

/// Declarations as they are found, before lines are known.
#[derive(Debug, Default)]
pub(crate) struct Whereabouts {
    found: Vec<(String, String, Place)>,
}

impl Whereabouts {
    /// Notes what a document declares.
    pub(crate) fn note(&mut self, document: &Node) {
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        let (Some(kind), Some(metadata)) = (text(document, "kind"), document.get("metadata")) else {
            return;
        };
        let (Some(name), Some(place)) = (text(metadata, "name"), metadata.get("name").map(|node| node.place)) else {
            return;
        };
        let is_foreign = text(document, "apiVersion").is_some_and(|version| version.starts_with("backstage.io/"));
        // A catalogue's domain is another thing than ours of the same name.
        if is_foreign && kind == "Domain" {
            return;
        }
        let name = match is_foreign {
            true => qualified(&name, text(metadata, "namespace").as_deref()),
            false => name,
        };
        self.found.push((kind.clone(), name.clone(), place));
        let Some(spec) = document.get("spec") else {
            return;
        };
        for key in ANSWERING {
            if let Some(node) = spec.get(key).filter(|_| kind != "Roster") {
                self.found.push((format!("{kind}.{key}"), name.clone(), node.place));
            }
        }
        // A roster is looked up by the team that it pages.
        if let Some(team) = text(spec, "team").filter(|_| kind == "Roster") {
            self.found.push(("Roster.team".to_owned(), team, place));
        }
        for (of, key) in MEMBERSHIPS.into_iter().filter(|(of, _)| is_foreign && kind == *of) {
            for item in spec.get(key).map(items).unwrap_or_default() {
                if let Some(text) = item.text() {
                    let other = entity_ref(text).id;
                    self.found
                        .push((format!("{of}.{key}"), format!("{name} {other}"), item.place));
                }
            }
        }
        self.inside(&kind, spec);
    }

    fn inside(&mut self, kind: &str, node: &Node) {
        let Shape::Map(entries) = &node.shape else {
            return;
        };
        for (key, value) in entries {
            let kind = format!("{kind}.{}", key.text);
            match &value.shape {
                Shape::List(items) => {
                    for item in items {
                        self.item(&kind, item);
                    }
                }
                Shape::Map(entries) if NAMED_KEYS.contains(&key.text.as_str()) => {
                    let named = entries.iter();
                    self.found
                        .extend(named.map(|(key, _)| (kind.clone(), key.text.clone(), key.place)));
                }
                Shape::Map(_) | Shape::Nothing | Shape::Scalar { .. } | Shape::Unreadable => {}
            }
        }
    }

    fn item(&mut self, kind: &str, item: &Node) {
        let named = NAMING.iter().find_map(|key| item.get(key));
        if let Some((name, node)) = named.and_then(|node| Some((node.text()?, node))) {
            self.found.push((kind.to_owned(), name.to_owned(), node.place));
            if let Some(owner) = item.get("owner") {
                self.found.push((format!("{kind}.owner"), name.to_owned(), owner.place));
            }
        }
    }

    /// Everything found with its file and line, sorted by kind and name; of two of a name the first in the files.
    pub(crate) fn lines(self, bundle: &Bundle) -> Vec<Declared> {
        let starts: Vec<Vec<usize>> = bundle.files.iter().map(|file| line_starts(&file.text)).collect();
        let mut declared: Vec<Declared> = self
            .found
            .into_iter()
            .filter_map(|(kind, name, place)| {
                let line = starts.get(place.file)?.partition_point(|begin| *begin <= place.start);
                Some(Declared {
                    kind,
                    name,
                    file: bundle.files.get(place.file)?.path.clone(),
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                })
            })
            .collect();
        declared.sort();
        declared.dedup_by(|later, first| later.kind == first.kind && later.name == first.name);
        declared
    }
}

//! The documents of a file that are judged, by group and kind, and what is said when there are none.

use std::collections::BTreeMap;

use super::read::{Reading, below, first_key};
use crate::code::Code;
use crate::syntax::{Node, Shape};

/// A document of a kind that is judged.
pub(super) struct Document<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) node: &'a Node,
}

impl Document<'_> {
    /// Kind and name, for people.
    pub(super) fn words(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }
}

/// Which of a file's documents are judged.
pub(super) struct Wanted {
    /// The group of `apiVersion`.
    pub(super) group: &'static str,
    /// The kinds that are judged.
    pub(super) kinds: &'static [&'static str],
    /// The option that reads them.
    pub(super) option: &'static str,
    /// Kinds of the other tool, and the option that reads those.
    pub(super) other: (&'static [&'static str], &'static str),
}

/// The documents that are wanted, with their kinds and names; what is not of a wanted kind is left out when another one is.
pub(super) fn wanted<'n>(trees: &'n [Node], want: &Wanted, reading: &mut Reading<'_>) -> Vec<Document<'n>> {
    let mut found = Vec::new();
    for node in trees {
        let Some(kind) = node
            .get("kind")
            .and_then(Node::text)
            .filter(|kind| want.kinds.contains(kind))
        else {
            continue;
        };
        let version = node.get("apiVersion").and_then(Node::text).unwrap_or_default();
        if version.split_once('/').is_none_or(|(group, _)| group != want.group) {
            let place = node
                .get("apiVersion")
                .map_or_else(|| first_key(node), |version| version.place);
            reading.wrong(
                Code::Envelope,
                place,
                format!("`{kind}` is of another group"),
                format!("`apiVersion: {}/...`", want.group),
                node.get("apiVersion")
                    .map_or_else(|| "no `apiVersion`".to_owned(), Node::words),
                "give the file as the tool itself reads it",
            );
            continue;
        }
        let name = below(node, &["metadata", "name"]).and_then(Node::text);
        if name.is_none() {
            reading.missing(node.get("metadata").unwrap_or(node), &format!("the {kind}"), "name");
        }
        found.push(Document {
            kind,
            name: name.unwrap_or_default(),
            node,
        });
    }
    if found.is_empty() && !reading.has_error() {
        none_wanted(trees, want, reading);
    }
    found
}

fn none_wanted(trees: &[Node], want: &Wanted, reading: &mut Reading<'_>) {
    let kinds: BTreeMap<&str, &Node> = trees
        .iter()
        .filter_map(|node| Some((node.get("kind")?.text()?, node.get("kind")?)))
        .collect();
    let place = kinds
        .values()
        .map(|node| node.place)
        .min()
        .or_else(|| {
            trees.first().map(|node| {
                if matches!(node.shape, Shape::Map(_)) {
                    first_key(node)
                } else {
                    node.place
                }
            })
        })
        .unwrap_or_default();
    let found = if kinds.is_empty() {
        trees
            .iter()
            .find(|node| !matches!(node.shape, Shape::Nothing))
            .map_or_else(
                || "nothing".to_owned(),
                |node| format!("{} without `kind`", node.words()),
            )
    } else {
        let names: Vec<String> = kinds.keys().map(|kind| format!("`{kind}`")).collect();
        names.join(", ")
    };
    let names: Vec<String> = want.kinds.iter().map(|kind| format!("`{kind}`")).collect();
    let help = if kinds.keys().any(|kind| want.other.0.contains(kind)) {
        format!("give this file with `{}`", want.other.1)
    } else {
        format!("`{}` reads {}", want.option, names.join(" and "))
    };
    reading.wrong(
        Code::Envelope,
        place,
        "there is nothing to judge in this file",
        format!("a document of kind {}", names.join(" or ")),
        found,
        help,
    );
}

//! YAML as a tree in which every node knows its place. The only module that sees the parser.

mod parse;
mod substitute;

pub(crate) use parse::{is_unseen, parse_file};

use crate::sink::Place;

/// Largest file, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Deepest nesting of lists and mappings.
pub(crate) const DEPTH_MAX: usize = 32;
/// Most keys of one mapping.
pub(crate) const KEYS_MAX: usize = 1_000;
/// Most documents of one file.
pub(crate) const DOCUMENTS_MAX: usize = 50_000;

/// A node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) shape: Shape,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// Nothing was written.
    Nothing,
    /// A scalar as text; plan files have no types of their own, the reader knows what it wants.
    Scalar {
        /// The text after settings were put in.
        text: String,
        /// Whether it stood in quotes or in a block, so that `"on"` is a text and `on` a switch value.
        quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<(Key, Node)>),
    /// Something that was complained about already; no second complaint follows.
    Unreadable,
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Node {
    /// The value of a key.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        match &self.shape {
            Shape::Map(entries) => entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node),
            Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => None,
        }
    }

    /// The scalar's text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.shape {
            Shape::Scalar { text, .. } => Some(text),
            Shape::Nothing | Shape::List(_) | Shape::Map(_) | Shape::Unreadable => None,
        }
    }

    /// What it is, in the words of a message.
    pub(crate) fn words(&self) -> String {
        match &self.shape {
            Shape::Nothing => "nothing".to_owned(),
            Shape::Scalar { text, .. } if text.is_empty() => "an empty text".to_owned(),
            Shape::Scalar { text, .. } if text.chars().count() > 60 => "a long text".to_owned(),
            Shape::Scalar { text, .. } => format!("`{text}`"),
            Shape::List(items) if items.is_empty() => "an empty list".to_owned(),
            Shape::List(_) => "a list".to_owned(),
            Shape::Map(entries) if entries.is_empty() => "an empty mapping".to_owned(),
            Shape::Map(_) => "a mapping".to_owned(),
            Shape::Unreadable => "something unreadable".to_owned(),
        }
    }
}

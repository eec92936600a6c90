//! A part of a page on its way to a browser: its HTML as an event's text, and a print that tells whether it has changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use crate::links::Links;
use crate::page::view::Part;

/// A part of a page, replaced as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Fragment {
    pub(crate) id: &'static str,
    /// Equal parts have equal prints; only ever compared within one process.
    pub(crate) print: u64,
    /// The event's text.
    pub(crate) json: String,
}

#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    html: &'a str,
}

/// What stands for the secrets of a session until a fragment is sent. Nobody can guess them, so no text of a plan or a person
/// holds one.
pub(crate) struct Marks {
    pub(crate) form_secret: String,
    pub(crate) once: String,
}

impl Marks {
    pub(crate) fn of(links: &Links) -> Self {
        Self {
            form_secret: links.nonce("the form secret of a session"),
            once: links.nonce("the showing of a page"),
        }
    }

    /// The event's text of a fragment, with the secrets of a session.
    pub(crate) fn fill(&self, fragment: &Fragment, form_secret: &str, once: &str) -> String {
        fragment
            .json
            .replace(&self.form_secret, form_secret)
            .replace(&self.once, once)
    }
}

impl Fragment {
    pub(crate) fn of((id, html): Part) -> Self {
        let html = html.into_string();
        let mut hasher = DefaultHasher::new();
        html.hash(&mut hasher);
        Self {
            id,
            print: hasher.finish(),
            json: serde_json::to_string(&Told { id, html: &html }).expect("texts become JSON"),
        }
    }
}

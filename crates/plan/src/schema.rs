//! JSON Schema of every kind, for editors: made of the forms that the reader uses. What a value means and which names
//! exist is more than a schema can say; `check` says it.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::form::{Form, Of};
use crate::read::envelope::{Document, documents};

/// <https://json-schema.org/draft-07>, which editors of YAML understand.
const DIALECT: &str = "http://json-schema.org/draft-07/schema#";
/// A value that is put in when the files are read can be anything.
const SETTING: &str = r"\$\{";

/// The kinds that have a schema, with the `apiVersion` that each belongs to, in reading order.
pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    documents().map(|document| (document.version, document.kind))
}

/// The schema of one kind as JSON text. Where two formats share a kind, such as `Domain`, the first one is ours;
/// `backstage.io/v1alpha1/Domain` asks for the other. `None` when there is no such kind.
///
/// # Source
/// JSON Schema, draft 7.
#[must_use]
pub fn schema(kind: &str) -> Option<String> {
    let (version, kind) = match kind.rsplit_once('/') {
        Some((version, kind)) => (Some(version), kind),
        None => (None, kind),
    };
    documents()
        .find(|document| document.kind == kind && version.is_none_or(|version| version == document.version))
        .map(|document| text(&Root::One(document)))
}

/// The schema of any document of an estate, as JSON text.
#[must_use]
pub fn schema_of_all() -> String {
    text(&Root::All)
}

fn text(root: &Root) -> String {
    let mut text = serde_json::to_string_pretty(root).expect("maps with text keys are JSON");
    text.push('\n');
    text
}

enum Root {
    One(Document),
    All,
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("$schema", DIALECT)?;
        match self {
            Self::One(document) => {
                map.serialize_entry("title", document.kind)?;
                document.entries(&mut map)?;
            }
            Self::All => {
                map.serialize_entry("title", "a document of an estate")?;
                map.serialize_entry("anyOf", &Sequence(documents))?;
            }
        }
        map.end()
    }
}

/// A list that is made while it is written.
struct Sequence<F>(F);

impl<I: Iterator<Item = T>, T: Serialize, F: Fn() -> I> Serialize for Sequence<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for item in (self.0)() {
            list.serialize_element(&item)?;
        }
        list.end()
    }
}

impl Document {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("description", self.spec.title)?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Properties(self))?;
        let needed: &[&str] = if self.needs_spec {
            &["apiVersion", "kind", "metadata", "spec"]
        } else {
            &["apiVersion", "kind", "metadata"]
        };
        map.serialize_entry("required", needed)?;
        if !self.spec.is_foreign {
            map.serialize_entry("additionalProperties", &false)?;
        }
        Ok(())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

struct Properties<'a>(&'a Document);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &Constant(self.0.version))?;
        map.serialize_entry("kind", &Constant(self.0.kind))?;
        map.serialize_entry("metadata", self.0.metadata)?;
        map.serialize_entry("spec", self.0.spec)?;
        map.end()
    }
}

struct Constant(&'static str);

impl Serialize for Constant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("const", self.0)?;
        map.end()
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("description", self.title)?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Fields(self))?;
        let needed: Vec<&str> = self
            .fields
            .iter()
            .filter(|field| field.is_needed)
            .map(|field| field.name)
            .collect();
        if !needed.is_empty() {
            map.serialize_entry("required", &needed)?;
        }
        if !self.is_foreign {
            map.serialize_entry("additionalProperties", &false)?;
        }
        map.end()
    }
}

struct Fields<'a>(&'a Form);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.0.fields {
            map.serialize_entry(field.name, &field.of)?;
        }
        map.end()
    }
}

impl Serialize for Of {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |pattern: &str, types: &[&str], serializer: S| {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("type", types)?;
            map.serialize_entry("pattern", &format!("{pattern}|{SETTING}"))?;
            map.end()
        };
        match self {
            Self::Text | Self::Scalar => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", &["string", "number", "boolean"])?;
                map.serialize_entry("minLength", &1)?;
                map.end()
            }
            Self::Name => written(
                r"^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
                &["string", "integer"],
                serializer,
            ),
            Self::EntityRef => written(
                r"^([A-Za-z]+:)?([-a-z0-9]+/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
                &["string", "integer"],
                serializer,
            ),
            Self::Duration => written("^([0-9]+(ms|s|m|h|d|w))+$", &["string"], serializer),
            Self::Percent => written(r"^[0-9]+(\.[0-9]{1,4})? *(%|pp)$", &["string"], serializer),
            Self::Money => written(r"^[0-9]+(\.[0-9]{1,2})? [A-Z]{3}$", &["string"], serializer),
            Self::Rate => written("^[0-9]+ */ *[dhms]$", &["string"], serializer),
            Self::Whole => written("^[0-9]+$", &["integer", "string"], serializer),
            Self::Number => written(r"^-?[0-9]+(\.[0-9]{1,6})?$", &["number", "string"], serializer),
            Self::Truth => written("^(true|false)$", &["boolean", "string"], serializer),
            Self::Words(words) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", &(Choice(words), Setting))?;
                map.end()
            }
            Self::Listed(of) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", &(*of, ListOf(of)))?;
                map.end()
            }
            Self::Form(form) => form.serialize(serializer),
            Self::Named(of) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", "object")?;
                map.serialize_entry("additionalProperties", of)?;
                map.end()
            }
            Self::Either(of) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", of)?;
                map.end()
            }
            Self::Anything => serializer.serialize_bool(true),
        }
    }
}

struct Choice(&'static [&'static str]);

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("enum", self.0)?;
        map.end()
    }
}

struct Setting;

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "string")?;
        map.serialize_entry("pattern", SETTING)?;
        map.end()
    }
}

struct ListOf(&'static Of);

impl Serialize for ListOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "array")?;
        map.serialize_entry("items", self.0)?;
        map.end()
    }
}

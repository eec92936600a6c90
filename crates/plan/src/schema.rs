//! JSON Schema of every kind, for editors: made of the forms that the reader uses. What a value means and which names
//! exist is more than a schema can say; `check` says it.

use serde::ser::SerializeMap;
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
    text(&Root::All(documents().collect()))
}

/// The forms that one schema needs, each with the name under which it stands in `definitions`.
#[derive(Default)]
struct Definitions {
    named: Vec<(String, &'static Form)>,
}

impl Definitions {
    /// Takes a form in, and all forms below it.
    fn add(&mut self, form: &'static Form) {
        if self.named.iter().any(|(_, known)| std::ptr::eq(*known, form)) {
            return;
        }
        let name = self.free(&form.title.replace([',', ':'], "").replace(' ', "-"));
        self.named.push((name, form));
        for field in form.fields {
            self.add_of(&field.of);
        }
    }

    fn add_of(&mut self, of: &'static Of) {
        match of {
            Of::Form(form) => self.add(form),
            Of::Listed(of) | Of::Named(of) => self.add_of(of),
            Of::Either(several) => several.iter().for_each(|of| self.add_of(of)),
            Of::Text
            | Of::Name
            | Of::EntityRef
            | Of::Duration
            | Of::Percent
            | Of::Money
            | Of::Rate
            | Of::Whole
            | Of::Number
            | Of::Truth
            | Of::Words(_)
            | Of::Scalar
            | Of::Anything => {}
        }
    }

    /// The name, or with a number behind it when another form has it.
    fn free(&self, name: &str) -> String {
        let is_taken = |name: &str| self.named.iter().any(|(known, _)| known == name);
        if !is_taken(name) {
            return name.to_owned();
        }
        let mut at = 2;
        while is_taken(&format!("{name}-{at}")) {
            at += 1;
        }
        format!("{name}-{at}")
    }

    fn reference(&self, form: &Form) -> String {
        let found = self.named.iter().find(|(_, known)| std::ptr::eq(*known, form));
        let (name, _) = found.expect("a form is taken in before what refers to it is written");
        format!("#/definitions/{name}")
    }
}

fn text(root: &Root) -> String {
    let mut text = serde_json::to_string_pretty(root).expect("maps with text keys are JSON");
    text.push('\n');
    text
}

enum Root {
    One(Document),
    All(Vec<Document>),
}

impl Root {
    fn documents(&self) -> Vec<&Document> {
        match self {
            Self::One(document) => vec![document],
            Self::All(documents) => documents.iter().collect(),
        }
    }
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut known = Definitions::default();
        for document in self.documents() {
            known.add(document.metadata);
            known.add(document.spec);
        }
        let known = &known;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("$schema", DIALECT)?;
        match self {
            Self::One(document) => {
                map.serialize_entry("title", document.kind)?;
                With(document, known).entries(&mut map)?;
            }
            Self::All(documents) => {
                map.serialize_entry("title", "a document of an estate")?;
                let documents: Vec<With<'_, Document>> =
                    documents.iter().map(|document| With(document, known)).collect();
                map.serialize_entry("anyOf", &documents)?;
            }
        }
        map.serialize_entry("definitions", known)?;
        map.end()
    }
}

impl Serialize for Definitions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.named.len()))?;
        for (name, form) in &self.named {
            map.serialize_entry(name, &With(*form, self))?;
        }
        map.end()
    }
}

/// Something that is written with references into the definitions.
struct With<'a, T>(&'a T, &'a Definitions);

impl With<'_, Document> {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let Self(document, _) = self;
        map.serialize_entry("description", document.spec.title)?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Properties(self))?;
        let needed: &[&str] = if document.needs_spec {
            &["apiVersion", "kind", "metadata", "spec"]
        } else {
            &["apiVersion", "kind", "metadata"]
        };
        map.serialize_entry("required", needed)?;
        if !document.spec.is_foreign {
            map.serialize_entry("additionalProperties", &false)?;
        }
        Ok(())
    }
}

impl Serialize for With<'_, Document> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map)?;
        map.end()
    }
}

struct Properties<'a>(&'a With<'a, Document>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let With(document, known) = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &Constant(document.version))?;
        map.serialize_entry("kind", &Constant(document.kind))?;
        map.serialize_entry("metadata", &Reference(known.reference(document.metadata)))?;
        map.serialize_entry("spec", &Reference(known.reference(document.spec)))?;
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

struct Reference(String);

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("$ref", &self.0)?;
        map.end()
    }
}

impl Serialize for With<'_, Form> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(form, known) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("description", form.title)?;
        map.serialize_entry("type", "object")?;
        map.serialize_entry("properties", &Fields(form, known))?;
        let needed: Vec<&str> = form
            .fields
            .iter()
            .filter(|field| field.is_needed)
            .map(|field| field.name)
            .collect();
        if !needed.is_empty() {
            map.serialize_entry("required", &needed)?;
        }
        if !form.is_foreign {
            map.serialize_entry("additionalProperties", &false)?;
        }
        map.end()
    }
}

struct Fields<'a>(&'a Form, &'a Definitions);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in self.0.fields {
            map.serialize_entry(field.name, &With(&field.of, self.1))?;
        }
        map.end()
    }
}

impl Serialize for With<'_, Of> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |pattern: &str, types: &[&str], serializer: S| {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("type", types)?;
            map.serialize_entry("pattern", &format!("{pattern}|{SETTING}"))?;
            map.end()
        };
        let Self(of, known) = self;
        match of {
            Of::Text | Of::Scalar => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", &["string", "number", "boolean"])?;
                map.serialize_entry("minLength", &1)?;
                map.end()
            }
            Of::Name => written(
                r"^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
                &["string", "integer"],
                serializer,
            ),
            Of::EntityRef => written(
                r"^([A-Za-z]+:)?([-a-z0-9]+/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$",
                &["string", "integer"],
                serializer,
            ),
            Of::Duration => written("^([0-9]+(ms|s|m|h|d|w))+$", &["string"], serializer),
            Of::Percent => written(r"^[0-9]+(\.[0-9]{1,4})? *(%|pp)$", &["string"], serializer),
            Of::Money => written(r"^[0-9]+(\.[0-9]{1,2})? [A-Z]{3}$", &["string"], serializer),
            Of::Rate => written("^[0-9]+ */ *[dhms]$", &["string"], serializer),
            Of::Whole => written("^[0-9]+$", &["integer", "string"], serializer),
            Of::Number => written(r"^-?[0-9]+(\.[0-9]{1,6})?$", &["number", "string"], serializer),
            Of::Truth => written("^(true|false)$", &["boolean", "string"], serializer),
            Of::Words(words) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", &(Choice(words), Setting))?;
                map.end()
            }
            Of::Listed(of) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", &(With(*of, known), ListOf(of, known)))?;
                map.end()
            }
            Of::Form(form) => Reference(known.reference(form)).serialize(serializer),
            Of::Named(of) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", "object")?;
                map.serialize_entry("additionalProperties", &With(*of, known))?;
                map.end()
            }
            Of::Either(several) => {
                let several: Vec<With<'_, Of>> = several.iter().map(|of| With(of, known)).collect();
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("anyOf", &several)?;
                map.end()
            }
            Of::Anything => serializer.serialize_bool(true),
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

struct ListOf<'a>(&'static Of, &'a Definitions);

impl Serialize for ListOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", "array")?;
        map.serialize_entry("items", &With(self.0, self.1))?;
        map.end()
    }
}

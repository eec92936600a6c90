//! Schemas of the types that are taken and given, each named once in the document.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

/// Collects types. What a field must have differs between reading and writing, so there is a collection for each.
pub(crate) struct Types {
    taken: SchemaGenerator,
    given: SchemaGenerator,
}

impl Types {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            taken: settings.clone().for_deserialize().into_generator(),
            given: settings.for_serialize().into_generator(),
        }
    }

    /// The schema of what a client sends.
    pub(crate) fn taken<T: JsonSchema>(&mut self) -> Value {
        self.taken.subschema_for::<T>().to_value()
    }

    /// The schema of what a client gets.
    pub(crate) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().to_value()
    }

    /// Every named type.
    ///
    /// # Panics
    /// When two types of one name have different shapes: a reader could not tell which is meant.
    pub(super) fn named(mut self) -> Map<String, Value> {
        let mut all = self.given.take_definitions(true);
        for (name, schema) in self.taken.take_definitions(true) {
            let other = all.insert(name.clone(), schema.clone());
            assert!(
                other.is_none_or(|other| other == schema),
                "`{name}` is read in another shape than it is written; one of them needs another name"
            );
        }
        all
    }
}

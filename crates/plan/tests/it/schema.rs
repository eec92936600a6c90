//! JSON Schema: the files in the tree are what the reader's forms say, and the reader knows each field that they name.

use std::path::Path;

use serde_json::Value;
use tidegate_plan::schema::{kinds, schema, schema_of_all};
use tidegate_plan::{Bundle, Code, SourceFile};

use crate::compiled;

const OURS: &str = "tidegate/v1alpha1";

/// Where the schema of a kind stands: those of another format in a folder of its own.
fn path(version: &str, kind: &str) -> String {
    match version {
        OURS => format!("{kind}.json"),
        _ => format!("backstage/{kind}.json"),
    }
}

#[test]
fn the_files_in_the_tree_are_what_the_program_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema");
    let mut expected = vec![("all.json".to_owned(), schema_of_all())];
    for (version, kind) in kinds() {
        expected.push((path(version, kind), schema(&format!("{version}/{kind}")).unwrap()));
    }
    let stale: Vec<&str> = expected
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(folder.join(path)).ok().as_ref() != Some(text))
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(
        stale.is_empty(),
        "write `tidegate schema KIND` again into docs/schema: {stale:?}"
    );
}

#[test]
fn a_kind_is_found_by_name_and_the_others_by_their_version() {
    assert_eq!(schema("Domain"), schema("tidegate/v1alpha1/Domain"));
    assert_ne!(schema("Domain"), schema("backstage.io/v1alpha1/Domain"));
    assert_eq!(schema("Team"), None);
}

/// What a reference leads to.
fn resolved<'a>(schema: &'a Value, value: &'a Value) -> &'a Value {
    let way = value["$ref"].as_str().unwrap().trim_start_matches('#');
    schema.pointer(way).unwrap_or_else(|| panic!("{way} leads nowhere"))
}

/// Every reference of a schema.
fn references<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    if value.get("$ref").is_some() {
        found.push(value);
    }
    match value {
        Value::Object(map) => map.values().for_each(|below| references(below, found)),
        Value::Array(list) => list.iter().for_each(|below| references(below, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_to_a_definition() {
    let schema: Value = serde_json::from_str(&schema_of_all()).unwrap();
    let mut found = Vec::new();
    references(&schema, &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for reference in found {
        assert_eq!(resolved(&schema, reference)["type"], "object", "{reference}");
    }
}

#[test]
fn a_field_that_no_schema_has_is_told_and_those_that_it_has_are_not() {
    for (version, kind) in kinds().filter(|(version, _)| *version == OURS) {
        let text = schema(&format!("{version}/{kind}")).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let spec = resolved(&schema, &schema["properties"]["spec"]);
        let fields = spec["properties"].as_object().unwrap().keys();
        let mut written: String = fields.map(|name| format!("  {name}: {{}}\n")).collect();
        written.push_str("  no-such-field-at-all: {}\n");
        let bundle = Bundle {
            files: vec![SourceFile {
                path: "tidegate.yaml".to_owned(),
                text: format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{ name: x }}\nspec:\n{written}"),
            }],
            ..Bundle::default()
        };
        let unknown: Vec<String> = compiled(&bundle)
            .diagnostics
            .into_iter()
            .filter(|one| one.code == Code::UnknownField)
            .map(|one| one.message)
            .collect();
        assert_eq!(unknown.len(), 1, "{kind}: {unknown:?}");
        assert!(
            unknown[0].ends_with("has no field `no-such-field-at-all`"),
            "{kind}: {unknown:?}"
        );
    }
}

#[test]
fn every_object_of_ours_refuses_what_it_does_not_name() {
    fn open(schema: &Value, found: &mut Vec<String>) {
        if schema.get("properties").is_some() && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            found.push(schema["description"].to_string());
        }
        match schema {
            Value::Object(map) => map.values().for_each(|below| open(below, found)),
            Value::Array(list) => list.iter().for_each(|below| open(below, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for (version, kind) in kinds().filter(|(version, _)| *version == OURS) {
        let text = schema(&format!("{version}/{kind}")).unwrap();
        let mut found = Vec::new();
        open(&serde_json::from_str(&text).unwrap(), &mut found);
        assert!(found.is_empty(), "{kind}: {found:?}");
    }
}

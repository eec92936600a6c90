//! The document holds together: every name leads somewhere, everybody is let in by something, and the tree has what is served.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
use std::collections::BTreeSet;

use super::*;
use crate::problem::Code;

fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap();
    let methods = |(path, methods): (&'static String, &'static Value)| {
        let methods = methods.as_object().unwrap();
        methods
            .iter()
            .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    };
    paths.iter().flat_map(methods).collect()
}

fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    if let Some(reference) = value["$ref"].as_str() {
        found.insert(reference);
    }
    match value {
        Value::Object(map) => map.values().for_each(|below| references(below, found)),
        Value::Array(list) => list.iter().for_each(|below| references(below, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_reference_leads_to_a_schema_and_every_schema_is_referred_to() {
    let whole = Value::Object(document().clone());
    let mut found = BTreeSet::new();
    references(&whole, &mut found);
    let schemas = whole["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<String> = schemas
        .keys()
        .map(|name| format!("#/components/schemas/{name}"))
        .collect();
    let found: BTreeSet<String> = found.into_iter().map(str::to_owned).collect();
    assert_eq!(found, named);
    // A name with a number is a second type of one name.
    assert!(
        !schemas
            .keys()
            .any(|name| name.ends_with(|last: char| last.is_ascii_digit())),
        "{:?}",
        schemas.keys()
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_who_may() {
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations() {
        assert!(
            names.insert(operation["operationId"].as_str().unwrap()),
            "{method} {path}"
        );
        assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
        let is_open = ["/healthz", "/api/openapi.json"].contains(&path);
        assert_eq!(
            operation["security"].as_array().unwrap().is_empty(),
            is_open,
            "{method} {path}"
        );
        assert_eq!(operation["responses"].get("401").is_none(), is_open, "{method} {path}");
        let in_path = operation["parameters"].as_array().into_iter().flatten();
        let in_path = in_path.filter(|parameter| parameter["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
    }
    assert!(names.len() >= 30, "{names:?}");
}

#[test]
fn what_changes_something_can_be_refused_by_every_rule_and_needs_the_form_secret_of_a_session() {
    for (path, _, operation) in operations()
        .into_iter()
        .filter(|(path, method, _)| *method == "post" && path.starts_with("/api/"))
    {
        let refused = &operation["responses"]["409"]["content"]["application/problem+json"]["schema"];
        assert_eq!(
            refused["allOf"][1]["properties"]["code"]["enum"]
                .as_array()
                .unwrap()
                .len(),
            16,
            "{path}"
        );
        let doors = operation["security"].as_array().unwrap();
        let with_session: Vec<&Value> = doors.iter().filter(|door| door.get("session").is_some()).collect();
        assert!(with_session.iter().all(|door| door.get("form").is_some()), "{path}");
    }
}

#[test]
fn codes_are_listed_once_and_without_a_gap() {
    for (place, code) in Code::ALL.iter().enumerate() {
        assert_eq!(code.text(), format!("TG{}", 8101 + place));
    }
}

/// Where the document stands in the tree, for readers and for clients that are made of it.
#[test]
fn the_file_in_the_tree_is_what_is_served() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/openapi.json");
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        held == openapi(),
        "write `tidegate schema --openapi` again into docs/schema/openapi.json"
    );
}

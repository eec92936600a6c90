//! SARIF: what the published schema of 2.1.0 asks of a log, as far as one of ours can break it.

use std::collections::BTreeSet;

use serde_json::Value;
use tidegate_plan::{Bundle, render_sarif};

use crate::{compiled, edited};

fn log(bundle: &Bundle) -> Value {
    serde_json::from_str(&render_sarif(&compiled(bundle).diagnostics, bundle)).unwrap()
}

/// Every object's fields are among those that the schema gives its kind of object.
fn known(value: &Value, allowed: &[&str], what: &str) {
    let fields = value.as_object().unwrap_or_else(|| panic!("{what} is no object"));
    for name in fields.keys() {
        assert!(allowed.contains(&name.as_str()), "{what} has `{name}`");
    }
}

fn location(value: &Value, bundle: &Bundle) {
    known(value, &["physicalLocation", "message"], "a location");
    let physical = &value["physicalLocation"];
    known(physical, &["artifactLocation", "region"], "a physical location");
    let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
    assert!(bundle.files.iter().any(|file| file.path == uri), "{uri}");
    let region = &physical["region"];
    let number = |name: &str| region[name].as_u64().unwrap_or_else(|| panic!("no `{name}`"));
    let (from, to) = (
        (number("startLine"), number("startColumn")),
        (number("endLine"), number("endColumn")),
    );
    assert!(from.0 >= 1 && from.1 >= 1 && from <= to, "{region}");
    let file = bundle.files.iter().find(|file| file.path == uri).unwrap();
    let end = number("byteOffset") + number("byteLength");
    assert!(end <= file.text.len() as u64, "{region}");
}

#[test]
fn a_log_has_what_the_format_asks_for() {
    let bundle = edited("domains.yaml", "owner: shop-team", "owner: [shop-team, platform]");
    let log = log(&bundle);
    known(&log, &["$schema", "version", "runs"], "the log");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    known(run, &["tool", "columnKind", "results"], "a run");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    known(driver, &["name", "version", "rules"], "the driver");
    assert_eq!(driver["name"], "tidegate");
    let rules = driver["rules"].as_array().unwrap();
    let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rules.len(), "a rule stands once");
    for rule in rules {
        known(rule, &["id", "shortDescription", "help"], "a rule");
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# TG"));
    }
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        known(
            result,
            &[
                "ruleId",
                "ruleIndex",
                "level",
                "message",
                "locations",
                "relatedLocations",
            ],
            "a result",
        );
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        for one in result["locations"].as_array().unwrap() {
            location(one, &bundle);
        }
    }
    let related = results[0]["relatedLocations"].as_array().unwrap();
    assert_eq!(related.len(), 1);
    assert_eq!(related[0]["message"]["text"], "first owner declared here");
    location(&related[0], &bundle);
}

#[test]
fn an_estate_without_faults_gives_a_run_without_results() {
    let log = log(&tidegate_plan::scaffold("shop"));
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn columns_are_characters_and_paths_are_references() {
    let mut bundle = edited("domains.yaml", "title: Shop }", "title: \"Grüße\", titel: X }");
    for file in &mut bundle.files {
        if file.path == "domains.yaml" {
            file.path = "a b/domains.yaml".to_owned();
        }
    }
    let log = log(&bundle);
    let physical = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%20b/domains.yaml");
    let region = &physical["region"];
    assert_eq!(
        (region["startColumn"].as_u64(), region["endColumn"].as_u64()),
        (Some(41), Some(46))
    );
}

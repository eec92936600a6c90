//! No drawers: a file, module or type says what it holds, never that it holds things.

use crate::breach::{Breach, none};
use crate::source::Source;
use crate::tree::tree;

/// Names for not having thought.
const DRAWERS: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "handler", "handlers", "service",
    "services", "data", "info",
];

/// What a type's name never ends with.
const ENDINGS: &[&str] = &[
    "Manager", "Handler", "Helper", "Util", "Utils", "Service", "Data", "Info",
];

#[test]
fn nothing_is_named_like_a_drawer() {
    let paths = tree().files.iter().flat_map(|file| drawers(&file.path));
    let types = tree().sources.iter().flat_map(types);
    none("no drawers", paths.chain(types).collect());
}

fn drawers(path: &str) -> Option<Breach> {
    let part = path.split('/').find(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        DRAWERS.contains(&stem.to_ascii_lowercase().as_str())
    })?;
    Some(Breach::new(path, 0, format!("`{part}` is a drawer")))
}

fn types(source: &Source) -> Vec<Breach> {
    let code = &source.parts.code;
    let mut breaches = Vec::new();
    for keyword in ["struct ", "enum ", "trait ", "type ", "mod "] {
        for (at, _) in code.match_indices(keyword) {
            let rest = &code[at + keyword.len()..];
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or(rest);
            if ENDINGS.iter().any(|end| name.ends_with(end)) || DRAWERS.contains(&name) {
                breaches.push(Breach::new(
                    &source.path,
                    source.line(at),
                    format!("`{name}` is a drawer"),
                ));
            }
        }
    }
    breaches
}

#[test]
fn drawers_are_known_by_name() {
    assert!(drawers("crates/x/src/utils.rs").is_some());
    assert!(drawers("crates/x/src/common/mod.rs").is_some());
    assert!(drawers("crates/x/src/database.rs").is_none());
    let text = "struct PageManager;\nmod helpers { enum Fact {} }\n";
    assert_eq!(types(&Source::new("a.rs", text)).len(), 2);
}

//! No mark of unfinished work, no lint switched off, no test switched off; and each file opens with what it is for.

use crate::breach::{Breach, none};
use crate::scan::{line_of, words};
use crate::source::Source;
use crate::tree::{File, tree};

/// What says that somebody stopped halfway; looked for in code, comments and texts alike.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("for", " now"),
    concat!("place", "holder"),
    concat!("stu", "b"),
    concat!("stu", "bs"),
    concat!("stu", "bbed"),
    concat!("not yet ", "implemented"),
];

/// Files in which work could be left unfinished: programs, manifests, plans.
const KINDS: &[&str] = &[".rs", ".toml", ".yaml", ".yml", ".sh", ".py", ".js", ".css", ".sql"];

/// Calls that never stand in code, not even in tests.
const UNFINISHED_CALLS: &[&str] = &["todo!", "unimplemented!", "dbg!"];

#[test]
fn nothing_is_left_unfinished() {
    let files = &tree().files;
    let programs = files
        .iter()
        .filter(|file| KINDS.iter().any(|kind| file.path.ends_with(kind)) || file.path.starts_with("ci/"));
    none("no mark of unfinished work", programs.flat_map(marks).collect());
}

#[test]
fn no_call_stands_in_for_code() {
    let found = tree().sources.iter().flat_map(|source| stand(source, UNFINISHED_CALLS));
    none("no call stands in for code", found.collect());
}

#[test]
fn no_lint_is_switched_off_without_a_reason() {
    let found = tree().sources.iter().flat_map(switched_off);
    none("`#[expect(lint, reason = \"...\")]`, never `#[allow]`", found.collect());
}

#[test]
fn no_test_is_switched_off() {
    let found = tree().sources.iter().flat_map(|source| stand(source, &["#[ignore"]));
    none("no test is ignored", found.collect());
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let found = tree().sources.iter().filter(|source| !opens(&source.text));
    none(
        "the first line is `//!`, one sentence",
        found
            .map(|source| Breach::new(&source.path, 1, "does not say what it is for"))
            .collect(),
    );
}

fn opens(text: &str) -> bool {
    text.lines()
        .next()
        .is_some_and(|line| line.strip_prefix("//! ").is_some_and(|words| words.len() > 10))
}

fn marks(file: &File) -> Vec<Breach> {
    let lower = file.text.to_lowercase();
    let found = |mark: &&'static str| -> Vec<Breach> {
        // Marks in capitals are words of their own; the others are found in any case.
        let text = if mark.chars().all(char::is_uppercase) {
            &file.text
        } else {
            &lower
        };
        words(text, mark)
            .map(|at| Breach::new(&file.path, line_of(text, at), format!("`{mark}`")))
            .collect()
    };
    UNFINISHED.iter().flat_map(found).collect()
}

fn stand(source: &Source, calls: &[&str]) -> Vec<Breach> {
    calls
        .iter()
        .flat_map(|call| words(&source.parts.code, call).map(move |at| (call, at)))
        .map(|(call, at)| Breach::new(&source.path, source.line(at), format!("`{call}`")))
        .collect()
}

/// `allow` in any attribute, and `expect` of a lint without a reason.
fn switched_off(source: &Source) -> Vec<Breach> {
    let code = &source.parts.code;
    let mut breaches = Vec::new();
    for (at, _) in code.match_indices('#') {
        let rest = code[at + 1..].trim_start_matches('!');
        if !rest.starts_with('[') {
            continue;
        }
        let open = code.len() - rest.len();
        let attribute = &code[open..crate::scan::closing(code, open)];
        if words(attribute, "allow").next().is_some() {
            breaches.push(Breach::new(&source.path, source.line(at), "`allow`"));
        } else if words(attribute, "expect").next().is_some() && !attribute.contains("reason") {
            breaches.push(Breach::new(&source.path, source.line(at), "`expect` without a reason"));
        }
    }
    breaches
}

#[test]
fn marks_are_words() {
    let marked = |text: &str| {
        !marks(&File {
            path: "a.rs".to_owned(),
            text: text.to_owned(),
        })
        .is_empty()
    };
    assert!(marked(concat!("// TO", "DO: later")));
    assert!(marked(concat!("// Enough for", " now.")));
    assert!(marked(concat!("// A Place", "holder.")));
    assert!(!marked(concat!("let s = \"TG9X", "XX\"; // stu", "bborn")));
}

#[test]
fn attributes_are_read_whole() {
    let off = |text: &str| switched_off(&Source::new("a.rs", text)).len();
    assert_eq!(off("#![allow(dead_code)]"), 1);
    assert_eq!(off("#[cfg_attr(test, allow(dead_code))]"), 1);
    assert_eq!(off("#[expect(dead_code)]"), 1);
    assert_eq!(off("#[expect(dead_code, reason = \"it is allow\")] // #[allow]"), 0);
}

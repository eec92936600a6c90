//! The table of sources: every file that it names is there, and so is every text that it quotes.

use std::path::Path;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the table: line, references, what is open.
fn rows(text: &str) -> Vec<[&str; 3]> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| line |"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            match cells.as_slice() {
                [line, lives] => [*line, *lives, ""],
                [line, lives, open] => [*line, *lives, *open],
                other => panic!("a row has {} cells: {line}", other.len()),
            }
        })
        .collect()
}

/// A shorter text stands nearly everywhere.
const NEEDLE_CHARS_MIN: usize = 8;

fn is_page(path: &str) -> bool {
    path.starts_with("crates/plan/src/explain/TG")
}

fn wrong(reference: &str) -> Option<String> {
    let (path, needle) = match reference.split_once(": ") {
        Some((path, needle)) => (path, needle),
        // A page of a diagnostic is about one rule; of everything else the table says where in it.
        None if is_page(reference) => (reference, "# TG"),
        None => return Some(format!("`{reference}` names no text")),
    };
    let is_long = needle.chars().count() >= NEEDLE_CHARS_MIN || is_page(path);
    if !is_long || needle.starts_with("//") {
        return Some(format!("`{needle}` of {path} proves nothing"));
    }
    let Ok(text) = std::fs::read_to_string(root().join(path)) else {
        return Some(format!("there is no file `{path}`"));
    };
    (!text.contains(needle)).then(|| format!("`{needle}` is not in {path}"))
}

#[test]
fn every_reference_of_the_table_exists() {
    let text = std::fs::read_to_string(root().join("docs/sources.md")).unwrap();
    let rows = rows(&text);
    assert!(rows.len() > 200, "{}", rows.len());
    let mut broken = Vec::new();
    for [line, lives, _] in &rows {
        let references: Vec<&str> = lives.split('`').skip(1).step_by(2).collect();
        if references.is_empty() {
            broken.push(format!("{line}: names nothing"));
        }
        for reference in references {
            broken.extend(wrong(reference).map(|why| format!("{line}: {why}")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_is_missing_is_seen() {
    assert!(wrong("crates/plan/src/explain/TG0101.md").is_none());
    assert!(wrong("crates/plan/src/explain/TG0001.md: expected").is_some());
    assert!(wrong("docs/sources.md").is_some(), "a whole file");
    assert!(wrong("crates/plan/src/lib.rs: pub").is_some(), "a short text");
    assert!(wrong("crates/plan/src/lib.rs: //! The").is_some(), "a comment's mark");
    assert!(wrong("docs/sources.md: Where each line lives").is_none());
    assert!(wrong("docs/no-such-page.md").is_some());
    assert!(wrong("README.md: a text that stands nowhere in it").is_some());
}

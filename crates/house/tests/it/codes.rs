//! Every code that a person may meet has a page, and every page a code.

use std::collections::{BTreeMap, BTreeSet};

use crate::breach::{Breach, none};
use crate::source::Source;
use crate::tree::tree;

/// Where pages of codes are.
const PAGES: &[&str] = &["crates/plan/src/explain/", "docs/codes/"];

/// The lists of pages, of diagnostics and of answers.
const LISTS: &[&str] = &["docs/codes/README.md", "docs/codes/answers.md"];

/// The source that carries the pages of answers in the program.
const CARRIED: &str = "crates/tidegate/src/commands/answer_pages.rs";

#[test]
fn every_code_has_a_page() {
    let pages = pages();
    let lacking = uses().into_iter().filter(|(code, _)| !pages.contains_key(code));
    none(
        "a code has a page",
        lacking
            .map(|(code, place)| breach(&place, format!("`{code}` has no page")))
            .collect(),
    );
}

#[test]
fn every_page_has_a_code() {
    let uses = uses();
    let idle = pages().into_iter().filter(|(code, _)| !uses.contains_key(code));
    none(
        "a page belongs to a code",
        idle.map(|(code, path)| Breach::new(&path, 0, format!("`{code}` is never shown")))
            .collect(),
    );
}

#[test]
fn every_page_opens_with_its_code_and_is_listed() {
    let list: String = LISTS
        .iter()
        .map(|path| tree().file(path).expect("the codes have lists").text.as_str())
        .collect();
    let mut breaches = Vec::new();
    for (code, path) in pages() {
        let text = &tree().file(&path).expect("pages are files of the tree").text;
        let Some(title) = text
            .strip_prefix(&format!("# {code}: "))
            .and_then(|rest| rest.lines().next())
        else {
            breaches.push(Breach::new(&path, 1, format!("does not open with `# {code}: ...`")));
            continue;
        };
        let row = list.lines().find(|line| line.starts_with(&format!("| [{code}](")));
        if !row.is_some_and(|row| row.ends_with(&format!("| {title} |"))) {
            breaches.push(Breach::new(LISTS[0], 0, format!("has no row `{code}` ... `{title}`")));
        }
    }
    none("every page is listed under its title", breaches);
}

#[test]
fn every_page_of_an_answer_is_in_the_program() {
    let program = &tree().file(CARRIED).expect("the pages of answers are carried").text;
    let lacking = tree()
        .ending(".md")
        .filter(|file| file.path.starts_with("docs/codes/TG"))
        .filter(|file| {
            let code = &file.path["docs/codes/".len()..file.path.len() - ".md".len()];
            !program.contains(&format!("(\"{code}\", include_str!(\"../../../../{}\"))", file.path))
        });
    none(
        "`tidegate explain` shows every page",
        lacking
            .map(|file| Breach::new(&file.path, 0, format!("is not in {CARRIED}")))
            .collect(),
    );
}

#[test]
fn every_page_of_an_answer_shows_it_and_says_what_helps() {
    let pages = tree()
        .ending(".md")
        .filter(|file| file.path.starts_with("docs/codes/TG"));
    let lacking =
        pages.filter(|file| !(file.text.contains("\nShows as:\n\n```text\n") && file.text.contains("\nWhat helps: ")));
    none(
        "a page shows its answer and says what helps",
        lacking
            .map(|file| Breach::new(&file.path, 0, "lacks `Shows as:` or `What helps:`"))
            .collect(),
    );
}

/// Codes in literals of what is shipped, each with one place.
fn uses() -> BTreeMap<String, (String, usize)> {
    let mut uses = BTreeMap::new();
    for source in tree().sources.iter().filter(|source| source.path != CARRIED) {
        for (code, at) in shown(source) {
            uses.entry(code)
                .or_insert_with(|| (source.path.clone(), source.line(at)));
        }
    }
    uses
}

fn shown(source: &Source) -> Vec<(String, usize)> {
    let literals = &source.parts.literals;
    let found = literals
        .match_indices("TG")
        .filter_map(|(at, _)| Some((literals.get(at..at + 6)?, at)));
    found
        .filter(|(code, at)| code[2..].bytes().all(|byte| byte.is_ascii_digit()) && !source.is_test(*at))
        // A file's name in `include_str!` shows nothing.
        .filter(|(_, at)| !literals[at + 6..].starts_with(".md"))
        .map(|(code, at)| (code.to_owned(), at))
        .collect()
}

/// Codes that have a page, with its path.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut twice = BTreeSet::new();
    for file in tree().ending(".md") {
        let Some(name) = PAGES.iter().find_map(|folder| file.path.strip_prefix(folder)) else {
            continue;
        };
        let stem = name.trim_end_matches(".md");
        if stem.starts_with("TG") && pages.insert(stem.to_owned(), file.path.clone()).is_some() {
            twice.insert(stem.to_owned());
        }
    }
    assert!(twice.is_empty(), "codes with two pages: {twice:?}");
    pages
}

fn breach(place: &(String, usize), what: String) -> Breach {
    Breach::new(&place.0, place.1, what)
}

#[test]
fn codes_are_found_where_people_meet_them() {
    let text = "// TG0001\nconst A: &str = \"see TG0002\"; include_str!(\"TG0003.md\"); \"TG9xxx\"";
    let codes: Vec<String> = shown(&Source::new("crates/x/src/a.rs", text))
        .into_iter()
        .map(|(code, _)| code)
        .collect();
    assert_eq!(codes, ["TG0002"]);
    assert!(shown(&Source::new("crates/x/tests/it/a.rs", text)).is_empty());
}

//! Every code has a page whose bad example shows exactly that code and whose good one does not.

use std::collections::BTreeSet;

use tidegate_plan::{Bundle, CODEOWNERS, Code, Diagnostic, SourceFile, Unread, Why, explain, render_human, scaffold};

use crate::compiled;

/// First line of an example that is an estate of its own; others stand in the estate that `init` writes.
const WHOLE: &str = "# the whole estate\n";

fn examples(page: &str) -> Vec<String> {
    page.split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// Kind and name of a document, read off its lines.
fn identity(document: &str) -> (Option<&str>, Option<&str>) {
    let kind = document.lines().find_map(|line| line.strip_prefix("kind: "));
    let name = document
        .lines()
        .find_map(|line| line.strip_prefix("metadata: { name: "))
        .and_then(|rest| rest.split([',', ' ']).next())
        .map(|name| name.trim_matches('"'));
    (kind, name)
}

/// The scaffold without the documents that the example has too, and the example.
fn estate(example: &str) -> Bundle {
    let file = SourceFile {
        path: "example.yaml".into(),
        text: example.into(),
    };
    // What another file says stands in comments: an example is one text.
    let beside = CODEOWNERS.iter().filter_map(|path| {
        let marked = example
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("# {path}: ")));
        let text = marked.collect::<Vec<_>>().join("\n");
        let path = (*path).to_owned();
        (!text.is_empty()).then_some(SourceFile { path, text })
    });
    let unread = example.lines().filter_map(|line| line.strip_prefix("# unread "));
    let unread = unread
        .filter_map(|line| line.split_once(": "))
        .map(|(path, what)| Unread {
            path: path.to_owned(),
            why: Why::NoFile(what.to_owned()),
        });
    if example.starts_with(WHOLE) {
        return Bundle {
            files: vec![file],
            ..Bundle::default()
        };
    }
    let replaced: BTreeSet<_> = example.split("---\n").map(identity).collect();
    let mut bundle = scaffold("shop");
    for file in &mut bundle.files {
        let kept: Vec<&str> = file
            .text
            .split("---\n")
            .filter(|document| !replaced.contains(&identity(document)))
            .collect();
        file.text = kept.join("---\n");
    }
    bundle.files.push(file);
    bundle.files.extend(beside);
    bundle.unread.extend(unread);
    bundle
}

/// What every diagnostic has, whatever its code: a code that is known, a place with text, both sides of the contrast, help.
fn lacks(one: &Diagnostic, bundle: &Bundle) -> Vec<&'static str> {
    let file = bundle.files.iter().find(|file| file.path == one.file);
    let underlined = file.and_then(|file| file.text.get(one.span.start..one.span.end));
    [
        ("code", Code::parse(one.code.text()).is_none()),
        (
            "span",
            // What gave no text has no line to show.
            (underlined.is_none_or(str::is_empty) || one.span.line == 0 || one.span.column == 0)
                && bundle.unread.iter().all(|unread| unread.path != one.file),
        ),
        ("expected", one.expected.trim().is_empty()),
        ("found", one.found.trim().is_empty()),
        ("help", one.help.trim().is_empty()),
    ]
    .into_iter()
    .filter_map(|(part, is_missing)| is_missing.then_some(part))
    .collect()
}

#[test]
fn every_bad_example_shows_code_span_expected_found_and_help() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let bundle = estate(&examples(code.page())[0]);
        let diagnostics = compiled(&bundle).diagnostics;
        assert!(!diagnostics.is_empty(), "{code}");
        for one in &diagnostics {
            println!(
                "{code} expected {} | found {} | help: {}",
                one.expected, one.found, one.help
            );
            let parts = lacks(one, &bundle);
            if !parts.is_empty() {
                wrong.push(format!("{code} has no {}", parts.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shown(bundle: &Bundle) -> (BTreeSet<&'static str>, String) {
    let diagnostics = compiled(bundle).diagnostics;
    let text = render_human(&diagnostics, bundle, false);
    (diagnostics.iter().map(|one| one.code.text()).collect(), text)
}

#[test]
fn bad_examples_show_their_code_alone_and_good_ones_nothing() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let page = explain(code.text()).unwrap();
        let examples = examples(page);
        let [bad, good] = examples.as_slice() else {
            panic!("{code} has {} examples", examples.len())
        };
        let (codes, text) = shown(&estate(bad));
        if codes != BTreeSet::from([code.text()]) {
            wrong.push(format!("{code} bad: {codes:?}\n{text}"));
        }
        let (codes, text) = shown(&estate(good));
        if !codes.is_empty() {
            wrong.push(format!("{code} good: {codes:?}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_begin_with_code_and_title() {
    for code in Code::ALL {
        let head = format!("# {code}: {}\n", code.title());
        assert!(code.page().starts_with(&head), "{head}");
    }
    assert_eq!(explain("tg0104"), explain("TG0104"));
    assert_eq!(explain("TG9999"), None);
}

#[test]
fn the_index_of_codes_is_what_the_codes_say() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/codes/README.md");
    let mut expected = String::from(
        "# Codes of diagnostics\n\nStable and never reused. `tidegate explain TG0104` prints the page of a code. Codes of answers and refusals, `TG8...` and `TG9...`, are [listed on their own](answers.md). [Criteria](../../examples/criteria.md) shows how each measure of a gate is written.\n\n| code | what it says |\n|---|---|\n",
    );
    for code in Code::ALL {
        expected.push_str(&format!(
            "| [{code}](../../crates/plan/src/explain/{code}.md) | {} |\n",
            code.title()
        ));
    }
    assert_eq!(std::fs::read_to_string(root).unwrap(), expected);
}

#[test]
fn operations_says_once_what_to_do_about_a_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let text = std::fs::read_to_string(root).unwrap();
    let mut codes: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| [TG"))
        .filter_map(|row| row.split(']').next())
        .collect();
    assert!(codes.len() > 10, "{codes:?}");
    let (all, sorted) = (codes.len(), codes.is_sorted());
    codes.sort_unstable();
    codes.dedup();
    assert_eq!((codes.len(), sorted), (all, true), "{codes:?}");
}

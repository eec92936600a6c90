//! What could not be read hides what it declares: the cause is told, first, and nothing that only follows from it.

use tidegate_plan::{Bundle, Code, Mode, Settings, SourceFile, Unread, Why, compile, render_human};

use crate::clean::example;
use crate::{compiled, edited};

/// The shop with a text of one file replaced.
fn shop(path: &str, from: &str, to: &str) -> Bundle {
    let mut bundle = example("shop");
    let file = bundle.files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(from), "`{from}` is not in {path}");
    file.text = file.text.replacen(from, to, 1);
    bundle
}

fn told(bundle: &Bundle) -> Vec<String> {
    let found = compiled(bundle).diagnostics;
    found
        .iter()
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

#[test]
fn a_document_that_does_not_read_is_all_that_is_told() {
    for (path, from, to, code) in [
        ("plan.yaml", "kind: Plan", "kind: Plann", "TG0005"),
        (
            "plan.yaml",
            "apiVersion: tidegate/v1alpha1",
            "apiVersion: tidegate/v1",
            "TG0005",
        ),
        ("plan.yaml", "  edge: storefront", "\tedge: storefront", "TG0001"),
        ("plan.yaml", "stages:", "stages: [", "TG0001"),
        ("edge.yaml", "kind: Edge", "kind: Egde", "TG0005"),
        ("tidegate.yaml", "kind: Estate", "kind: Estate\n  : [", "TG0001"),
        ("organisation.yaml", "kind: Ladder", "kind: Lader", "TG0005"),
        (
            "domains.yaml",
            "metadata: { name: payments",
            "metadata: { nam: payments",
            "TG0006",
        ),
    ] {
        let found = told(&shop(path, from, to));
        assert_eq!(found.len(), 1, "{path} {to}: {found:#?}");
        assert!(found[0].starts_with(code), "{found:#?}");
    }
}

#[test]
fn names_that_are_nowhere_are_told_beside_a_document_that_does_not_read() {
    let mut bundle = shop("plan.yaml", "kind: Plan", "kind: Plann");
    let text = &mut bundle
        .files
        .iter_mut()
        .find(|file| file.path == "domains.yaml")
        .unwrap()
        .text;
    *text = text.replacen("ladder: standard", "ladder: standrd", 1);
    let found = told(&bundle);
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("TG0005"), "the cause first: {found:#?}");
    assert!(found[1].starts_with("TG0012: ladder `standrd`"), "{found:#?}");
}

#[test]
fn a_file_that_is_no_plan_hides_nothing() {
    let mut bundle = edited("plan.yaml", "edge: storefront", "edge: storefrnt");
    bundle.files.push(SourceFile {
        path: "k8s.yaml".into(),
        text: "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: storefrnt }\n".into(),
    });
    let found = told(&bundle);
    assert!(found[0].starts_with("TG0005"), "{found:#?}");
    assert!(
        found.iter().any(|one| one.starts_with("TG0012: edge `storefrnt`")),
        "{found:#?}"
    );
}

#[test]
fn a_part_that_does_not_read_is_not_missed() {
    for (path, from, to) in [
        ("people.yaml", "answer-within: 5m", "answer-within: 5 moons"),
        ("plan.yaml", "basket: 60 EUR", "basket: 60 shells"),
        ("edge.yaml", "old: \"${OLD_SHOP:-http", "old: \"${OLD_SHOP:-gopher"),
        ("plan.yaml", "- { to: 100% }", "- { to: 1000000000000% }"),
    ] {
        let found = compiled(&edited(path, from, to)).diagnostics;
        let lines: Vec<String> = found
            .iter()
            .map(|one| format!("{}: {}", one.code, one.message))
            .collect();
        assert_eq!(lines.len(), 1, "{to}: {lines:#?}");
        assert_eq!(found[0].code, Code::WrongValue, "{lines:#?}");
    }
}

#[test]
fn what_gives_no_text_is_told_by_code_beside_everything_that_is_wrong() {
    let mut bundle = edited("domains.yaml", "owner: shop-team", "owner: [shop-team, platform]");
    for (path, why, _) in reasons() {
        bundle.unread.push(Unread { path: path.into(), why });
    }
    let compiled = compiled(&bundle);
    assert!(compiled.estate.is_none());
    let shown = render_human(&compiled.diagnostics, &bundle, false);
    for (path, _, said) in reasons() {
        let one = compiled.diagnostics.iter().find(|one| one.file == path).unwrap();
        assert!(
            format!("{} {} {}", one.code, one.expected, one.found).contains(said),
            "{one:?}"
        );
        assert!(shown.contains(path), "{shown}");
    }
    assert!(
        compiled.diagnostics.iter().any(|one| one.code == Code::TwoOwners),
        "{shown}"
    );
}

fn reasons() -> [(&'static str, Why, &'static str); 5] {
    [
        (
            "pipe.yaml",
            Why::NoFile("a named pipe".into()),
            "TG0080 a regular file a named pipe",
        ),
        (
            "latin.yaml",
            Why::NoText("the byte 0xe4 in line 3".into()),
            "TG0080 UTF-8 the byte 0xe4",
        ),
        (
            "huge.yaml",
            Why::TooLarge {
                bytes: 5_000_000,
                most: 4_194_304,
            },
            "TG0002 at most 4194304 bytes",
        ),
        (
            "loop",
            Why::Loop("the estate's own folder".into()),
            "a link to the estate's own folder",
        ),
        (
            "gone.yaml",
            Why::Fault("No such file".into()),
            "TG0080 a file that opens No such file",
        ),
    ]
}

#[test]
fn the_file_at_the_root_names_the_estate() {
    let mut bundle = tidegate_plan::scaffold("shop");
    bundle.files.insert(
        0,
        SourceFile {
            path: "sub/tidegate.yaml".into(),
            text: "apiVersion: tidegate/v1alpha1\nkind: Estate\nmetadata: { name: other }\n".into(),
        },
    );
    let compiled = compiled(&bundle);
    assert_eq!(compiled.name.as_deref(), Some("shop"));
    let one = &compiled.diagnostics[0];
    assert_eq!(
        (one.code, one.file.as_str()),
        (Code::DeclaredTwice, "sub/tidegate.yaml")
    );
    assert_eq!(one.related[0].file, "tidegate.yaml");
}

#[test]
fn what_a_terminal_would_obey_is_refused_and_shown_as_what_it_is() {
    for (written, shown) in [
        ("\\e[2J\\e[H", "\\u{1b}"),
        ("\\u202Eedoc", "\\u{202e}"),
        ("a\\u0007b", "\\u{7}"),
    ] {
        let bundle = edited(
            "domains.yaml",
            "metadata: { name: shop,",
            &format!("metadata: {{ name: \"{written}\","),
        );
        let found = compiled(&bundle).diagnostics;
        assert!(found.iter().any(|one| one.code == Code::Unseen), "{found:?}");
        let text = render_human(&found, &bundle, false);
        assert!(text.contains(shown), "{text}");
        assert!(
            !text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')),
            "{text:?}"
        );
    }
    // What was adopted earlier stays adopted.
    let bundle = edited("domains.yaml", "title: Shop", "title: \"Shop\\u202E\"");
    assert!(compiled(&bundle).estate.is_none());
    assert!(compile(&bundle, &Settings::new(), Mode::Adopted).estate.is_some());
}

#[test]
fn the_name_of_a_file_is_shown_without_what_a_terminal_would_obey() {
    let mut bundle = edited("domains.yaml", "owner: shop-team", "owner: [shop-team, platform]");
    let file = bundle
        .files
        .iter_mut()
        .find(|file| file.path == "domains.yaml")
        .unwrap();
    file.path = "do\u{1b}[2Jmains\n.yaml".to_owned();
    let text = render_human(&compiled(&bundle).diagnostics, &bundle, false);
    assert!(text.contains("do\\u{1b}[2Jmains\\u{a}.yaml:"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn an_ending_in_capitals_is_an_ending() {
    let mut bundle = tidegate_plan::scaffold("shop");
    for file in &mut bundle.files {
        file.path = file
            .path
            .replace(".yaml", ".YAML")
            .replace("tidegate.YAML", "tidegate.yaml");
    }
    assert!(compiled(&bundle).estate.is_some());
}

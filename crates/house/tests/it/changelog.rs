//! There is a changelog, and it has a place for what comes next.

use crate::tree::tree;

#[test]
fn the_changelog_has_an_unreleased_section_on_top() {
    let text = &tree().file("CHANGELOG.md").expect("CHANGELOG.md is there").text;
    let first = text
        .lines()
        .find(|line| line.starts_with("## "))
        .expect("it has sections");
    assert!(
        first.to_lowercase().contains("unreleased"),
        "the first section is `{first}`"
    );
    let below = text.split_once(first).map_or("", |(_, below)| below);
    let section = below.split("\n## ").next().unwrap_or(below);
    assert!(
        section.lines().any(|line| line.starts_with("- ")),
        "the unreleased section is empty"
    );
}

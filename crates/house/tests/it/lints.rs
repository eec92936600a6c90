//! Every crate takes the workspace's lints, and the lints that the style rests on are on.

use crate::breach::{Breach, none};
use crate::metadata::ours;
use crate::tree::tree;

/// What the workspace's manifest says, line by line.
const LINTS: &[&str] = &[
    "unsafe_code = \"forbid\"",
    "unreachable_pub = \"warn\"",
    "unused_must_use = \"deny\"",
    "missing_docs = \"warn\"",
    "all = { level = \"warn\", priority = -1 }",
    "allow_attributes = \"warn\"",
    "dbg_macro = \"warn\"",
    "todo = \"warn\"",
    "unimplemented = \"warn\"",
    "unwrap_used = \"warn\"",
    "wildcard_enum_match_arm = \"warn\"",
    "let_underscore_must_use = \"warn\"",
];

#[test]
fn the_workspace_has_the_lints() {
    let text = &tree().file("Cargo.toml").expect("the workspace has a manifest").text;
    let missing = LINTS.iter().filter(|lint| !text.lines().any(|line| line == **lint));
    none(
        "the workspace's lints",
        missing
            .map(|lint| Breach::new("Cargo.toml", 0, format!("lacks `{lint}`")))
            .collect(),
    );
}

#[test]
fn every_crate_takes_them() {
    let lacking = ours()
        .map(|package| format!("{}/Cargo.toml", package.home))
        .filter(|path| {
            let text = &tree().file(path).expect("each crate has a manifest").text;
            !text.contains("[lints]\nworkspace = true\n")
        });
    none(
        "`[lints] workspace = true` in every crate",
        lacking
            .map(|path| Breach::new(&path, 0, "has lints of its own"))
            .collect(),
    );
}

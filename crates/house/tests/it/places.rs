//! The project names no place of the machine it was written on, and takes its crates from where everybody does.

use crate::breach::{Breach, none};
use crate::metadata::packages;
use crate::scan::line_of;
use crate::tree::{File, tree};

/// Where machines keep people's files.
const MACHINE: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/tmp/", "bash"),
];

/// The source every dependency has.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Keys of a manifest or of cargo's settings that would take crates from elsewhere.
const ELSEWHERE: &[&str] = &[
    "replace-with",
    "registry =",
    "registries.",
    "[source",
    "[patch",
    "git =",
];

#[test]
fn no_file_names_a_place_of_one_machine() {
    none(
        "no machine's paths",
        tree().files.iter().flat_map(|file| named(file, MACHINE)).collect(),
    );
}

#[test]
fn every_crate_comes_from_the_public_index() {
    let mut breaches: Vec<Breach> = packages()
        .iter()
        .filter(|package| package.source.as_deref().is_some_and(|source| source != CRATES))
        .map(|package| Breach::new("Cargo.lock", 0, format!("{} has another source", package.name)))
        .collect();
    breaches.extend(tree().ending(".toml").flat_map(|file| named(file, ELSEWHERE)));
    let lock = &tree().file("Cargo.lock").expect("the lock file is committed").text;
    let sources = lock
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("source = "));
    breaches.extend(
        sources
            .filter(|(_, line)| *line != format!("source = \"{CRATES}\""))
            .map(|(at, line)| Breach::new("Cargo.lock", at + 1, line)),
    );
    none("crates come from the public index", breaches);
}

fn named(file: &File, places: &[&str]) -> Vec<Breach> {
    places
        .iter()
        .flat_map(|place| file.text.match_indices(place))
        .map(|(at, place)| Breach::new(&file.path, line_of(&file.text, at), format!("`{place}`")))
        .collect()
}

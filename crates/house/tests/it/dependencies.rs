//! Each dependency is there for a reason that is written down, and is really used.

use std::collections::BTreeSet;

use crate::breach::{Breach, none};
use crate::metadata::{Package, Purpose, ours};
use crate::scan::words;
use crate::source::Source;
use crate::tree::tree;

#[test]
fn every_workspace_dependency_has_a_reason() {
    let text = &tree().file("Cargo.toml").expect("the workspace has a manifest").text;
    none(
        "a reason stands at the end of the line or right above it",
        without_reason(text),
    );
}

#[test]
fn every_workspace_dependency_is_declared_by_a_crate() {
    let text = &tree().file("Cargo.toml").expect("the workspace has a manifest").text;
    let declared: BTreeSet<&str> = ours()
        .flat_map(|package| &package.edges)
        .map(|edge| edge.name.as_str())
        .collect();
    let idle = rows(text).into_iter().filter(|(_, name, _)| !declared.contains(name));
    none(
        "a workspace dependency is one of some crate",
        idle.map(|(line, name, _)| Breach::new("Cargo.toml", line, format!("no crate declares `{name}`")))
            .collect(),
    );
}

#[test]
fn every_declared_dependency_is_used() {
    none(
        "a declared dependency stands in the crate's code",
        ours().flat_map(unused).collect(),
    );
}

#[test]
fn every_version_stands_in_the_workspace() {
    let manifests = tree().ending("/Cargo.toml").flat_map(|file| {
        let mut is_dependency = false;
        file.text.lines().enumerate().filter_map(move |(at, line)| {
            if line.starts_with('[') {
                is_dependency = line.contains("dependencies");
            }
            let is_row = is_dependency && line.contains('=') && !line.starts_with('#');
            (is_row && !line.contains("workspace = true")).then(|| Breach::new(&file.path, at + 1, line))
        })
    });
    none("versions are chosen once, in the workspace", manifests.collect());
}

/// Line, name and what stands above, of each row of `[workspace.dependencies]` that is not one of our rooms.
fn rows(manifest: &str) -> Vec<(usize, &str, &str)> {
    let lines: Vec<&str> = manifest.lines().collect();
    let from = lines
        .iter()
        .position(|line| *line == "[workspace.dependencies]")
        .expect("the section is there")
        + 1;
    let section = lines[from..].iter().take_while(|line| !line.starts_with('['));
    section
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && line.contains('=') && !line.contains("path ="))
        .map(|(at, line)| {
            (
                from + at + 1,
                line.split_once(" =").map_or(*line, |(name, _)| name),
                lines[from + at - 1],
            )
        })
        .collect()
}

fn without_reason(manifest: &str) -> Vec<Breach> {
    let lines: Vec<&str> = manifest.lines().collect();
    rows(manifest)
        .into_iter()
        .filter(|(line, _, above)| !above.starts_with("# ") && !lines[line - 1].contains(" # "))
        .map(|(line, name, _)| Breach::new("Cargo.toml", line, format!("`{name}` has no reason")))
        .collect()
}

fn unused(package: &'static Package) -> Vec<Breach> {
    let sources: Vec<&Source> = tree()
        .sources
        .iter()
        .filter(|source| source.home() == package.home)
        .collect();
    let manifest = format!("{}/Cargo.toml", package.home);
    let idle = package.edges.iter().filter(|edge| {
        let name = edge.name.replace('-', "_");
        !sources.iter().any(|source| uses(source, &name, edge.purpose))
    });
    idle.map(|edge| {
        let place = match edge.purpose {
            Purpose::Normal => "in what is shipped",
            Purpose::Build => "in the build script",
            Purpose::Test => "in tests and examples",
        };
        Breach::new(&manifest, 0, format!("`{}` stands nowhere {place}", edge.name))
    })
    .collect()
}

fn uses(source: &Source, name: &str, purpose: Purpose) -> bool {
    let is_example = source.path.contains("/examples/");
    let is_build = source.path.ends_with("/build.rs") && !source.path.contains("/src/");
    words(&source.parts.code, name).any(|at| match purpose {
        Purpose::Normal => !is_build && !is_example && !source.is_test(at),
        Purpose::Build => is_build,
        Purpose::Test => is_example || source.is_test(at),
    })
}

#[test]
fn a_reason_stands_beside_or_above() {
    let manifest =
        "[workspace.dependencies]\nours = { path = \"x\" }\na = \"1\" # because\n# Because.\nb = \"1\"\nc = \"1\"\n";
    assert_eq!(
        without_reason(manifest),
        [Breach::new("Cargo.toml", 6, "`c` has no reason")]
    );
}

#[test]
fn what_only_tests_use_is_no_dependency_of_what_is_shipped() {
    let source = Source::new(
        "crates/x/src/a.rs",
        "use one::A;\n#[cfg(test)]\nmod tests {\n    use two::B;\n}\n",
    );
    assert!(uses(&source, "one", Purpose::Normal) && !uses(&source, "one", Purpose::Test));
    assert!(uses(&source, "two", Purpose::Test) && !uses(&source, "two", Purpose::Normal));
}

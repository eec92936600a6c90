//! What `cargo metadata` says of the workspace and of every crate it is built from, for this machine's target.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::tree::root;

/// A crate, ours or from elsewhere.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) licence: Option<String>,
    /// Where it was taken from; `None` is the workspace itself.
    pub(crate) source: Option<String>,
    /// The folder, from the project's root; of our crates only.
    pub(crate) home: String,
    pub(crate) edges: Vec<Edge>,
}

/// A dependency as the manifest declares it.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) name: String,
    pub(crate) purpose: Purpose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Build,
    Normal,
    Test,
}

/// Every package of the build, ours included.
pub(crate) fn packages() -> &'static [Package] {
    static PACKAGES: OnceLock<Vec<Package>> = OnceLock::new();
    PACKAGES.get_or_init(|| {
        let version = text_of(Command::new(env!("CARGO")).arg("-vV"));
        let target = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let metadata = text_of(Command::new(env!("CARGO")).current_dir(root()).args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            target,
        ]));
        read(&serde_json::from_str(&metadata).unwrap())
    })
}

/// Our own packages.
pub(crate) fn ours() -> impl Iterator<Item = &'static Package> {
    packages().iter().filter(|package| package.source.is_none())
}

fn text_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn read(metadata: &Value) -> Vec<Package> {
    // `packages` also lists what other targets need; `resolve` is what is built here.
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let built: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let listed = metadata["packages"].as_array().unwrap();
    listed
        .iter()
        .filter(|package| built.contains(package["id"].as_str().unwrap()))
        .map(|package| {
            let text = |key: &str| package[key].as_str().map(str::to_owned);
            let manifest = text("manifest_path").unwrap();
            let home = manifest
                .strip_prefix(&format!("{}/", root().display()))
                .and_then(|path| path.strip_suffix("/Cargo.toml"));
            Package {
                name: text("name").unwrap(),
                version: text("version").unwrap(),
                licence: text("license"),
                source: text("source"),
                home: home.unwrap_or_default().to_owned(),
                edges: package["dependencies"].as_array().unwrap().iter().map(edge).collect(),
            }
        })
        .collect()
}

fn edge(dependency: &Value) -> Edge {
    Edge {
        name: dependency["name"].as_str().unwrap().to_owned(),
        purpose: match dependency["kind"].as_str() {
            None => Purpose::Normal,
            Some("dev") => Purpose::Test,
            Some("build") => Purpose::Build,
            Some(other) => panic!("a kind of dependency that is not known: {other}"),
        },
    }
}

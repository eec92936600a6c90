//! What a person sees of commands that look at plan files: whole texts, so that a change of words is looked at.

mod artefacts;
mod command_line;
mod loading;
mod who;

use std::process::Command;

use tempfile::TempDir;

use crate::world::{PROGRAM, Process, Ran, finish};

/// A shop of two domains in which something is missing.
pub(crate) const SHOP: &str = include_str!("../../../../artefacts/tests/it/shop.yaml");

/// A folder with the shop in `shop/`.
pub(crate) fn shop() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "shop", SHOP);
    folder
}

/// Writes an estate of one file.
pub(crate) fn write(folder: &TempDir, name: &str, text: &str) {
    let estate = folder.path().join(name);
    std::fs::create_dir_all(&estate).unwrap();
    std::fs::write(estate.join("tidegate.yaml"), text).unwrap();
}

/// Runs the program in a folder, without an environment.
pub(crate) fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().current_dir(folder.path());
    finish(Process::start(command))
}

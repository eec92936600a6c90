//! A test run again as a process of its own, for what only a process can go through: limits, signals, other users.

use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "TIDEGATE_JOURNAL_CHILD";

/// The folder to work in, when this process is the child.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// A command that runs only this test (by its full name), as the child of this process.
pub(crate) fn again(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    only(&mut command, test, folder);
    command
}

/// The same, run from a copy of this program.
pub(crate) fn again_from(copy: &Path, test: &str, folder: &Path) -> Command {
    let mut command = Command::new("env");
    only(command.arg(copy), test, folder);
    command
}

fn only(command: &mut Command, test: &str, folder: &Path) {
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder);
}

/// The same after a shell has run some words, which the child inherits: ignored signals, limits.
pub(crate) fn again_after(words: &str, test: &str, folder: &Path) -> Command {
    let child = again(test, folder);
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{words}; exec \"$0\" \"$@\""))
        .arg(child.get_program())
        .args(child.get_args());
    command.env(FOLDER, folder);
    command
}

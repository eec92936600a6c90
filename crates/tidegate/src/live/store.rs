//! Where the controller keeps what it knows: one folder with the journal, the keys and the gateways' folders.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The journal's file.
pub(crate) fn path(state: &Path) -> PathBuf {
    state.join("journal.sqlite3")
}

/// Makes the folder, readable by its owner only.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make(state: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(state)
        .with_context(|| format!("TG8003: cannot make the state folder `{}`", state.display()))
}

/// Reads a secret, or makes it at the first start.
///
/// # Errors
/// When the file can be neither read nor made, or is too short to be the secret.
pub(crate) fn secret(state: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
    use std::io::{ErrorKind, Write};
    let path = state.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 64 => return Ok(text.trim().as_bytes().to_vec()),
        Ok(_) => anyhow::bail!(
            "`{}` is torn: expected 64 characters; remove it to have a new one",
            path.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", path.display())),
    }
    let text = super::chance::hex(32)?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot make `{}`", path.display()))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    file.sync_all()
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(text.into_bytes())
}

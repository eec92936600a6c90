//! The bound of a gateway's log: at its limit it moves aside, over the one before, and begins anew.
//!
//! The log is this process's standard error, which cannot be opened anew; so it is copied and cut. A line that is written in
//! between is lost.

use std::fs::OpenOptions;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl, fstat};

/// Bytes after which the log moves aside.
pub const LOG_BYTES_MAX: u64 = 10_000_000;

/// The log of a gateway with this state folder.
#[must_use]
pub fn log_path(state_dir: &Path) -> PathBuf {
    state_dir.join("gateway.log")
}

/// Moves the log aside when it is past its limit. Does nothing when standard error is something else, or would go on where it
/// was.
///
/// # Errors
/// What the file system says.
pub fn keep_short(state_dir: &Path) -> std::io::Result<()> {
    let path = log_path(state_dir);
    let log = match std::fs::metadata(&path) {
        Ok(log) => log,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(fault) => return Err(fault),
    };
    let stderr = std::io::stderr();
    let own = fstat(&stderr)?;
    let is_own = own.st_dev == log.dev() && own.st_ino == log.ino();
    if log.len() <= LOG_BYTES_MAX || !is_own || !fcntl_getfl(&stderr)?.contains(OFlags::APPEND) {
        return Ok(());
    }
    std::fs::copy(&path, path.with_extension("log.1"))?;
    OpenOptions::new().write(true).open(&path)?.set_len(0)
}

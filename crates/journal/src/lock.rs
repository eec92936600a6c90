//! One writer at a time: an exclusive lock of the operating system on a file beside the journal. Readers take no lock.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::JournalError;

/// Takes the writer's lock on `<journal>.lock`; it is released with the file, and by the end of the process however it ends.
///
/// The lock file stays when the journal is closed: removing it would let two writers lock two files of one name.
///
/// # Errors
/// `Held` by another writer, `ReadOnly` where this process may not write, `File` for the rest.
pub(crate) fn take(journal: &Path) -> Result<File, JournalError> {
    let path = beside(journal, ".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|source| refused(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Held {
            path: journal.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(refused(&path, source)),
    }
}

/// The path of a file that belongs to a journal: its path with an ending added.
pub(crate) fn beside(journal: &Path, ending: &str) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn refused(path: &Path, source: std::io::Error) -> JournalError {
    if matches!(
        source.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    ) {
        return JournalError::ReadOnly;
    }
    JournalError::File {
        path: path.to_owned(),
        source,
    }
}

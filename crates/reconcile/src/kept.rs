//! Opens a small file that a comparison keeps what it knows in: its own, whole, of the same comparison, and in no other
//! hands. Anything else is said and left as it is.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use crate::encode::CANON_VERSION;

/// Raised when a table changes its meaning; a file of another version is not continued.
const FILE_VERSION: u32 = 1;
/// How long somebody else may need to let go of the file.
const WAIT: Duration = Duration::from_millis(200);

/// Why a kept file cannot be used. It is never changed then.
#[derive(Debug, thiserror::Error)]
pub enum KeptFault {
    /// It is not ours.
    #[error("{}: this is no {what} of a comparison; name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// It was harmed.
    #[error("{}: the {what} is damaged ({why}); delete it to begin anew", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// It was written by another version.
    #[error("{}: the {what} was written by another version; delete it to begin anew", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
    },
    /// It belongs to a comparison of other rows, columns or addresses.
    #[error("{}: the {what} belongs to another comparison (of `{entity}`); name another file", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
        /// Of which entity.
        entity: String,
    },
    /// The comparison has come to its end.
    #[error("{}: the comparison has ended ({outcome}); delete the {what} to begin another", path.display())]
    Ended {
        /// The file.
        path: PathBuf,
        /// What was expected.
        what: &'static str,
        /// How it ended.
        outcome: String,
    },
    /// Another process has it.
    #[error("{}: another process uses it", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be created or opened.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// A kind of kept file.
pub(crate) struct Kind {
    /// What people call it.
    pub(crate) what: &'static str,
    /// Four bytes in its head that say that it is one.
    pub(crate) application: i32,
    /// Its tables.
    pub(crate) tables: &'static str,
}

/// The table that binds a file to its comparison.
const BOND: &str = "CREATE TABLE bond (digest TEXT NOT NULL, canon INTEGER NOT NULL, entity TEXT NOT NULL) STRICT;";

/// Opens the file, or begins it where there is none. The digest names the comparison.
pub(crate) fn open(kind: &Kind, path: &Path, digest: &str, entity: &str) -> Result<Connection, KeptFault> {
    // Created before SQLite does, so that nobody else can read it for a moment.
    let created = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    created.map_err(|source| KeptFault::File {
        path: path.to_owned(),
        source,
    })?;
    let fault = |error| fault(kind, path, error);
    let db = Connection::open(path).map_err(fault)?;
    db.busy_timeout(WAIT).map_err(fault)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(fault)?;
    let application: i32 = db
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(fault)?;
    let has_tables: bool = db
        .query_row("SELECT count(*) > 0 FROM sqlite_schema", [], |row| row.get(0))
        .map_err(fault)?;
    let is_begun = application == kind.application;
    // A store without tables holds nothing: it is new, or its first transaction never came to its end.
    if !is_begun && (has_tables || application != 0) {
        return Err(KeptFault::Foreign {
            path: path.to_owned(),
            what: kind.what,
        });
    }
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")
        .map_err(fault)?;
    if !is_begun || !has_tables {
        begin(kind, &db, digest, entity).map_err(fault)?;
        return Ok(db);
    }
    whole(kind, &db, path)?;
    same(kind, &db, path, digest)?;
    // Takes the file for as long as it is open.
    db.execute_batch("BEGIN IMMEDIATE; COMMIT;").map_err(fault)?;
    Ok(db)
}

fn begin(kind: &Kind, db: &Connection, digest: &str, entity: &str) -> rusqlite::Result<()> {
    db.execute_batch(&format!("BEGIN IMMEDIATE; {BOND} {}", kind.tables))?;
    db.execute(
        "INSERT INTO bond (digest, canon, entity) VALUES (?1, ?2, ?3)",
        (digest, CANON_VERSION, entity),
    )?;
    db.pragma_update(None, "user_version", FILE_VERSION)?;
    db.pragma_update(None, "application_id", kind.application)?;
    db.execute_batch("COMMIT;")
}

fn whole(kind: &Kind, db: &Connection, path: &Path) -> Result<(), KeptFault> {
    let said: String = db
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| fault(kind, path, error))?;
    if said == "ok" {
        Ok(())
    } else {
        Err(torn(kind, path, &said))
    }
}

fn same(kind: &Kind, db: &Connection, path: &Path, digest: &str) -> Result<(), KeptFault> {
    let version: u32 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|error| fault(kind, path, error))?;
    if version != FILE_VERSION {
        return Err(KeptFault::Version {
            path: path.to_owned(),
            what: kind.what,
        });
    }
    let bond: Option<(String, u32, String)> = db
        .query_row("SELECT digest, canon, entity FROM bond", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
        .map_err(|error| fault(kind, path, error))?;
    let (path, what) = (path.to_owned(), kind.what);
    match bond {
        None => Err(torn(kind, &path, "it names no comparison")),
        Some((_, canon, _)) if canon != CANON_VERSION => Err(KeptFault::Version { path, what }),
        Some((theirs, _, entity)) if theirs != digest => Err(KeptFault::Other { path, what, entity }),
        Some(_) => Ok(()),
    }
}

/// A file whose content contradicts itself.
pub(crate) fn torn(kind: &Kind, path: &Path, why: &str) -> KeptFault {
    KeptFault::Torn {
        path: path.to_owned(),
        what: kind.what,
        why: why.lines().next().unwrap_or_default().to_owned(),
    }
}

/// What an error of the store means for the file.
pub(crate) fn fault(kind: &Kind, path: &Path, error: rusqlite::Error) -> KeptFault {
    let owned = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => KeptFault::Foreign {
            path: owned,
            what: kind.what,
        },
        Some(ErrorCode::DatabaseCorrupt) => torn(kind, path, "its pages are not whole"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => KeptFault::InUse { path: owned },
        _ => KeptFault::Write {
            path: owned,
            source: error,
        },
    }
}

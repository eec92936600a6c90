//! A SQLite file of its own for one test.

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;
use tidegate_signals::sql::Database;

/// A database in a folder that vanishes with it.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    /// Made by some statements.
    pub(crate) fn with(statements: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = Self { folder };
        file.open().execute_batch(statements).unwrap();
        file
    }

    /// Any bytes instead of a database.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let file = Self { folder };
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub(crate) fn open(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    pub(crate) fn database(&self) -> Database {
        Database::parse(&format!("sqlite:{}", self.path().display())).unwrap()
    }

    /// Everything in its folder: names and bytes.
    pub(crate) fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut all: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        all.sort();
        all
    }
}

//! The differing rows of a comparison, in a file of their own: they may be about people, and must be able to go without
//! anything else. Deleting the file takes away what the rows held, and changes no verdict and no progress.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::agree;
use crate::difference::Difference;
use crate::encode;
use crate::entity::{Cmp, Side};
use crate::kept::{self, KeptFault, Kind};
use crate::row::{Key, Row};
use crate::value::Value;

const KIND: Kind = Kind {
    what: "file of differing rows",
    // `TGrw`.
    application: 0x5447_7277,
    tables: "CREATE TABLE differing (
        key BLOB PRIMARY KEY, old BLOB, new BLOB, side TEXT CHECK (side IN ('old', 'new')), rows INTEGER
    ) STRICT, WITHOUT ROWID;",
};

/// Files that SQLite puts beside its own.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Rows of one transaction: each transaction waits for the disk.
const ROWS_AT_ONCE: u32 = 1_000;

/// Differing rows on disk. A row that is kept again takes the place of what was kept of it before. What was kept since the last
/// [`Differing::finish`] may be lost.
pub struct Differing {
    db: Connection,
    path: PathBuf,
    /// Rows of the transaction that is open; without one, none.
    unfinished: u32,
}

impl Differing {
    /// Opens the file of a comparison, or begins it. The digest names the comparison, as in a checkpoint.
    ///
    /// # Errors
    /// [`KeptFault`]; the file is not changed then.
    pub fn open(path: &Path, digest: &str, entity: &str) -> Result<Self, KeptFault> {
        Ok(Self {
            db: kept::open(&KIND, path, digest, entity)?,
            path: path.to_owned(),
            unfinished: 0,
        })
    }

    /// Begins a file of this run in a folder, which is made for nobody else's eyes where it is not there.
    ///
    /// # Errors
    /// [`KeptFault`].
    pub fn begin_in(folder: &Path, digest: &str, entity: &str) -> Result<Self, KeptFault> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| KeptFault::File {
            path: folder.to_owned(),
            source,
        })?;
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let entity_plain: String = entity.chars().map(plain).collect();
        let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%6fZ");
        let path = folder.join(format!("{entity_plain}-{now}.rows"));
        Self::open(&path, digest, entity)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a difference, for certain after [`Differing::finish`].
    ///
    /// # Errors
    /// [`KeptFault::Write`]; what was not finished is lost then.
    pub fn keep(&mut self, difference: &Difference) -> Result<(), KeptFault> {
        let (old, new, duplicated) = match difference {
            Difference::Missing { old } => (Some(old), None, None),
            Difference::Extra { new } => (None, Some(new), None),
            Difference::Changed { old, new, .. } => (Some(old), Some(new), None),
            Difference::Duplicated { side, rows, .. } => (None, None, Some((side, rows))),
        };
        let cells = |row: Option<&Row>| row.map(|row| Key::of(&row.cells).as_bytes().to_vec());
        let side = duplicated.map(|(side, _)| side.to_string());
        let rows = duplicated.map(|(_, rows)| i64::try_from(*rows).unwrap_or(i64::MAX));
        let key = difference.key().as_bytes();
        let sql = "INSERT OR REPLACE INTO differing (key, old, new, side, rows) VALUES (?1, ?2, ?3, ?4, ?5)";
        let fault = |error| kept::fault(&KIND, &self.path, error);
        if self.unfinished == 0 {
            self.db.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        }
        let mut statement = self.db.prepare_cached(sql).map_err(fault)?;
        statement
            .execute((key, cells(old), cells(new), side, rows))
            .map_err(fault)?;
        drop(statement);
        self.unfinished += 1;
        if self.unfinished >= ROWS_AT_ONCE {
            self.finish()?;
        }
        Ok(())
    }

    /// Puts on disk what was kept.
    ///
    /// # Errors
    /// [`KeptFault::Write`]; what was not finished is lost then.
    pub fn finish(&mut self) -> Result<(), KeptFault> {
        if self.unfinished > 0 {
            let done = self.db.execute_batch("COMMIT");
            done.map_err(|error| kept::fault(&KIND, &self.path, error))?;
            self.unfinished = 0;
        }
        Ok(())
    }

    /// Gives all differences in the order of their keys; the rules say again which columns do not agree.
    ///
    /// # Errors
    /// [`KeptFault::Torn`] where what was kept is not what was written.
    pub fn each(&self, rules: &[Cmp], take: &mut dyn FnMut(Difference)) -> Result<(), KeptFault> {
        let fault = |error| kept::fault(&KIND, &self.path, error);
        let sql = "SELECT key, old, new, side, rows FROM differing ORDER BY key";
        let mut statement = self.db.prepare(sql).map_err(fault)?;
        let mut rows = statement.query([]).map_err(fault)?;
        while let Some(row) = rows.next().map_err(fault)? {
            let kept = Kept {
                key: row.get(0).map_err(fault)?,
                old: row.get(1).map_err(fault)?,
                new: row.get(2).map_err(fault)?,
                side: row.get(3).map_err(fault)?,
                rows: row.get(4).map_err(fault)?,
            };
            let difference = kept.difference(rules);
            take(difference.ok_or_else(|| kept::torn(&KIND, &self.path, "a row is not what was written"))?);
        }
        Ok(())
    }
}

/// Deletes the differing rows, and everything that SQLite may have put beside them.
///
/// # Errors
/// [`KeptFault::File`]; rows may be left then.
pub fn erase(path: &Path) -> Result<(), KeptFault> {
    let beside = BESIDE.map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    });
    for file in beside.into_iter().chain([path.to_owned()]) {
        match std::fs::remove_file(&file) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(KeptFault::File { path: file, source }),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

struct Kept {
    key: Vec<u8>,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
    side: Option<String>,
    rows: Option<i64>,
}

impl Kept {
    fn difference(self, rules: &[Cmp]) -> Option<Difference> {
        let key = Key::from_bytes(&self.key).ok()?;
        let row = |cells: Vec<u8>| -> Option<Row> {
            let cells: Vec<Value> = encode::values(&cells).ok()?;
            (cells.len() == rules.len()).then(|| Row {
                key: key.clone(),
                cells,
            })
        };
        match (self.old, self.new, self.side.as_deref(), self.rows) {
            (Some(old), None, None, None) => Some(Difference::Missing { old: row(old)? }),
            (None, Some(new), None, None) => Some(Difference::Extra { new: row(new)? }),
            (Some(old), Some(new), None, None) => {
                let (old, new) = (row(old)?, row(new)?);
                let changes = agree::changes(rules, &old.cells, &new.cells);
                Some(Difference::Changed { old, new, changes })
            }
            (None, None, Some(side), Some(rows)) => Some(Difference::Duplicated {
                side: if side == "old" { Side::Old } else { Side::New },
                key,
                rows: u64::try_from(rows).ok()?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;

    fn row(key: i128, name: &str) -> Row {
        Row {
            key: Key::of(&[Value::Int(key)]),
            cells: vec![Value::Text(name.to_owned()), Value::Null],
        }
    }

    fn differences() -> Vec<Difference> {
        let rules = [Cmp::Exact, Cmp::Exact];
        let (old, new) = (row(3, "Ann"), row(3, "ann"));
        let changes = agree::changes(&rules, &old.cells, &new.cells);
        vec![
            Difference::Missing { old: row(1, "a") },
            Difference::Extra { new: row(2, "b\0") },
            Difference::Changed { old, new, changes },
            Difference::Duplicated {
                side: Side::New,
                key: Key::of(&[Value::Int(4)]),
                rows: 2,
            },
        ]
    }

    fn all(differing: &Differing) -> Vec<Difference> {
        let mut all = Vec::new();
        differing
            .each(&[Cmp::Exact, Cmp::Exact], &mut |one| all.push(one))
            .unwrap();
        all
    }

    #[test]
    fn rows_come_back_as_they_were_last_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let mut differing = Differing::open(&path, "d", "people").unwrap();
        differing.keep(&Difference::Missing { old: row(3, "before") }).unwrap();
        differences().iter().for_each(|one| differing.keep(one).unwrap());
        differing.finish().unwrap();
        // They go to the disk together, and not before it is said.
        differing.keep(&Difference::Missing { old: row(5, "late") }).unwrap();
        drop(differing);
        let differing = Differing::open(&path, "d", "people").unwrap();
        assert_eq!(all(&differing), differences());
        let mut none = |_| {};
        assert!(matches!(
            differing.each(&[Cmp::Exact], &mut none),
            Err(KeptFault::Torn { .. })
        ));
        drop(differing);
        assert!(matches!(
            Differing::open(&path, "e", "people"),
            Err(KeptFault::Other { .. })
        ));
    }

    #[test]
    fn erased_rows_are_gone_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let (path, progress) = (folder.path().join("rows"), folder.path().join("check"));
        drop(Checkpoint::open(&progress, "d", "people").unwrap());
        let mut differing = Differing::open(&path, "d", "people").unwrap();
        differing.keep(&Difference::Missing { old: row(1, "SECRET") }).unwrap();
        differing.finish().unwrap();
        let holds = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains("SECRET");
        let files = || {
            std::fs::read_dir(folder.path())
                .unwrap()
                .map(|file| file.unwrap().path())
        };
        assert!(files().any(|file| holds(&file)), "it is on disk");
        // Even while somebody has it open.
        erase(&path).unwrap();
        assert_eq!(files().collect::<Vec<_>>(), std::slice::from_ref(&progress));
        drop(differing);
        assert!(!files().any(|file| holds(&file)));
        assert!(matches!(
            Differing::open(&progress, "d", "people"),
            Err(KeptFault::Foreign { .. })
        ));
        erase(&path).unwrap();
    }
}

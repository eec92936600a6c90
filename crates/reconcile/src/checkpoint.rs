//! What a comparison got done, in a small file, so that a run that was killed is continued and not begun anew.
//!
//! It holds ranges of keys, counts, fingerprints of what did not agree, and totals: keys, but no compared value. Each
//! chunk is written whole or not at all. The differing rows are in a file of their own (`differing.rs`).

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::event::{ChunkDone, KeyRange, Suspect};
use crate::kept::{self, Kind};
use crate::moment;
use crate::row::{Fingerprint, Key};
use crate::totals::{Group, Over, Totals, TotalsPlan};
use crate::verdict::{Outcome, Verdict};

pub use crate::kept::KeptFault;

const KIND: Kind = Kind {
    what: "checkpoint",
    // `TGck`.
    application: 0x5447_636b,
    tables: "
        CREATE TABLE chunk (
            id INTEGER PRIMARY KEY, lower BLOB, upper BLOB, old_rows INTEGER NOT NULL, new_rows INTEGER NOT NULL,
            seal BLOB NOT NULL, done_at INTEGER NOT NULL DEFAULT (unixepoch())
        ) STRICT;
        CREATE TABLE suspect (
            chunk INTEGER NOT NULL REFERENCES chunk (id), place INTEGER NOT NULL, key BLOB NOT NULL, old BLOB, new BLOB,
            PRIMARY KEY (chunk, place)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE totals (plan TEXT PRIMARY KEY, over TEXT NOT NULL) STRICT;
        CREATE TABLE total (
            plan TEXT NOT NULL REFERENCES totals (plan), name BLOB NOT NULL, content TEXT NOT NULL,
            PRIMARY KEY (plan, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE ended (outcome TEXT NOT NULL) STRICT;
    ",
};

/// The progress of one comparison on disk. The file belongs to one process at a time.
pub struct Checkpoint {
    db: Connection,
    path: PathBuf,
}

/// What an earlier run got done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    /// Its chunks, in the order they were done.
    pub chunks: Vec<ChunkDone>,
    /// What its rows came to, for each plan of totals that was kept.
    pub totals: Vec<Totals>,
    /// When the oldest chunk was done, in seconds since 1970-01-01T00:00:00Z by this machine's clock: as old is the
    /// oldest part of the verdict.
    pub oldest_at: Option<i64>,
}

impl Done {
    /// What was done before, in words; `None` where nothing was.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let oldest = moment::timestamp_text(self.oldest_at?.saturating_mul(moment::SECOND));
        let chunks = self.chunks.len();
        Some(format!(
            "goes on after {chunks} chunks that were compared before, the oldest at {oldest}Z"
        ))
    }
}

impl Checkpoint {
    /// Opens the checkpoint of a comparison, or begins one where there is no file. The digest names everything that would
    /// make kept progress worthless if it changed: entity, kinds, canonical form, addresses without secrets.
    ///
    /// # Errors
    /// [`KeptFault`]: the file is not a checkpoint, is damaged, belongs to another comparison or to one that has ended, or
    /// is in use. It is not changed then.
    pub fn open(path: &Path, digest: &str, entity: &str) -> Result<(Self, Done), KeptFault> {
        let db = kept::open(&KIND, path, digest, entity)?;
        let checkpoint = Self {
            db,
            path: path.to_owned(),
        };
        checkpoint.refuse_ended()?;
        let done = checkpoint.done()?;
        Ok((checkpoint, done))
    }

    /// Keeps a chunk and what its rows came to, together.
    ///
    /// # Errors
    /// [`KeptFault::Write`]; nothing of the chunk is kept then.
    pub fn chunk_done(&mut self, chunk: &ChunkDone) -> Result<(), KeptFault> {
        write_chunk(&mut self.db, chunk).map_err(|error| kept::fault(&KIND, &self.path, error))
    }

    /// Forgets what was kept since the checkpoint was opened: a side's rows turned out not to come in key order, so that
    /// they are sorted and compared again.
    ///
    /// # Errors
    /// [`KeptFault::Write`]; nothing is forgotten then.
    pub fn begin_again(&mut self, opened: &Done) -> Result<(), KeptFault> {
        go_back(&mut self.db, opened).map_err(|error| kept::fault(&KIND, &self.path, error))
    }

    /// Notes the end. A comparison of all keys that ended clean or diverged is not continued; any other is.
    ///
    /// # Errors
    /// [`KeptFault::Write`].
    pub fn finish(&mut self, verdict: &Verdict) -> Result<(), KeptFault> {
        let is_final = verdict.coverage.is_whole && verdict.doubts.is_empty();
        let outcome = match verdict.outcome {
            Outcome::Clean => "clean",
            Outcome::Diverged => "diverged",
            Outcome::Inconclusive => return Ok(()),
        };
        if is_final {
            self.db
                .execute("INSERT INTO ended (outcome) VALUES (?1)", [outcome])
                .map_err(|error| kept::fault(&KIND, &self.path, error))?;
        }
        Ok(())
    }

    fn refuse_ended(&self) -> Result<(), KeptFault> {
        let ended: Vec<String> = self.rows("SELECT outcome FROM ended", |row| row.get(0))?;
        match ended.into_iter().next() {
            Some(outcome) => Err(KeptFault::Ended {
                path: self.path.clone(),
                what: KIND.what,
                outcome,
            }),
            None => Ok(()),
        }
    }

    fn done(&self) -> Result<Done, KeptFault> {
        let mut done = Done::default();
        let kept = self.rows(
            "SELECT id, lower, upper, old_rows, new_rows, seal, done_at FROM chunk ORDER BY id",
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                ))
            },
        )?;
        for (id, from, until, old_rows, new_rows, seal, done_at) in kept {
            let chunk = ChunkDone {
                range: KeyRange {
                    from: self.key(from)?,
                    until: self.key(until)?,
                },
                old_rows: self.count(old_rows)?,
                new_rows: self.count(new_rows)?,
                suspects: self.suspects(id)?,
                // They are kept together, not by chunk.
                totals: Vec::new(),
            };
            let seal: Vec<u8> = seal;
            if seal != sealed(&chunk) {
                return Err(self.torn("a chunk is not what was written"));
            }
            done.oldest_at = Some(done.oldest_at.map_or(done_at, |oldest: i64| oldest.min(done_at)));
            done.chunks.push(chunk);
        }
        if has_overlap(&done.chunks) {
            return Err(self.torn("two chunks hold the same keys"));
        }
        done.totals = self.totals()?;
        Ok(done)
    }

    fn suspects(&self, chunk: i64) -> Result<Vec<Suspect>, KeptFault> {
        type Kept = (Vec<u8>, Option<[u8; 16]>, Option<[u8; 16]>);
        let sql = format!("SELECT key, old, new FROM suspect WHERE chunk = {chunk} ORDER BY place");
        let kept: Vec<Kept> = self.rows(&sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let suspect = |(key, old, new): Kept| {
            Ok(Suspect {
                key: Key::from_bytes(&key).map_err(|_| self.torn("a key is none"))?,
                old: old.map(Fingerprint),
                new: new.map(Fingerprint),
            })
        };
        kept.into_iter().map(suspect).collect()
    }

    fn totals(&self) -> Result<Vec<Totals>, KeptFault> {
        let no_totals = |_| self.torn("totals cannot be read");
        let plans: Vec<(String, String)> =
            self.rows("SELECT plan, over FROM totals", |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut all = Vec::new();
        for (plan_text, over) in plans {
            let plan: TotalsPlan = serde_json::from_str(&plan_text).map_err(no_totals)?;
            let mut totals = Totals::new(plan);
            let groups: Vec<(String, Vec<u8>, String)> = self.rows("SELECT plan, name, content FROM total", |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
            for (_, name, content) in groups.into_iter().filter(|(plan, ..)| *plan == plan_text) {
                Key::from_bytes(&name).map_err(|_| self.torn("a group has no name"))?;
                let group: Group = serde_json::from_str(&content).map_err(no_totals)?;
                totals.merge_group(name, &group);
            }
            let over: Over = serde_json::from_str(&over).map_err(no_totals)?;
            totals.merge_over(over);
            all.push(totals);
        }
        Ok(all)
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, KeptFault> {
        let mut statement = self.db.prepare(sql).map_err(|error| self.fault(error))?;
        let rows = statement.query_map([], read).map_err(|error| self.fault(error))?;
        rows.collect::<Result<_, _>>().map_err(|error| self.fault(error))
    }

    fn count(&self, number: i64) -> Result<u64, KeptFault> {
        u64::try_from(number).map_err(|_| self.torn("a count is below zero"))
    }

    fn key(&self, bytes: Option<Vec<u8>>) -> Result<Option<Key>, KeptFault> {
        let key = bytes.map(|bytes| Key::from_bytes(&bytes)).transpose();
        key.map_err(|_| self.torn("a key is none"))
    }

    fn fault(&self, error: rusqlite::Error) -> KeptFault {
        let is_other_content = matches!(
            error,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
        );
        if is_other_content {
            self.torn("a value is not what was written")
        } else {
            kept::fault(&KIND, &self.path, error)
        }
    }

    fn torn(&self, why: &str) -> KeptFault {
        kept::torn(&KIND, &self.path, why)
    }
}

fn write_chunk(db: &mut Connection, chunk: &ChunkDone) -> rusqlite::Result<()> {
    let write = db.transaction()?;
    let bytes = |key: &Option<Key>| key.as_ref().map(|key| key.as_bytes().to_vec());
    write.execute(
        "INSERT INTO chunk (lower, upper, old_rows, new_rows, seal) VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            bytes(&chunk.range.from),
            bytes(&chunk.range.until),
            number(chunk.old_rows),
            number(chunk.new_rows),
            sealed(chunk),
        ),
    )?;
    let id = write.last_insert_rowid();
    for (place, suspect) in (0_i64..).zip(&chunk.suspects) {
        let print = |print: &Option<Fingerprint>| print.map(|Fingerprint(bytes)| bytes);
        write
            .prepare_cached("INSERT INTO suspect (chunk, place, key, old, new) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((
                id,
                place,
                suspect.key.as_bytes(),
                print(&suspect.old),
                print(&suspect.new),
            ))?;
    }
    chunk.totals.iter().try_for_each(|one| add_totals(&write, one))?;
    write.commit()
}

fn go_back(db: &mut Connection, opened: &Done) -> rusqlite::Result<()> {
    let write = db.transaction()?;
    // The chunks that were there come first: their number says where the others begin.
    let kept = i64::try_from(opened.chunks.len()).expect("chunks are few");
    let since = "SELECT id FROM chunk ORDER BY id LIMIT -1 OFFSET ?1";
    write.execute(&format!("DELETE FROM suspect WHERE chunk IN ({since})"), [kept])?;
    write.execute(&format!("DELETE FROM chunk WHERE id IN ({since})"), [kept])?;
    write.execute_batch("DELETE FROM total; DELETE FROM totals;")?;
    opened.totals.iter().try_for_each(|one| add_totals(&write, one))?;
    write.commit()
}

fn number(count: u64) -> i64 {
    i64::try_from(count).expect("a chunk has few rows")
}

fn add_totals(write: &Connection, totals: &Totals) -> rusqlite::Result<()> {
    let text = |what: &dyn Fn() -> serde_json::Result<String>| what().expect("totals are plain data");
    let plan = text(&|| serde_json::to_string(totals.plan()));
    let read = |sql: &str, name: Option<&[u8]>| -> rusqlite::Result<Option<String>> {
        let mut statement = write.prepare_cached(sql)?;
        let mut rows = match name {
            Some(name) => statement.query((&plan, name))?,
            None => statement.query([&plan])?,
        };
        rows.next()?.map(|row| row.get(0)).transpose()
    };
    let foreign = |error: serde_json::Error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let mut over = *totals.over();
    if let Some(kept) = read("SELECT over FROM totals WHERE plan = ?1", None)? {
        let kept: Over = serde_json::from_str(&kept).map_err(foreign)?;
        over.old_rows += kept.old_rows;
        over.new_rows += kept.new_rows;
    }
    let over = text(&|| serde_json::to_string(&over));
    write
        .prepare_cached(
            "INSERT INTO totals (plan, over) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET over = excluded.over",
        )?
        .execute((&plan, over))?;
    for (name, group) in totals.named_groups() {
        let mut group = group.clone();
        if let Some(kept) = read("SELECT content FROM total WHERE plan = ?1 AND name = ?2", Some(name))? {
            group.merge(&serde_json::from_str(&kept).map_err(foreign)?);
        }
        let content = text(&|| serde_json::to_string(&group));
        write
            .prepare_cached(
                "INSERT INTO total (plan, name, content) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO UPDATE SET content = excluded.content",
            )?
            .execute((&plan, name, content))?;
    }
    Ok(())
}

/// Sixteen bytes that stand for a chunk and all that was suspected in it.
fn sealed(chunk: &ChunkDone) -> Vec<u8> {
    let mut digest = Sha256::new();
    let mut part = |bytes: Option<&[u8]>| {
        digest.update([u8::from(bytes.is_some())]);
        let bytes = bytes.unwrap_or_default();
        digest.update(u64::try_from(bytes.len()).expect("a key is short").to_be_bytes());
        digest.update(bytes);
    };
    part(chunk.range.from.as_ref().map(Key::as_bytes));
    part(chunk.range.until.as_ref().map(Key::as_bytes));
    part(Some(&chunk.old_rows.to_be_bytes()));
    part(Some(&chunk.new_rows.to_be_bytes()));
    for suspect in &chunk.suspects {
        part(Some(suspect.key.as_bytes()));
        part(suspect.old.as_ref().map(|print| &print.0[..]));
        part(suspect.new.as_ref().map(|print| &print.0[..]));
    }
    digest.finalize()[..16].to_vec()
}

fn has_overlap(chunks: &[ChunkDone]) -> bool {
    let mut ranges: Vec<&KeyRange> = chunks.iter().map(|chunk| &chunk.range).collect();
    ranges.sort();
    ranges.windows(2).any(|pair| match (&pair[0].until, &pair[1].from) {
        (Some(until), Some(from)) => until > from,
        (None, _) | (_, None) => true,
    })
}

#[cfg(test)]
mod tests;

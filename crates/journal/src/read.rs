//! Reading entries in order. Every entry that is handed out fits the chain; the first that does not ends the reading.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::chain::{Entry, Hash, Head};
use crate::error::JournalError;
use crate::store::Journal;
use crate::verify::{Fault, Walk};

/// A row of the store, before anybody has held it against the chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) seq: u64,
    pub(crate) at_ms: i64,
    pub(crate) kind: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: Hash,
}

impl Stored<'_> {
    pub(crate) fn entry(&self, prev_hash: Hash) -> Entry {
        Entry {
            seq: self.seq,
            at_ms: self.at_ms,
            kind: self.kind.to_owned(),
            bytes: self.bytes.to_owned(),
            prev_hash,
            hash: self.hash,
        }
    }
}

impl Journal {
    /// Entries from a sequence on, at most `limit`; fewer only at the end of the journal.
    ///
    /// # Errors
    /// `Broken` at the first entry that does not fit the chain, or when the store cannot be read.
    pub fn read(&self, from: u64, limit: usize) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        if limit == 0 {
            return Ok(entries);
        }
        self.for_each(from, |entry| {
            entries.push(entry);
            entries.len() < limit
        })?;
        Ok(entries)
    }

    /// Feeds the entries from a sequence on, in order, until `each` returns false. Holds one entry in memory at a time.
    ///
    /// All of them are of one moment: what is appended by another process meanwhile is not among them.
    ///
    /// # Errors
    /// `Broken` at the first entry that does not fit the chain, or when the store cannot be read.
    pub fn for_each(&self, from: u64, mut each: impl FnMut(Entry) -> bool) -> Result<(), JournalError> {
        self.walk(from, |stored, prev_hash| each(stored.entry(prev_hash)))
    }

    /// Whether the journal holds this entry with this hash; 0 stands for the hash before the first entry.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn contains(&self, seq: u64, hash: &Hash) -> Result<bool, JournalError> {
        if seq == 0 {
            return Ok(hash == &self.genesis);
        }
        let found = self
            .connection
            .prepare_cached("SELECT hash = ?2 FROM entry WHERE seq = ?1")?
            .query_row((signed(seq), hash), |row| row.get(0))
            .optional()?;
        Ok(found.unwrap_or(false))
    }

    /// Feeds the rows from a sequence on, each held against the chain, with the hash before it.
    pub(crate) fn walk(&self, from: u64, mut each: impl FnMut(&Stored<'_>, Hash) -> bool) -> Result<(), JournalError> {
        let from = from.max(1);
        // From the first entry on, rows below it are looked at too: they do not belong there.
        let (mut walk, first) = match from {
            1 => (
                Some(Walk::from(Head {
                    seq: 0,
                    hash: self.genesis,
                })),
                i64::MIN,
            ),
            _ => (None, signed(from - 1)),
        };
        self.scan(first, |stored| match &mut walk {
            Some(walk) => {
                let prev_hash = walk.head.hash;
                walk.step(stored)?;
                Ok(each(stored, prev_hash))
            }
            None if stored.seq == from - 1 => {
                walk = Some(Walk::from(Head {
                    seq: stored.seq,
                    hash: stored.hash,
                }));
                Ok(true)
            }
            None => Err(Fault {
                seq: from - 1,
                what: format!("expected it, found {}", stored.seq),
            }
            .into()),
        })
    }

    /// Feeds the rows from a sequence on as they are stored, until `each` returns false.
    pub(crate) fn scan(
        &self,
        first: i64,
        mut each: impl FnMut(&Stored<'_>) -> Result<bool, JournalError>,
    ) -> Result<(), JournalError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT seq, at_ms, kind, bytes, hash FROM entry WHERE seq >= ?1 ORDER BY seq")?;
        let mut rows = select.query([first])?;
        while let Some(row) = rows.next()? {
            if !each(&stored(row)?)? {
                break;
            }
        }
        Ok(())
    }
}

/// The last row that has the shape of an entry, or the beginning.
pub(crate) fn read_head(connection: &Connection, genesis: Hash) -> Result<Head, JournalError> {
    let last: Option<(i64, Hash)> = connection
        .prepare_cached("SELECT seq, hash FROM entry WHERE seq > 0 AND length(hash) = 32 ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match last {
        None => Ok(Head { seq: 0, hash: genesis }),
        Some((seq, hash)) => Ok(Head {
            seq: u64::try_from(seq).map_err(|_| no_sequence(seq))?,
            hash,
        }),
    }
}

/// SQLite's integers are signed; a sequence beyond them is beyond every entry there can be.
pub(crate) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn stored<'a>(row: &'a Row<'_>) -> Result<Stored<'a>, JournalError> {
    let seq: i64 = row.get(0)?;
    let seq = u64::try_from(seq).map_err(|_| no_sequence(seq))?;
    let misshapen = |what: &str| {
        JournalError::from(Fault {
            seq,
            what: what.to_owned(),
        })
    };
    let ValueRef::Text(kind) = row.get_ref(2)? else {
        return Err(misshapen("its kind is no text"));
    };
    let (ValueRef::Blob(bytes), ValueRef::Blob(hash)) = (row.get_ref(3)?, row.get_ref(4)?) else {
        return Err(misshapen("its payload or hash is no blob"));
    };
    let ValueRef::Integer(at_ms) = row.get_ref(1)? else {
        return Err(misshapen("its time is no number"));
    };
    Ok(Stored {
        seq,
        at_ms,
        kind: std::str::from_utf8(kind).map_err(|_| misshapen("its kind is not UTF-8"))?,
        bytes,
        hash: hash
            .try_into()
            .map_err(|_| misshapen("its hash does not have 32 bytes"))?,
    })
}

fn no_sequence(seq: i64) -> JournalError {
    JournalError::Broken {
        seq: 0,
        what: format!("found a row with the sequence {seq}"),
    }
}

//! The journal as JSON lines: readable without SQLite, verifiable from the file alone.

use std::io::{BufRead, Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::chain::{Hash, Head, PAYLOAD_BYTES_MAX};
use crate::error::JournalError;
use crate::read::Stored;
use crate::store::Journal;
use crate::verify::{Fault, Walk};

/// Longest line of an export: JSON writes a byte of text with at most six, and the rest of an entry is short.
const LINE_BYTES_MAX: u64 = 6 * PAYLOAD_BYTES_MAX as u64 + 4096;

/// One exported entry. The payload is under `text` when it is UTF-8, else in base64 under `base64`; hashes are in hex.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    at_ms: i64,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    prev: String,
    hash: String,
}

/// What the check of an export found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// Whole entries that fit, from the first on.
    pub entries: u64,
    /// The last of them; all zeros in an empty file.
    pub head: Head,
    /// Torn lines at the end that were cut, 0 or 1.
    pub lines_cut: u64,
    /// Where the chain breaks.
    pub first_bad: Option<Fault>,
}

impl Journal {
    /// Writes every entry as one JSON line, as it is stored: a broken chain is broken at the same entry of the export.
    ///
    /// # Errors
    /// `Export` when the writer fails, `Broken` at a row that has not the shape of an entry, or when the store cannot be read.
    pub fn export(&self, writer: &mut dyn Write) -> Result<(), JournalError> {
        let mut prev = self.genesis;
        self.scan(i64::MIN, |stored| {
            serde_json::to_writer(&mut *writer, &line(stored, &prev))
                .map_err(std::io::Error::from)
                .and_then(|()| writer.write_all(b"\n"))
                .map_err(JournalError::Export)?;
            prev = stored.hash;
            Ok(true)
        })
    }
}

/// Checks an export from the file alone. A last line that is torn is cut; a line before it that does not fit is a fault.
///
/// The file's own first hash is taken for the journal's beginning, so what is proved is that the entries belong together, and
/// with a head remembered elsewhere that they are all.
///
/// # Errors
/// When the reader fails.
pub fn verify_export(mut reader: impl BufRead) -> std::io::Result<ExportReport> {
    let mut walk: Option<Walk> = None;
    let mut lines_cut = 0;
    let mut first_bad = None;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let Err(fault) = step(&mut walk, &bytes) else { continue };
        // Only the last line can be torn: whatever ends in a line feed was written whole.
        if bytes.last() != Some(&b'\n') && reader.fill_buf()?.is_empty() {
            lines_cut = 1;
        } else {
            first_bad = Some(fault);
        }
        break;
    }
    let head = walk.map_or(Head { seq: 0, hash: [0; 32] }, |walk| walk.head);
    Ok(ExportReport {
        entries: head.seq,
        head,
        lines_cut,
        first_bad,
    })
}

fn step(walk: &mut Option<Walk>, bytes: &[u8]) -> Result<(), Fault> {
    let expected = walk.as_ref().map_or(1, |walk| walk.head.seq + 1);
    let unfit = |what: &str| Fault {
        seq: expected,
        what: what.to_owned(),
    };
    let line: Line = serde_json::from_slice(bytes).map_err(|error| unfit(&format!("is no entry: {error}")))?;
    let prev = unhex(&line.prev).ok_or_else(|| unfit("`prev` is no hash"))?;
    let hash = unhex(&line.hash).ok_or_else(|| unfit("`hash` is no hash"))?;
    let payload = match (line.text, line.base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => BASE64_STANDARD
            .decode(text)
            .map_err(|_| unfit("`base64` is not base64"))?,
        (Some(_), Some(_)) | (None, None) => return Err(unfit("expected either `text` or `base64`")),
    };
    let stored = Stored {
        seq: line.seq,
        at_ms: line.at_ms,
        kind: &line.kind,
        bytes: &payload,
        hash,
    };
    match walk {
        Some(walk) if walk.head.hash != prev => Err(unfit("`prev` is not the hash of the entry before")),
        Some(walk) => walk.step(&stored),
        None => {
            let mut first = Walk::from(Head { seq: 0, hash: prev });
            first.step(&stored)?;
            *walk = Some(first);
            Ok(())
        }
    }
}

fn line(stored: &Stored<'_>, prev: &Hash) -> Line {
    let (text, base64) = match std::str::from_utf8(stored.bytes) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(BASE64_STANDARD.encode(stored.bytes))),
    };
    Line {
        seq: stored.seq,
        at_ms: stored.at_ms,
        kind: stored.kind.to_owned(),
        text,
        base64,
        prev: hex(prev),
        hash: hex(&stored.hash),
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Hash> {
    let digits = digits.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        // Only the digits that `hex` writes: two spellings of one export would be two files of one hash.
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(hash)
}

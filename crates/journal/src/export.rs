//! The journal as JSON lines: readable without SQLite, verifiable offline.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::chain::{Entry, Hash, Head};
use crate::error::JournalError;
use crate::store::Journal;
use crate::verify::{Fault, Walk};

/// One exported entry. Payloads that are not UTF-8 are written in hex under `hex`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    at_ms: i64,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    prev: String,
    hash: String,
}

/// What the check of an export found.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    /// Whole entries that fit.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// Torn lines at the end that were cut, 0 or 1.
    pub lines_cut: u64,
    /// Where the chain breaks.
    pub first_bad: Option<Fault>,
}

impl Journal {
    /// Writes every entry as one JSON line.
    ///
    /// # Errors
    /// When the store cannot be read or the writer fails.
    pub fn export(&self, writer: &mut dyn Write) -> Result<(), JournalError> {
        let mut failed = None;
        self.for_each(1, |entry| {
            let written = serde_json::to_writer(&mut *writer, &line(entry))
                .map_err(std::io::Error::from)
                .and_then(|()| writer.write_all(b"\n"));
            match written {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        })?;
        match failed {
            None => Ok(()),
            Some(error) => Err(JournalError::Store(format!("the export cannot be written: {error}"))),
        }
    }
}

/// Checks an export from the file alone. A last line without its end is cut; a broken line before that is a fault.
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
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.last() != Some(&b'\n') {
            lines_cut += 1;
            break;
        }
        if let Err(fault) = step(&mut walk, &bytes) {
            first_bad = Some(fault);
            break;
        }
    }
    let (entries, head) = walk.map_or((0, Head { seq: 0, hash: [0; 32] }), |walk| (walk.entries, walk.head));
    Ok(ExportReport {
        entries,
        head,
        lines_cut,
        first_bad,
    })
}

fn step(walk: &mut Option<Walk>, bytes: &[u8]) -> Result<(), Fault> {
    let expected = walk.as_ref().map_or(1, |walk| walk.head.seq + 1);
    let torn = |what: &str| Fault {
        seq: expected,
        what: what.to_owned(),
    };
    let line: Line = serde_json::from_slice(bytes).map_err(|error| torn(&format!("is no entry: {error}")))?;
    let prev = unhex_hash(&line.prev).ok_or_else(|| torn("`prev` is no hash"))?;
    let hash = unhex_hash(&line.hash).ok_or_else(|| torn("`hash` is no hash"))?;
    let payload = match (line.text, line.hex) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(digits)) => unhex(&digits).ok_or_else(|| torn("`hex` is not hexadecimal"))?,
        (Some(_), Some(_)) | (None, None) => return Err(torn("expected either `text` or `hex`")),
    };
    let walk = walk.get_or_insert_with(|| Walk::from(Head { seq: 0, hash: prev }));
    if walk.head.hash != prev {
        return Err(torn("`prev` is not the hash of the entry before"));
    }
    walk.step(line.seq, line.at_ms, &line.kind, &payload, &hash)
}

fn line(entry: Entry) -> Line {
    let (text, digits) = match String::from_utf8(entry.bytes) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(hex(error.as_bytes()))),
    };
    Line {
        seq: entry.seq,
        at_ms: entry.at_ms,
        kind: entry.kind,
        text,
        hex: digits,
        prev: hex(&entry.prev_hash),
        hash: hex(&entry.hash),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    digits
        .chunks_exact(2)
        .map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?))
        .collect()
}

fn unhex_hash(digits: &str) -> Option<Hash> {
    unhex(digits)?.try_into().ok()
}

//! CSV with a header line: an empty field without quotes is `NULL`, one in quotes is the empty text; `\N` is `NULL` too.
//!
//! # Source
//! RFC 4180; the handling of `NULL` is that of PostgreSQL's `COPY ... (FORMAT CSV)`.

use super::{Lines, Records};
use crate::fault::SourceFault;
use crate::raw::Raw;

/// A field of the record at hand: its place in `bytes`, and whether it stood in quotes.
#[derive(Debug, Clone, Copy)]
struct Field {
    begin: usize,
    end: usize,
    is_quoted: bool,
}

pub(super) struct Csv {
    lines: Lines,
    separator: u8,
    names: Vec<String>,
    /// Where each wanted column stands in a record.
    places: Vec<usize>,
    record: Vec<u8>,
    bytes: Vec<u8>,
    fields: Vec<Field>,
}

impl Csv {
    pub(super) fn begin(lines: Lines, separator: u8, wanted: &[String]) -> Result<Self, SourceFault> {
        let mut csv = Self {
            lines,
            separator,
            names: Vec::new(),
            places: Vec::new(),
            record: Vec::new(),
            bytes: Vec::new(),
            fields: Vec::new(),
        };
        if !csv.read()? {
            return Err(csv.lines.fault("expected a header line, found none"));
        }
        let name = |field: &Field| {
            let bytes = &csv.bytes[field.begin..field.end];
            String::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).to_vec())
        };
        let names: Result<Vec<String>, _> = csv.fields.iter().map(name).collect();
        csv.names = names.map_err(|_| csv.lines.fault("a column's name is not UTF-8"))?;
        let place = |wanted: &String| {
            let found = csv.names.iter().position(|name| name == wanted);
            found.ok_or_else(|| SourceFault::NoColumn {
                name: wanted.clone(),
                known: csv.names.join(", "),
            })
        };
        csv.places = wanted.iter().map(place).collect::<Result<_, _>>()?;
        Ok(csv)
    }

    /// Reads the next record into `fields`; `false` where there is none.
    fn read(&mut self) -> Result<bool, SourceFault> {
        self.record.clear();
        // An empty line is no record.
        while self.record.iter().all(u8::is_ascii_whitespace) && !self.record.contains(&self.separator) {
            self.record.clear();
            if !self.lines.append(&mut self.record)? {
                return Ok(false);
            }
        }
        while !self.split()? {
            if !self.lines.append(&mut self.record)? {
                return Err(self.lines.fault("expected a closing quote, found the end of the file"));
            }
        }
        Ok(true)
    }

    /// Splits the record; `false` where it goes on in the next line.
    fn split(&mut self) -> Result<bool, SourceFault> {
        self.bytes.clear();
        self.fields.clear();
        let mut at = 0;
        loop {
            let begin = self.bytes.len();
            let is_quoted = self.record.get(at) == Some(&b'"');
            if is_quoted {
                at += 1;
                loop {
                    match (self.record.get(at), self.record.get(at + 1)) {
                        (Some(b'"'), Some(b'"')) => {
                            self.bytes.push(b'"');
                            at += 2;
                        }
                        (Some(b'"'), _) => {
                            at += 1;
                            break;
                        }
                        (Some(byte), _) => {
                            self.bytes.push(*byte);
                            at += 1;
                        }
                        (None, _) => return Ok(false),
                    }
                }
            } else {
                let rest = &self.record[at..];
                let end = rest
                    .iter()
                    .position(|byte| *byte == self.separator || *byte == b'\n')
                    .unwrap_or(rest.len());
                let field = &rest[..end];
                let is_last = rest.get(end) != Some(&self.separator);
                let field = if is_last {
                    field.strip_suffix(b"\r").unwrap_or(field)
                } else {
                    field
                };
                self.bytes.extend_from_slice(field);
                at += end;
            }
            let end = self.bytes.len();
            self.fields.push(Field { begin, end, is_quoted });
            match &self.record[at..] {
                [] | b"\n" | b"\r\n" | b"\r" => return Ok(true),
                [byte, ..] if *byte == self.separator => at += 1,
                _ => {
                    return Err(self
                        .lines
                        .fault("expected a separator behind the closing quote, found something else"));
                }
            }
        }
    }
}

impl Records for Csv {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, take: &mut dyn FnMut(usize, &Raw<'_>) -> Result<(), SourceFault>) -> Result<bool, SourceFault> {
        if !self.read()? {
            return Ok(false);
        }
        if self.fields.len() != self.names.len() {
            let (expected, found) = (self.names.len(), self.fields.len());
            return Err(self.lines.fault(&format!("expected {expected} fields, found {found}")));
        }
        for (place, column) in self.places.iter().enumerate() {
            let field = self.fields[*column];
            let bytes = &self.bytes[field.begin..field.end];
            let is_null = !field.is_quoted && (bytes.is_empty() || bytes == b"\\N");
            take(place, &if is_null { Raw::Null } else { Raw::Text(bytes) })?;
        }
        Ok(true)
    }
}

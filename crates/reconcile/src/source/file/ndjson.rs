//! NDJSON: an object a line. A member that is not there is `NULL`; numbers keep all their digits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Lines, Records};
use crate::decimal::Decimal;
use crate::fault::SourceFault;
use crate::raw::Raw;

pub(super) struct Ndjson {
    lines: Lines,
    names: Vec<String>,
    wanted: Vec<String>,
    line: Vec<u8>,
    /// The first line has been read to learn the names, and is still to be given.
    is_waiting: bool,
}

type Members<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

impl Ndjson {
    pub(super) fn begin(lines: Lines, wanted: &[String]) -> Result<Self, SourceFault> {
        let mut ndjson = Self {
            lines,
            names: Vec::new(),
            wanted: wanted.to_vec(),
            line: Vec::new(),
            is_waiting: false,
        };
        ndjson.is_waiting = ndjson.read()?;
        if ndjson.is_waiting {
            let members = ndjson.members()?;
            ndjson.names = members.keys().map(|name| name.clone().into_owned()).collect();
        }
        Ok(ndjson)
    }

    fn read(&mut self) -> Result<bool, SourceFault> {
        loop {
            self.line.clear();
            if !self.lines.append(&mut self.line)? {
                return Ok(false);
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn members(&self) -> Result<Members<'_>, SourceFault> {
        serde_json::from_slice(&self.line).map_err(|_| self.lines.fault("expected a JSON object, found something else"))
    }
}

impl Records for Ndjson {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, take: &mut dyn FnMut(usize, &Raw<'_>) -> Result<(), SourceFault>) -> Result<bool, SourceFault> {
        if !std::mem::take(&mut self.is_waiting) && !self.read()? {
            return Ok(false);
        }
        let members = self.members()?;
        for (place, name) in self.wanted.iter().enumerate() {
            let Some(value) = members.get(name.as_str()) else {
                take(place, &Raw::Null)?;
                continue;
            };
            let text = value.get();
            match text.as_bytes().first() {
                Some(b'n') | None => take(place, &Raw::Null)?,
                Some(b't') => take(place, &Raw::Bool(true))?,
                Some(b'f') => take(place, &Raw::Bool(false))?,
                Some(b'"') => {
                    let text: String = serde_json::from_str(text).map_err(|_| self.lines.fault("expected a text"))?;
                    take(place, &Raw::Text(text.as_bytes()))?;
                }
                Some(b'{' | b'[') => take(place, &Raw::Json(text.as_bytes()))?,
                Some(_) => {
                    let number = Decimal::parse(text).ok_or_else(|| self.lines.fault("expected a number"))?;
                    take(place, &Raw::Decimal(number))?;
                }
            }
        }
        Ok(true)
    }
}

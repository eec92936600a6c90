//! From the bytes of `COPY ... (FORMAT BINARY)` to canonical rows.
//!
//! # Source
//! PostgreSQL documentation, `COPY`, "Binary Format"; the send functions of each type.

use jiff::tz::TimeZone;
use tokio_postgres::types::{Kind as TypeKind, Type};

use super::Question;
use crate::decimal::{Decimal, Short};
use crate::fault::SourceFault;
use crate::moment;
use crate::raw::{Raw, put};
use crate::row::Batch;
use crate::source::is_full;
use crate::value::Kind;

/// Microseconds from 1970 to 2000, where PostgreSQL counts from.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_DAYS: i32 = 10_957;
/// The signature, flags and length of extension that precede the rows.
const HEADER: usize = 19;

/// How a type is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Native {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    PaddedText,
    Bytes,
    Date,
    Time,
    Timestamp,
    Instant,
    Uuid,
    Json,
    Jsonb,
    /// Asked for as text, since its bytes are its own affair.
    AsText,
}

impl Native {
    pub(super) fn of(of: &Type) -> Self {
        if let TypeKind::Domain(inner) = of.kind() {
            return Self::of(inner);
        }
        match *of {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN => Self::Text,
            Type::BPCHAR => Self::PaddedText,
            Type::BYTEA => Self::Bytes,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::Instant,
            Type::UUID => Self::Uuid,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            _ => Self::AsText,
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Bool => Kind::Bool,
            Self::Int2 | Self::Int4 | Self::Int8 | Self::Oid => Kind::Int,
            Self::Float4 | Self::Float8 => Kind::Float,
            Self::Numeric => Kind::Decimal,
            Self::Text | Self::PaddedText | Self::AsText => Kind::Text,
            Self::Bytes => Kind::Bytes,
            Self::Date => Kind::Date,
            Self::Time => Kind::Time,
            Self::Timestamp => Kind::Timestamp,
            Self::Instant => Kind::Instant,
            Self::Uuid => Kind::Uuid,
            Self::Json | Self::Jsonb => Kind::Json,
        }
    }

    /// What follows the expression in the select list.
    pub(super) fn cast(self) -> &'static str {
        if self == Self::AsText { "::text" } else { "" }
    }

    /// `None` where the bytes have another length than the type: it is no longer the type that it was.
    fn raw(self, bytes: &[u8]) -> Option<Raw<'_>> {
        Some(match self {
            Self::Bool => Raw::Bool(bytes.first()? != &0),
            Self::Int2 => Raw::Int(i64::from(i16::from_be_bytes(bytes.try_into().ok()?))),
            Self::Int4 => Raw::Int(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
            Self::Int8 => Raw::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Oid => Raw::Int(i64::from(u32::from_be_bytes(bytes.try_into().ok()?))),
            Self::Float4 => Raw::Single(f32::from_be_bytes(bytes.try_into().ok()?)),
            Self::Float8 => Raw::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Numeric => numeric(bytes)?,
            Self::Text | Self::AsText => Raw::Text(bytes),
            Self::PaddedText => Raw::Text(unpadded(bytes)),
            Self::Bytes => Raw::Bytes(bytes),
            Self::Date => Raw::Date(match i32::from_be_bytes(bytes.try_into().ok()?) {
                i32::MAX => moment::DAY_AFTER_ALL,
                i32::MIN => moment::DAY_BEFORE_ALL,
                days => days.checked_add(EPOCH_DAYS)?,
            }),
            Self::Time => Raw::Time(i64::from_be_bytes(bytes.try_into().ok()?)),
            Self::Timestamp => Raw::Timestamp(since_1970(bytes)?),
            Self::Instant => Raw::Instant(since_1970(bytes)?),
            Self::Uuid => Raw::Uuid(bytes.try_into().ok()?),
            Self::Json => Raw::Json(bytes),
            // Its first byte is the version of the form.
            Self::Jsonb => Raw::Json(bytes.strip_prefix(&[1])?),
        })
    }
}

/// Without the blanks that pad a `char(n)`; other white space stays.
fn unpadded(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
    &bytes[..end]
}

fn since_1970(bytes: &[u8]) -> Option<i64> {
    Some(match i64::from_be_bytes(bytes.try_into().ok()?) {
        i64::MAX => moment::AFTER_ALL,
        i64::MIN => moment::BEFORE_ALL,
        micros => micros.checked_add(EPOCH_MICROS)?,
    })
}

/// Digits of base 10,000, the power of the first one, and a sign.
fn numeric(bytes: &[u8]) -> Option<Raw<'_>> {
    let word = |place: usize| Some(i16::from_be_bytes(*bytes.get(2 * place..)?.first_chunk::<2>()?));
    let (count, weight, sign) = (usize::try_from(word(0)?).ok()?, word(1)?, word(2)?.cast_unsigned());
    let is_negative = match sign {
        0 => false,
        0x4000 => true,
        0xC000 => return Some(Raw::Float(f64::NAN)),
        0xD000 => return Some(Raw::Float(f64::INFINITY)),
        0xF000 => return Some(Raw::Float(f64::NEG_INFINITY)),
        _ => return None,
    };
    let groups = bytes.get(8..8 + 2 * count)?.as_chunks::<2>().0;
    let groups = groups.iter().map(|group| u16::from_be_bytes(*group));
    if groups.clone().any(|group| group >= 10_000) {
        return None;
    }
    let digits = groups.flat_map(four_digits);
    let exponent = 4 * (i32::from(weight) + 1);
    Some(match Short::from_digits(is_negative, exponent, digits.clone()) {
        Some(short) => Raw::Short(short),
        None => Raw::Decimal(Decimal::from_parts(is_negative, exponent, digits.collect())),
    })
}

fn four_digits(group: u16) -> [u8; 4] {
    [group / 1_000, group / 100 % 10, group / 10 % 10, group % 10].map(|digit| digit.to_le_bytes()[0])
}

/// Rows that are put together from what `COPY` sends, in pieces of any size.
pub(super) struct Rows {
    columns: Vec<(Native, Kind)>,
    key_columns: usize,
    zone: Option<TimeZone>,
    batch: Batch,
    /// Bytes that do not make a whole row yet.
    pending: Vec<u8>,
    has_header: bool,
    has_ended: bool,
}

impl Rows {
    pub(super) fn new(question: &Question, natives: Vec<Native>) -> Self {
        let kinds = question.all().zip(natives);
        Self {
            columns: kinds
                .map(|(asked, native)| (native, asked.kind.unwrap_or(native.kind())))
                .collect(),
            key_columns: question.key.len(),
            zone: question.zone.clone(),
            batch: Batch::default(),
            pending: Vec::new(),
            has_header: false,
            has_ended: false,
        }
    }

    pub(super) fn natives(&self) -> impl Iterator<Item = Native> {
        self.columns.iter().map(|column| column.0)
    }

    /// Takes the next piece.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(), SourceFault> {
        if self.pending.is_empty() {
            let used = self.rows_of(bytes)?;
            self.pending.extend_from_slice(&bytes[used..]);
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(bytes);
            let used = self.rows_of(&pending)?;
            pending.drain(..used);
            self.pending = pending;
        }
        Ok(())
    }

    /// The rows so far, once they are enough for a batch.
    pub(super) fn full_batch(&mut self) -> Option<Batch> {
        is_full(&self.batch).then(|| self.batch.next())
    }

    /// The rest, once the stream has come to its end.
    pub(super) fn last_batch(&mut self) -> Result<Option<Batch>, SourceFault> {
        if !self.has_ended {
            return Err(SourceFault::Connection {
                why: "the rows end before their end mark".to_owned(),
            });
        }
        let batch = std::mem::take(&mut self.batch);
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Reads whole rows; how many bytes they had.
    fn rows_of(&mut self, bytes: &[u8]) -> Result<usize, SourceFault> {
        let mut used = 0;
        if !self.has_header {
            if bytes.len() < HEADER {
                return Ok(0);
            }
            self.has_header = true;
            used = HEADER;
        }
        while !self.has_ended {
            match whole_row(&bytes[used..]) {
                Piece::Row(length) => {
                    self.row(&bytes[used + 2..used + length])?;
                    used += length;
                }
                Piece::End => {
                    self.has_ended = true;
                    used += 2;
                }
                Piece::Incomplete => break,
            }
        }
        Ok(used)
    }

    fn row(&mut self, mut fields: &[u8]) -> Result<(), SourceFault> {
        let mut key_end = 0;
        for (place, (native, kind)) in self.columns.iter().enumerate() {
            if place == self.key_columns {
                key_end = self.batch.bytes().len();
            }
            let raw = match field(&mut fields).ok_or(SourceFault::SchemaChanged)? {
                Some(bytes) => native.raw(bytes).ok_or(SourceFault::SchemaChanged)?,
                None if place < self.key_columns => return Err(SourceFault::NullKey),
                None => Raw::Null,
            };
            put(self.batch.bytes(), *kind, self.zone.as_ref(), &raw)?;
        }
        if self.columns.len() == self.key_columns {
            key_end = self.batch.bytes().len();
        }
        self.batch.end_row(key_end);
        Ok(())
    }
}

enum Piece {
    /// A row of so many bytes.
    Row(usize),
    End,
    Incomplete,
}

fn whole_row(bytes: &[u8]) -> Piece {
    let Some(count) = bytes.first_chunk::<2>() else {
        return Piece::Incomplete;
    };
    let Ok(count) = u16::try_from(i16::from_be_bytes(*count)) else {
        return Piece::End;
    };
    let mut length = 2;
    for _ in 0..count {
        let Some(size) = bytes.get(length..).and_then(|rest| rest.first_chunk::<4>()) else {
            return Piece::Incomplete;
        };
        length += 4 + usize::try_from(i32::from_be_bytes(*size)).unwrap_or(0);
    }
    if bytes.len() < length {
        Piece::Incomplete
    } else {
        Piece::Row(length)
    }
}

/// The next field: its bytes, `NULL` as none; nothing where the row is over.
fn field<'a>(fields: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let (size, rest) = fields.split_first_chunk::<4>()?;
    let Ok(size) = usize::try_from(i32::from_be_bytes(*size)) else {
        *fields = rest;
        return Some(None);
    };
    let (bytes, rest) = rest.split_at_checked(size)?;
    *fields = rest;
    Some(Some(bytes))
}

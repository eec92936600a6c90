//! From the bytes of `COPY ... (FORMAT BINARY)` to canonical rows.
//!
//! # Source
//! PostgreSQL documentation, `COPY`, "Binary Format"; the send functions of each type.

use jiff::tz::TimeZone;
use tokio_postgres::types::{Kind as TypeKind, Type};

use super::Question;
use crate::decimal::Decimal;
use crate::encode;
use crate::fault::SourceFault;
use crate::moment;
use crate::raw::{Raw, put};
use crate::row::Batch;
use crate::short::Short;
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

    /// Appends a value.
    fn write(self, out: &mut Vec<u8>, kind: Kind, zone: Option<&TimeZone>, bytes: &[u8]) -> Result<(), SourceFault> {
        // The commonest put their value by themselves, so that their ways are short.
        match self {
            Self::Int4 => {
                let number = i32::from_be_bytes(bytes.try_into().map_err(|_| SourceFault::SchemaChanged)?);
                put(out, kind, zone, &Raw::Int(i64::from(number)))
            }
            Self::Int8 => {
                let number = i64::from_be_bytes(bytes.try_into().map_err(|_| SourceFault::SchemaChanged)?);
                put(out, kind, zone, &Raw::Int(number))
            }
            Self::Text => put(out, kind, zone, &Raw::Text(bytes)),
            Self::Bool
            | Self::Int2
            | Self::Oid
            | Self::Float4
            | Self::Float8
            | Self::Numeric
            | Self::PaddedText
            | Self::Bytes
            | Self::Date
            | Self::Time
            | Self::Timestamp
            | Self::Instant
            | Self::Uuid
            | Self::Json
            | Self::Jsonb
            | Self::AsText => {
                let raw = self.raw(bytes).ok_or(SourceFault::SchemaChanged)?;
                put(out, kind, zone, &raw)
            }
        }
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
    if let Some(short) = Short::from_groups(is_negative, weight, groups.clone()) {
        return Some(Raw::Short(short));
    }
    if groups.clone().any(|group| group >= 10_000) {
        return None;
    }
    let exponent = 4 * (i32::from(weight) + 1);
    let digits = groups.flat_map(four_digits).collect();
    Some(Raw::Decimal(Decimal::from_parts(is_negative, exponent, digits)))
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
            match self.row(&bytes[used..])? {
                Piece::Row(length) => used += length,
                Piece::End => {
                    self.has_ended = true;
                    used += 2;
                }
                Piece::Incomplete => break,
            }
        }
        Ok(used)
    }

    /// Reads the row that the bytes begin with; of one that is not all there nothing stays.
    fn row(&mut self, bytes: &[u8]) -> Result<Piece, SourceFault> {
        let Some((count, mut fields)) = bytes.split_first_chunk::<2>() else {
            return Ok(Piece::Incomplete);
        };
        let Ok(count) = usize::try_from(i16::from_be_bytes(*count)) else {
            return Ok(Piece::End);
        };
        if count != self.columns.len() {
            return Err(SourceFault::SchemaChanged);
        }
        let out = self.batch.bytes();
        let begin = out.len();
        let mut key_end = begin;
        for (place, (native, kind)) in self.columns.iter().enumerate() {
            match field(&mut fields) {
                Field::Value(bytes) => native.write(out, *kind, self.zone.as_ref(), bytes)?,
                Field::Null if place < self.key_columns => return Err(SourceFault::NullKey),
                Field::Null => encode::null(out),
                Field::Incomplete => {
                    out.truncate(begin);
                    return Ok(Piece::Incomplete);
                }
            }
            if place + 1 == self.key_columns {
                key_end = out.len();
            }
        }
        self.batch.end_row(key_end);
        Ok(Piece::Row(bytes.len() - fields.len()))
    }
}

enum Piece {
    /// A row of so many bytes.
    Row(usize),
    End,
    Incomplete,
}

enum Field<'a> {
    Value(&'a [u8]),
    Null,
    Incomplete,
}

/// Takes the next field off.
fn field<'a>(fields: &mut &'a [u8]) -> Field<'a> {
    let Some((size, rest)) = fields.split_first_chunk::<4>() else {
        return Field::Incomplete;
    };
    let Ok(size) = usize::try_from(i32::from_be_bytes(*size)) else {
        *fields = rest;
        return Field::Null;
    };
    match rest.split_at_checked(size) {
        Some((bytes, rest)) => {
            *fields = rest;
            Field::Value(bytes)
        }
        None => Field::Incomplete,
    }
}

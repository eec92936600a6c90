//! From the rows of the binary protocol, as they lie in the receive buffer, to canonical ones.
//!
//! # Source
//! MariaDB, "Client/Server Protocol", "Resultset Row", binary.

use jiff::tz::TimeZone;
use mysql_async::Column;
use mysql_async::consts::{ColumnFlags, ColumnType};

use super::{Asked, Question};
use crate::decimal::Decimal;
use crate::fault::SourceFault;
use crate::moment::{self, DAY, SECOND};
use crate::raw::{Raw, put};
use crate::row::Batch;
use crate::short::Short;
use crate::value::Kind;

/// The number of the character set that says a text is bytes.
const BINARY: u16 = 63;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Native {
    Int,
    Bit,
    Bits,
    Single,
    Double,
    Decimal,
    Text,
    Bytes,
    Date,
    Time,
    Datetime,
    Timestamp,
    Json,
}

impl Native {
    pub(super) fn of(column: &Column) -> Self {
        let is_bytes = column.character_set() == BINARY
            && !column.flags().contains(ColumnFlags::ENUM_FLAG)
            && !column.flags().contains(ColumnFlags::SET_FLAG);
        match column.column_type() {
            ColumnType::MYSQL_TYPE_TINY
            | ColumnType::MYSQL_TYPE_SHORT
            | ColumnType::MYSQL_TYPE_LONG
            | ColumnType::MYSQL_TYPE_LONGLONG
            | ColumnType::MYSQL_TYPE_INT24
            | ColumnType::MYSQL_TYPE_YEAR => Self::Int,
            ColumnType::MYSQL_TYPE_BIT if column.column_length() == 1 => Self::Bit,
            ColumnType::MYSQL_TYPE_BIT => Self::Bits,
            ColumnType::MYSQL_TYPE_FLOAT => Self::Single,
            ColumnType::MYSQL_TYPE_DOUBLE => Self::Double,
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => Self::Decimal,
            ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => Self::Date,
            ColumnType::MYSQL_TYPE_TIME | ColumnType::MYSQL_TYPE_TIME2 => Self::Time,
            ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_DATETIME2 => Self::Datetime,
            ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => Self::Timestamp,
            ColumnType::MYSQL_TYPE_JSON => Self::Json,
            other if is_bytes || other == ColumnType::MYSQL_TYPE_GEOMETRY => Self::Bytes,
            ColumnType::MYSQL_TYPE_NULL
            | ColumnType::MYSQL_TYPE_VARCHAR
            | ColumnType::MYSQL_TYPE_TYPED_ARRAY
            | ColumnType::MYSQL_TYPE_VECTOR
            | ColumnType::MYSQL_TYPE_UNKNOWN
            | ColumnType::MYSQL_TYPE_ENUM
            | ColumnType::MYSQL_TYPE_SET
            | ColumnType::MYSQL_TYPE_TINY_BLOB
            | ColumnType::MYSQL_TYPE_MEDIUM_BLOB
            | ColumnType::MYSQL_TYPE_LONG_BLOB
            | ColumnType::MYSQL_TYPE_BLOB
            | ColumnType::MYSQL_TYPE_VAR_STRING
            | ColumnType::MYSQL_TYPE_STRING
            | ColumnType::MYSQL_TYPE_GEOMETRY => Self::Text,
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Int | Self::Bits => Kind::Int,
            Self::Bit => Kind::Bool,
            Self::Single | Self::Double => Kind::Float,
            Self::Decimal => Kind::Decimal,
            Self::Text => Kind::Text,
            Self::Bytes => Kind::Bytes,
            Self::Date => Kind::Date,
            Self::Time => Kind::Time,
            Self::Datetime => Kind::Timestamp,
            Self::Timestamp => Kind::Instant,
            Self::Json => Kind::Json,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Bit => "bit(1)",
            Self::Bits => "bit",
            Self::Single => "float",
            Self::Double => "double",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Bytes => "binary",
            Self::Date => "date",
            Self::Time => "time",
            Self::Datetime => "datetime",
            Self::Timestamp => "timestamp",
            Self::Json => "json",
        }
    }

    fn unreadable(self) -> SourceFault {
        SourceFault::Unreadable {
            native: self.word().to_owned(),
        }
    }
}

/// How a column's values are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A whole number of so many bytes.
    Signed(usize),
    Unsigned(usize),
    Single,
    Double,
    /// Day and time, as many bytes as are not zero.
    Moment,
    /// A time, as many bytes as are not zero.
    Span,
    /// A length, and as many bytes.
    Bytes,
}

/// A column as it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    native: Native,
    form: Form,
    kind: Kind,
}

impl Cell {
    pub(super) fn of(column: &Column, asked: &Asked) -> Self {
        let native = Native::of(column);
        let number = |bytes: usize| match column.flags().contains(ColumnFlags::UNSIGNED_FLAG) {
            true => Form::Unsigned(bytes),
            false => Form::Signed(bytes),
        };
        let form = match column.column_type() {
            ColumnType::MYSQL_TYPE_TINY => number(1),
            ColumnType::MYSQL_TYPE_SHORT | ColumnType::MYSQL_TYPE_YEAR => number(2),
            ColumnType::MYSQL_TYPE_LONG | ColumnType::MYSQL_TYPE_INT24 => number(4),
            ColumnType::MYSQL_TYPE_LONGLONG => number(8),
            ColumnType::MYSQL_TYPE_FLOAT => Form::Single,
            ColumnType::MYSQL_TYPE_DOUBLE => Form::Double,
            ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_DATETIME | ColumnType::MYSQL_TYPE_TIMESTAMP => {
                Form::Moment
            }
            ColumnType::MYSQL_TYPE_TIME => Form::Span,
            ColumnType::MYSQL_TYPE_DECIMAL
            | ColumnType::MYSQL_TYPE_NEWDECIMAL
            | ColumnType::MYSQL_TYPE_NULL
            | ColumnType::MYSQL_TYPE_NEWDATE
            | ColumnType::MYSQL_TYPE_TIMESTAMP2
            | ColumnType::MYSQL_TYPE_DATETIME2
            | ColumnType::MYSQL_TYPE_TIME2
            | ColumnType::MYSQL_TYPE_VARCHAR
            | ColumnType::MYSQL_TYPE_BIT
            | ColumnType::MYSQL_TYPE_TYPED_ARRAY
            | ColumnType::MYSQL_TYPE_VECTOR
            | ColumnType::MYSQL_TYPE_UNKNOWN
            | ColumnType::MYSQL_TYPE_JSON
            | ColumnType::MYSQL_TYPE_ENUM
            | ColumnType::MYSQL_TYPE_SET
            | ColumnType::MYSQL_TYPE_TINY_BLOB
            | ColumnType::MYSQL_TYPE_MEDIUM_BLOB
            | ColumnType::MYSQL_TYPE_LONG_BLOB
            | ColumnType::MYSQL_TYPE_BLOB
            | ColumnType::MYSQL_TYPE_VAR_STRING
            | ColumnType::MYSQL_TYPE_STRING
            | ColumnType::MYSQL_TYPE_GEOMETRY => Form::Bytes,
        };
        let kind = asked.kind.unwrap_or(native.kind());
        Self { native, form, kind }
    }

    pub(super) fn native(self) -> Native {
        self.native
    }

    /// Appends the value that the bytes begin with, and leaves those behind it.
    fn write(self, batch: &mut Batch, zone: Option<&TimeZone>, bytes: &mut &[u8]) -> Result<(), SourceFault> {
        let unreadable = || self.native.unreadable();
        let (out, kind) = (batch.bytes(), self.kind);
        // Each form puts its value by itself, so that the commonest ways are short ones.
        match self.form {
            Form::Signed(size) => {
                let number = signed(bytes, size).ok_or_else(unreadable)?;
                put(out, kind, zone, &Raw::Int(number))
            }
            Form::Unsigned(size) => {
                let number = unsigned(take(bytes, size).ok_or_else(unreadable)?);
                put(out, kind, zone, &Raw::Unsigned(number))
            }
            Form::Single => {
                let number = f32::from_le_bytes(fixed(bytes).ok_or_else(unreadable)?);
                put(out, kind, zone, &Raw::Single(number))
            }
            Form::Double => {
                let number = f64::from_le_bytes(fixed(bytes).ok_or_else(unreadable)?);
                put(out, kind, zone, &Raw::Float(number))
            }
            Form::Moment => {
                let moment = Moment::of(bytes).ok_or_else(unreadable)?;
                match moment.raw(self.native) {
                    Some(raw) => put(out, kind, zone, &raw),
                    None => put(out, kind, zone, &Raw::Text(moment.shown(self.native).as_bytes())),
                }
            }
            Form::Span => {
                let micros = span(bytes).ok_or_else(unreadable)?;
                put(out, kind, zone, &Raw::Time(micros))
            }
            Form::Bytes if self.native == Native::Text => {
                let content = sized(bytes).ok_or_else(unreadable)?;
                put(out, kind, zone, &Raw::Text(content))
            }
            Form::Bytes => {
                let raw = sized(bytes).and_then(|content| raw_of(self.native, content));
                put(out, kind, zone, &raw.ok_or_else(unreadable)?)
            }
        }
    }
}

/// What is sent as a length and as many bytes.
fn raw_of(native: Native, bytes: &[u8]) -> Option<Raw<'_>> {
    Some(match native {
        Native::Bit | Native::Bits => bits(bytes),
        Native::Decimal => match Short::parse(bytes) {
            Some(short) => Raw::Short(short),
            None => Raw::Decimal(str::from_utf8(bytes).ok().and_then(Decimal::parse)?),
        },
        Native::Bytes => Raw::Bytes(bytes),
        Native::Json => Raw::Json(bytes),
        Native::Int
        | Native::Single
        | Native::Double
        | Native::Text
        | Native::Date
        | Native::Time
        | Native::Datetime
        | Native::Timestamp => Raw::Text(bytes),
    })
}

/// A day and a time as they are sent; what is missing is zero.
#[derive(Default)]
struct Moment {
    year: u16,
    month: u8,
    day: u8,
    micros: i64,
}

impl Moment {
    fn of(bytes: &mut &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first()?;
        *bytes = rest;
        let sent = take(bytes, usize::from(*size))?;
        let mut moment = Self::default();
        if let [low, high, month, day, rest @ ..] = sent {
            moment.year = u16::from_le_bytes([*low, *high]);
            (moment.month, moment.day) = (*month, *day);
            moment.micros = clock(0, rest)?;
        } else if !sent.is_empty() {
            return None;
        }
        Some(moment)
    }

    /// `None` for a day that is on no calendar.
    fn raw(&self, native: Native) -> Option<Raw<'static>> {
        let days = moment::days_of(i64::from(self.year), u32::from(self.month), u32::from(self.day))?;
        let micros = i64::from(days) * DAY + self.micros;
        Some(match native {
            Native::Date => Raw::Date(days),
            Native::Timestamp => Raw::Instant(micros),
            Native::Int
            | Native::Bit
            | Native::Bits
            | Native::Single
            | Native::Double
            | Native::Decimal
            | Native::Text
            | Native::Bytes
            | Native::Time
            | Native::Datetime
            | Native::Json => Raw::Timestamp(micros),
        })
    }

    /// As the database itself shows it.
    fn shown(&self, native: Native) -> String {
        let day = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        match native == Native::Date {
            true => day,
            false => format!("{day} {}", moment::time_text(self.micros)),
        }
    }
}

/// A time that may be longer than a day, and negative.
fn span(bytes: &mut &[u8]) -> Option<i64> {
    let (size, rest) = bytes.split_first()?;
    *bytes = rest;
    match take(bytes, usize::from(*size))? {
        [] => Some(0),
        [is_negative, rest @ ..] => {
            let (days, rest) = rest.split_first_chunk::<4>()?;
            let micros = clock(i64::from(u32::from_le_bytes(*days)), rest)?;
            Some(if *is_negative == 0 { micros } else { -micros })
        }
    }
}

/// Microseconds of days and of hours, minutes and seconds, each a byte, with or without microseconds behind them.
fn clock(days: i64, bytes: &[u8]) -> Option<i64> {
    let (hours, minutes, seconds, micros) = match *bytes {
        [] => (0, 0, 0, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds, 0),
        [hours, minutes, seconds, a, b, c, d] => (hours, minutes, seconds, u32::from_le_bytes([a, b, c, d])),
        _ => return None,
    };
    let whole = i64::from(hours) * 3_600 + i64::from(minutes) * 60 + i64::from(seconds);
    Some(days * DAY + whole * SECOND + i64::from(micros))
}

fn bits(bytes: &[u8]) -> Raw<'_> {
    Raw::Unsigned(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    Some(taken)
}

fn unsigned(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(eight)
}

/// A whole number of one, two, four or eight bytes.
fn signed(bytes: &mut &[u8], size: usize) -> Option<i64> {
    Some(match size {
        1 => i64::from(i8::from_le_bytes(fixed(bytes)?)),
        2 => i64::from(i16::from_le_bytes(fixed(bytes)?)),
        4 => i64::from(i32::from_le_bytes(fixed(bytes)?)),
        8 => i64::from_le_bytes(fixed(bytes)?),
        _ => return None,
    })
}

fn fixed<const SIZE: usize>(bytes: &mut &[u8]) -> Option<[u8; SIZE]> {
    let (taken, rest) = bytes.split_first_chunk::<SIZE>()?;
    *bytes = rest;
    Some(*taken)
}

/// As many bytes as the length before them says.
fn sized<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = length(bytes)?;
    take(bytes, size)
}

/// The length that stands before a text: one byte, or a marker and two, three or eight.
fn length(bytes: &mut &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let size = match first {
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        0xfb | 0xff => return None,
        short => return Some(usize::from(*short)),
    };
    usize::try_from(unsigned(take(bytes, size)?)).ok()
}

/// Appends a row: a zero, a bit for each column that is `NULL` from the third on, and the values of the others.
pub(super) fn write_row(batch: &mut Batch, question: &Question, cells: &[Cell], row: &[u8]) -> Result<(), SourceFault> {
    let torn = || SourceFault::Connection {
        why: "a row came incomplete".to_owned(),
    };
    let mut bytes = row.strip_prefix(&[0]).ok_or_else(torn)?;
    let nulls = take(&mut bytes, (cells.len() + 9) / 8).ok_or_else(torn)?;
    let (key_columns, zone) = (question.key.len(), question.zone.as_ref());
    let mut key_end = 0;
    for (place, cell) in cells.iter().enumerate() {
        if place == key_columns {
            key_end = batch.bytes().len();
        }
        if nulls[(place + 2) / 8] & 1 << ((place + 2) % 8) != 0 {
            if place < key_columns {
                return Err(SourceFault::NullKey);
            }
            put(batch.bytes(), cell.kind, zone, &Raw::Null)?;
        } else {
            cell.write(batch, zone, &mut bytes)?;
        }
    }
    if question.cells.is_empty() {
        key_end = batch.bytes().len();
    }
    batch.end_row(key_end);
    Ok(())
}

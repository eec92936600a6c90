//! From the values of the binary protocol to canonical rows.

use mysql_async::consts::{ColumnFlags, ColumnType};
use mysql_async::{Column, Row, Value};

use super::Question;
use crate::decimal::Decimal;
use crate::fault::SourceFault;
use crate::moment::{self, DAY, SECOND};
use crate::raw::{Raw, put};
use crate::row::Batch;
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

    /// Calls back with the value; a day that is on no calendar comes as the text that it is shown as.
    fn with_raw<T>(self, value: &Value, take: impl FnOnce(&Raw<'_>) -> T) -> Result<T, SourceFault> {
        let raw = match (self, value) {
            (_, Value::NULL) => Raw::Null,
            (Self::Bit | Self::Bits, Value::Bytes(bytes)) => bits(bytes),
            (Self::Decimal, Value::Bytes(bytes)) => {
                let number = str::from_utf8(bytes).ok().and_then(Decimal::parse);
                Raw::Decimal(number.ok_or_else(|| self.unreadable())?)
            }
            (Self::Bytes, Value::Bytes(bytes)) => Raw::Bytes(bytes),
            (Self::Json, Value::Bytes(bytes)) => Raw::Json(bytes),
            (_, Value::Bytes(bytes)) => Raw::Text(bytes),
            (_, Value::Int(number)) => Raw::Int(*number),
            (_, Value::UInt(number)) => Raw::Unsigned(*number),
            (_, Value::Float(number)) => Raw::Single(*number),
            (_, Value::Double(number)) => Raw::Float(*number),
            (_, Value::Date(year, month, day, hour, minute, second, micros)) => {
                let days = moment::days_of(i64::from(*year), u32::from(*month), u32::from(*day));
                let clock = clock(u32::from(*hour), *minute, *second, *micros);
                match (self, days) {
                    (Self::Date, Some(days)) => Raw::Date(days),
                    (Self::Timestamp, Some(days)) => Raw::Instant(i64::from(days) * DAY + clock),
                    (_, Some(days)) => Raw::Timestamp(i64::from(days) * DAY + clock),
                    (_, None) => {
                        let mut shown = format!("{year:04}-{month:02}-{day:02}");
                        if self != Self::Date {
                            shown = format!("{shown} {}", moment::time_text(clock));
                        }
                        return Ok(take(&Raw::Text(shown.as_bytes())));
                    }
                }
            }
            (_, Value::Time(is_negative, days, hours, minutes, seconds, micros)) => {
                let clock = clock(days * 24 + u32::from(*hours), *minutes, *seconds, *micros);
                Raw::Time(if *is_negative { -clock } else { clock })
            }
        };
        Ok(take(&raw))
    }

    fn unreadable(self) -> SourceFault {
        SourceFault::Unreadable {
            native: self.word().to_owned(),
        }
    }
}

fn clock(hours: u32, minutes: u8, seconds: u8, micros: u32) -> i64 {
    let whole = i64::from(hours) * 3_600 + i64::from(minutes) * 60 + i64::from(seconds);
    whole * SECOND + i64::from(micros)
}

fn bits(bytes: &[u8]) -> Raw<'_> {
    Raw::Unsigned(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Appends a row.
pub(super) fn write_row(
    batch: &mut Batch,
    question: &Question,
    natives: &[Native],
    row: &Row,
) -> Result<(), SourceFault> {
    let key_columns = question.key.len();
    let mut key_end = 0;
    for (place, (asked, native)) in question.all().zip(natives).enumerate() {
        if place == key_columns {
            key_end = batch.bytes().len();
        }
        let value = row.as_ref(place).ok_or(SourceFault::SchemaChanged)?;
        if place < key_columns && *value == Value::NULL {
            return Err(SourceFault::NullKey);
        }
        let kind = asked.kind.unwrap_or(native.kind());
        native.with_raw(value, |raw| put(batch.bytes(), kind, question.zone.as_ref(), raw))??;
    }
    if question.cells.is_empty() {
        key_end = batch.bytes().len();
    }
    batch.end_row(key_end);
    Ok(())
}

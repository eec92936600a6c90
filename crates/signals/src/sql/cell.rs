//! Values that are kept: few rows, read as numbers, counts, moments and names.

use tidegate_model::Timestamp;
use tidegate_model::ask::Decimal;
use tidegate_model::seam::InvalidReason;

use super::Limits;
use super::fault::SourceFault;
use super::rows::Rows;
use super::value::Value;
use crate::miss::{Finding, Miss};
use crate::{moment, number};

/// A value that is kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Unsigned(u64),
    Real(f64),
    Decimal(String),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

impl Cell {
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Unsigned(number) => Self::Unsigned(number),
            Value::Real(number) => Self::Real(number),
            Value::Decimal(text) => Self::Decimal(text.to_owned()),
            Value::Text(bytes) => Self::Text(bytes.to_vec()),
            Value::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Unsigned(number) => Value::Unsigned(*number),
            Self::Real(number) => Value::Real(*number),
            Self::Decimal(text) => Value::Decimal(text),
            Self::Text(bytes) => Value::Text(bytes),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) | Self::Unsigned(_) | Self::Real(_) => size_of::<Self>(),
            Self::Decimal(text) => text.len(),
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.len(),
        }
    }

    /// As a number in millionths.
    pub(super) fn decimal(&self) -> Finding<Decimal> {
        match self {
            Self::Integer(number) => number::decimal_of_digits(&number.to_string()),
            Self::Unsigned(number) => number::decimal_of_digits(&number.to_string()),
            Self::Real(number) => number::decimal(*number),
            Self::Decimal(text) => number::decimal_of_digits(finite(text)?),
            Self::Null => Err(null()),
            Self::Text(_) | Self::Bytes(_) => Err(Miss::shape("a text stands where a number was asked for")),
        }
    }

    /// As a count.
    pub(super) fn count(&self) -> Finding<u64> {
        match self {
            Self::Integer(number) => number::count_of_digits(&number.to_string()),
            Self::Unsigned(number) => Ok(*number),
            Self::Real(number) => number::count(*number),
            Self::Decimal(text) => number::count_of_digits(finite(text)?),
            Self::Null => Err(null()),
            Self::Text(_) | Self::Bytes(_) => Err(Miss::shape("a text stands where a count was asked for")),
        }
    }

    /// As a moment: seconds since 1970, or a text with a zone.
    pub(super) fn moment(&self) -> Finding<Timestamp> {
        if let Self::Text(bytes) = self {
            let at = str::from_utf8(bytes).ok().and_then(moment::read);
            return at.ok_or_else(|| {
                Miss::shape("the moment is neither a time with a zone nor a number of seconds since 1970")
            });
        }
        Ok(Timestamp(self.decimal()?.0 / 1_000))
    }

    /// As a name.
    pub(super) fn name(&self) -> Finding<String> {
        match self.value().canonical() {
            Ok(Some(name)) if !name.is_empty() => Ok(name.into_owned()),
            Ok(Some(_)) => Err(Miss::shape("a batch has no name")),
            Ok(None) => Err(null()),
            Err(_) => Err(Miss::shape("a batch has a name that is no text")),
        }
    }
}

fn null() -> Miss {
    Miss::Unusable(InvalidReason::Null, "a value is NULL".to_owned())
}

/// The digits of an exact number. PostgreSQL has exact numbers that are none.
fn finite(text: &str) -> Finding<&str> {
    match text {
        "NaN" => number::finite(f64::NAN).map(|_| text),
        "Infinity" | "-Infinity" => number::finite(f64::INFINITY).map(|_| text),
        _ => Ok(text),
    }
}

/// Few rows, whole.
#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) columns: usize,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Rows for Cells {
    fn begin(&mut self, columns: usize) {
        self.columns = columns;
    }

    fn take<'a>(
        &mut self,
        limits: &Limits,
        values: impl Iterator<Item = Result<Value<'a>, SourceFault>>,
    ) -> Result<(), SourceFault> {
        if self.rows.len() >= limits.rows_max {
            return Err(SourceFault::TooManyRows { limit: limits.rows_max });
        }
        let mut bytes = 0_usize;
        let mut row = Vec::with_capacity(self.columns);
        for value in values {
            let cell = Cell::of(value?);
            bytes = bytes.saturating_add(cell.bytes());
            if bytes > limits.row_bytes_max {
                return Err(SourceFault::RowTooLong {
                    limit: limits.row_bytes_max,
                });
            }
            row.push(cell);
        }
        self.rows.push(row);
        Ok(())
    }
}

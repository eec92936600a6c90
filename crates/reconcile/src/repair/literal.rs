//! A value as the target's own column takes it, and the condition that the column still holds what was seen. What cannot
//! be said exactly is an obstacle, never an approximation.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use crate::moment::{self, DAY};
use crate::source::Field;
use crate::sql::Dialect;
use crate::value::{Kind, Value, uuid_text};

/// Why a value cannot be written or guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum Obstacle {
    #[error("the column is an expression on the target, which cannot be turned round")]
    Expression,
    #[error("the target holds it as text, and the same value can be spelled in several ways")]
    Spelling,
    #[error("the value lies outside what the target's type can hold")]
    Range,
    #[error("the target's type takes no such value")]
    Kind,
}

/// How the target writes: its language, and the zone of its times without one.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    pub(super) dialect: Dialect,
    pub(super) zone: Option<TimeZone>,
}

impl Hand {
    /// The value as it is assigned to the column.
    pub(super) fn literal(&self, field: &Field, value: &Value) -> Result<String, Obstacle> {
        match value {
            Value::Null => Ok("NULL".to_owned()),
            Value::Bool(truth) => Ok(self.truth(field, *truth)),
            Value::Int(number) => Ok(self.number(field, &number.to_string())),
            Value::Decimal(number) => Ok(self.number(field, &number.to_string())),
            Value::Float(number) => self.float(*number),
            Value::Text(text) => self.text(text),
            Value::Json(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes_or_refuse(field, bytes),
            Value::Uuid(bytes) => match field.kind {
                Some(Kind::Bytes) => Ok(self.bytes(bytes)),
                _ => Ok(format!("'{}'", uuid_text(bytes))),
            },
            Value::Date(_) | Value::Time(_) | Value::Timestamp(_) | Value::Instant(_) => self.moment(field, value),
        }
    }

    /// The condition that the column holds exactly this value; `NULL` is a value here.
    pub(super) fn guard(&self, field: &Field, column: &str, value: &Value) -> Result<String, Obstacle> {
        if matches!(value, Value::Null) {
            return Ok(format!("{column} IS NULL"));
        }
        let is = match self.dialect {
            Dialect::Postgres => "IS NOT DISTINCT FROM",
            Dialect::MySql => "<=>",
            Dialect::Sqlite => "IS",
        };
        if let Value::Json(_) = value {
            return self.guard_json(field, column, value);
        }
        if let (Value::Uuid(bytes), true) = (value, self.is_uuid_as_text(field)) {
            let plain = uuid_text(bytes).replace('-', "");
            return Ok(format!("{} {is} '{plain}'", self.plain_uuid(column)));
        }
        let is_text = field.kind == Some(Kind::Text);
        match (self.dialect, value) {
            (Dialect::Sqlite, Value::Timestamp(_) | Value::Instant(_) | Value::Time(_)) => {
                let literal = self.literal(field, value)?;
                let digits = format!("replace(replace({column}, 'T', ' '), 'Z', '')");
                // A point at the end keeps the zeros of whole seconds.
                let short = format!(
                    "rtrim(rtrim({digits} || CASE instr({column}, '.') WHEN 0 THEN '.' ELSE '' END, '0'), '.')"
                );
                let literal = literal.trim_matches('\'');
                let literal = match literal.contains('.') {
                    true => literal.trim_end_matches('0').trim_end_matches('.'),
                    false => literal,
                };
                Ok(format!("{short} {is} '{literal}'"))
            }
            (Dialect::Sqlite, Value::Text(text)) => Ok(format!("{column} COLLATE BINARY {is} {}", self.text(text)?)),
            (Dialect::Postgres, Value::Text(text)) => {
                Ok(format!("{column}::text COLLATE \"C\" {is} {}", self.text(text)?))
            }
            (Dialect::MySql, Value::Text(text)) if is_text => Ok(format!(
                "CAST(CONVERT({column} USING utf8mb4) AS BINARY) {is} CAST({} AS BINARY)",
                self.text(text)?
            )),
            (Dialect::Postgres | Dialect::MySql, _) if is_text && !matches!(value, Value::Text(_)) => {
                Err(Obstacle::Spelling)
            }
            (Dialect::Postgres | Dialect::MySql | Dialect::Sqlite, _) => {
                Ok(format!("{column} {is} {}", self.compared(field, value)?))
            }
        }
    }

    /// The condition that finds a key by its index, where the column is compared as it stands.
    pub(super) fn seek(&self, field: &Field, column: &str, value: &Value) -> Option<String> {
        if let (Value::Uuid(_), true) = (value, self.is_uuid_as_text(field)) {
            return None;
        }
        let literal = self.compared(field, value).ok()?;
        Some(format!("{column} = {literal}"))
    }

    /// The literal with its type, as it stands beside an operator.
    fn compared(&self, field: &Field, value: &Value) -> Result<String, Obstacle> {
        let literal = self.literal(field, value)?;
        let typed = match (self.dialect, value, field.kind) {
            (Dialect::Postgres, Value::Decimal(_) | Value::Int(_), Some(Kind::Float)) => {
                let to = if field.is_single { "float4" } else { "float8" };
                format!("'{}'::{to}", literal.trim_matches('\''))
            }
            (
                Dialect::Postgres,
                Value::Date(_) | Value::Time(_) | Value::Timestamp(_) | Value::Instant(_),
                Some(kind),
            ) => match kind {
                Kind::Date => format!("{literal}::date"),
                Kind::Timestamp => format!("{literal}::timestamp"),
                Kind::Instant => format!("{literal}::timestamptz"),
                Kind::Time
                | Kind::Bool
                | Kind::Int
                | Kind::Decimal
                | Kind::Float
                | Kind::Text
                | Kind::Bytes
                | Kind::Uuid
                | Kind::Json => literal,
            },
            (Dialect::Postgres, Value::Uuid(_), Some(Kind::Uuid)) => format!("{literal}::uuid"),
            (Dialect::MySql, Value::Decimal(_) | Value::Int(_), Some(Kind::Float)) if field.is_single => {
                format!("CAST({literal} AS FLOAT)")
            }
            (Dialect::MySql, Value::Decimal(_) | Value::Int(_), Some(Kind::Float)) => format!("{literal}e0"),
            (Dialect::MySql, Value::Date(_), _) => format!("DATE {literal}"),
            (Dialect::MySql, Value::Time(_), _) => format!("TIME {literal}"),
            (Dialect::MySql, Value::Timestamp(_) | Value::Instant(_), Some(Kind::Date)) => format!("DATE {literal}"),
            (Dialect::MySql, Value::Timestamp(_) | Value::Instant(_), _) => format!("TIMESTAMP {literal}"),
            (Dialect::Postgres | Dialect::MySql | Dialect::Sqlite, _, _) => literal,
        };
        Ok(typed)
    }

    fn guard_json(&self, field: &Field, column: &str, value: &Value) -> Result<String, Obstacle> {
        let literal = self.literal(field, value)?;
        match (self.dialect, field.kind) {
            (Dialect::Postgres, _) => Ok(format!("{column}::jsonb IS NOT DISTINCT FROM {literal}::jsonb")),
            // MySQL has a type; in MariaDB a document is a text.
            (Dialect::MySql, Some(Kind::Json)) => Ok(format!("{column} <=> CAST({literal} AS JSON)")),
            (Dialect::MySql, _) => Ok(format!("JSON_EQUALS({column}, {literal})")),
            (Dialect::Sqlite, _) => Err(Obstacle::Spelling),
        }
    }

    fn is_uuid_as_text(&self, field: &Field) -> bool {
        match self.dialect {
            Dialect::Postgres => field.kind == Some(Kind::Text),
            Dialect::MySql => field.kind == Some(Kind::Text),
            Dialect::Sqlite => field.kind != Some(Kind::Bytes),
        }
    }

    fn plain_uuid(&self, column: &str) -> String {
        let text = match self.dialect {
            Dialect::Postgres => format!("{column}::text"),
            Dialect::MySql => format!("CONVERT({column} USING utf8mb4)"),
            Dialect::Sqlite => column.to_owned(),
        };
        format!("replace(replace(replace(lower(trim({text})), '-', ''), '{{', ''), '}}', '')")
    }

    fn truth(&self, field: &Field, truth: bool) -> String {
        let is_number = matches!(field.kind, Some(Kind::Int | Kind::Decimal | Kind::Float));
        match self.dialect {
            Dialect::Postgres if !is_number => format!("'{truth}'"),
            Dialect::Postgres | Dialect::MySql | Dialect::Sqlite => u8::from(truth).to_string(),
        }
    }

    fn number(&self, field: &Field, digits: &str) -> String {
        match (self.dialect, field.kind) {
            // A number is no text to PostgreSQL, and a boolean takes its word.
            (Dialect::Postgres, Some(Kind::Text | Kind::Bool)) => format!("'{digits}'"),
            (Dialect::Postgres | Dialect::MySql | Dialect::Sqlite, _) => digits.to_owned(),
        }
    }

    fn float(&self, number: f64) -> Result<String, Obstacle> {
        match self.dialect {
            Dialect::Postgres => Ok(format!("'{number:?}'::float8")),
            Dialect::MySql if number.is_finite() => Ok(format!("{number:e}")),
            Dialect::Sqlite if number.is_finite() => Ok(format!("{number:?}")),
            Dialect::Sqlite if number.is_infinite() => Ok(if number > 0.0 { "9e999" } else { "-9e999" }.to_owned()),
            Dialect::MySql | Dialect::Sqlite => Err(Obstacle::Range),
        }
    }

    fn text(&self, text: &str) -> Result<String, Obstacle> {
        let is_plain = !text.chars().any(|letter| letter.is_control() || letter == '\\');
        match self.dialect {
            _ if is_plain => Ok(format!("'{}'", text.replace('\'', "''"))),
            Dialect::Postgres if text.contains('\0') => Err(Obstacle::Range),
            Dialect::Postgres => {
                let mut out = String::from("E'");
                for letter in text.chars() {
                    match letter {
                        '\'' => out.push_str("''"),
                        '\\' => out.push_str("\\\\"),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        other if other.is_control() => {
                            write!(out, "\\u{:04x}", u32::from(other)).expect("a string takes all text");
                        }
                        other => out.push(other),
                    }
                }
                out.push('\'');
                Ok(out)
            }
            Dialect::MySql => Ok(format!("_utf8mb4 x'{}'", digits(text.as_bytes()))),
            Dialect::Sqlite => Ok(format!("CAST(x'{}' AS TEXT)", digits(text.as_bytes()))),
        }
    }

    fn bytes_or_refuse(&self, field: &Field, bytes: &[u8]) -> Result<String, Obstacle> {
        match (self.dialect, field.kind) {
            (Dialect::Postgres | Dialect::MySql, Some(Kind::Text)) => Err(Obstacle::Spelling),
            (Dialect::Postgres | Dialect::MySql | Dialect::Sqlite, _) => Ok(self.bytes(bytes)),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> String {
        match self.dialect {
            Dialect::Postgres => format!("decode('{}', 'hex')", digits(bytes)),
            Dialect::MySql | Dialect::Sqlite => format!("x'{}'", digits(bytes)),
        }
    }

    /// A day or time, in quotes, in the column's own way of telling it.
    fn moment(&self, field: &Field, value: &Value) -> Result<String, Obstacle> {
        let local = match (value, field.kind) {
            // A column without a zone holds the zone's clock.
            (Value::Instant(micros), Some(Kind::Timestamp | Kind::Date)) => Value::Timestamp(self.clock(*micros)?),
            _ => value.clone(),
        };
        let (days, text) = match (&local, field.kind) {
            (Value::Timestamp(micros), Some(Kind::Date)) => {
                let days = i32::try_from(micros.div_euclid(DAY)).map_err(|_| Obstacle::Range)?;
                if micros.rem_euclid(DAY) != 0 {
                    return Err(Obstacle::Kind);
                }
                (Some(days), Value::Date(days).to_string())
            }
            (Value::Date(days), _) => (Some(*days), local.to_string()),
            (Value::Timestamp(micros) | Value::Instant(micros), _) => {
                let days = match *micros {
                    moment::AFTER_ALL => Some(moment::DAY_AFTER_ALL),
                    moment::BEFORE_ALL => Some(moment::DAY_BEFORE_ALL),
                    micros => i32::try_from(micros.div_euclid(DAY)).ok(),
                };
                (days, moment::timestamp_text(*micros))
            }
            (other, _) => (None, other.to_string()),
        };
        let is_infinite = days.is_some_and(|days| days == moment::DAY_AFTER_ALL || days == moment::DAY_BEFORE_ALL);
        let year = days
            .filter(|_| !is_infinite)
            .map(|days| moment::civil_of(i64::from(days)).0);
        let years = match self.dialect {
            Dialect::Postgres => 1..=294_276,
            Dialect::MySql | Dialect::Sqlite => 1..=9_999,
        };
        if year.is_some_and(|year| !years.contains(&year)) || is_infinite && self.dialect != Dialect::Postgres {
            return Err(Obstacle::Range);
        }
        let zone = match (&local, self.dialect) {
            (Value::Instant(_), Dialect::Postgres) if !is_infinite => "+00",
            (Value::Instant(_), Dialect::Sqlite) => "Z",
            _ => "",
        };
        Ok(format!("'{text}{zone}'"))
    }

    /// The clock of the declared zone at a moment, if that clock leads back to it.
    fn clock(&self, micros: i64) -> Result<i64, Obstacle> {
        if micros == moment::AFTER_ALL || micros == moment::BEFORE_ALL {
            return Ok(micros);
        }
        let zone = self.zone.as_ref().ok_or(Obstacle::Kind)?;
        let moment = jiff::Timestamp::from_microsecond(micros).map_err(|_| Obstacle::Range)?;
        let civil = zone.to_datetime(moment);
        let back = zone
            .to_ambiguous_timestamp(civil)
            .compatible()
            .map_err(|_| Obstacle::Range)?;
        if back != moment {
            return Err(Obstacle::Range);
        }
        let shown = TimeZone::UTC.to_timestamp(civil).map_err(|_| Obstacle::Range)?;
        Ok(shown.as_microsecond())
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
            write!(out, "{byte:02x}").expect("a string takes all text");
            out
        })
}

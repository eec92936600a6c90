//! The SQL that a question becomes: names, literals, ranges of keys. Every value is written so that nothing in it ends it.

use std::fmt::Write as _;

use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::row::Key;
use crate::source::{Arrival, Asked, Asking, Question};
use crate::value::{Kind, Value, uuid_text};

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    MySql,
    Sqlite,
}

impl Dialect {
    /// One statement for the columns, given as they stand in the select list.
    pub(crate) fn select(self, question: &Question, columns: &[String], predicate: &str, order: Arrival) -> String {
        let mut sql = format!(
            "SELECT {} FROM {}",
            columns.join(", "),
            self.relation(&question.relation)
        );
        let conditions: Vec<&str> = [question.filter.as_deref(), Some(predicate)]
            .into_iter()
            .flatten()
            .filter(|condition| !condition.is_empty())
            .collect();
        if !conditions.is_empty() {
            write!(sql, " WHERE ({})", conditions.join(") AND (")).expect("a string takes all text");
        }
        let direction = match order {
            Arrival::ByKey => "",
            Arrival::Backwards => " DESC",
            Arrival::AsTheyCome => return sql,
        };
        let part = |asked: &Asked| format!("{}{direction}", self.expression(&asked.expression));
        let keys: Vec<String> = question.key.iter().map(part).collect();
        write!(sql, " ORDER BY {}", keys.join(", ")).expect("a string takes all text");
        sql
    }

    /// The statement that what is asked for comes to.
    pub(crate) fn asked(self, question: &Question, asking: Asking<'_>) -> String {
        let list: Vec<String> = question.all().map(|asked| self.expression(&asked.expression)).collect();
        match asking {
            Asking::Range { range, first } => {
                let select = self.select(question, &list, &self.within(question, range), Arrival::ByKey);
                let tail = first.map_or_else(String::new, |rows| format!(" LIMIT {rows}"));
                format!("{select}{tail}")
            }
            Asking::Key(key) => {
                let among = self.among(question, std::slice::from_ref(key));
                self.select(question, &list, &among, Arrival::AsTheyCome)
            }
        }
    }

    /// A table's name, or a query in brackets with a name of its own.
    pub(crate) fn relation(self, relation: &Relation) -> String {
        match relation {
            Relation::Table(name) => {
                let parts: Vec<String> = name.split('.').map(|part| self.name(part)).collect();
                parts.join(".")
            }
            Relation::Query(query) => {
                let query = query.trim_end().trim_end_matches(';');
                format!("(\n{query}\n) AS asked")
            }
        }
    }

    /// A column's name, or an expression in brackets.
    pub(crate) fn expression(self, expression: &Expression) -> String {
        match expression {
            Expression::Column(name) => self.name(name),
            Expression::Sql(sql) => format!("({sql})"),
        }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Postgres | Self::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::MySql => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// The rows that have a key.
    pub(crate) fn with_key(self, question: &Question) -> String {
        let has = |asked: &Asked| format!("{} IS NOT NULL", self.expression(&asked.expression));
        question.key.iter().map(has).collect::<Vec<_>>().join(" AND ")
    }

    /// The rows of a range.
    pub(crate) fn within(self, question: &Question, range: &KeyRange) -> String {
        let mut conditions = Vec::new();
        if let Some(from) = &range.from {
            conditions.push(self.beyond(question, from, Bound::FromHere));
        }
        if let Some(until) = &range.until {
            conditions.push(self.beyond(question, until, Bound::Before));
        }
        conditions.join(" AND ")
    }

    /// The rows behind a boundary, itself included or not. Rows whose key is `NULL` come with the first range, so that
    /// they are seen.
    fn beyond(self, question: &Question, key: &Key, bound: Bound) -> String {
        let (strict, last) = match bound {
            Bound::FromHere => (">", ">="),
            Bound::Before => ("<", "<"),
        };
        let parts = self.key_parts(question, key);
        let condition = match (self, parts.as_slice()) {
            (_, [(name, literal)]) => format!("{name} {last} {literal}"),
            (Self::Postgres | Self::Sqlite, _) => {
                let names: Vec<&str> = parts.iter().map(|part| part.0.as_str()).collect();
                let literals: Vec<&str> = parts.iter().map(|part| part.1.as_str()).collect();
                format!("({}) {last} ({})", names.join(", "), literals.join(", "))
            }
            // MariaDB walks no index for a comparison of rows; it does for its terms.
            (Self::MySql, _) => {
                let terms = (0..parts.len()).map(|place| {
                    let equal = parts[..place]
                        .iter()
                        .map(|(name, literal)| format!("{name} = {literal} AND "));
                    let sign = if place + 1 == parts.len() { last } else { strict };
                    let (name, literal) = &parts[place];
                    format!("({}{name} {sign} {literal})", equal.collect::<String>())
                });
                let terms: Vec<String> = terms.collect();
                let (name, literal) = &parts[0];
                format!("({name} {strict}= {literal} AND ({}))", terms.join(" OR "))
            }
        };
        match bound {
            Bound::FromHere => condition,
            Bound::Before => {
                let nulls: Vec<String> = parts.iter().map(|(name, _)| format!("{name} IS NULL")).collect();
                match question.may_have_null_keys {
                    true => format!("({condition} OR {})", nulls.join(" OR ")),
                    false => condition,
                }
            }
        }
    }

    /// The rows of these keys. The database may find more of them equal than are.
    pub(crate) fn among(self, question: &Question, keys: &[Key]) -> String {
        let mut names = Vec::new();
        let mut rows = Vec::with_capacity(keys.len());
        for key in keys {
            let parts = self.key_parts(question, key);
            let (key_names, literals): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
            names = key_names;
            rows.push(match literals.as_slice() {
                [one] => one.clone(),
                _ => format!("({})", literals.join(", ")),
            });
        }
        let (rows, names) = (rows.join(", "), names.join(", "));
        match (self, question.key.len()) {
            (_, 1) => format!("{names} IN ({rows})"),
            (Self::Postgres | Self::MySql, _) => format!("({names}) IN ({rows})"),
            (Self::Sqlite, _) => format!("({names}) IN (VALUES {rows})"),
        }
    }

    fn key_parts(self, question: &Question, key: &Key) -> Vec<(String, String)> {
        let part =
            |(asked, value): (&Asked, Value)| (self.expression(&asked.expression), self.literal(&value, asked.native));
        question.key.iter().zip(key.values()).map(part).collect()
    }

    /// A value in the form that the side's own column is compared by.
    fn literal(self, value: &Value, native: Option<Kind>) -> String {
        match (value, native) {
            (Value::Uuid(bytes), Some(Kind::Bytes)) => return self.bytes(bytes),
            (Value::Uuid(bytes), _) => return self.text(&uuid_text(bytes)),
            (Value::Bool(truth), Some(Kind::Int | Kind::Decimal)) => return u8::from(*truth).to_string(),
            _ => {}
        }
        match value {
            Value::Null => "NULL".to_owned(),
            Value::Bool(truth) => match self {
                Self::Postgres => truth.to_string().to_uppercase(),
                Self::MySql | Self::Sqlite => u8::from(*truth).to_string(),
            },
            Value::Int(number) => format!("({number})"),
            Value::Decimal(number) => format!("({number})"),
            Value::Float(number) => match self {
                Self::Postgres => format!("'{number:e}'::float8"),
                Self::MySql | Self::Sqlite => format!("({number:e})"),
            },
            Value::Text(text) | Value::Json(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Date(_) | Value::Time(_) | Value::Timestamp(_) => self.text(&value.to_string()),
            Value::Instant(_) => {
                let text = value.to_string();
                match self {
                    Self::Postgres => self.text(&text.replace('Z', "+00")),
                    // The session stands in UTC.
                    Self::MySql | Self::Sqlite => self.text(text.trim_end_matches('Z')),
                }
            }
            Value::Uuid(bytes) => self.text(&uuid_text(bytes)),
        }
    }

    fn text(self, text: &str) -> String {
        match self {
            // `standard_conforming_strings` is on in every session.
            Self::Postgres => format!("'{}'", text.replace('\'', "''")),
            Self::MySql => format!("_utf8mb4 x'{}'", digits(text.as_bytes())),
            Self::Sqlite => format!("CAST(x'{}' AS TEXT)", digits(text.as_bytes())),
        }
    }

    fn bytes(self, bytes: &[u8]) -> String {
        match self {
            Self::Postgres => format!("'\\x{}'::bytea", digits(bytes)),
            Self::MySql | Self::Sqlite => format!("x'{}'", digits(bytes)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    FromHere,
    Before,
}

fn digits(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all text");
    }
    text
}

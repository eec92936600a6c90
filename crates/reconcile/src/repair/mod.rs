//! A script that would make the target what the old side is: for people to read, to change and to run. It is written and
//! never run here.
//!
//! Each statement finds its row by the key and by every value that was seen, so that a row that has changed since is left
//! alone. Nothing is written of a value that the target cannot be told exactly; a comment says so.

mod literal;

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::comparison::Comparison;
use crate::difference::{Change, Difference};
use crate::entity::{Column, Expression, Relation, Side};
use crate::event::Event;
use crate::repair::literal::{Hand, Obstacle};
use crate::report::harmless;
use crate::row::{Key, Row};
use crate::source::Field;
use crate::sql::Dialect;
use crate::value::Value;

/// Why no script can be written.
#[derive(Debug, thiserror::Error)]
pub enum RepairFault {
    /// The target is a file.
    #[error("a repair script is for a database; the new side is a file")]
    File,
    /// The target is a query.
    #[error("a repair script needs a table on the new side; it is a query")]
    Query,
    /// The output's own fault.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// What the script holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows that it would insert.
    pub inserts: u64,
    /// Rows that it would change.
    pub updates: u64,
    /// Rows that it would delete.
    pub deletes: u64,
    /// Differences that it leaves, or leaves in part.
    pub left: u64,
}

/// A script on its way to its output.
pub struct Repair {
    out: Box<dyn Write + Send>,
    hand: Hand,
    table: String,
    key: Vec<Place>,
    cells: Vec<Place>,
    filter: Option<String>,
    written: Written,
}

/// A column of the target.
struct Place {
    name: String,
    sql: String,
    is_expression: bool,
    field: Field,
}

/// A column that keeps a statement from being written.
struct Hindered<'a> {
    column: &'a str,
    obstacle: Obstacle,
}

impl Repair {
    /// Begins a script for the new side of a comparison, whose address tells its language.
    ///
    /// # Errors
    /// [`RepairFault`] where no statement could be exact, or the output's own.
    pub fn begin(comparison: &Comparison, new_address: &str, out: Box<dyn Write + Send>) -> Result<Self, RepairFault> {
        let dialect = dialect(new_address).ok_or(RepairFault::File)?;
        let entity = comparison.entity();
        if let Relation::Query(_) = &entity.new {
            return Err(RepairFault::Query);
        }
        let schema = &comparison.new.schema;
        let places = |columns: &[Column], fields: &[Field]| -> Vec<Place> {
            columns
                .iter()
                .zip(fields)
                .map(|(column, field)| place(dialect, column, field))
                .collect()
        };
        let mut repair = Self {
            out,
            hand: Hand {
                dialect,
                zone: comparison.new.question.zone.clone(),
            },
            table: dialect.relation(&entity.new),
            key: places(&entity.key, &schema.key),
            cells: places(&entity.columns, &schema.cells),
            filter: entity.filter(Side::New).map(str::to_owned),
            written: Written::default(),
        };
        repair.head(
            &entity.name,
            &comparison.old.source.name(),
            &comparison.new.source.name(),
        )?;
        Ok(repair)
    }

    /// Takes what happened; only differences that stayed have a statement.
    ///
    /// # Errors
    /// The output's.
    pub fn take(&mut self, event: &Event) -> Result<(), RepairFault> {
        if let Event::Confirmed(difference) = event {
            self.difference(difference)?;
        }
        Ok(())
    }

    /// Ends the transaction. A script that was not finished ends without it, and so changes nothing.
    ///
    /// # Errors
    /// The output's.
    pub fn finish(mut self) -> Result<Written, RepairFault> {
        let Written {
            inserts,
            updates,
            deletes,
            left,
        } = self.written;
        writeln!(
            self.out,
            "\n-- {inserts} rows to insert, {updates} to change, {deletes} to delete; {left} differences are left."
        )?;
        writeln!(self.out, "COMMIT;")?;
        self.out.flush()?;
        Ok(self.written)
    }

    fn head(&mut self, entity: &str, old: &str, new: &str) -> Result<(), RepairFault> {
        let run = match self.hand.dialect {
            Dialect::Postgres => "psql --set ON_ERROR_STOP=1 --file THIS_FILE TARGET",
            Dialect::MySql => "mariadb TARGET < THIS_FILE",
            Dialect::Sqlite => "sqlite3 -bail TARGET < THIS_FILE",
        };
        for line in [
            format!("Would make `{entity}` of the new side what it is on the old side."),
            format!("old: {old}"),
            format!("new: {new} (the only one that this script changes)"),
            "Nothing of it has been run. Read it, change it, and run it yourself, for instance by".to_owned(),
            format!("  {run}"),
            "A row that has changed since it was compared is left alone. Compare again afterwards.".to_owned(),
            "Columns that were not compared get their defaults in new rows. Sequences are not moved on.".to_owned(),
        ] {
            self.comment(&line)?;
        }
        let mut notes = BTreeSet::new();
        for place in &self.cells {
            if place.is_expression {
                notes.insert(format!(
                    "column `{}` is not written: {}.",
                    place.name,
                    Obstacle::Expression
                ));
            }
        }
        if let Some(filter) = &self.filter {
            notes.insert(format!(
                "Missing rows are not inserted: they would have to meet `{filter}`."
            ));
        }
        notes.iter().try_for_each(|note| self.comment(note))?;
        let begin = match self.hand.dialect {
            Dialect::Postgres => {
                "BEGIN;\nSET LOCAL client_encoding = 'UTF8';\nSET LOCAL standard_conforming_strings = on;\n\
                 SET LOCAL TIME ZONE 'UTC';\nSET LOCAL lock_timeout = '5s';"
            }
            Dialect::MySql => {
                "SET NAMES utf8mb4;\nSET SESSION time_zone = '+00:00';\n\
                 SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO';\n\
                 SET SESSION innodb_lock_wait_timeout = 5;\nSTART TRANSACTION;"
            }
            Dialect::Sqlite => "BEGIN IMMEDIATE;",
        };
        writeln!(self.out, "{begin}\n")?;
        Ok(())
    }

    fn difference(&mut self, difference: &Difference) -> Result<(), RepairFault> {
        let key = difference.key();
        let written = match difference {
            Difference::Missing { old } => self.insert(old).map(|sql| (sql, None)),
            Difference::Extra { new } => self.delete(new).map(|sql| (sql, None)),
            Difference::Changed { new, changes, .. } => self.update(new, changes),
            Difference::Duplicated { side, rows, .. } => Err(format!("{rows} rows of the {side} side have this key")),
        };
        match written {
            Ok((sql, left)) => {
                if let Some(left) = left {
                    self.written.left += 1;
                    self.comment(&format!("Left in part: {}: {left}.", self.named(key)))?;
                }
                writeln!(self.out, "{sql}")?;
                match difference {
                    Difference::Missing { .. } => self.written.inserts += 1,
                    Difference::Extra { .. } => self.written.deletes += 1,
                    Difference::Changed { .. } => self.written.updates += 1,
                    Difference::Duplicated { .. } => {}
                }
                Ok(())
            }
            Err(why) => {
                self.written.left += 1;
                let kind = kind(difference);
                self.comment(&format!("Left, {kind}: {}: {why}.", self.named(key)))
            }
        }
    }

    fn insert(&self, old: &Row) -> Result<String, String> {
        if let Some(filter) = &self.filter {
            return Err(format!("a new row would have to meet `{filter}`"));
        }
        let key = old.key.values();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (place, value) in self.key.iter().zip(&key).chain(self.cells.iter().zip(&old.cells)) {
            if names.contains(&place.sql) {
                continue;
            }
            names.push(place.sql.clone());
            values.push(self.assigned(place, value).map_err(|hindered| hindered.words())?);
        }
        let found = self.found(&old.key).map_err(|hindered| hindered.words())?;
        let (table, names, values) = (&self.table, names.join(", "), values.join(", "));
        let (over, from) = match self.hand.dialect {
            Dialect::Postgres => (" OVERRIDING SYSTEM VALUE", ""),
            Dialect::MySql => ("", " FROM DUAL"),
            Dialect::Sqlite => ("", ""),
        };
        Ok(format!(
            "INSERT INTO {table} ({names}){over} SELECT {values}{from} WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {});",
            found.join(" AND ")
        ))
    }

    fn delete(&self, new: &Row) -> Result<String, String> {
        let seen = self.seen(new).map_err(|hindered| hindered.words())?;
        Ok(format!("DELETE FROM {} WHERE {seen};", self.table))
    }

    /// The statement, and what it leaves.
    fn update(&self, new: &Row, changes: &[Change]) -> Result<(String, Option<String>), String> {
        let (mut set, mut left) = (Vec::new(), Vec::new());
        for change in changes {
            let place = &self.cells[change.column];
            match self.assigned(place, &change.old) {
                Ok(value) => set.push(format!("{} = {value}", place.sql)),
                Err(hindered) => left.push(hindered.words()),
            }
        }
        let left = (!left.is_empty()).then(|| left.join("; "));
        if set.is_empty() {
            return Err(left.unwrap_or_else(|| "no column is named".to_owned()));
        }
        let seen = self.seen(new).map_err(|hindered| hindered.words())?;
        Ok((
            format!("UPDATE {} SET {} WHERE {seen};", self.table, set.join(", ")),
            left,
        ))
    }

    fn assigned<'a>(&self, place: &'a Place, value: &Value) -> Result<String, Hindered<'a>> {
        let literal = match place.is_expression {
            true => Err(Obstacle::Expression),
            false => self.hand.literal(&place.field, value),
        };
        literal.map_err(|obstacle| place.hindered(obstacle))
    }

    /// The conditions that a row has this key.
    fn found(&self, key: &Key) -> Result<Vec<String>, Hindered<'_>> {
        let mut conditions = Vec::new();
        for (place, value) in self.key.iter().zip(key.values()) {
            let seek = self.hand.seek(&place.field, &place.sql, &value);
            // Texts may be found by an order that takes several for one.
            if seek.is_none() || matches!(value, Value::Text(_)) {
                let guard = self.hand.guard(&place.field, &place.sql, &value);
                conditions.extend(seek);
                conditions.push(guard.map_err(|obstacle| place.hindered(obstacle))?);
            } else {
                conditions.extend(seek);
            }
        }
        Ok(conditions)
    }

    /// The condition that the row is as it was seen.
    fn seen(&self, row: &Row) -> Result<String, Hindered<'_>> {
        let mut conditions = self.found(&row.key)?;
        for (place, value) in self.cells.iter().zip(&row.cells) {
            let guard = self.hand.guard(&place.field, &place.sql, value);
            conditions.push(guard.map_err(|obstacle| place.hindered(obstacle))?);
        }
        conditions.extend(self.filter.as_ref().map(|filter| format!("({filter})")));
        Ok(conditions.join(" AND "))
    }

    fn named(&self, key: &Key) -> String {
        let parts = self
            .key
            .iter()
            .zip(key.values())
            .map(|(place, value)| format!("{} = {value}", place.name));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// A line that the database passes over, whatever the text holds.
    fn comment(&mut self, text: &str) -> Result<(), RepairFault> {
        Ok(writeln!(self.out, "-- {}", harmless(text))?)
    }
}

impl Place {
    fn hindered(&self, obstacle: Obstacle) -> Hindered<'_> {
        Hindered {
            column: &self.name,
            obstacle,
        }
    }
}

impl Hindered<'_> {
    fn words(&self) -> String {
        format!("column `{}`: {}", self.column, self.obstacle)
    }
}

fn place(dialect: Dialect, column: &Column, field: &Field) -> Place {
    Place {
        name: column.name.clone(),
        sql: dialect.expression(&column.new),
        is_expression: matches!(column.new, Expression::Sql(_)),
        field: field.clone(),
    }
}

/// The language of an address; `None` for a file.
fn dialect(address: &str) -> Option<Dialect> {
    match address.split_once(':').map(|(scheme, _)| scheme)? {
        "postgres" | "postgresql" => Some(Dialect::Postgres),
        "mysql" | "mariadb" => Some(Dialect::MySql),
        "sqlite" => Some(Dialect::Sqlite),
        _ => None,
    }
}

fn kind(difference: &Difference) -> &'static str {
    match difference {
        Difference::Missing { .. } => "missing",
        Difference::Extra { .. } => "extra",
        Difference::Changed { .. } => "changed",
        Difference::Duplicated { .. } => "duplicated",
    }
}

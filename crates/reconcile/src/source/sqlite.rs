//! SQLite: a file opened for reading only, each reading one transaction on a thread of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{
    Arrival, Asked, Asking, BatchSender, Columns, Field, KeyOrder, Load, Question, RowStream, Schema, Source, absolute,
    all_of, is_full, largest_of, one_of, wall_clock,
};
use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::raw::{Raw, put};
use crate::row::{Batch, Key};
use crate::sql::Dialect;
use crate::value::Kind;

const SQL: Dialect = Dialect::Sqlite;
/// How long it waits for a writer before it gives way.
const LOCK_WITHIN: Duration = Duration::from_secs(1);

/// A SQLite file.
pub(super) struct Sqlite {
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.into() }
    }

    /// Runs something with a connection, away from the threads that wait.
    async fn with<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SourceFault> {
        let path = self.path.clone();
        let asking = tokio::task::spawn_blocking(move || open(&path).and_then(|db| ask(&db)));
        asking
            .await
            .map_err(|_| SourceFault::Reader)?
            .map_err(|error| fault(&error))
    }

    fn read(&self, question: &Question, predicate: &str, tail: &str) -> RowStream {
        let (path, question) = (self.path.clone(), question.clone());
        let columns: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
        let sql = SQL.select(&question, &columns, predicate, question.order) + tail;
        RowStream::fed_by(move |sender| {
            tokio::task::spawn_blocking(move || {
                if let Err(fault) = send(&path, &question, &sql, &sender) {
                    // Nobody listens any more when it cannot be sent.
                    drop(sender.blocking_send(Err(fault)));
                }
            })
        })
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(LOCK_WITHIN)?;
    db.pragma_update(None, "query_only", true)?;
    // A quoted name of no column is taken for a text otherwise, and the comparison would be one with that text.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    Ok(db)
}

fn send(path: &Path, question: &Question, sql: &str, sender: &BatchSender) -> Result<(), SourceFault> {
    let of = |error: rusqlite::Error| fault(&error);
    let db = open(path).map_err(of)?;
    let mut statement = db.prepare(sql).map_err(of)?;
    let mut rows = statement.query([]).map_err(of)?;
    let key_columns = question.key.len();
    let mut batch = Batch::default();
    while let Some(row) = rows.next().map_err(of)? {
        let mut key_end = 0;
        for (place, asked) in question.all().enumerate() {
            if place == key_columns {
                key_end = batch.bytes().len();
            }
            let raw = match row.get_ref(place).map_err(of)? {
                ValueRef::Null if place < key_columns => return Err(SourceFault::NullKey),
                ValueRef::Null => Raw::Null,
                ValueRef::Integer(number) => Raw::Int(number),
                ValueRef::Real(number) => Raw::Float(number),
                ValueRef::Text(bytes) => Raw::Text(bytes),
                ValueRef::Blob(bytes) => Raw::Bytes(bytes),
            };
            put(
                batch.bytes(),
                asked.kind.unwrap_or(Kind::Text),
                question.zone.as_ref(),
                &raw,
            )?;
        }
        if question.cells.is_empty() {
            key_end = batch.bytes().len();
        }
        batch.end_row(key_end);
        if is_full(&batch) && sender.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
            return Ok(());
        }
    }
    if !batch.is_empty() {
        // Nobody listens any more when it cannot be sent.
        drop(sender.blocking_send(Ok(batch)));
    }
    Ok(())
}

/// What a declared type promises; values may be of any other.
///
/// # Source
/// SQLite documentation, "Datatypes In SQLite", 3.1; names of dates and the like besides.
fn kind(declared: &str) -> Option<Kind> {
    let declared = declared.to_ascii_uppercase();
    let has = |word: &str| declared.contains(word);
    Some(match () {
        () if declared.is_empty() => return None,
        () if has("BOOL") => Kind::Bool,
        () if has("INT") => Kind::Int,
        () if has("UUID") => Kind::Uuid,
        () if has("JSON") => Kind::Json,
        () if has("CHAR") || has("TEXT") || has("CLOB") => Kind::Text,
        () if has("BLOB") || has("BINARY") => Kind::Bytes,
        () if has("REAL") || has("FLOA") || has("DOUB") => Kind::Float,
        () if has("DATETIME") || has("TIMESTAMP") => Kind::Timestamp,
        () if has("DATE") => Kind::Date,
        () if has("TIME") => Kind::Time,
        () if has("DEC") || has("NUM") || has("MONEY") => Kind::Decimal,
        () => return None,
    })
}

/// Name, declared type, whether it may be `NULL`, and place in the primary key of each column.
type TableColumns = Vec<(String, String, bool, i64)>;

fn table_columns(db: &Connection, table: &str) -> rusqlite::Result<TableColumns> {
    let mut asked = db.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1")?;
    asked
        .query_map([table], |row| {
            Ok((row.get(0)?, row.get(1)?, !row.get::<_, bool>(2)?, row.get(3)?))
        })?
        .collect()
}

/// The columns of each index and their collations.
fn indexes(db: &Connection, table: &str) -> rusqlite::Result<Vec<Vec<(String, String)>>> {
    let mut asked = db.prepare("SELECT name FROM pragma_index_list(?1) WHERE partial = 0")?;
    let names: Vec<String> = asked.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut indexes = Vec::new();
    for name in names {
        let mut asked = db.prepare(
            "SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key = 1 AND name IS NOT NULL ORDER BY seqno",
        )?;
        indexes.push(
            asked
                .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?,
        );
    }
    Ok(indexes)
}

fn column_name(asked: &Asked) -> Option<String> {
    match &asked.expression {
        Expression::Column(name) => Some(name.clone()),
        Expression::Sql(_) => None,
    }
}

fn order(question: &Question, columns: &TableColumns, indexes: &[Vec<(String, String)>]) -> KeyOrder {
    let unordered = |why: String| KeyOrder::Unordered { why };
    let names: Vec<String> = question.key.iter().filter_map(column_name).collect();
    if names.len() < question.key.len() {
        return unordered("the key is an expression".to_owned());
    }
    // The only column of a primary key that is declared INTEGER is the order of the table itself.
    let primary: Vec<&(String, String, bool, i64)> = columns.iter().filter(|column| column.3 > 0).collect();
    let is_rowid = primary.len() == 1 && primary[0].1.eq_ignore_ascii_case("integer");
    if is_rowid && names == [primary[0].0.clone()] {
        return KeyOrder::ByKey;
    }
    let begins =
        |index: &&Vec<(String, String)>| index.iter().map(|column| &column.0).take(names.len()).eq(names.iter());
    match indexes.iter().find(begins) {
        None => unordered(format!("no index begins with {}", names.join(", "))),
        Some(index) => match index.iter().take(names.len()).find(|column| column.1 != "BINARY") {
            Some((name, collation)) => KeyOrder::Collated {
                why: format!("`{name}` is sorted by collation {collation}, not by bytes"),
            },
            None => KeyOrder::ByKey,
        },
    }
}

#[async_trait]
impl Source for Sqlite {
    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        format!("SQLite {}", name.to_string_lossy())
    }

    fn identity(&self) -> String {
        format!("SQLite {}", absolute(&self.path))
    }

    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault> {
        let relation = relation.clone();
        self.with(move |db| match &relation {
            Relation::Table(table) => {
                let found = table_columns(db, table)?;
                let mut key: Vec<(i64, String)> = found
                    .iter()
                    .filter(|column| column.3 > 0)
                    .map(|column| (column.3, column.0.clone()))
                    .collect();
                key.sort();
                Ok(Columns {
                    names: found.into_iter().map(|column| column.0).collect(),
                    key: key.into_iter().map(|(_, name)| name).collect(),
                })
            }
            Relation::Query(_) => {
                let asked = db.prepare(&format!("SELECT * FROM {}", SQL.relation(&relation)))?;
                Ok(Columns {
                    names: asked.column_names().map(str::to_owned).collect(),
                    key: Vec::new(),
                })
            }
        })
        .await
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        let asked = question.clone();
        self.with(move |db| {
            let list: Vec<String> = asked.all().map(|asked| SQL.expression(&asked.expression)).collect();
            // Names that do not exist are refused here, in the database's own words.
            db.prepare(&SQL.select(&asked, &list, "", Arrival::AsTheyCome))?;
            let (columns, indexes, rows) = match &asked.relation {
                Relation::Table(table) => {
                    let rows = format!("SELECT max(rowid) FROM {}", SQL.relation(&asked.relation));
                    // A table without rowids has no such estimate.
                    let rows = db
                        .query_row(&rows, [], |row| row.get::<_, Option<i64>>(0))
                        .ok()
                        .flatten();
                    (table_columns(db, table)?, indexes(db, table)?, rows)
                }
                Relation::Query(_) => (Vec::new(), Vec::new(), None),
            };
            let field = |one: &Asked| {
                let name = column_name(one).unwrap_or_default();
                let found = columns.iter().find(|column| column.0.eq_ignore_ascii_case(&name));
                let declared = found.map_or("", |column| column.1.as_str());
                Field {
                    kind: kind(declared),
                    native: if declared.is_empty() {
                        "any type".to_owned()
                    } else {
                        declared.to_lowercase()
                    },
                    digits: None,
                    is_single: false,
                }
            };
            let key: Vec<Field> = asked.key.iter().map(field).collect();
            let order = match &asked.relation {
                Relation::Table(_) => order(&asked, &columns, &indexes),
                Relation::Query(_) => KeyOrder::Unordered {
                    why: "the columns of a query declare no type".to_owned(),
                },
            };
            Ok(Schema {
                cells: asked.cells.iter().map(field).collect(),
                key,
                order,
                may_have_null_keys: true,
                is_typed: false,
                rows_estimated: rows.and_then(|rows| u64::try_from(rows).ok()),
            })
        })
        .await
    }

    async fn boundary(&self, question: &Question, range: &KeyRange, rows: u64) -> Result<Option<Key>, SourceFault> {
        let keys_only = Question {
            cells: Vec::new(),
            order: Arrival::ByKey,
            ..question.clone()
        };
        let tail = format!(" LIMIT 1 OFFSET {rows}");
        one_of(self.read(&keys_only, &SQL.within(question, range), &tail)).await
    }

    async fn last(&self, question: &Question) -> Result<Option<Key>, SourceFault> {
        if question.order != Arrival::ByKey {
            let rows = self.stream(question, &KeyRange::default()).await?;
            return largest_of(rows).await;
        }
        let keys = question.backwards();
        one_of(self.read(&keys, &SQL.with_key(question), " LIMIT 1")).await
    }

    async fn stream(&self, question: &Question, range: &KeyRange) -> Result<RowStream, SourceFault> {
        Ok(self.read(question, &SQL.within(question, range), ""))
    }

    async fn detour(
        &self,
        question: &Question,
        asking: Asking<'_>,
        rows_max: u64,
    ) -> Result<Option<String>, SourceFault> {
        let sql = SQL.asked(question, asking);
        let (is_detour, does, among): (fn(&str) -> bool, _, _) = match asking {
            Asking::Range { range, .. } => {
                let sorts: fn(&str) -> bool = |step| step.contains("TEMP B-TREE");
                (sorts, "sort", SQL.within(question, range))
            }
            Asking::Key(_) => {
                // The literals of a key of several columns are a table of their own.
                let scans: fn(&str) -> bool = |step| step.starts_with("SCAN ") && !step.contains("CONSTANT ROW");
                (scans, "scan", String::new())
            }
        };
        let rows = SQL.select(question, &["1".to_owned()], &among, Arrival::AsTheyCome);
        let why = format!("it would {does} more than {rows_max} rows {}", asking.words());
        self.with(move |db| {
            let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let steps: Vec<String> = statement.query_map([], |row| row.get(3))?.collect::<Result<_, _>>()?;
            if !steps.iter().any(|step| is_detour(step)) {
                return Ok(None);
            }
            let limit = i64::try_from(rows_max).unwrap_or(i64::MAX).saturating_add(1);
            let count = format!("SELECT count(*) FROM ({rows} LIMIT {limit})");
            let rows: i64 = db.query_row(&count, [], |row| row.get(0))?;
            Ok((rows == limit).then_some(why))
        })
        .await
    }

    async fn lookup(&self, question: &Question, keys: &[Key]) -> Result<Batch, SourceFault> {
        let any_order = Question {
            order: Arrival::AsTheyCome,
            ..question.clone()
        };
        all_of(self.read(&any_order, &SQL.among(question, keys), "")).await
    }

    async fn clock(&self) -> Result<i64, SourceFault> {
        Ok(wall_clock())
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        Ok(Load {
            active_sessions: Some(0),
            ..Load::default()
        })
    }
}

fn fault(error: &rusqlite::Error) -> SourceFault {
    if let rusqlite::Error::MultipleStatement = error {
        return SourceFault::OneStatement;
    }
    if let rusqlite::Error::SqlInputError { msg, .. } = error {
        return SourceFault::refused(msg);
    }
    let Some(failure) = error.sqlite_error() else {
        return SourceFault::Failed {
            code: "none".to_owned(),
        };
    };
    let is = |codes: &[ErrorCode]| codes.contains(&failure.code);
    if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
        SourceFault::victim("the database is locked by another program")
    } else if is(&[ErrorCode::CannotOpen, ErrorCode::PermissionDenied]) {
        SourceFault::refused("the database file cannot be opened for reading")
    } else if is(&[ErrorCode::NotADatabase, ErrorCode::DatabaseCorrupt]) {
        SourceFault::refused("the file is no database, or broken")
    } else if let (rusqlite::Error::SqliteFailure(_, Some(words)), 1) = (error, failure.extended_code) {
        SourceFault::refused(words)
    } else {
        SourceFault::Failed {
            code: failure.extended_code.to_string(),
        }
    }
}

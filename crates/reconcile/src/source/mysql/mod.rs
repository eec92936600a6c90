//! MariaDB and MySQL: read-only transactions of one moment each, rows by the binary protocol, streamed.

mod decode;
mod plan;
mod read;
mod session;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Column, Opts};

use self::decode::Native;
use self::read::read;
use self::session::{Sessions, fault, refuse_unprotected};
use super::{
    Arrival, Asked, Asking, Columns, Field, KeyOrder, Load, Question, RowStream, Schema, Source, all_of, largest_of,
    one_of,
};
use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key};
use crate::sql::Dialect;
use crate::value::Kind;

const SQL: Dialect = Dialect::MySql;

/// Error number of a right that is missing for one statement.
const ER_SPECIFIC_ACCESS_DENIED: u16 = 1227;

/// A MariaDB or MySQL database.
pub(super) struct MySql {
    sessions: Arc<Sessions>,
    name: String,
}

impl MySql {
    /// A database by its address, `mysql://user@host:port/name`. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SourceFault::Address`], [`SourceFault::Unprotected`].
    pub(super) fn new(address: &str) -> Result<Self, SourceFault> {
        let opts = Opts::from_url(address).map_err(|_| SourceFault::Address)?;
        refuse_unprotected(address, &opts)?;
        let name = format!("MariaDB/MySQL {}", opts.db_name().unwrap_or("(no database)"));
        Ok(Self {
            sessions: Arc::new(Sessions::new(opts)),
            name,
        })
    }

    /// Index, collation and nullability of a table's key, as its catalogue has them.
    async fn key_of_table(&self, table: &str, names: &[String]) -> Result<(KeyOrder, bool), SourceFault> {
        let (schema, table) = parts(table);
        let mut session = self.sessions.take().await?;
        let places: Vec<(String, u64, String)> = session
            .conn()
            .exec(INDEXES, (&schema, &table))
            .await
            .map_err(|error| fault(&error))?;
        let columns: Vec<(String, Option<String>, String)> = session
            .conn()
            .exec(KEYS, (&schema, &table))
            .await
            .map_err(|error| fault(&error))?;
        session.give_back(&self.sessions);
        let unordered = |why: String| KeyOrder::Unordered { why };
        let mut order = KeyOrder::ByKey;
        let mut may_be_null = false;
        for (name, collation, nullable) in columns.iter().filter(|column| names.contains(&column.0)) {
            may_be_null |= nullable == "YES";
            if let Some(collation) = collation.as_ref().filter(|collation| !is_bytewise(collation)) {
                let why = format!("`{name}` is sorted by collation {collation}, not by bytes");
                order = KeyOrder::Collated { why };
            }
        }
        let index = |name: &str| -> Vec<String> {
            let places = places.iter().filter(|place| place.0 == name);
            places.map(|place| place.2.clone()).collect()
        };
        if !places.iter().any(|place| index(&place.0).starts_with(names)) {
            order = unordered(format!("no index begins with {}", names.join(", ")));
        }
        Ok((order, may_be_null))
    }
}

/// Collations that order by bytes and take a blank at the end for a letter.
fn is_bytewise(collation: &str) -> bool {
    collation == "binary" || collation.ends_with("_nopad_bin") || collation == "utf8mb4_0900_bin"
}

fn parts(table: &str) -> (Option<String>, String) {
    match table.split_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
        None => (None, table.to_owned()),
    }
}

/// The columns of each index in their order; a column of which only the beginning is indexed orders nothing.
const INDEXES: &str = "SELECT index_name, cast(seq_in_index as unsigned), column_name FROM information_schema.statistics
    WHERE table_schema = coalesce(?, database()) AND table_name = ? AND sub_part IS NULL ORDER BY index_name, seq_in_index";

const KEYS: &str = "SELECT column_name, collation_name, is_nullable FROM information_schema.columns
    WHERE table_schema = coalesce(?, database()) AND table_name = ?";

const COLUMNS: &str =
    "SELECT c.column_name, cast(coalesce(s.seq_in_index, 0) as unsigned) FROM information_schema.columns c
    LEFT JOIN information_schema.statistics s ON s.table_schema = c.table_schema AND s.table_name = c.table_name
      AND s.column_name = c.column_name AND s.index_name = 'PRIMARY'
    WHERE c.table_schema = coalesce(?, database()) AND c.table_name = ? ORDER BY c.ordinal_position";

const ROWS: &str = "SELECT cast(table_rows as unsigned) FROM information_schema.tables
    WHERE table_schema = coalesce(?, database()) AND table_name = ?";

/// Our own sessions at work, the one that asks included; whoever may not see others' sees these.
const OURS: &str = "/* tidegate-reconcile */ SELECT cast(count(*) as unsigned) FROM information_schema.processlist
    WHERE command IN ('Query', 'Execute') AND info LIKE '%tidegate-reconcile%'";

#[async_trait]
impl Source for MySql {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn identity(&self) -> String {
        self.sessions.identity()
    }

    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault> {
        let mut session = self.sessions.take().await?;
        let columns = match relation {
            Relation::Table(table) => {
                let found: Vec<(String, u64)> = session
                    .conn()
                    .exec(COLUMNS, parts(table))
                    .await
                    .map_err(|error| fault(&error))?;
                if found.is_empty() {
                    return Err(SourceFault::refused(&format!("there is no table `{table}`")));
                }
                let mut key: Vec<(u64, String)> = found
                    .iter()
                    .filter(|column| column.1 > 0)
                    .map(|(name, place)| (*place, name.clone()))
                    .collect();
                key.sort();
                Columns {
                    names: found.into_iter().map(|column| column.0).collect(),
                    key: key.into_iter().map(|(_, name)| name).collect(),
                }
            }
            Relation::Query(_) => {
                let sql = format!("SELECT * FROM {}", SQL.relation(relation));
                let asked = session.conn().prep(sql).await.map_err(|error| fault(&error))?;
                Columns {
                    names: asked
                        .columns()
                        .iter()
                        .map(|column| column.name_str().into_owned())
                        .collect(),
                    key: Vec::new(),
                }
            }
        };
        session.give_back(&self.sessions);
        Ok(columns)
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        let mut session = self.sessions.take().await?;
        let list: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
        let sql = SQL.select(question, &list, "", Arrival::AsTheyCome);
        let asked = session.conn().prep(sql).await.map_err(|error| fault(&error))?;
        if asked.num_params() != 0 {
            return Err(SourceFault::OneStatement);
        }
        let fields: Vec<Field> = asked.columns().iter().map(field).collect();
        let rows_estimated = match &question.relation {
            Relation::Table(table) => session
                .conn()
                .exec_first::<Option<u64>, _, _>(ROWS, parts(table))
                .await
                .map_err(|error| fault(&error))?
                .flatten(),
            Relation::Query(_) => None,
        };
        session.give_back(&self.sessions);
        let (key, cells) = fields.split_at(question.key.len());
        let names: Vec<String> = question.key.iter().filter_map(column_name).collect();
        let has_text_key = key.iter().any(|field| field.kind == Some(Kind::Text));
        let unordered = |why: &str| (KeyOrder::Unordered { why: why.to_owned() }, true);
        let (order, may_have_null_keys) = match &question.relation {
            Relation::Table(table) if names.len() == key.len() => self.key_of_table(table, &names).await?,
            Relation::Table(_) => unordered("the key is an expression"),
            Relation::Query(_) if has_text_key => unordered("the text key of a query may be in any collation"),
            Relation::Query(_) => (KeyOrder::ByKey, true),
        };
        Ok(Schema {
            key: key.to_vec(),
            cells: cells.to_vec(),
            order,
            may_have_null_keys,
            is_typed: true,
            rows_estimated,
        })
    }

    async fn boundary(&self, question: &Question, range: &KeyRange, rows: u64) -> Result<Option<Key>, SourceFault> {
        let tail = format!(" LIMIT 1 OFFSET {rows}");
        let keys_only = Question {
            cells: Vec::new(),
            order: Arrival::ByKey,
            ..question.clone()
        };
        one_of(read(&self.sessions, &keys_only, &SQL.within(question, range), &tail)).await
    }

    async fn last(&self, question: &Question) -> Result<Option<Key>, SourceFault> {
        if question.order != Arrival::ByKey {
            let rows = self.stream(question, &KeyRange::default()).await?;
            return largest_of(rows).await;
        }
        let keys = question.backwards();
        one_of(read(&self.sessions, &keys, &SQL.with_key(question), " LIMIT 1")).await
    }

    async fn stream(&self, question: &Question, range: &KeyRange) -> Result<RowStream, SourceFault> {
        Ok(read(&self.sessions, question, &SQL.within(question, range), ""))
    }

    async fn detour(
        &self,
        question: &Question,
        asking: Asking<'_>,
        rows_max: u64,
    ) -> Result<Option<String>, SourceFault> {
        plan::detour(&self.sessions, question, asking, rows_max).await
    }

    async fn lookup(&self, question: &Question, keys: &[Key]) -> Result<Batch, SourceFault> {
        let any_order = Question {
            order: Arrival::AsTheyCome,
            ..question.clone()
        };
        all_of(read(&self.sessions, &any_order, &SQL.among(question, keys), "")).await
    }

    async fn clock(&self) -> Result<i64, SourceFault> {
        let mut session = self.sessions.take().await?;
        let asked = "SELECT cast(unix_timestamp(sysdate(6)) * 1000000 as signed)";
        let micros: Option<i64> = session.conn().query_first(asked).await.map_err(|error| fault(&error))?;
        session.give_back(&self.sessions);
        micros.ok_or(SourceFault::OneStatement)
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        let mut session = self.sessions.take().await?;
        let asked = "SHOW GLOBAL STATUS LIKE 'Threads_running'";
        let running: Option<(String, u64)> = session.conn().query_first(asked).await.map_err(|error| fault(&error))?;
        let ours: Option<u64> = session.conn().query_first(OURS).await.map_err(|error| fault(&error))?;
        let lag = replica_lag(session.conn()).await?;
        session.give_back(&self.sessions);
        Ok(Load {
            active_sessions: running.map(|(_, count)| count.saturating_sub(ours.unwrap_or(0))),
            lag,
        })
    }
}

/// How far a replica is behind; zero where it is none, or where we may not ask.
async fn replica_lag(conn: &mut mysql_async::Conn) -> Result<Duration, SourceFault> {
    let row: Option<mysql_async::Row> = match conn.query_first("SHOW SLAVE STATUS").await {
        Ok(row) => row,
        Err(mysql_async::Error::Server(said)) if said.code == ER_SPECIFIC_ACCESS_DENIED || said.code == ER_PARSE => {
            None
        }
        Err(error) => return Err(fault(&error)),
    };
    let seconds = row.and_then(|row| row.get::<Option<u64>, _>("Seconds_Behind_Master").flatten());
    Ok(Duration::from_secs(seconds.unwrap_or(0)))
}

/// Error number of a statement that this server does not know.
const ER_PARSE: u16 = 1064;

fn column_name(asked: &Asked) -> Option<String> {
    match &asked.expression {
        Expression::Column(name) => Some(name.clone()),
        Expression::Sql(_) => None,
    }
}

fn field(column: &Column) -> Field {
    let native = Native::of(column);
    let digits = match native {
        Native::Decimal | Native::Time | Native::Datetime | Native::Timestamp => Some(u32::from(column.decimals())),
        Native::Int
        | Native::Bit
        | Native::Bits
        | Native::Single
        | Native::Double
        | Native::Text
        | Native::Bytes
        | Native::Date
        | Native::Json => None,
    };
    Field {
        kind: Some(native.kind()),
        native: native.word().to_owned(),
        digits,
        is_single: native == Native::Single,
    }
}

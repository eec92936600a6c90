//! PostgreSQL: read-only transactions of one moment each, rows by `COPY ... (FORMAT BINARY)`.

mod decode;
mod plan;
mod protection;
mod read;
mod session;

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Column, Config};

use self::decode::Native;
use self::read::read;
use self::session::{Sessions, refuse_unprotected};
use super::{
    Arrival, Asking, Columns, Field, KeyOrder, Load, Question, RowStream, Schema, Source, all_of, largest_of, one_of,
};
use crate::entity::{Expression, Relation};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key};
use crate::sql::Dialect;
use crate::value::Kind;

const SQL: Dialect = Dialect::Postgres;

/// A PostgreSQL database.
pub(super) struct Postgres {
    sessions: Arc<Sessions>,
    name: String,
}

impl Postgres {
    /// A database by its address, `postgres://user@host:port/name`. Nothing is connected yet.
    ///
    /// # Errors
    /// [`SourceFault::Address`], [`SourceFault::Unprotected`], [`SourceFault::File`] for authorities that cannot be read.
    pub(super) fn new(address: &str) -> Result<Self, SourceFault> {
        let (address, protection) = protection::taken_from(address)?;
        let mut config: Config = address.parse().map_err(|_| SourceFault::Address)?;
        let connector = match protection {
            Some(protection) => {
                config.ssl_mode(SslMode::Require);
                Some(protection.connector()?)
            }
            None => {
                refuse_unprotected(&config)?;
                None
            }
        };
        let name = format!("PostgreSQL {}", config.get_dbname().unwrap_or("(default database)"));
        Ok(Self {
            sessions: Arc::new(Sessions::new(config, connector)),
            name,
        })
    }

    /// Text keys are ordered by bytes in some collations only, and ranges are only cheap where an index begins with them.
    async fn order(&self, question: &Question, key: &[Field]) -> Result<KeyOrder, SourceFault> {
        let unordered = |why: String| KeyOrder::Unordered { why };
        let is_text = |field: &Field| field.kind == Some(Kind::Text);
        let Relation::Table(table) = &question.relation else {
            return Ok(match key.iter().any(is_text) {
                true => unordered("the text key of a query may be in any collation".to_owned()),
                false => KeyOrder::ByKey,
            });
        };
        let mut names = Vec::new();
        for asked in &question.key {
            match &asked.expression {
                Expression::Column(name) => names.push(name.clone()),
                Expression::Sql(_) => return Ok(unordered("the key is an expression".to_owned())),
            }
        }
        let session = self.sessions.take().await?;
        let regclass = SQL.relation(&Relation::Table(table.clone()));
        let rows = session
            .client()
            .query(INDEXES, &[&regclass])
            .await
            .map_err(|error| session::fault(&error))?;
        let indexes: Vec<Vec<String>> = rows.iter().map(|row| row.get(0)).collect();
        let rows = session
            .client()
            .query(COLLATIONS, &[&regclass, &names])
            .await
            .map_err(|error| session::fault(&error))?;
        session.give_back(&self.sessions);
        if !indexes.iter().any(|columns| columns.starts_with(&names)) {
            return Ok(unordered(format!("no index begins with {}", names.join(", "))));
        }
        for row in &rows {
            let (column, collation, is_bytewise): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
            if !is_bytewise {
                let why = format!("`{column}` is sorted by collation {collation}, not by bytes");
                return Ok(KeyOrder::Collated { why });
            }
        }
        Ok(KeyOrder::ByKey)
    }
}

/// The columns of each usable index of a table, in their order.
const INDEXES: &str = "SELECT array_agg(a.attname::text ORDER BY place.n)
    FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS place(attnum, n)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = place.attnum
    WHERE i.indrelid = $1::text::regclass AND i.indisvalid AND i.indpred IS NULL
      AND i.indexprs IS NULL AND place.n <= i.indnkeyatts
    GROUP BY i.indexrelid";

/// The collation of each text column, and whether it orders by bytes. The database's own stands under `default`.
const COLLATIONS: &str = "SELECT a.attname::text, c.collname::text,
      coalesce(CASE WHEN c.collname = 'default' THEN d.datcollate ELSE c.collcollate END, '')
        IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') OR c.collname = 'ucs_basic'
    FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
    JOIN pg_database d ON d.datname = current_database()
    WHERE a.attrelid = $1::text::regclass AND a.attname = ANY($2)";

/// The names of a table's columns, and the place of each in the primary key.
const COLUMNS: &str = "SELECT a.attname::text, coalesce(array_position(i.indkey::int2[], a.attnum), -1)
    FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
    WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// A key that is declared so, or that a primary key holds, is never `NULL`.
const NULLABLE: &str = "SELECT bool_or(NOT attnotnull) FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attname = ANY($2)";

/// Sessions at work besides ours, whether some are hidden from us, and how far a standby lags behind; one that has replayed
/// everything it was sent lags behind by nothing.
const LOAD: &str = "SELECT count(*) FILTER (WHERE state = 'active'), coalesce(bool_or(state IS NULL), false),
      CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
        THEN greatest((extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint, 0)
        ELSE 0 END
    FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'tidegate-reconcile'
      OR backend_type IS NULL AND pid <> pg_backend_pid()";

#[async_trait]
impl Source for Postgres {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn identity(&self) -> String {
        self.sessions.identity()
    }

    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault> {
        let session = self.sessions.take().await?;
        let fault = |error: tokio_postgres::Error| session::fault(&error);
        let columns = match relation {
            Relation::Table(_) => {
                let rows = session
                    .client()
                    .query(COLUMNS, &[&SQL.relation(relation)])
                    .await
                    .map_err(fault)?;
                let mut columns = Columns::default();
                let mut key: Vec<(i32, String)> = Vec::new();
                for row in rows {
                    let (name, place): (String, i32) = (row.get(0), row.get(1));
                    columns.names.push(name.clone());
                    if place >= 0 {
                        key.push((place, name));
                    }
                }
                key.sort();
                columns.key = key.into_iter().map(|(_, name)| name).collect();
                columns
            }
            Relation::Query(_) => {
                let sql = format!("SELECT * FROM {}", SQL.relation(relation));
                let asked = session.client().prepare(&sql).await.map_err(fault)?;
                Columns {
                    names: asked.columns().iter().map(|column| column.name().to_owned()).collect(),
                    key: Vec::new(),
                }
            }
        };
        session.give_back(&self.sessions);
        Ok(columns)
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        let session = self.sessions.take().await?;
        let fault = |error: tokio_postgres::Error| session::fault(&error);
        let list: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
        let sql = SQL.select(question, &list, "", Arrival::AsTheyCome);
        let asked = session.client().prepare(&sql).await.map_err(fault)?;
        if !asked.params().is_empty() {
            return Err(SourceFault::OneStatement);
        }
        // Rights are only looked at when a statement runs.
        let nothing = format!("{sql} LIMIT 0");
        session.client().batch_execute(&nothing).await.map_err(fault)?;
        let fields: Vec<Field> = asked.columns().iter().map(field).collect();
        let (mut rows_estimated, mut may_have_null_keys) = (None, true);
        if let Relation::Table(_) = &question.relation {
            let regclass = SQL.relation(&question.relation);
            let asked = "SELECT reltuples::bigint FROM pg_class WHERE oid = $1::text::regclass";
            let row = session.client().query_one(asked, &[&regclass]).await.map_err(fault)?;
            rows_estimated = u64::try_from(row.get::<_, i64>(0)).ok();
            let names: Vec<String> = question.key.iter().filter_map(column_name).collect();
            if names.len() == question.key.len() {
                let row = session
                    .client()
                    .query_one(NULLABLE, &[&regclass, &names])
                    .await
                    .map_err(fault)?;
                may_have_null_keys = row.get::<_, Option<bool>>(0).unwrap_or(true);
            }
        }
        session.give_back(&self.sessions);
        let (key, cells) = fields.split_at(question.key.len());
        Ok(Schema {
            order: self.order(question, key).await?,
            key: key.to_vec(),
            cells: cells.to_vec(),
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
        let predicate = SQL.within(question, range);
        one_of(read(&self.sessions, &keys_only, &predicate, &tail)).await
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
        let session = self.sessions.take().await?;
        let asked = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        let row = session
            .client()
            .query_one(asked, &[])
            .await
            .map_err(|error| session::fault(&error))?;
        session.give_back(&self.sessions);
        Ok(row.get(0))
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        let session = self.sessions.take().await?;
        let row = session
            .client()
            .query_one(LOAD, &[])
            .await
            .map_err(|error| session::fault(&error))?;
        session.give_back(&self.sessions);
        let (active, are_hidden, lag): (i64, bool, Option<i64>) = (row.get(0), row.get(1), row.get(2));
        Ok(Load {
            active_sessions: u64::try_from(active).ok().filter(|_| !are_hidden),
            lag: std::time::Duration::from_micros(lag.unwrap_or(0).unsigned_abs()),
        })
    }
}

fn column_name(asked: &super::Asked) -> Option<String> {
    match &asked.expression {
        Expression::Column(name) => Some(name.clone()),
        Expression::Sql(_) => None,
    }
}

fn field(column: &Column) -> Field {
    let native = Native::of(column.type_());
    let modifier = column.type_modifier();
    let digits = match native {
        // The lower half of the modifier, less the size of a header.
        Native::Numeric => (modifier >= 4).then(|| u32::try_from((modifier - 4) & 0x7ff).unwrap_or(0)),
        Native::Timestamp | Native::Instant | Native::Time => Some(u32::try_from(modifier).unwrap_or(6)),
        Native::Bool
        | Native::Int2
        | Native::Int4
        | Native::Int8
        | Native::Oid
        | Native::Float4
        | Native::Float8
        | Native::Text
        | Native::PaddedText
        | Native::Bytes
        | Native::Date
        | Native::Uuid
        | Native::Json
        | Native::Jsonb
        | Native::AsText => None,
    };
    Field {
        kind: Some(native.kind()),
        native: column.type_().name().to_owned(),
        digits,
        is_single: native == Native::Float4,
    }
}

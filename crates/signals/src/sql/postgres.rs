//! PostgreSQL: one read-only transaction with time-outs; every column is asked for as text, and rows stream in.

use std::error::Error as _;
use std::fmt::Write as _;
use std::net::IpAddr;

use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{Kind, Type};
use tokio_postgres::{Client, Config, NoTls, Statement};
use tokio_stream::StreamExt as _;

use super::Limits;
use super::fault::SourceFault;
use super::rows::Rows;
use super::value::Value;

/// How long a question may wait for a lock, in milliseconds; readers rarely wait for any.
const LOCK_WITHIN_MS: u32 = 1_000;

/// Classes of errors whose words are about connections, names and syntax, never about a row's content.
///
/// # Source
/// PostgreSQL documentation, appendix A: connection, feature, transaction state, authorization, catalogue, access rule,
/// resources, object state, operator intervention.
const CLASSES_OF_SAFE_WORDS: [&str; 9] = ["08", "0A", "25", "28", "3D", "42", "53", "55", "57"];

/// Whether it is an address of a PostgreSQL database.
pub(crate) fn is_address(address: &str) -> bool {
    let is_url = address.starts_with("postgres://") || address.starts_with("postgresql://");
    is_url && address.parse::<Config>().is_ok()
}

pub(crate) async fn ask<T: Rows>(address: &str, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let config: Config = address.parse().map_err(|_| SourceFault::Address)?;
    verify(&config)?;
    let fault = |error: tokio_postgres::Error| of(&error, limits);
    let (client, connection) = config.connect(NoTls).await.map_err(fault)?;
    let _talk = Talk(tokio::spawn(async move {
        if let Err(error) = connection.await {
            // The question fails with it, and says so to whoever asked.
            tracing::debug!(%error, "a connection to PostgreSQL ended early");
        }
    }));
    let answer = answer(&client, query, limits).await?;
    client.batch_execute("ROLLBACK").await.map_err(fault)?;
    Ok(answer)
}

/// The task that talks to the server; it ends with the question, answered or not.
struct Talk(JoinHandle<()>);

impl Drop for Talk {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Nothing crosses a network unprotected unless the address asks for that in so many words.
fn verify(config: &Config) -> Result<(), SourceFault> {
    let is_local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
    };
    let mode = config.get_ssl_mode();
    if mode == SslMode::Disable {
        return Ok(());
    }
    if mode != SslMode::Prefer {
        return Err(SourceFault::TlsDemanded);
    }
    // An address by number takes the place of the name.
    let stays_here = match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(is_local),
        numbers => numbers.iter().all(IpAddr::is_loopback),
    };
    if stays_here {
        Ok(())
    } else {
        Err(SourceFault::Unprotected {
            whom: "PostgreSQL",
            say: "sslmode=disable",
        })
    }
}

async fn answer<T: Rows>(client: &Client, query: &str, limits: &Limits) -> Result<T, SourceFault> {
    let fault = |error: tokio_postgres::Error| of(&error, limits);
    client.batch_execute(&begin(limits)).await.map_err(fault)?;
    let query = query.trim_end().trim_end_matches(';');
    // Only one statement can be prepared, so that nothing can end the transaction and go on.
    let asked = client.prepare(query).await.map_err(fault)?;
    if !asked.params().is_empty() {
        return Err(SourceFault::OneStatement);
    }
    if asked.columns().is_empty() {
        return Err(SourceFault::NotAQuery);
    }
    let kinds: Vec<Shape> = asked.columns().iter().map(|column| Shape::of(column.type_())).collect();
    let texts = as_texts(query, &asked, limits);
    let nothing: [&str; 0] = [];
    let rows = client.query_raw(texts.as_str(), nothing).await.map_err(fault)?;
    let mut rows = std::pin::pin!(rows);
    let mut answer = T::default();
    answer.begin(kinds.len());
    while let Some(row) = rows.next().await {
        let row = row.map_err(fault)?;
        let values = kinds.iter().enumerate().map(|(column, shape)| {
            let text: Option<&str> = row.try_get(column).map_err(|_| SourceFault::NotText)?;
            shape.read(text)
        });
        answer.take(limits, values)?;
    }
    Ok(answer)
}

/// A read-only transaction in which the same value has the same text on every server.
fn begin(limits: &Limits) -> String {
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
         SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {LOCK_WITHIN_MS}; \
         SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; \
         SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lc_monetary = 'C'",
        limits.answer_within.as_millis().max(1)
    )
}

/// The same query with every column as text, one row more than may be taken and no value longer than its refusal needs.
fn as_texts(query: &str, asked: &Statement, limits: &Limits) -> String {
    let (mut texts, mut names) = (String::new(), String::new());
    for (n, column) in asked.columns().iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        let cast = Shape::of(column.type_()).cast();
        let length = limits.row_bytes_max.saturating_add(1);
        write!(texts, "{comma}left(question.c{n}{cast}::text, {length})").expect("a string takes all text");
        write!(names, "{comma}c{n}").expect("a string takes all text");
    }
    let limit = limits.rows_max.saturating_add(1);
    format!("SELECT {texts} FROM (\n{query}\n) AS question({names}) LIMIT {limit}")
}

/// How a column's text is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Exact,
    Floating,
    Truth,
    Words,
}

impl Shape {
    fn of(of: &Type) -> Self {
        if let Kind::Domain(inner) = of.kind() {
            return Self::of(inner);
        }
        match *of {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::NUMERIC => Self::Exact,
            Type::FLOAT4 | Type::FLOAT8 => Self::Floating,
            Type::BOOL => Self::Truth,
            _ => Self::Words,
        }
    }

    fn cast(self) -> &'static str {
        match self {
            Self::Truth => "::int",
            Self::Exact | Self::Floating | Self::Words => "",
        }
    }

    fn read(self, text: Option<&str>) -> Result<Value<'_>, SourceFault> {
        let Some(text) = text else {
            return Ok(Value::Null);
        };
        Ok(match self {
            Self::Exact | Self::Truth => Value::Decimal(text),
            Self::Floating => Value::Real(text.parse().map_err(|_| SourceFault::NotFinite)?),
            Self::Words => Value::Text(text.as_bytes()),
        })
    }
}

fn of(error: &tokio_postgres::Error, limits: &Limits) -> SourceFault {
    let Some(said) = error.as_db_error() else {
        return SourceFault::Connection { why: chain(error) };
    };
    let code = said.code();
    if *code == SqlState::QUERY_CANCELED {
        return SourceFault::TimeOut {
            limit: limits.answer_within,
        };
    }
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return SourceFault::NotAQuery;
    }
    if CLASSES_OF_SAFE_WORDS.iter().any(|class| code.code().starts_with(class)) {
        return SourceFault::refused(&format!("{} ({})", said.message(), code.code()));
    }
    SourceFault::Failed {
        code: code.code().to_owned(),
    }
}

/// The error and its causes on one line; none of them comes from the server's rows.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        write!(text, ": {deeper}").expect("a string takes all text");
        cause = deeper.source();
    }
    text
}

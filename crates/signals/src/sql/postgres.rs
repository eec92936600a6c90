//! PostgreSQL: a read-only transaction with a statement time-out; rows stream in and are bounded.

use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::compare::Row;
use super::{Limits, NoAnswer};

pub(crate) async fn ask(address: &str, query: &str, limits: &Limits) -> Result<Vec<Row>, NoAnswer> {
    if query.trim_end().trim_end_matches(';').contains(';') {
        return Err(NoAnswer("one statement was expected, found several".into()));
    }
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.map_err(said)?;
    let talking = tokio::spawn(connection);
    let answer = rows(&client, query, limits).await;
    drop(client);
    talking.abort();
    answer
}

async fn rows(client: &tokio_postgres::Client, query: &str, limits: &Limits) -> Result<Vec<Row>, NoAnswer> {
    let begin = format!(
        "SET statement_timeout = {}; SET lock_timeout = 1000; BEGIN TRANSACTION READ ONLY",
        limits.answer_within.as_millis()
    );
    client.batch_execute(&begin).await.map_err(said)?;
    let limit = limits.rows_max.saturating_add(1);
    let bounded = format!(
        "SELECT * FROM ({}) AS question LIMIT {limit}",
        query.trim_end().trim_end_matches(';')
    );
    let messages = client.simple_query(&bounded).await.map_err(said)?;
    let mut rows = Vec::new();
    for message in messages {
        let SimpleQueryMessage::Row(row) = message else {
            continue;
        };
        if rows.len() >= limits.rows_max {
            return Err(NoAnswer(format!("more than {} rows", limits.rows_max)));
        }
        let Some(key) = row.get(0) else {
            return Err(NoAnswer("a key is NULL".into()));
        };
        let values = (1..row.len())
            .map(|column| row.get(column).map(str::to_owned))
            .collect();
        rows.push(Row {
            key: key.to_owned(),
            values,
        });
    }
    client.batch_execute("ROLLBACK").await.map_err(said)?;
    Ok(rows)
}

/// The server's own words without the statement, or what happened to the connection.
fn said(error: tokio_postgres::Error) -> NoAnswer {
    match error.as_db_error() {
        Some(fault) => NoAnswer(format!("{} ({})", fault.message(), fault.code().code())),
        None => NoAnswer(error.to_string()),
    }
}

//! One reading: a transaction of one moment, and the rows that a prepared statement gives.

use std::sync::Arc;

use mysql_async::prelude::Queryable as _;

use super::decode::{Native, write_row};
use super::session::{Session, Sessions, fault};
use super::{Question, RowStream, SQL};
use crate::fault::SourceFault;
use crate::row::Batch;
use crate::source::{BatchSender, is_full};

/// Stands before each of our statements, so that our own sessions are not taken for load.
pub(super) const MARK: &str = "/* tidegate-reconcile */ ";

/// Begins to read the rows for which the predicate holds; `tail` follows the statement.
pub(super) fn read(sessions: &Arc<Sessions>, question: &Question, predicate: &str, tail: &str) -> RowStream {
    let (sessions, question) = (Arc::clone(sessions), question.clone());
    let columns: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
    let sql = format!(
        "{MARK}{}{tail}",
        SQL.select(&question, &columns, predicate, question.order)
    );
    RowStream::fed_by(move |sender| {
        tokio::spawn(async move {
            if let Err(fault) = all(&sessions, &question, sql, &sender).await {
                // Nobody listens any more when it cannot be sent.
                drop(sender.send(Err(fault)).await);
            }
        })
    })
}

async fn all(sessions: &Sessions, question: &Question, sql: String, sender: &BatchSender) -> Result<(), SourceFault> {
    let mut session = sessions.take().await?;
    begin(&mut session, question).await?;
    let statement = session.conn().prep(sql).await.map_err(|error| fault(&error))?;
    let columns = statement.columns();
    let natives: Vec<Native> = columns.iter().map(Native::of).collect();
    let are_as_before = question
        .all()
        .zip(&natives)
        .all(|(asked, native)| asked.native.is_none_or(|before| before == native.kind()));
    if !are_as_before {
        return Err(SourceFault::SchemaChanged);
    }
    let mut rows = session
        .conn()
        .exec_iter(&statement, ())
        .await
        .map_err(|error| fault(&error))?;
    let mut batch = Batch::default();
    while let Some(row) = rows.next().await.map_err(|error| fault(&error))? {
        write_row(&mut batch, question, &natives, &row)?;
        if is_full(&batch) && sender.send(Ok(std::mem::take(&mut batch))).await.is_err() {
            // The comparison needs no more; the connection ends with its unread rows.
            return Ok(());
        }
    }
    drop(rows);
    if !batch.is_empty() && sender.send(Ok(batch)).await.is_err() {
        return Ok(());
    }
    session.conn().close(statement).await.map_err(|error| fault(&error))?;
    session
        .conn()
        .query_drop("ROLLBACK")
        .await
        .map_err(|error| fault(&error))?;
    session.give_back(sessions);
    Ok(())
}

/// MariaDB counts a statement's longest time in seconds, MySQL in milliseconds.
async fn begin(session: &mut Session, question: &Question) -> Result<(), SourceFault> {
    let conn = session.conn();
    let limit = question.statement_time_max;
    let of_mariadb = format!("SET SESSION max_statement_time = {}", limit.as_secs_f64());
    if conn.query_drop(of_mariadb).await.is_err() {
        let of_mysql = format!("SET SESSION max_execution_time = {}", limit.as_millis());
        conn.query_drop(of_mysql).await.map_err(|error| fault(&error))?;
    }
    let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
    conn.query_drop(begin).await.map_err(|error| fault(&error))
}

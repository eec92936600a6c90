//! One reading: a transaction of one moment, and the rows that a prepared statement gives.

use std::sync::Arc;

use super::decode::{Cell, write_row};
use super::session::Sessions;
use super::wire::{Piece, Wire};
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
    let mut wire = sessions.take_wire().await?;
    begin(&mut wire, question).await?;
    let statement = wire.prepare(&sql).await?;
    let columns = question.all().zip(&statement.columns);
    let cells: Vec<Cell> = columns.map(|(asked, column)| Cell::of(column, asked)).collect();
    let are_as_before = question
        .all()
        .zip(&cells)
        .all(|(asked, cell)| asked.native.is_none_or(|before| before == cell.native().kind()));
    if !are_as_before || cells.len() != statement.columns.len() {
        return Err(SourceFault::SchemaChanged);
    }
    wire.execute(&statement).await?;
    let mut batch = Batch::default();
    loop {
        match wire.piece()? {
            Piece::Row(row) => {
                write_row(&mut batch, question, &cells, row)?;
                if is_full(&batch) && sender.send(Ok(batch.next())).await.is_err() {
                    // The comparison needs no more; the connection ends with its unread rows.
                    return Ok(());
                }
            }
            Piece::Wait => wire.receive().await?,
            Piece::End => break,
        }
    }
    if !batch.is_empty() && sender.send(Ok(batch)).await.is_err() {
        return Ok(());
    }
    wire.close(&statement).await?;
    wire.run("ROLLBACK").await?;
    sessions.give_wire_back(wire);
    Ok(())
}

/// MariaDB counts a statement's longest time in seconds, MySQL in milliseconds.
async fn begin(wire: &mut Wire, question: &Question) -> Result<(), SourceFault> {
    let limit = question.statement_time_max;
    let of_mariadb = format!("SET SESSION max_statement_time = {}", limit.as_secs_f64());
    match wire.run(&of_mariadb).await {
        Err(SourceFault::Failed { .. } | SourceFault::Refused { .. }) => {
            let of_mysql = format!("SET SESSION max_execution_time = {}", limit.as_millis());
            wire.run(&of_mysql).await?;
        }
        set => set?,
    }
    wire.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await
}

//! One reading: a transaction of one moment, the types as they are in it, and the rows that `COPY` sends.

use std::sync::Arc;

use bytes::Bytes;
use tokio_stream::StreamExt as _;

use super::decode::{Native, Rows};
use super::session::{Session, Sessions, fault};
use super::{Question, RowStream, SQL};
use crate::fault::SourceFault;
use crate::source::BatchSender;

/// Begins to read the rows for which the predicate holds; `tail` follows the statement.
pub(super) fn read(sessions: &Arc<Sessions>, question: &Question, predicate: &str, tail: &str) -> RowStream {
    let (sessions, question) = (Arc::clone(sessions), question.clone());
    let (predicate, tail) = (predicate.to_owned(), tail.to_owned());
    RowStream::fed_by(move |sender| {
        tokio::spawn(async move {
            if let Err(fault) = all(&sessions, &question, &predicate, &tail, &sender).await {
                // Nobody listens any more when it cannot be sent.
                drop(sender.send(Err(fault)).await);
            }
        })
    })
}

async fn all(
    sessions: &Sessions,
    question: &Question,
    predicate: &str,
    tail: &str,
    sender: &BatchSender,
) -> Result<(), SourceFault> {
    let session = sessions.take().await?;
    begin(&session, question).await?;
    let mut rows = Rows::new(question, natives(&session, question).await?);
    let columns: Vec<String> = question
        .all()
        .zip(rows.natives())
        .map(|(asked, native)| format!("{}{}", SQL.expression(&asked.expression), native.cast()))
        .collect();
    let select = SQL.select(question, &columns, predicate, question.order);
    let copy = format!("COPY ({select}{tail}) TO STDOUT (FORMAT BINARY)");
    let stream = session.client().copy_out(&copy).await.map_err(|error| fault(&error))?;
    let mut stream = std::pin::pin!(stream);
    while let Some(bytes) = stream.next().await {
        let bytes: Bytes = bytes.map_err(|error| fault(&error))?;
        rows.take(&bytes)?;
        if let Some(batch) = rows.full_batch()
            && sender.send(Ok(batch)).await.is_err()
        {
            // The comparison needs no more; the connection ends with its unread rows.
            return Ok(());
        }
    }
    if let Some(batch) = rows.last_batch()?
        && sender.send(Ok(batch)).await.is_err()
    {
        return Ok(());
    }
    session
        .client()
        .batch_execute("ROLLBACK")
        .await
        .map_err(|error| fault(&error))?;
    session.give_back(sessions);
    Ok(())
}

async fn begin(session: &Session, question: &Question) -> Result<(), SourceFault> {
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
        question.statement_time_max.as_millis().max(1)
    );
    session
        .client()
        .batch_execute(&begin)
        .await
        .map_err(|error| fault(&error))
}

/// The types of the columns, which cannot change while the transaction holds the table's lock.
async fn natives(session: &Session, question: &Question) -> Result<Vec<Native>, SourceFault> {
    let list: Vec<String> = question.all().map(|asked| SQL.expression(&asked.expression)).collect();
    let sql = SQL.select(question, &list, "", super::Arrival::AsTheyCome);
    let asked = session.client().prepare(&sql).await.map_err(|error| fault(&error))?;
    let natives: Vec<Native> = asked
        .columns()
        .iter()
        .map(|column| Native::of(column.type_()))
        .collect();
    let are_as_before = question
        .all()
        .zip(&natives)
        .all(|(asked, native)| asked.native.is_none_or(|before| before == native.kind()));
    if are_as_before {
        Ok(natives)
    } else {
        Err(SourceFault::SchemaChanged)
    }
}

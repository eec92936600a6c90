//! A database that has to answer in time. A server that stands still, or a network that loses what was sent, ends no statement: then
//! the connection counts as failed, so that it is tried again and said.

use std::time::Duration;

use async_trait::async_trait;

use super::{Asking, Columns, Load, Question, RowStream, Schema, Source};
use crate::entity::Relation;
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::row::{Batch, Key};

/// The longest that a question of catalogue, clock or load may take.
const ASKED_MAX: Duration = Duration::from_secs(60);
/// A server ends a statement itself when its time is over; so much longer it may take until we hear of it.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// A source whose answers are waited for so long and no longer.
pub(super) struct Answering<S>(pub(super) S);

async fn within<T>(most: Duration, answer: impl Future<Output = Result<T, SourceFault>>) -> Result<T, SourceFault> {
    let answered = tokio::time::timeout(most, answer).await;
    answered.unwrap_or_else(|_| Err(silent(most)))
}

/// The fault of a server that said nothing for so long.
pub(super) fn silent(most: Duration) -> SourceFault {
    SourceFault::Connection {
        why: format!("the server has not answered for {} s", most.as_secs()),
    }
}

fn of(question: &Question) -> Duration {
    question.statement_time_max.saturating_add(HEARD_WITHIN)
}

#[async_trait]
impl<S: Source> Source for Answering<S> {
    fn name(&self) -> String {
        self.0.name()
    }

    fn identity(&self) -> String {
        self.0.identity()
    }

    fn is_live(&self) -> bool {
        self.0.is_live()
    }

    async fn columns(&self, relation: &Relation) -> Result<Columns, SourceFault> {
        within(ASKED_MAX, self.0.columns(relation)).await
    }

    async fn schema(&self, question: &Question) -> Result<Schema, SourceFault> {
        within(ASKED_MAX, self.0.schema(question)).await
    }

    async fn boundary(&self, question: &Question, range: &KeyRange, rows: u64) -> Result<Option<Key>, SourceFault> {
        within(of(question), self.0.boundary(question, range, rows)).await
    }

    async fn last(&self, question: &Question) -> Result<Option<Key>, SourceFault> {
        within(of(question), self.0.last(question)).await
    }

    /// Each batch is waited for as long as the whole statement may take: one that is on its way comes sooner.
    async fn stream(&self, question: &Question, range: &KeyRange) -> Result<RowStream, SourceFault> {
        let stream = within(of(question), self.0.stream(question, range)).await?;
        Ok(stream.with_silence_max(of(question)))
    }

    async fn detour(
        &self,
        question: &Question,
        asking: Asking<'_>,
        rows_max: u64,
    ) -> Result<Option<String>, SourceFault> {
        within(ASKED_MAX, self.0.detour(question, asking, rows_max)).await
    }

    async fn lookup(&self, question: &Question, keys: &[Key]) -> Result<Batch, SourceFault> {
        within(of(question), self.0.lookup(question, keys)).await
    }

    async fn clock(&self) -> Result<i64, SourceFault> {
        within(ASKED_MAX, self.0.clock()).await
    }

    async fn load(&self) -> Result<Load, SourceFault> {
        within(ASKED_MAX, self.0.load()).await
    }
}

//! One side of a count: whom it asks, and what it remembers.

use std::collections::BTreeMap;

use tidegate_model::ask::{Cadence, CountAsk, CountQuestion, Looks};
use tidegate_model::seam::ArmCounts;
use tidegate_model::{SourceId, Timestamp};

use super::Look;
use super::before::Before;
use super::growth::Growth;
use crate::log::Lines;
use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::{probe, prometheus, sql, table};

/// One side.
#[derive(Debug)]
pub(super) struct Side {
    ask: CountAsk,
    growth: Growth,
    lines: Lines,
    before: Before,
    /// Attempts that are not told: none can be made again.
    attempts: ArmCounts,
}

impl Side {
    pub(super) fn new(ask: CountAsk) -> Self {
        Self {
            ask,
            growth: Growth::default(),
            lines: Lines::default(),
            before: Before::default(),
            attempts: ArmCounts::default(),
        }
    }

    /// What is there to tell since [`Side::settle`] was called last.
    pub(super) async fn look(
        &mut self,
        sources: &BTreeMap<SourceId, Source>,
        looks: Looks,
        cadence: Cadence,
        now: Timestamp,
    ) -> Finding<Look> {
        let source = sources.get(&self.ask.on);
        let source = source.ok_or_else(|| Miss::Silent(format!("`{}` has no address", self.ask.on)))?;
        match (&self.ask.question, source) {
            (CountQuestion::Prometheus { all, hits }, Source::Prometheus(address)) => {
                let totals = prometheus::totals(address, (all, hits), cadence, now).await?;
                self.growth.look(totals)
            }
            (CountQuestion::Probe { path, success, within }, Source::Http(address)) => {
                let counts = probe::attempt(address, (path, success, *within), cadence).await?;
                self.attempts.n += counts.n;
                self.attempts.hits += counts.hits;
                Ok(Look::Stream(self.attempts))
            }
            (CountQuestion::Sql { query }, Source::Database(database)) => match looks {
                Looks::Stream => self.growth.look(sql::totals(database, query, cadence).await?),
                Looks::Batches { .. } => {
                    let found = sql::batches(database, query, cadence).await;
                    self.before.without(found).map(Look::Batches)
                }
            },
            (CountQuestion::Log { all, hits }, Source::Log(path)) => self.lines.look(path, (all, hits), cadence).await,
            (CountQuestion::Csv { rows, day, all, hits }, Source::Csv(table)) => {
                let days = table::days(table, (rows, [day, all, hits]), cadence, now).await?;
                Ok(Look::Batches(days))
            }
            (CountQuestion::Prometheus { .. }, _) => Err(Miss::mismatch("Prometheus")),
            (CountQuestion::Probe { .. }, _) => Err(Miss::mismatch("the web")),
            (CountQuestion::Sql { .. }, _) => Err(Miss::mismatch("a database")),
            (CountQuestion::Log { .. }, _) => Err(Miss::mismatch("a log")),
            (CountQuestion::Csv { .. }, _) => Err(Miss::mismatch("a table of comma-separated values")),
        }
    }

    /// What the last look brought is told, or is the new baseline.
    pub(super) fn settle(&mut self) {
        self.growth.settle();
        self.lines.settle();
        self.attempts = ArmCounts::default();
    }
}

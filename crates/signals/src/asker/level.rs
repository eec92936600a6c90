//! One number at a time.

use std::collections::BTreeMap;

use tidegate_model::ask::{Cadence, LevelAsk, LevelQuestion};
use tidegate_model::seam::{InvalidReason, Observation};
use tidegate_model::{SourceId, Timestamp};

use super::Level;
use crate::log::Newest;
use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::{probe, prometheus, sql, table};

/// Asks for a level again and again.
#[derive(Debug)]
pub(super) struct Levelling {
    ask: LevelAsk,
    cadence: Cadence,
    newest: Newest,
}

impl Levelling {
    pub(super) fn new(ask: LevelAsk, cadence: Cadence) -> Self {
        Self {
            ask,
            cadence,
            newest: Newest::default(),
        }
    }

    pub(super) async fn ask(&mut self, sources: &BTreeMap<SourceId, Source>, now: Timestamp) -> Finding<Observation> {
        let source = sources.get(&self.ask.on);
        let source = source.ok_or_else(|| Miss::Silent(format!("`{}` has no address", self.ask.on)))?;
        let Level { value, at } = self.look(source, now).await?;
        let at = at.unwrap_or(now);
        let bound = self.cadence.stale_after;
        if now.since(at) > bound {
            return Err(Miss::Unusable(InvalidReason::Stale, format!("the number is of {at}")));
        }
        if at.since(now) > bound {
            let detail = format!("the number is of {at}, which lies ahead");
            return Err(Miss::Unusable(InvalidReason::Impossible, detail));
        }
        Ok(Observation::Level { at, value })
    }

    async fn look(&mut self, source: &Source, now: Timestamp) -> Finding<Level> {
        let cadence = self.cadence;
        match (&self.ask.question, source) {
            (LevelQuestion::Prometheus { query }, Source::Prometheus(address)) => {
                prometheus::level(address, query, cadence, now).await
            }
            (LevelQuestion::Probe { path, success }, Source::Http(address)) => {
                probe::level(address, path, success, cadence).await
            }
            (LevelQuestion::Sql { query }, Source::Database(database)) => sql::level(database, query, cadence).await,
            (LevelQuestion::Log { lines, value, time }, Source::Log(path)) => {
                self.newest.look(path, (lines, value, time), cadence).await
            }
            (LevelQuestion::Csv { rows, value, time }, Source::Csv(table)) => {
                table::level(table, (rows, value, time), cadence).await
            }
            (LevelQuestion::Prometheus { .. }, _) => Err(Miss::mismatch("Prometheus")),
            (LevelQuestion::Probe { .. }, _) => Err(Miss::mismatch("the web")),
            (LevelQuestion::Sql { .. }, _) => Err(Miss::mismatch("a database")),
            (LevelQuestion::Log { .. }, _) => Err(Miss::mismatch("a log")),
            (LevelQuestion::Csv { .. }, _) => Err(Miss::mismatch("a table of comma-separated values")),
        }
    }
}

//! Counts of one side or of both, always over the same interval.

use std::collections::BTreeMap;

use tidegate_model::ask::{Cadence, CountAsk, Looks};
use tidegate_model::seam::{ArmCounts, Observation};
use tidegate_model::{SourceId, Timestamp};

use super::Look;
use super::batches::{Batch, Batches};
use super::side::Side;
use crate::miss::{Finding, Miss};
use crate::source::Source;

/// Asks for counts again and again.
#[derive(Debug)]
pub(super) struct Counting {
    old: Option<Side>,
    new: Side,
    looks: Looks,
    cadence: Cadence,
    batches: Batches,
}

impl Counting {
    pub(super) fn new(old: Option<CountAsk>, new: CountAsk, looks: Looks, cadence: Cadence) -> Self {
        Self {
            old: old.map(Side::new),
            new: Side::new(new),
            looks,
            cadence,
            batches: Batches::new(cadence.stale_after),
        }
    }

    pub(super) async fn ask(
        &mut self,
        sources: &BTreeMap<SourceId, Source>,
        now: Timestamp,
    ) -> Finding<Vec<Observation>> {
        let (old, new) = self.look(sources, now).await?;
        let observations = match (old, new) {
            (Some(Look::Baseline), _) | (_, Look::Baseline) => Vec::new(),
            (None, Look::Stream(new)) => vec![self.stream(now, None, new)],
            (Some(Look::Stream(old)), Look::Stream(new)) => vec![self.stream(now, Some(old), new)],
            (None, Look::Batches(new)) => self.batched(now, None, new)?,
            (Some(Look::Batches(old)), Look::Batches(new)) => self.batched(now, Some(old), new)?,
            (Some(Look::Stream(_)), Look::Batches(_)) | (Some(Look::Batches(_)), Look::Stream(_)) => {
                return Err(Miss::shape("one side comes in batches and the other does not"));
            }
        };
        // Either both sides are told or neither.
        self.new.settle();
        if let Some(old) = &mut self.old {
            old.settle();
        }
        Ok(observations)
    }

    async fn look(&mut self, sources: &BTreeMap<SourceId, Source>, now: Timestamp) -> Finding<(Option<Look>, Look)> {
        let (cadence, looks) = (self.cadence, self.looks);
        let Some(old) = &mut self.old else {
            return Ok((None, self.new.look(sources, looks, cadence, now).await?));
        };
        let both = tokio::join!(
            old.look(sources, looks, cadence, now),
            self.new.look(sources, looks, cadence, now)
        );
        match both {
            (Ok(old), Ok(new)) => Ok((Some(old), new)),
            (Err(old), Ok(_)) => Err(old.on("old")),
            (Ok(_), Err(new)) => Err(new.on("new")),
            (Err(old), Err(new)) => Err(old.on("old").graver(new.on("new"))),
        }
    }

    /// One interval; where batches are planned it is one, named by the moment of its question.
    fn stream(&self, now: Timestamp, old: Option<ArmCounts>, new: ArmCounts) -> Observation {
        let batch = match self.looks {
            Looks::Stream => None,
            Looks::Batches { .. } => Some(now.to_string()),
        };
        Observation::Counts {
            at: now,
            batch,
            old,
            new,
        }
    }

    fn batched(
        &mut self,
        now: Timestamp,
        old: Option<BTreeMap<String, ArmCounts>>,
        new: BTreeMap<String, ArmCounts>,
    ) -> Finding<Vec<Observation>> {
        let told = self.batches.untold(old, new, now)?.into_iter();
        Ok(told
            .map(|Batch { name, old, new }| Observation::Counts {
                at: now,
                batch: Some(name),
                old,
                new,
            })
            .collect())
    }
}

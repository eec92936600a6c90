//! What is counted for the objectives of owners: attempts of both sides, whether a stage is judged or not. It is no comparison, so
//! that nobody is left out of its times; completions are asked of those alone who keep their cookies, and so can complete at all.

use tidegate_model::Millis;
use tidegate_model::seam::{PromiseMeter, PromisedCounts};

use crate::roads::Roads;

/// Counts are told no more often than this, so that an estate without a running stage writes little.
pub const TOLD_EVERY: Millis = Millis::seconds(10);

/// How an entry request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The head of an answer came, and it was no error.
    Answered,
    /// With an error of the side or of the way to it.
    Erred,
    /// Without a head: the client left, or needed no side.
    Unanswered,
}

/// Counts of all objectives since they were last told.
#[derive(Debug, Default)]
pub struct Promised {
    all: Vec<Counted>,
    told_ms: u64,
}

#[derive(Debug)]
struct Counted {
    meter: PromiseMeter,
    /// Place of its flow.
    flow: usize,
    total: u64,
    bad: u64,
}

impl Counted {
    fn add(&mut self, is_bad: bool) {
        self.total += 1;
        self.bad += u64::from(is_bad);
    }
}

impl Promised {
    /// Counts for these from now on; what was counted for those among them that were counted before stays.
    pub fn count(&mut self, meters: &[PromiseMeter], roads: &Roads) {
        let before = std::mem::take(&mut self.all);
        let known = meters.iter().filter_map(|meter| {
            let flow = roads.path_of(&meter.flow)?;
            let same = before.iter().find(|one| one.meter == *meter);
            Some(Counted {
                meter: meter.clone(),
                flow,
                total: same.map_or(0, |one| one.total),
                bad: same.map_or(0, |one| one.bad),
            })
        });
        self.all = known.collect();
    }

    /// The entry request of an attempt ended after this time. An error is no answer. Whoever left within the limit says nothing,
    /// neither good nor bad; whoever left after it had waited for too long.
    pub fn answered(&mut self, flow: usize, took: Millis, ending: Ending) {
        for one in self.all.iter_mut().filter(|one| one.flow == flow) {
            let Some(limit) = one.meter.within else { continue };
            match ending {
                Ending::Answered => one.add(took > limit),
                Ending::Erred => one.add(true),
                Ending::Unanswered if took > limit => one.add(true),
                Ending::Unanswered => {}
            }
        }
    }

    /// The first outcome of an attempt whose visitor brought both cookies.
    pub fn outcome(&mut self, flow: usize, failed: bool) {
        for one in self.all.iter_mut().filter(|one| one.flow == flow) {
            if one.meter.within.is_none() {
                one.add(failed);
            }
        }
    }

    /// What was counted since the last time, when it is time to tell it; of nobody nothing is told.
    pub fn take(&mut self, now_ms: u64) -> Vec<PromisedCounts> {
        if now_ms < self.told_ms + TOLD_EVERY.0 {
            return Vec::new();
        }
        self.told_ms = now_ms;
        let some = self.all.iter_mut().filter(|one| one.total > 0);
        some.map(|one| PromisedCounts {
            of: one.meter.clone(),
            total: std::mem::take(&mut one.total),
            bad: std::mem::take(&mut one.bad),
        })
        .collect()
    }
}

//! What the tests of askers have in common: a source by a name, a clock, and one answer at a time.

use std::collections::BTreeMap;
use std::time::SystemTime;

use tidegate_model::ask::Cadence;
use tidegate_model::seam::{ArmCounts, Observation};
use tidegate_model::{Millis, SourceId, Timestamp};
use tidegate_signals::Source;

/// Generous: a busy machine must not turn an answer into silence.
pub(crate) fn cadence() -> Cadence {
    stale_after(Millis::seconds(60))
}

pub(crate) fn stale_after(stale_after: Millis) -> Cadence {
    Cadence {
        every: Millis::seconds(1),
        timeout: Millis::seconds(30),
        stale_after,
    }
}

/// Short, for sources that never answer.
pub(crate) fn impatient() -> Cadence {
    Cadence {
        timeout: Millis(700),
        ..cadence()
    }
}

pub(crate) fn id(name: &str) -> SourceId {
    name.parse().unwrap()
}

/// This source, named `shop`.
pub(crate) fn sources(source: Source) -> BTreeMap<SourceId, Source> {
    BTreeMap::from([(id("shop"), source)])
}

pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

/// The only observation.
pub(crate) fn one(observations: Vec<Observation>) -> Observation {
    let [one] = observations.try_into().expect("one observation");
    one
}

/// The only observation's counts, old and new.
pub(crate) fn counted(observations: Vec<Observation>) -> (Option<ArmCounts>, ArmCounts) {
    match one(observations) {
        Observation::Counts {
            old, new, batch: None, ..
        } => (old, new),
        other => panic!("expected counts, found {other:?}"),
    }
}

//! What the tests of askers have in common: a source by a name, a clock, and one answer at a time.

use std::collections::BTreeMap;
use std::time::SystemTime;

use tidegate_model::ask::Cadence;
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
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
    let found = one(observations);
    let Observation::Counts {
        old, new, batch: None, ..
    } = found
    else {
        panic!("expected counts, found {found:?}");
    };
    (old, new)
}

/// Batches by name, old and new.
pub(crate) fn batched(observations: Vec<Observation>) -> Vec<(String, Option<ArmCounts>, ArmCounts)> {
    let batches = observations.into_iter().map(|found| {
        let Observation::Counts {
            old,
            new,
            batch: Some(name),
            ..
        } = found
        else {
            panic!("expected a batch, found {found:?}");
        };
        (name, old, new)
    });
    batches.collect()
}

/// What is told of an answer that cannot be judged.
pub(crate) fn unusable(found: &Observation) -> InvalidReason {
    let Observation::Unusable { reason, .. } = found else {
        panic!("expected an unusable answer, found {found:?}");
    };
    reason.clone()
}

/// Why there is silence.
pub(crate) fn silent(found: &Observation) -> &str {
    let Observation::Silent(silence) = found else {
        panic!("expected silence, found {found:?}");
    };
    &silence.reason
}

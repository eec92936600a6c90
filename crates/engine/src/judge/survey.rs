//! Pages or baskets that were looked at one by one: faults over the bound are harm, none over it among all of them a pass; a
//! survey that did not reach all, or too few, is no data and never a pass.

use tidegate_model::plan::Criterion;
use tidegate_model::seam::{InvalidReason, Observation, Surveyed, Verdict};
use tidegate_model::{Millis, Timestamp};

use super::validity::Check;
use super::{because, silence};
use crate::event::Reading;
use crate::state::StageState;

/// What a survey is held to.
pub(super) struct Asked {
    /// Subjects with a fault that are tolerated.
    pub(super) at_most: u64,
    /// Fewer subjects than this are no evidence.
    pub(super) at_least: u64,
    /// A survey that began longer ago does not count.
    pub(super) stale_after: Millis,
}

pub(super) fn judge(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> (Verdict, Reading) {
    let since = silence::since(known, &criterion.id);
    let no_data = |reading: Reading| (Verdict::NoData { since }, reading);
    let waiting = |why: &str| match silence::of(known, &criterion.id, now) {
        Some(since) => (Verdict::NoData { since }, because(why)),
        None => (Verdict::NotYet { needed: None }, because(why)),
    };
    let (at, found) = match known.observations.get(&criterion.id) {
        None => return waiting("nothing was looked at yet"),
        Some(Observation::Silent(silent)) => {
            return (Verdict::SourceDown { since: silent.since }, because(&silent.reason));
        }
        Some(Observation::Nothing { detail, .. }) => return no_data(because(detail)),
        Some(Observation::Unusable { reason, detail, .. }) => {
            return (Verdict::Invalid { reason: reason.clone() }, because(detail));
        }
        // Not an answer to what was asked here.
        Some(
            Observation::Equality { .. }
            | Observation::Reconciled { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. },
        ) => {
            let reason = InvalidReason::Shape;
            return (Verdict::Invalid { reason }, because("the answer is no survey"));
        }
        Some(Observation::Surveyed { at, found }) => (*at, found),
    };
    let reading = |why: String| Reading {
        new: Some((found.looked_at, found.faulty)),
        why,
        ..Reading::default()
    };
    if found.looked_at < asked.at_least {
        let seen = found.subjects.count(found.looked_at);
        let gap = found.gap.as_ref().map(|gap| format!(": {gap}")).unwrap_or_default();
        return no_data(reading(format!("{seen}, expected {} at least{gap}", asked.at_least)));
    }
    // Faults that were seen are there, whatever else was not seen.
    if found.faulty > asked.at_most {
        return (Verdict::Harm, reading(found.words()));
    }
    if let Some(gap) = &found.gap {
        return no_data(reading(format!("{gap}; {}", found.words())));
    }
    if now.since(at) > asked.stale_after {
        let bound = asked.stale_after;
        return no_data(reading(format!(
            "last looked at {at}; what began longer than {bound} ago does not count"
        )));
    }
    if at < known.step_since_at {
        return waiting("nothing was looked at since this step began");
    }
    (Verdict::Pass, reading(found.words()))
}

/// What the verdict rests on, one by one; empty before anything was looked at.
pub(super) fn checks(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> Vec<Check> {
    let Some(Observation::Surveyed { at, found }) = known.observations.get(&criterion.id) else {
        return Vec::new();
    };
    let check = |name: &str, holds: bool, detail: String| Check {
        name: name.to_owned(),
        holds,
        detail,
    };
    let age = now.since(*at);
    vec![
        check("coverage", found.gap.is_none(), coverage(found)),
        check(
            "enough",
            found.looked_at >= asked.at_least,
            format!("{}, {} at least", found.subjects.count(found.looked_at), asked.at_least),
        ),
        check(
            "fresh",
            age <= asked.stale_after,
            format!("{age} old; older than {} does not count", asked.stale_after),
        ),
    ]
}

fn coverage(found: &Surveyed) -> String {
    found.gap.clone().unwrap_or_else(|| "all were looked at".to_owned())
}

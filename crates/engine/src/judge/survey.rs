//! Pages or baskets that were looked at one by one: faults over the bound are harm, none over it among all of them a pass; a
//! survey that did not reach all, or too few, is no data and never a pass.

use tidegate_model::plan::Criterion;
use tidegate_model::seam::{Observation, Subjects, Surveyed, Verdict};
use tidegate_model::{Millis, Timestamp};

use super::answer::{answer, waiting};
use super::asked::Whole;
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

impl Asked {
    fn whole<'a>(
        &self,
        known: &'a StageState,
        criterion: &'a Criterion,
        (at, found): (Timestamp, &Surveyed),
    ) -> Whole<'a> {
        Whole {
            known,
            criterion,
            at,
            stale_after: self.stale_after,
            done: "looked at",
            subject: match found.subjects {
                Subjects::Addresses => "the pages",
                Subjects::Baskets => "the baskets",
            },
        }
    }
}

pub(super) fn judge(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> (Verdict, Reading) {
    let (at, found) = match answer(known, criterion, "the answer is no survey", surveyed) {
        Err((verdict, why)) => return (verdict, because(&why)),
        Ok(None) => return (waiting(known, criterion, now), because("nothing was looked at yet")),
        Ok(Some(found)) => found,
    };
    let since = silence::since(known, &criterion.id);
    let no_data = |reading: Reading| (Verdict::NoData { since }, reading);
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
    let whole = asked.whole(known, criterion, (at, found));
    let untimely = whole.outdated(now, &reading).or_else(|| whole.unasked(now));
    untimely.unwrap_or_else(|| (Verdict::Pass, reading(found.words())))
}

/// What the verdict rests on, one by one; empty before anything was looked at.
pub(super) fn checks(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> Vec<Check> {
    let Some((at, found)) = known.observations.get(&criterion.id).and_then(surveyed) else {
        return Vec::new();
    };
    let check = |name: &str, holds: bool, detail: String| Check {
        name: name.to_owned(),
        holds,
        detail,
    };
    let enough = format!("{}, {} at least", found.subjects.count(found.looked_at), asked.at_least);
    let mut checks = vec![
        check("coverage", found.gap.is_none(), coverage(found)),
        check("enough", found.looked_at >= asked.at_least, enough),
    ];
    checks.extend(asked.whole(known, criterion, (at, found)).checks(now));
    checks
}

fn surveyed(said: &Observation) -> Option<(Timestamp, &Surveyed)> {
    let Observation::Surveyed { at, found } = said else {
        return None;
    };
    Some((*at, found))
}

fn coverage(found: &Surveyed) -> String {
    found.gap.clone().unwrap_or_else(|| "all were looked at".to_owned())
}

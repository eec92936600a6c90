//! Batches by name: each is told once, when it is there on every side that is asked.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::seam::{ArmCounts, InvalidReason};
use tidegate_model::{Millis, Timestamp};

use crate::miss::{Finding, Miss};
use crate::moment;

/// Batches that are remembered as told; days of this number are centuries.
const TOLD_MAX: usize = 100_000;

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) name: String,
    pub(super) old: Option<ArmCounts>,
    pub(super) new: ArmCounts,
}

/// Which batches were told, and when there was something to tell last.
#[derive(Debug)]
pub(super) struct Batches {
    stale_after: Millis,
    told: BTreeSet<String>,
    last_told: Option<Timestamp>,
}

impl Batches {
    pub(super) fn new(stale_after: Millis) -> Self {
        Self {
            stale_after,
            told: BTreeSet::new(),
            last_told: None,
        }
    }

    /// Those that were not told, in the order of their names. One named after a day or moment too long ago is not told, and
    /// neither is one whose day is not over or whose moment lies ahead.
    ///
    /// # Errors
    /// There is nothing to tell, and what was told last is too long ago.
    pub(super) fn untold(
        &mut self,
        old: Option<BTreeMap<String, ArmCounts>>,
        new: BTreeMap<String, ArmCounts>,
        now: Timestamp,
    ) -> Finding<Vec<Batch>> {
        let since = *self.last_told.get_or_insert(now);
        let pairs = new.into_iter().filter_map(|(name, new)| match &old {
            None => Some(Batch { name, old: None, new }),
            // A batch that is there on one side waits for the other.
            Some(old) => old.get(&name).copied().map(|old| Batch {
                name,
                old: Some(old),
                new,
            }),
        });
        let all: Vec<Batch> = pairs.filter(|batch| is_past(&batch.name, now)).collect();
        let newest = all.iter().filter_map(|batch| moment::named(&batch.name)).max();
        let is_fresh = |at: Timestamp| now.since(at) <= self.stale_after;
        let untold: Vec<Batch> = all
            .into_iter()
            .filter(|batch| !self.told.contains(&batch.name))
            .filter(|batch| moment::named(&batch.name).is_none_or(is_fresh))
            .collect();
        if untold.is_empty() && !is_fresh(newest.unwrap_or(since)) {
            let detail = match newest {
                Some(newest) => format!("the newest batch ended at {newest}"),
                None => format!("no new batch since {since}"),
            };
            return Err(Miss::Unusable(InvalidReason::Stale, detail));
        }
        if self.told.len() + untold.len() > TOLD_MAX {
            return Err(Miss::shape(format!("more than {TOLD_MAX} batches")));
        }
        if !untold.is_empty() {
            self.last_told = Some(now);
        }
        self.told.extend(untold.iter().map(|batch| batch.name.clone()));
        Ok(untold)
    }
}

/// Whether a batch's name says nothing against its being whole.
fn is_past(name: &str, now: Timestamp) -> bool {
    let is_day_over = moment::is_over(name, now);
    is_day_over.unwrap_or_else(|| moment::read(name).is_none_or(|at| at <= now))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    const DAY: Millis = Millis(86_400_000);

    fn at(text: &str) -> Timestamp {
        moment::read(text).unwrap()
    }

    fn side(names: &[&str]) -> BTreeMap<String, ArmCounts> {
        let counts = ArmCounts { n: 10, hits: 1 };
        names.iter().map(|name| ((*name).to_owned(), counts)).collect()
    }

    fn names(found: Finding<Vec<Batch>>) -> Vec<String> {
        found.unwrap().into_iter().map(|batch| batch.name).collect()
    }

    #[test]
    fn a_batch_is_told_once_and_when_both_sides_have_it() {
        let mut batches = Batches::new(DAY);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(
            names(batches.untold(Some(side(&["a", "b"])), side(&["b", "c"]), now)),
            ["b"]
        );
        assert_eq!(
            names(batches.untold(Some(side(&["a", "b"])), side(&["a", "b"]), now)),
            ["a"]
        );
        assert!(names(batches.untold(Some(side(&["a", "b"])), side(&["a", "b"]), now)).is_empty());
    }

    #[test]
    fn days_too_long_ago_are_not_told_and_when_all_are_they_are_stale() {
        let mut batches = Batches::new(Millis(2 * DAY.0));
        let days = side(&["2026-11-16", "2026-11-18", "2026-11-19"]);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(
            names(batches.untold(None, days.clone(), now)),
            ["2026-11-18", "2026-11-19"]
        );
        let later = now.after(Millis(2 * DAY.0));
        let miss = batches.untold(None, days, later).unwrap_err();
        assert!(
            matches!(&miss, Miss::Unusable(InvalidReason::Stale, why) if why.contains("2026-11-20T00:00:00")),
            "{miss:?}"
        );
    }

    #[test]
    fn a_day_that_is_not_over_and_a_moment_ahead_are_not_told() {
        let mut batches = Batches::new(Millis(3 * DAY.0));
        let there = side(&[
            "2026-11-19",
            "2026-11-20",
            "2026-11-20T01:00:00Z",
            "2026-11-20 12:00:01+00",
        ]);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(
            names(batches.untold(None, there.clone(), now)),
            ["2026-11-19", "2026-11-20T01:00:00Z"]
        );
        let later = now.after(DAY);
        assert_eq!(
            names(batches.untold(None, there, later)),
            ["2026-11-20", "2026-11-20 12:00:01+00"]
        );
    }

    #[test]
    fn a_name_that_lies_ahead_keeps_nothing_fresh() {
        let mut batches = Batches::new(DAY);
        let now = at("2026-11-20T12:00:00Z");
        let there = side(&["2027-11-19", "2027-11-20T01:00:00Z"]);
        assert!(names(batches.untold(None, there.clone(), now)).is_empty());
        let miss = batches.untold(None, there, now.after(Millis(DAY.0 + 1)));
        assert!(matches!(miss, Err(Miss::Unusable(InvalidReason::Stale, _))));
    }

    #[test]
    fn batches_of_any_name_are_stale_when_no_new_one_comes() {
        let mut batches = Batches::new(DAY);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(names(batches.untold(None, side(&["first"]), now)), ["first"]);
        assert!(names(batches.untold(None, side(&["first"]), now.after(DAY))).is_empty());
        let miss = batches.untold(None, side(&["first"]), now.after(Millis(DAY.0 + 1)));
        assert!(matches!(miss, Err(Miss::Unusable(InvalidReason::Stale, _))));
    }
}

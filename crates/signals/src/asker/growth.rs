//! Counters that only grow: what they grew by between two questions.

use tidegate_model::seam::{ArmCounts, InvalidReason};

use super::Look;
use crate::miss::{Finding, Miss};

/// What two counters show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// All.
    pub(crate) all: u64,
    /// Hits among them.
    pub(crate) hits: u64,
}

/// The counters as they were when they were last told, and as they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Growth {
    baseline: Option<Totals>,
    latest: Option<Totals>,
}

impl Growth {
    /// What came since the baseline, which stays where it is until [`Growth::settle`].
    ///
    /// # Errors
    /// More hits came than there were attempts.
    pub(super) fn look(&mut self, now: Totals) -> Finding<Look> {
        self.latest = Some(now);
        let Some(before) = self.baseline else {
            return Ok(Look::Baseline);
        };
        let grown = now.all.checked_sub(before.all).zip(now.hits.checked_sub(before.hits));
        let Some((n, hits)) = grown else {
            return Ok(Look::Baseline);
        };
        if hits > n {
            let detail = format!("{hits} hits came with {n} attempts");
            return Err(Miss::Unusable(InvalidReason::Impossible, detail));
        }
        Ok(Look::Stream(ArmCounts { n, hits }))
    }

    /// What was looked at last is told, or the new baseline.
    pub(super) fn settle(&mut self) {
        self.baseline = self.latest;
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn totals(all: u64, hits: u64) -> Totals {
        Totals { all, hits }
    }

    fn from(baseline: Totals) -> Growth {
        Growth {
            baseline: Some(baseline),
            latest: None,
        }
    }

    fn check(before: (u64, u64), now: (u64, u64), expected: Look) {
        let found = from(totals(before.0, before.1)).look(totals(now.0, now.1));
        assert_eq!(found.unwrap(), expected, "{before:?} to {now:?}");
    }

    fn stream(n: u64, hits: u64) -> Look {
        Look::Stream(ArmCounts { n, hits })
    }

    #[test]
    fn counters_are_told_by_what_they_grew() {
        check((100, 7), (120, 8), stream(20, 1));
        check((100, 7), (100, 7), stream(0, 0));
    }

    #[test]
    fn a_counter_that_fell_begins_anew() {
        check((100, 7), (99, 7), Look::Baseline);
        check((100, 7), (120, 6), Look::Baseline);
    }

    #[test]
    fn what_could_not_be_told_is_told_with_the_next() {
        let mut growth = from(totals(100, 7));
        assert!(growth.look(totals(101, 10)).is_err(), "3 hits of 1");
        assert_eq!(growth.look(totals(110, 10)).unwrap(), stream(10, 3));
        growth.settle();
        assert_eq!(growth.look(totals(111, 10)).unwrap(), stream(1, 0));
    }
}

//! When a running comparison may read no more: its time, the number of differences, somebody who stops it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Run, SKIPPED_MAX};
use crate::verdict::Doubt;

/// How long a chunk may take to come to its end after somebody stopped the comparison; then its side does not answer.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

impl Run<'_> {
    /// When chunks end, whatever is left of them, so that there is time to read suspects again; none without a longest time.
    pub(super) fn late_from(&self) -> Option<Instant> {
        let budget = &self.comparison.budget;
        let most = budget.time_max?;
        self.began.checked_add(most - reserve(most, budget.settle))
    }

    /// When a chunk is given up that did not end in time: a quarter of what is kept for suspects later.
    pub(super) fn given_up_from(&self) -> Option<Instant> {
        let budget = &self.comparison.budget;
        let late = self.late_from()?;
        late.checked_add(reserve(budget.time_max?, budget.settle) / 4)
    }

    /// Whether the longest time is used up, but for what reading suspects again needs.
    pub(super) fn is_late(&self) -> bool {
        self.late_from().is_some_and(|late| Instant::now() >= late)
    }

    /// Ends the chunks at work whose sides do not answer, once it is time.
    pub(super) fn give_up(&mut self) {
        let is_stopped = self.stop.is_asked();
        if is_stopped {
            self.stopped.get_or_insert_with(Instant::now);
        }
        let was_stopped = self.stopped.is_some_and(|since| since.elapsed() >= STOPS_WITHIN);
        if was_stopped || self.given_up_from().is_some_and(|from| Instant::now() >= from) {
            self.tasks.abort_all();
        }
    }

    /// Notes chunks that were given up: their keys are not compared.
    pub(super) fn note_given_up(&mut self) {
        self.has_given_up = true;
        let why = match self.stop.is_asked() {
            true => Doubt::Stopped,
            false => Doubt::TimeReached,
        };
        self.doubt(why);
    }

    /// Whether more may be read; a limit that is reached is said once, in the verdict.
    pub(super) fn may_go_on(&mut self) -> bool {
        let budget = &self.comparison.budget;
        let suspects = u64::try_from(self.suspects.len()).unwrap_or(u64::MAX);
        let limit = if self.stop.is_asked() {
            Doubt::Stopped
        } else if self.is_late() {
            Doubt::TimeReached
        } else if suspects >= budget.differences_max {
            Doubt::DifferencesReached
        } else {
            return self.skipped_in_a_row < SKIPPED_MAX;
        };
        if !self.spans.is_empty() {
            self.doubt(limit);
        }
        false
    }

    pub(super) fn doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}

/// What of the longest time is kept for reading suspects again.
pub(crate) fn reserve(most: Duration, settle: Duration) -> Duration {
    settle.saturating_mul(4).min(most / 2)
}

//! What becomes known of a stage's attempts after it has fallen: those that had begun on the new side come to their ends, and the
//! loss of them all is known only then.

use serde::Serialize;
use tidegate_model::seam::ArmCounts;

use crate::tally::{Tally, add};

/// Attempts that began before the fall and are counted by now, whether or not they came in time to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Aftermath {
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
    /// Attempts of both sides among them that came too late to be judged.
    pub late: u64,
}

impl Aftermath {
    /// What was counted until the fall.
    pub(crate) fn of(tally: &Tally) -> Self {
        Self {
            old: tally.attempt.old,
            new: tally.attempt.new,
            late: 0,
        }
    }

    /// Takes one stratum that is counted since.
    pub(crate) fn push(&mut self, old: ArmCounts, new: ArmCounts) {
        self.old = add(self.old, old);
        self.new = add(self.new, new);
        self.late = self.late.saturating_add(old.n).saturating_add(new.n);
    }

    /// Hits that the new side's attempts would have had at the old side's share, less those that they had; below zero they had
    /// more. None while nobody was counted on the old side, which gives no share.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn lost(&self) -> Option<f64> {
        let share = (self.old.n > 0).then(|| self.old.hits as f64 / self.old.n as f64)?;
        Some(self.new.n as f64 * share - self.new.hits as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_adds_to_what_was_lost() {
        let arm = |n, hits| ArmCounts { n, hits };
        let mut after = Aftermath::default();
        assert_eq!(after.lost(), None);
        after.push(arm(100, 90), arm(10, 5));
        assert_eq!(after.lost(), Some(4.0));
        after.push(arm(100, 90), arm(20, 4));
        assert_eq!(after.lost(), Some(18.0));
        assert_eq!((after.new, after.late), (arm(30, 9), 230));
    }
}

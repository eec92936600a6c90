//! What becomes known of a stage's attempts after it has fallen: those that had begun on the new side come to their ends, and the
//! loss of them all is known only then.

use tidegate_model::seam::ArmCounts;
use tidegate_stats::cmh::HarmSums;
use tidegate_stats::{Hits, PairedStratum};

use crate::tally::{Tally, add, arm};

/// Attempts that began before the fall and are counted by now, whether or not they came in time to be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Aftermath {
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
    /// Attempts of both sides among them that came too late to be judged.
    pub late: u64,
    sums: HarmSums,
}

impl Aftermath {
    /// What was counted until the fall.
    pub(crate) fn of(tally: &Tally) -> Self {
        Self {
            old: tally.attempt.old,
            new: tally.attempt.new,
            late: 0,
            sums: tally.stratified,
        }
    }

    /// Nothing was.
    pub(crate) fn new() -> Self {
        Self {
            old: ArmCounts::default(),
            new: ArmCounts::default(),
            late: 0,
            sums: HarmSums::new(Hits::Bad),
        }
    }

    /// Takes one stratum that is counted since.
    pub(crate) fn push(&mut self, old: ArmCounts, new: ArmCounts) {
        self.old = add(self.old, old);
        self.new = add(self.new, new);
        self.late = self.late.saturating_add(old.n).saturating_add(new.n);
        self.sums.push(PairedStratum::new(arm(old), arm(new)));
    }

    /// Completions lost so far against the old side's pace; below zero the new side completed more.
    #[must_use]
    pub fn lost(&self) -> f64 {
        0.0 - self.sums.lost_so_far()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_adds_to_what_was_lost() {
        let arm = |n, hits| ArmCounts { n, hits };
        let mut after = Aftermath::new();
        after.push(arm(100, 90), arm(10, 5));
        let before = after.lost();
        after.push(arm(100, 90), arm(20, 4));
        assert!(
            before > 3.0 && after.lost() > before + 12.0,
            "{before} then {}",
            after.lost()
        );
        assert_eq!((after.new, after.late), (arm(30, 9), 230));
    }
}

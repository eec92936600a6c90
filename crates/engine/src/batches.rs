//! Batches that a source told, such as nights: each counts once, and is kept whole, as the plan of looks is made of them.

use std::collections::VecDeque;

use serde::Serialize;
use tidegate_model::Timestamp;
use tidegate_model::seam::ArmCounts;

use crate::tally::Belongs;

/// Batches of one criterion that are kept since the evidence began, and names that are known; later ones are not judged.
pub const BATCHES_MAX: usize = 1_000;
/// Letters of a day, such as `2026-03-02`.
const DAY_LETTERS: usize = 10;

/// The batches of one criterion.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Batches {
    /// Names of batches that came, newest last; a change of a side does not make them new.
    pub known: VecDeque<String>,
    /// Counts since the attempt or the last restart.
    pub counted: Vec<Batch>,
}

/// Counts of one batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
    /// Whether it may help the present step to pass.
    pub is_of_step: bool,
}

impl Batches {
    /// Takes a batch, and says what it is evidence for: nothing when it is known, one too many, or a day that had begun
    /// when the evidence did, and the attempt alone when that day had begun when the step did.
    pub fn take(&mut self, name: &str, since: Since, old: ArmCounts, new: ArmCounts) -> Option<Belongs> {
        if self.known.iter().any(|known| known == name) {
            return None;
        }
        if self.known.len() >= BATCHES_MAX {
            self.known.pop_front();
        }
        self.known.push_back(name.to_owned());
        if self.counted.len() >= BATCHES_MAX || is_day_until(name, since.evidence) {
            return None;
        }
        let is_of_step = !is_day_until(name, since.step);
        self.counted.push(Batch { old, new, is_of_step });
        Some(if is_of_step {
            Belongs::ToStep
        } else {
            Belongs::ToAttempt
        })
    }

    /// A step begins: what passes starts anew.
    pub fn begin_step(&mut self) {
        for batch in &mut self.counted {
            batch.is_of_step = false;
        }
    }

    /// The evidence starts anew; what is known stays known.
    pub fn forget(&mut self) {
        self.counted.clear();
    }
}

/// Since when there is evidence.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// Of the attempt or the last restart.
    pub evidence: Timestamp,
    /// Of the step.
    pub step: Timestamp,
}

/// Whether a name is a day, and that day is not after the moment's, in UTC.
fn is_day_until(name: &str, moment: Timestamp) -> bool {
    let is_day = name.len() == DAY_LETTERS
        && name.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_day && moment.to_string().get(..DAY_LETTERS).is_some_and(|day| name <= day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: ArmCounts = ArmCounts { n: 10, hits: 1 };
    /// Monday, 2 March 2026, nine o'clock in UTC.
    const BEGAN: Since = Since {
        evidence: Timestamp(1_772_442_000_000),
        step: Timestamp(1_772_442_000_000),
    };

    #[test]
    fn a_batch_counts_once_and_a_change_makes_no_old_one_new() {
        let mut batches = Batches::default();
        let mut take = |name| batches.take(name, BEGAN, SOME, SOME);
        assert_eq!([take("night 1"), take("night 1")], [Some(Belongs::ToStep), None]);
        batches.forget();
        let mut take = |name| batches.take(name, BEGAN, SOME, SOME);
        assert_eq!([take("night 1"), take("night 2")], [None, Some(Belongs::ToStep)]);
        assert_eq!(batches.counted.len(), 1);
    }

    #[test]
    fn a_day_that_had_begun_before_the_evidence_is_none() {
        let mut batches = Batches::default();
        let mut take = |day, since| batches.take(day, since, SOME, SOME);
        assert_eq!([take("2026-03-01", BEGAN), take("2026-03-02", BEGAN)], [None, None]);
        assert_eq!(take("2026-03-03", BEGAN), Some(Belongs::ToStep));
        let two_days_later = Since {
            step: Timestamp(BEGAN.step.0 + 2 * 86_400_000),
            ..BEGAN
        };
        assert_eq!(take("2026-03-04", two_days_later), Some(Belongs::ToAttempt));
        assert_eq!(take("2026-03-05", two_days_later), Some(Belongs::ToStep));
    }

    #[test]
    fn so_many_are_kept_and_no_more() {
        let mut batches = Batches::default();
        for night in 0..BATCHES_MAX + 5 {
            batches.take(&format!("night {night}"), BEGAN, SOME, SOME);
        }
        assert_eq!((batches.counted.len(), batches.known.len()), (BATCHES_MAX, BATCHES_MAX));
    }
}

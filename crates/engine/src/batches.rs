//! Batches that a source told, such as nights: each counts once, and is looked at when it comes.

use std::collections::VecDeque;

use serde::Serialize;
use tidegate_model::Timestamp;
use tidegate_stats::PairedStratum;
use tidegate_stats::batch::BatchTest;

use crate::adopted::BatchesOf;
use crate::tally::Belongs;

/// Names of batches of one criterion that are remembered; the oldest is forgotten first.
pub const BATCHES_MAX: usize = 1_000;
/// Letters of a day, such as `2026-03-02`.
const DAY_LETTERS: usize = 10;

/// The batches of one criterion.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Batches {
    /// Names of batches that came, newest last; a change of a side does not make them new.
    pub known: VecDeque<String>,
    /// How many count since the attempt or the last restart.
    pub counted: u64,
    /// The alarm over these.
    #[serde(skip)]
    pub alarm: Option<BatchTest>,
    /// The pass test over those of the step.
    #[serde(skip)]
    pub pass: Option<BatchTest>,
}

impl Batches {
    /// Takes a batch, and says what it is evidence for: nothing when it is known, or a day or a moment that had begun when the
    /// evidence did, and the attempt alone when it had begun when the step did. What was asked for before either is treated alike.
    pub fn take(
        &mut self,
        name: &str,
        asked: Timestamp,
        since: Since,
        of: Option<(BatchesOf, u32)>,
        batch: PairedStratum,
    ) -> Option<Belongs> {
        if self.known.iter().any(|known| known == name) {
            return None;
        }
        if self.known.len() >= BATCHES_MAX {
            self.known.pop_front();
        }
        self.known.push_back(name.to_owned());
        if asked <= since.evidence || had_begun(name, since.evidence) {
            return None;
        }
        self.counted = self.counted.saturating_add(1);
        let is_of_step = asked > since.step && !had_begun(name, since.step);
        if let Some((of, this_try)) = of {
            push(&mut self.alarm, || of.alarm(this_try), batch);
            if is_of_step {
                push(&mut self.pass, || of.pass(), batch);
            }
        }
        Some(if is_of_step {
            Belongs::ToStep
        } else {
            Belongs::ToAttempt
        })
    }

    /// A step begins: what passes starts anew.
    pub fn begin_step(&mut self) {
        self.pass = None;
    }

    /// The evidence starts anew; what is known stays known.
    pub fn forget(&mut self) {
        self.counted = 0;
        self.alarm = None;
        self.pass = None;
    }
}

fn push(test: &mut Option<BatchTest>, begin: impl Fn() -> Option<BatchTest>, batch: PairedStratum) {
    if test.is_none() {
        *test = begin();
    }
    if let Some(test) = test {
        test.push(batch);
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

/// Whether a name is a day or a moment, and that is not after this moment. Days are those of UTC.
fn had_begun(name: &str, moment: Timestamp) -> bool {
    if let Some(named) = moment_of(name) {
        return named <= moment;
    }
    let is_day = name.len() == DAY_LETTERS
        && name.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_day && moment.to_string().get(..DAY_LETTERS).is_some_and(|day| name <= day)
}

/// The moment that a name is: RFC 3339, or as databases print it, such as `2026-03-02 09:00:00+00`.
fn moment_of(name: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = name.parse().ok()?;
    Some(Timestamp(moment.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use tidegate_stats::ArmCounts;

    use super::*;

    const SOME: PairedStratum = PairedStratum::new(ArmCounts::new(10, 1), ArmCounts::new(10, 1));
    /// Monday, 2 March 2026, nine o'clock in UTC.
    const BEGAN: Since = Since {
        evidence: Timestamp(1_772_442_000_000),
        step: Timestamp(1_772_442_000_000),
    };

    /// A week after that.
    const LATER: Timestamp = Timestamp(BEGAN.step.0 + 7 * 86_400_000);

    #[test]
    fn a_batch_counts_once_and_a_change_makes_no_old_one_new() {
        let mut batches = Batches::default();
        let mut take = |name| batches.take(name, LATER, BEGAN, None, SOME);
        assert_eq!([take("night 1"), take("night 1")], [Some(Belongs::ToStep), None]);
        batches.forget();
        let mut take = |name| batches.take(name, LATER, BEGAN, None, SOME);
        assert_eq!([take("night 1"), take("night 2")], [None, Some(Belongs::ToStep)]);
        assert_eq!(batches.counted, 1);
    }

    #[test]
    fn a_day_that_had_begun_before_the_evidence_is_none() {
        let mut batches = Batches::default();
        let mut take = |day, since| batches.take(day, LATER, since, None, SOME);
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
    fn a_moment_before_the_evidence_is_none_however_it_is_written() {
        let mut batches = Batches::default();
        let step = Timestamp(BEGAN.step.0 + 3_600_000);
        let mut take = |moment| batches.take(moment, LATER, Since { step, ..BEGAN }, None, SOME);
        for before in [
            "2026-03-02T08:59:59Z",
            "2026-03-02T09:00:00.000Z",
            "2026-03-02T10:30:00+02:00",
            "2026-03-02 08:00:00+00",
            "2026-03-02 10:59:59.25+02:00",
        ] {
            assert_eq!(take(before), None, "{before}");
        }
        for between in ["2026-03-02T09:00:01Z", "2026-03-02 11:30:00+02"] {
            assert_eq!(take(between), Some(Belongs::ToAttempt), "{between}");
        }
        for after in ["2026-03-02T10:00:01Z", "2026-03-02 12:30:00+02"] {
            assert_eq!(take(after), Some(Belongs::ToStep), "{after}");
        }
    }

    #[test]
    fn so_many_names_are_remembered_and_no_more() {
        let mut batches = Batches::default();
        for night in 0..BATCHES_MAX + 5 {
            batches.take(&format!("night {night}"), LATER, BEGAN, None, SOME);
        }
        assert_eq!((batches.counted, batches.known.len()), (1_005, BATCHES_MAX));
    }
}

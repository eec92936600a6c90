//! What a comparison ends with: clean, diverged or inconclusive, and how much of the rows that speaks for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::difference::{Class, Difference};
use crate::totals::Totals;

/// The exit code of a clean comparison.
pub const EXIT_CLEAN: u8 = 0;
/// The exit code of confirmed differences.
pub const EXIT_DIVERGED: u8 = 1;
/// The exit code of an error.
pub const EXIT_ERROR: u8 = 2;
/// The exit code of a comparison that can say neither.
pub const EXIT_INCONCLUSIVE: u8 = 3;

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every row of both sides was compared, there was at least one, and all agree.
    Clean,
    /// At least one difference stayed after it was read again.
    Diverged,
    /// No difference is certain, and neither is its absence.
    Inconclusive,
}

/// Why a comparison cannot say clean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Doubt {
    /// Neither side had a row.
    NoRows,
    /// A part of the rows could not be read.
    ChunksSkipped {
        /// How many.
        chunks: u64,
        /// The fault of the last one.
        fault: String,
    },
    /// Rows kept changing whenever they were read.
    Moving {
        /// How many.
        rows: u64,
    },
    /// Suspects could not be read again.
    Unread {
        /// How many.
        rows: u64,
        /// Why.
        fault: String,
    },
    /// The longest time was reached.
    TimeReached,
    /// The largest number of differences was reached.
    DifferencesReached,
    /// Somebody stopped it.
    Stopped,
}

/// How much was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Coverage {
    /// Rows read of the old side.
    pub old_rows: u64,
    /// Rows read of the new side.
    pub new_rows: u64,
    /// Chunks compared to their end.
    pub chunks_done: u64,
    /// Chunks that could not be read.
    pub chunks_skipped: u64,
    /// Whether the chunks that were done, taken together, are all keys.
    pub is_whole: bool,
}

/// How many rows ended how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Confirmed: the new side lacks the row.
    pub missing: u64,
    /// Confirmed: only the new side has the row.
    pub extra: u64,
    /// Confirmed: values differ.
    pub changed: u64,
    /// Confirmed: a key names several rows.
    pub duplicated: u64,
    /// Suspected, and equal when read again.
    pub healed: u64,
    /// Still changing when last read.
    pub moving: u64,
    /// Confirmed changes by the column's place and class.
    #[serde(skip)]
    pub classes: BTreeMap<(usize, Class), u64>,
}

impl Counts {
    /// Adds a confirmed difference.
    pub fn confirm(&mut self, difference: &Difference) {
        match difference {
            Difference::Missing { .. } => self.missing += 1,
            Difference::Extra { .. } => self.extra += 1,
            Difference::Duplicated { .. } => self.duplicated += 1,
            Difference::Changed { changes, .. } => {
                self.changed += 1;
                for change in changes {
                    *self.classes.entry((change.column, change.class)).or_default() += 1;
                }
            }
        }
    }

    /// All confirmed differences.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.missing + self.extra + self.changed + self.duplicated
    }
}

/// The end of a comparison.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What it says.
    pub outcome: Outcome,
    /// How much it speaks for.
    pub coverage: Coverage,
    /// How many rows ended how.
    pub counts: Counts,
    /// Why it is not clean, besides differences; with differences, why there may be more.
    pub doubts: Vec<Doubt>,
    /// What the rows that were compared come to on either side, for each plan of totals that was asked for, as they were read
    /// first. They are of those rows alone: all of them where the coverage is whole.
    #[serde(skip)]
    pub totals: Vec<Totals>,
}

impl Verdict {
    /// What follows from what was seen. Clean needs every key compared, at least one row, and no doubt.
    pub fn of(coverage: Coverage, counts: Counts, mut doubts: Vec<Doubt>) -> Self {
        if coverage.is_whole && coverage.old_rows + coverage.new_rows == 0 {
            doubts.push(Doubt::NoRows);
        }
        doubts.sort();
        doubts.dedup();
        let outcome = if counts.confirmed() > 0 {
            Outcome::Diverged
        } else if doubts.is_empty() && coverage.is_whole && coverage.chunks_skipped == 0 {
            Outcome::Clean
        } else {
            Outcome::Inconclusive
        };
        Self {
            outcome,
            coverage,
            counts,
            doubts,
            totals: Vec::new(),
        }
    }

    /// The same, with what the rows come to.
    pub(crate) fn with_totals(self, totals: Vec<Totals>) -> Self {
        Self { totals, ..self }
    }

    /// The exit code of a command that ends with it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Clean => EXIT_CLEAN,
            Outcome::Diverged => EXIT_DIVERGED,
            Outcome::Inconclusive => EXIT_INCONCLUSIVE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Coverage = Coverage {
        old_rows: 1,
        new_rows: 1,
        chunks_done: 1,
        chunks_skipped: 0,
        is_whole: true,
    };

    fn check(coverage: Coverage, counts: Counts, doubts: &[Doubt], expected: Outcome) {
        let verdict = Verdict::of(coverage, counts, doubts.to_vec());
        assert_eq!(verdict.outcome, expected, "{verdict:?}");
    }

    #[test]
    fn only_everything_compared_without_doubt_is_clean() {
        let none = Counts::default;
        let one = || Counts {
            missing: 1,
            ..Counts::default()
        };
        check(WHOLE, none(), &[], Outcome::Clean);
        check(WHOLE, one(), &[], Outcome::Diverged);
        check(WHOLE, one(), &[Doubt::TimeReached], Outcome::Diverged);
        check(WHOLE, none(), &[Doubt::TimeReached], Outcome::Inconclusive);
        check(WHOLE, none(), &[Doubt::Moving { rows: 1 }], Outcome::Inconclusive);
        let no_rows = Coverage {
            old_rows: 0,
            new_rows: 0,
            ..WHOLE
        };
        check(no_rows, none(), &[], Outcome::Inconclusive);
        let skipped = Coverage {
            chunks_skipped: 1,
            ..WHOLE
        };
        check(skipped, none(), &[], Outcome::Inconclusive);
        let part = Coverage {
            is_whole: false,
            ..WHOLE
        };
        check(part, none(), &[], Outcome::Inconclusive);
    }
}

//! What holding a ledger against the sides ends with.

use std::collections::BTreeMap;

use crate::entity::Side;
use crate::ledger::{Finding, Money, Wrong};
use crate::verdict::{Doubt, EXIT_CLEAN, EXIT_DIVERGED, EXIT_INCONCLUSIVE, Outcome};

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct LedgerCoverage {
    /// Rows of the old side.
    pub old_rows: u64,
    /// Rows of the new side.
    pub new_rows: u64,
    /// Rows of the ledger.
    pub ledger_rows: u64,
    /// References of all three taken together.
    pub references: u64,
    /// Whether all references were read.
    pub is_whole: bool,
}

/// How many findings of one sort there are, and what they come to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many references.
    pub references: u64,
    /// What was charged more than ordered, taken together.
    pub overcharged: Money,
}

/// The end of a run against a ledger.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerVerdict {
    /// What it says.
    pub outcome: Outcome,
    /// How much it speaks for.
    pub coverage: LedgerCoverage,
    /// What stayed wrong, by what it is and where.
    pub tallies: BTreeMap<(Wrong, Option<Side>), Tally>,
    /// References that looked wrong and were right when read again.
    pub healed: u64,
    /// Why it is not clean, besides findings.
    pub doubts: Vec<Doubt>,
}

/// What is gathered on the way to a verdict.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    pub(super) coverage: LedgerCoverage,
    pub(super) tallies: BTreeMap<(Wrong, Option<Side>), Tally>,
    pub(super) healed: u64,
    pub(super) doubts: Vec<Doubt>,
}

impl Gathered {
    pub(super) fn count(&mut self, finding: &Finding) {
        let tally = self.tallies.entry((finding.wrong, finding.side)).or_default();
        tally.references += 1;
        tally.overcharged.add_all(&finding.charged.less(&finding.ordered));
    }

    /// What follows. Clean needs all references read, rows in the ledger and on a side, and no doubt.
    pub(super) fn verdict(mut self) -> LedgerVerdict {
        let coverage = self.coverage;
        if coverage.is_whole && (coverage.ledger_rows == 0 || coverage.old_rows + coverage.new_rows == 0) {
            self.doubts.push(Doubt::NoRows);
        }
        self.doubts.sort();
        self.doubts.dedup();
        let outcome = if !self.tallies.is_empty() {
            Outcome::Diverged
        } else if coverage.is_whole && self.doubts.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Inconclusive
        };
        LedgerVerdict {
            outcome,
            coverage,
            tallies: self.tallies,
            healed: self.healed,
            doubts: self.doubts,
        }
    }
}

impl LedgerVerdict {
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

    #[test]
    fn an_empty_ledger_or_no_order_is_never_clean() {
        let check = |ledger_rows, old_rows, is_whole, expected| {
            let gathered = Gathered {
                coverage: LedgerCoverage {
                    old_rows,
                    ledger_rows,
                    is_whole,
                    ..LedgerCoverage::default()
                },
                ..Gathered::default()
            };
            assert_eq!(
                gathered.verdict().outcome,
                expected,
                "{ledger_rows} {old_rows} {is_whole}"
            );
        };
        check(1, 1, true, Outcome::Clean);
        check(0, 1, true, Outcome::Inconclusive);
        check(1, 0, true, Outcome::Inconclusive);
        check(0, 0, true, Outcome::Inconclusive);
        check(1, 1, false, Outcome::Inconclusive);
    }
}

//! The pass test: excludes "worse by the margin". It never says harm, and "no harm seen" is never a pass.

use crate::blocks::{Blocks, Pushed};
use crate::boundary::Boundary;
use crate::stratum::{Hits, PairedStratum};
use crate::verdict::{Difference, Passing};

/// Variance at which the boundary is narrowest unless the caller knows better ([`PassTest::tuned_for`]).
pub const V_STAR: f64 = 100.0;

/// How much worse the new side may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Margin {
    /// Relative to the old side: good hits `new >= (1 - m) old`, bad hits `new <= (1 + m) old`; `0 < m < 1` for good
    /// hits, `m > 0` for bad ones.
    Relative(f64),
    /// In absolute share: good hits `new >= old - d`, bad hits `new <= old + d`; `0 < d < 1`.
    Absolute(f64),
}

impl Margin {
    /// True when the margin is in its range for such hits.
    #[must_use]
    pub fn is_possible(self, hits: Hits) -> bool {
        match (hits, self) {
            (Hits::Good, Self::Relative(m)) => m > 0.0 && m < 1.0,
            (Hits::Bad, Self::Relative(m)) => m > 0.0 && m.is_finite(),
            (Hits::Good | Hits::Bad, Self::Absolute(d)) => d > 0.0 && d < 1.0,
        }
    }

    /// What the old side's share is multiplied by at the margin.
    pub(crate) fn factor(self, hits: Hits) -> f64 {
        match (hits, self) {
            (Hits::Good, Self::Relative(m)) => 1.0 - m,
            (Hits::Bad, Self::Relative(m)) => 1.0 + m,
            (Hits::Good | Hits::Bad, Self::Absolute(_)) => 1.0,
        }
    }
}

/// Accumulator of the pass test: [`Blocks`], a margin, the boundary of one alpha and whether any look passed.
///
/// The boundary is taken at variance [`crate::boundary::VARIANCE_MIN`] at least, so a pass always needs a dozen units
/// more than the margin allows.
///
/// # Source
/// Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics,
/// 2024.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PassTest {
    hits: Hits,
    margin: Margin,
    boundary: Boundary,
    blocks: Blocks,
    has_passed: bool,
}

impl PassTest {
    /// A test that passes with chance `alpha` at most when the new side is worse by the margin; `None` for a margin
    /// out of its range or unless `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(hits: Hits, margin: Margin, alpha: f64) -> Option<Self> {
        Self::tuned_for(hits, margin, alpha, V_STAR)
    }

    /// As [`Self::new`], with the boundary narrowest at variance `v_star`, for instance
    /// [`crate::power::Traffic::pass_variance`].
    #[must_use]
    pub fn tuned_for(hits: Hits, margin: Margin, alpha: f64, v_star: f64) -> Option<Self> {
        if !margin.is_possible(hits) {
            return None;
        }
        Some(Self {
            hits,
            margin,
            boundary: Boundary::tuned(alpha, v_star)?,
            blocks: Blocks::default(),
            has_passed: false,
        })
    }

    /// The test after these strata.
    #[must_use]
    pub fn fold(hits: Hits, margin: Margin, alpha: f64, strata: &[PairedStratum]) -> Option<Self> {
        let mut test = Self::new(hits, margin, alpha)?;
        strata.iter().for_each(|stratum| test.push(*stratum));
        Some(test)
    }

    /// Takes one stratum; looks when a block is full. More hits than units silence the test for good.
    pub fn push(&mut self, stratum: PairedStratum) {
        match self.blocks.push(stratum) {
            Pushed::Filled => {
                self.has_passed = self.has_passed || self.blocks.is_across(self.hits, self.margin, &self.boundary);
            }
            Pushed::Waits | Pushed::Unsound => {}
        }
    }

    /// The verdict at this look, from all strata so far and without a latch: a side that turns bad after the boundary
    /// was reached takes the pass back. This is the value for a gate, where all criteria must pass at the same time.
    pub fn passing(&self) -> Passing {
        self.blocks.passing_within(self.hits, self.margin, &self.boundary)
    }

    /// True once any look passed. Also a valid test, as the error rate holds over all looks together, but only of the
    /// claim "the new side was not worse by the margin all along"; it cannot see that it has become so.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.blocks.is_sound() && self.has_passed
    }

    /// The sums without margin and alpha.
    #[must_use]
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// `Z`: weighted distance from the margin; positive points to a pass.
    #[must_use]
    pub fn distance(&self) -> f64 {
        self.blocks.distance(self.hits, self.margin)
    }

    /// `V`: plug-in variance of `Z`; zero before the first block.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.blocks.variance(self.hits, self.margin)
    }

    /// Logarithm of the evidence at this look; the test passes at `ln(1 / alpha)`.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.blocks.ln_evidence(self.hits, self.margin, &self.boundary)
    }

    /// Share of hits, new less old, with an interval that holds at every look with chance `1 - alpha`; `None` before
    /// the first block.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        self.blocks.difference_within(&self.boundary)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::stratum::ArmCounts;

    fn stratum(n: u64, a: u64, m: u64, b: u64) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a))
    }

    #[test]
    fn empty_one_sided_and_absurd_counts_never_pass() {
        let not_yet = Passing::NotYet { units_needed: None };
        let margin = Margin::Relative(0.05);
        assert_eq!(PassTest::new(Hits::Good, margin, 0.05).unwrap().passing(), not_yet);
        assert_eq!(
            PassTest::fold(Hits::Good, margin, 0.05, &[stratum(9999, 9999, 0, 0)])
                .unwrap()
                .passing(),
            not_yet
        );
        assert_eq!(
            PassTest::fold(Hits::Good, margin, 0.05, &[stratum(0, 0, 9999, 9)])
                .unwrap()
                .passing(),
            not_yet
        );
        let mut absurd = PassTest::fold(Hits::Good, margin, 0.05, &[stratum(9999, 9999, 9999, 9999)]).unwrap();
        assert_eq!(absurd.passing(), Passing::Pass);
        absurd.push(stratum(1, 2, 1, 1));
        assert_eq!(absurd.passing(), Passing::CannotSpeak);
        assert!(!absurd.has_passed());
    }

    #[test]
    fn no_hits_at_all_never_pass_a_relative_margin() {
        for hits in [Hits::Good, Hits::Bad] {
            let test = PassTest::fold(hits, Margin::Relative(0.2), 0.05, &[stratum(5000, 0, 5000, 0); 20]).unwrap();
            assert_eq!(test.passing(), Passing::NotYet { units_needed: None });
        }
    }

    /// Sides without any variance: below ln(20)/0.01 = 300 clean units a side that is at the margin passes too often.
    #[test]
    fn a_clean_side_passes_an_absolute_margin_only_after_enough_units() {
        let mut test = PassTest::new(Hits::Bad, Margin::Absolute(0.01), 0.05).unwrap();
        let mut units = 0;
        while test.passing() != Passing::Pass {
            test.push(stratum(50, 0, 50, 0));
            units += 50;
            assert!(units < 10_000, "never passed");
        }
        assert!(units > 300, "{units}");
    }

    #[test]
    fn the_look_forgets_and_the_latch_remembers() {
        let mut test = PassTest::fold(
            Hits::Good,
            Margin::Relative(0.1),
            0.05,
            &[stratum(100, 93, 100, 93); 40],
        )
        .unwrap();
        assert_eq!(test.passing(), Passing::Pass);
        (0..40).for_each(|_| test.push(stratum(100, 40, 100, 93)));
        assert_eq!(test.passing(), Passing::NotYet { units_needed: None });
        assert!(test.has_passed());
    }

    #[test]
    fn units_needed_are_what_is_needed() {
        let mut test = PassTest::fold(Hits::Good, Margin::Relative(0.05), 0.05, &[stratum(100, 93, 100, 93)]).unwrap();
        let Passing::NotYet {
            units_needed: Some(needed),
        } = test.passing()
        else {
            panic!("{:?}", test.passing())
        };
        let mut more = 0;
        while test.passing() != Passing::Pass {
            test.push(stratum(100, 93, 100, 93));
            more += 100;
        }
        assert!(more >= needed && more < needed + 200, "{more} against {needed}");
    }

    #[test]
    fn impossible_margins_are_refused() {
        for margin in [
            Margin::Relative(0.0),
            Margin::Relative(1.0),
            Margin::Relative(f64::NAN),
            Margin::Absolute(1.0),
            Margin::Absolute(0.0),
        ] {
            assert_eq!(PassTest::new(Hits::Good, margin, 0.05), None);
        }
        assert_eq!(PassTest::new(Hits::Good, Margin::Relative(0.1), 0.0), None);
    }
}

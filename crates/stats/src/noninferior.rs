//! The pass test: excludes "worse by the margin". It never says harm, and "no harm seen" is never a pass.

use crate::boundary::Boundary;
use crate::stratum::{ArmCounts, Hits, PairedStratum};
use crate::verdict::{Difference, Passing};

/// Units that each side needs before merged strata are compared (gates 3.6b).
pub const BLOCK_UNITS_MIN: u64 = 20;

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

/// Accumulator of the pass test.
///
/// Strata are merged until each side has [`BLOCK_UNITS_MIN`] units; a block adds `w d` to `Z` with the Mantel-Haenszel
/// weight `w` and the distance `d` from the margin. The variance pools the shares over all blocks with the weights
/// that the variance itself has, `w^2 / n`: by concavity of `p (1 - p)` that is never less than the sum over blocks
/// when the base rate moves, and small blocks do not bias it. One half unit of each outcome is added to each side, so
/// sides without any variance still have some; and the boundary is taken at variance
/// [`crate::boundary::VARIANCE_MIN`] at least, so a pass always needs a dozen units more than the margin allows.
///
/// # Source
/// Gates 3.6b; Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
/// Statistics, 2024.
#[derive(Debug, Clone, PartialEq)]
pub struct PassTest {
    hits: Hits,
    margin: Margin,
    boundary: Boundary,
    open: PairedStratum,
    new: Pool,
    old: Pool,
    weight: f64,
    short: f64,
    has_passed: bool,
    is_sound: bool,
}

/// Pooled share of one side: `scale = sum w^2 / n`, `hits = sum w^2 / n * share`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Pool {
    units: u64,
    scale: f64,
    hits: f64,
    weighted_share: f64,
}

impl Pool {
    fn push(&mut self, counts: ArmCounts, weight: f64) {
        let scale = weight * weight / counts.units();
        self.units = self.units.saturating_add(counts.n);
        self.scale += scale;
        self.hits += scale * counts.share();
        self.weighted_share += weight * counts.share();
    }

    /// `p (1 - p)` times the scale, with half a unit of each outcome added.
    fn variance(&self) -> f64 {
        let units = self.units as f64;
        let share = (self.hits / self.scale * units + 0.5) / (units + 1.0);
        share * (1.0 - share) * self.scale
    }
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
        let is_possible = match (hits, margin) {
            (Hits::Good, Margin::Relative(m)) => m > 0.0 && m < 1.0,
            (Hits::Bad, Margin::Relative(m)) => m > 0.0 && m.is_finite(),
            (Hits::Good | Hits::Bad, Margin::Absolute(d)) => d > 0.0 && d < 1.0,
        };
        if !is_possible {
            return None;
        }
        Some(Self {
            hits,
            margin,
            boundary: Boundary::tuned(alpha, v_star)?,
            open: PairedStratum::default(),
            new: Pool::default(),
            old: Pool::default(),
            weight: 0.0,
            short: 0.0,
            has_passed: false,
            is_sound: true,
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
        if !stratum.is_sound() {
            self.is_sound = false;
            return;
        }
        self.open = self.open + stratum;
        if self.open.old.n < BLOCK_UNITS_MIN || self.open.new.n < BLOCK_UNITS_MIN {
            return;
        }
        let block = core::mem::take(&mut self.open);
        let weight = block.weight();
        self.new.push(block.new, weight);
        self.old.push(block.old, weight);
        self.weight += weight;
        self.short += weight * (block.old.share() - block.new.share());
        self.has_passed = self.has_passed || self.is_across();
    }

    /// The verdict at this look, from all strata so far and without a latch: a side that turns bad after the boundary
    /// was reached takes the pass back. This is the value for a gate, where all criteria must pass at the same time.
    pub fn passing(&self) -> Passing {
        if !self.is_sound {
            Passing::CannotSpeak
        } else if self.weight <= 0.0 {
            Passing::NotYet { units_needed: None }
        } else if self.is_across() {
            Passing::Pass
        } else {
            Passing::NotYet {
                units_needed: self.units_needed(),
            }
        }
    }

    /// True once any look passed. Also a valid test, as the error rate holds over all looks together, but only of the
    /// claim "the new side was not worse by the margin all along"; it cannot see that it has become so.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.is_sound && self.has_passed
    }

    /// `Z`: weighted distance from the margin; positive points to a pass.
    #[must_use]
    pub fn distance(&self) -> f64 {
        let (new, old, all) = (self.new.weighted_share, self.old.weighted_share, self.weight);
        match (self.hits, self.margin) {
            (Hits::Good, Margin::Relative(m)) => new - (1.0 - m) * old,
            (Hits::Bad, Margin::Relative(m)) => (1.0 + m) * old - new,
            (Hits::Good, Margin::Absolute(d)) => d * all - self.short,
            (Hits::Bad, Margin::Absolute(d)) => d * all + self.short,
        }
    }

    /// `V`: plug-in variance of `Z`; zero before the first block.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.weight <= 0.0 {
            return 0.0;
        }
        let factor = self.factor();
        self.new.variance() + factor * factor * self.old.variance()
    }

    /// Logarithm of the evidence at this look; the test passes at `ln(1 / alpha)`.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.boundary.ln_evidence(self.distance(), self.variance())
    }

    /// Share of hits, new less old, with an interval that holds at every look with chance `1 - alpha`; `None` before
    /// the first block.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        if !self.is_sound || self.weight <= 0.0 {
            return None;
        }
        let point = -self.short / self.weight;
        let half = self.boundary.two_sided_at(self.new.variance() + self.old.variance()) / self.weight;
        Difference::from_shares(point, point - half, point + half)
    }

    fn factor(&self) -> f64 {
        match (self.hits, self.margin) {
            (Hits::Good, Margin::Relative(m)) => 1.0 - m,
            (Hits::Bad, Margin::Relative(m)) => 1.0 + m,
            (Hits::Good | Hits::Bad, Margin::Absolute(_)) => 1.0,
        }
    }

    fn is_across(&self) -> bool {
        self.weight > 0.0 && self.ln_evidence() >= self.boundary.ln_evidence_needed()
    }

    /// Bisects for the growth of the sample at which the present rates meet the boundary.
    fn units_needed(&self) -> Option<u64> {
        /// A sample that must grow a million times is as good as none.
        const DOUBLINGS_MAX: i32 = 20;
        const HALVINGS: u32 = 30;
        let (z, v) = (self.distance(), self.variance());
        let reaches = |growth: f64| z * growth >= self.boundary.at(v * growth);
        let mut high = 1.0;
        let mut doublings = 0;
        while !reaches(high) {
            doublings += 1;
            if doublings > DOUBLINGS_MAX || z.is_nan() || z <= 0.0 {
                return None;
            }
            high *= 2.0;
        }
        let mut low = high / 2.0;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if reaches(middle) { high = middle } else { low = middle }
        }
        let more = libm::ceil((high - 1.0) * self.new.units as f64);
        Some(more.max(1.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

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

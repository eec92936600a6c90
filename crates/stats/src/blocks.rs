//! Strata merged into blocks that are large enough to compare: the sums of the pass test. No margin and no alpha is in
//! them, so any may be asked about the strata so far.

use crate::boundary::Boundary;
use crate::noninferior::Margin;
use crate::stratum::{ArmCounts, Hits, PairedStratum};
use crate::verdict::{Difference, Passing};

/// Units that each side needs before merged strata are compared.
pub const BLOCK_UNITS_MIN: u64 = 20;

/// Accumulator of the blocks.
///
/// Strata are merged until each side has [`BLOCK_UNITS_MIN`] units; a block adds `w d` to `Z` with the Mantel-Haenszel
/// weight `w` and the distance `d` from the margin. The variance pools the shares over all blocks with the weights
/// that the variance itself has, `w^2 / n`: by concavity of `p (1 - p)` that is never less than the sum over blocks
/// when the base rate moves, and small blocks do not bias it. One half unit of each outcome is added to each side, so
/// sides without any variance still have some.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blocks {
    open: PairedStratum,
    new: Pool,
    old: Pool,
    weight: f64,
    short: f64,
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

/// What a block does to those who look at the end of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Pushed {
    /// The stratum filled a block: it is time to look.
    Filled,
    /// The open block waits for more units.
    Waits,
    /// The counts contradict themselves; the blocks are silent for good.
    Unsound,
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

impl Default for Blocks {
    fn default() -> Self {
        Self {
            open: PairedStratum::default(),
            new: Pool::default(),
            old: Pool::default(),
            weight: 0.0,
            short: 0.0,
            is_sound: true,
        }
    }
}

impl Blocks {
    /// Takes one stratum.
    pub fn push(&mut self, stratum: PairedStratum) -> Pushed {
        if !stratum.is_sound() {
            self.is_sound = false;
            return Pushed::Unsound;
        }
        self.open = self.open + stratum;
        if self.open.old.n < BLOCK_UNITS_MIN || self.open.new.n < BLOCK_UNITS_MIN {
            return Pushed::Waits;
        }
        let block = core::mem::take(&mut self.open);
        let weight = block.weight();
        self.new.push(block.new, weight);
        self.old.push(block.old, weight);
        self.weight += weight;
        self.short += weight * (block.old.share() - block.new.share());
        Pushed::Filled
    }

    /// True while no stratum had more hits than units.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Whether "worse by `margin`" is excluded now, without a latch, by the one-sided boundary narrowest at variance
    /// [`crate::noninferior::V_STAR`]; a margin or alpha out of its range cannot speak.
    pub fn passing(&self, hits: Hits, margin: Margin, alpha: f64) -> Passing {
        match Boundary::tuned(alpha, crate::noninferior::V_STAR) {
            Some(boundary) if margin.is_possible(hits) => self.passing_within(hits, margin, &boundary),
            Some(_) | None => Passing::CannotSpeak,
        }
    }

    /// `Z`: weighted distance from the margin; positive points to a pass.
    #[must_use]
    pub fn distance(&self, hits: Hits, margin: Margin) -> f64 {
        let (new, old, all) = (self.new.weighted_share, self.old.weighted_share, self.weight);
        match (hits, margin) {
            (Hits::Good, Margin::Relative(m)) => new - (1.0 - m) * old,
            (Hits::Bad, Margin::Relative(m)) => (1.0 + m) * old - new,
            (Hits::Good, Margin::Absolute(d)) => d * all - self.short,
            (Hits::Bad, Margin::Absolute(d)) => d * all + self.short,
        }
    }

    /// `V`: plug-in variance of `Z`; zero before the first block.
    #[must_use]
    pub fn variance(&self, hits: Hits, margin: Margin) -> f64 {
        if self.weight <= 0.0 {
            return 0.0;
        }
        let factor = margin.factor(hits);
        self.new.variance() + factor * factor * self.old.variance()
    }

    /// Share of hits, new less old, with an interval that holds at every look with chance `1 - alpha`; `None` before
    /// the first block, or for an alpha out of `(0, 0.5)`.
    #[must_use]
    pub fn difference(&self, alpha: f64) -> Option<Difference> {
        self.difference_within(&Boundary::tuned(alpha, crate::noninferior::V_STAR)?)
    }

    pub(crate) fn difference_within(&self, boundary: &Boundary) -> Option<Difference> {
        if !self.is_sound || self.weight <= 0.0 {
            return None;
        }
        let point = -self.short / self.weight;
        let half = boundary.two_sided_at(self.new.variance() + self.old.variance()) / self.weight;
        Difference::from_shares(point, point - half, point + half)
    }

    pub(crate) fn ln_evidence(&self, hits: Hits, margin: Margin, boundary: &Boundary) -> f64 {
        boundary.ln_evidence(self.distance(hits, margin), self.variance(hits, margin))
    }

    pub(crate) fn is_across(&self, hits: Hits, margin: Margin, boundary: &Boundary) -> bool {
        self.weight > 0.0 && self.ln_evidence(hits, margin, boundary) >= boundary.ln_evidence_needed()
    }

    pub(crate) fn passing_within(&self, hits: Hits, margin: Margin, boundary: &Boundary) -> Passing {
        if !self.is_sound {
            Passing::CannotSpeak
        } else if self.weight <= 0.0 {
            Passing::NotYet { units_needed: None }
        } else if self.is_across(hits, margin, boundary) {
            Passing::Pass
        } else {
            Passing::NotYet {
                units_needed: self.units_needed(hits, margin, boundary),
            }
        }
    }

    /// Bisects for the growth of the sample at which the present rates meet the boundary.
    fn units_needed(&self, hits: Hits, margin: Margin, boundary: &Boundary) -> Option<u64> {
        /// A sample that must grow a million times is as good as none.
        const DOUBLINGS_MAX: i32 = 20;
        const HALVINGS: u32 = 30;
        let (z, v) = (self.distance(hits, margin), self.variance(hits, margin));
        let reaches = |growth: f64| z * growth >= boundary.at(v * growth);
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
    use crate::noninferior::PassTest;

    #[test]
    fn one_record_answers_for_every_margin_and_alpha() {
        let strata = [PairedStratum::new(ArmCounts::new(90, 80), ArmCounts::new(60, 54)); 12];
        let mut blocks = Blocks::default();
        assert!(strata.iter().all(|stratum| blocks.push(*stratum) == Pushed::Filled));
        for margin in [Margin::Relative(0.2), Margin::Relative(0.05), Margin::Absolute(0.1)] {
            for alpha in [0.05, 0.01] {
                let test = PassTest::fold(Hits::Good, margin, alpha, &strata).unwrap();
                assert_eq!(blocks.passing(Hits::Good, margin, alpha), test.passing());
                assert_eq!(blocks.difference(alpha), test.difference());
            }
        }
        assert_eq!(
            blocks.passing(Hits::Good, Margin::Relative(1.0), 0.05),
            Passing::CannotSpeak
        );
        assert_eq!(
            blocks.passing(Hits::Good, Margin::Relative(0.2), 0.5),
            Passing::CannotSpeak
        );
    }

    #[test]
    fn small_strata_wait_until_both_sides_are_large_enough() {
        let mut blocks = Blocks::default();
        let few = PairedStratum::new(ArmCounts::new(500, 5), ArmCounts::new(7, 0));
        assert_eq!(
            [few; 3].map(|stratum| blocks.push(stratum)),
            [Pushed::Waits, Pushed::Waits, Pushed::Filled]
        );
        let absurd = PairedStratum::new(ArmCounts::new(1, 2), ArmCounts::new(1, 1));
        assert_eq!(blocks.push(absurd), Pushed::Unsound);
        assert!(!blocks.is_sound());
    }
}

//! A simulated ramp: moving base rate, growing exposure, open carts pinned to the old side.

use tidegate_stats::{ArmCounts, PairedStratum};

/// A ramp of equal steps; rates are per stratum.
#[derive(Clone, Copy)]
pub(crate) struct Ramp {
    pub(crate) base: f64,
    pub(crate) units: f64,
    pub(crate) strata_per_step: u32,
    /// New share as a multiple of the old one.
    pub(crate) ratio: f64,
    /// Added to the new share.
    pub(crate) shift: f64,
    /// How far the base rate moves: 1 as in a shop, 0 not at all.
    pub(crate) swing: f64,
}

pub(crate) const STEPS: [f64; 4] = [0.01, 0.05, 0.25, 0.50];

/// True when the whole set of simulations is asked for, as `ci/simulate` does; else its fast part runs.
pub(crate) fn is_whole() -> bool {
    std::env::var("TIDEGATE_SIMULATIONS").is_ok_and(|asked| asked == "whole")
}

/// Runs of a simulated error rate.
pub(crate) fn runs() -> u64 {
    if is_whole() { 2_000 } else { 800 }
}

/// SplitMix64 (Steele, Lea, Flood, 2014): seeded, fast without optimisation, the same stream everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    /// Uniform in the open interval (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((mixed >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// Streams of neighbouring seeds are far apart.
pub(crate) fn seeded(seed: u64) -> Chance {
    Chance(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x5851_F42D_4C95_7F2D)
}

/// Poisson by inversion, in parts where the mean is large.
pub(crate) fn poisson(rng: &mut Chance, mean: f64) -> u64 {
    /// Above this the chance of none is near the smallest float.
    const MEAN_MAX: f64 = 500.0;
    if mean > MEAN_MAX {
        return poisson(rng, MEAN_MAX) + poisson(rng, mean - MEAN_MAX);
    }
    let mut term = (-mean).exp();
    let mut left = rng.uniform();
    let mut count = 0;
    while left > term && count < 10_000 {
        left -= term;
        count += 1;
        term *= mean / count as f64;
    }
    count
}

/// Binomial by inversion over the rarer outcome, in halves where the chance of none is near the smallest float.
pub(crate) fn binomial(rng: &mut Chance, n: u64, p: f64) -> u64 {
    const LN_NONE_MIN: f64 = -600.0;
    if p > 0.5 {
        return n - binomial(rng, n, 1.0 - p);
    }
    if n as f64 * (1.0 - p).ln() < LN_NONE_MIN {
        return binomial(rng, n / 2, p) + binomial(rng, n - n / 2, p);
    }
    if n == 0 || p <= 0.0 {
        return 0;
    }
    let odds = p / (1.0 - p);
    let mut term = (1.0 - p).powi(n as i32);
    let mut left = rng.uniform();
    let mut hits = 0;
    while left > term && hits < n {
        left -= term;
        term *= odds * (n - hits) as f64 / (hits + 1) as f64;
        hits += 1;
    }
    hits
}

impl Ramp {
    /// Base rate at a moment of the ramp: a daily wave of +-15 % and a trend of as much, of the failures where successes have
    /// no room to grow.
    fn base_at(&self, progress: f64) -> f64 {
        let wave = 1.0 + self.swing * (0.15 * (progress * 25.0).sin() + 0.3 * (progress - 0.5));
        if self.base > 0.75 {
            1.0 - (1.0 - self.base) * wave
        } else {
            self.base * wave
        }
    }

    /// One stratum at `exposure`.
    pub(crate) fn stratum(&self, rng: &mut Chance, exposure: f64, progress: f64) -> PairedStratum {
        let base = self.base_at(progress);
        let changed = (base * self.ratio + self.shift).clamp(0.0, 1.0);
        let (n, m) = (
            poisson(rng, self.units * exposure),
            poisson(rng, self.units * (1.0 - exposure)),
        );
        PairedStratum::new(
            ArmCounts::new(m, binomial(rng, m, base)),
            ArmCounts::new(n, binomial(rng, n, changed)),
        )
    }

    /// Every stratum of the ramp with its step.
    pub(crate) fn run(&self, seed: u64) -> Vec<(usize, PairedStratum)> {
        let mut rng = seeded(seed);
        let total = f64::from(self.strata_per_step) * STEPS.len() as f64;
        let mut strata = Vec::new();
        for (step, exposure) in STEPS.into_iter().enumerate() {
            for _ in 0..self.strata_per_step {
                let progress = strata.len() as f64 / total;
                strata.push((step, self.stratum(&mut rng, exposure, progress)));
            }
        }
        strata
    }

    /// Open carts that stay on the old side for some strata after each step: more of them the larger the step, and
    /// they complete more often. Counting them is the fault that the population rule forbids.
    pub(crate) fn with_open_carts_counted(&self, seed: u64) -> Vec<(usize, PairedStratum)> {
        let mut rng = seeded(seed ^ 0xCA47);
        let mut strata = self.run(seed);
        for (at, (step, stratum)) in strata.iter_mut().enumerate() {
            let age = (at as u32 % self.strata_per_step) as f64;
            let carts = poisson(&mut rng, self.units * STEPS[*step] * 0.5 * (-age / 60.0).exp());
            let warm = 1.0 - (1.0 - self.base) * 0.6;
            let bought = if self.base > 0.5 {
                binomial(&mut rng, carts, warm)
            } else {
                binomial(&mut rng, carts, self.base * 2.0)
            };
            stratum.old = stratum.old + ArmCounts::new(carts, bought);
        }
        strata
    }
}

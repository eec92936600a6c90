//! Alpha spending for looks that are few and planned: how high a sum must be at each look, so that the chance of any false
//! crossing keeps to its schedule. What is not spent at one look can be spent at a later one; nothing is spent twice.

use crate::special::{normal_cdf, normal_quantile};

/// Information must grow by this part of itself before the next look: nearer looks tell nothing new and would need a
/// finer grid.
pub const LOOK_GROWTH_MIN: f64 = 0.02;

/// Chance below which nothing is spent at a look: the boundary would be seven standard deviations away.
const SPENT_MIN: f64 = 1e-12;

/// Standard deviations to which the distribution is carried upwards; 1e-15 lies beyond.
const REACH: f64 = 8.0;

/// Standard deviations to which it is carried downwards: 3e-7 lies beyond, and what was there hardly ever comes up again.
const REACH_BELOW: f64 = 5.0;

/// Width of a panel of the integration in standard deviations: some four of the narrowest step that is allowed.
const PANEL: f64 = 0.6;

/// Five of the ten nodes of Gauss-Legendre quadrature on `[-1, 1]` and their weights; the others mirror them.
///
/// # Source
/// Abramowitz & Stegun, table 25.4.
const NODES: [(f64, f64); 5] = [
    (0.148_874_338_981_631_2, 0.295_524_224_714_752_9),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

/// Alpha that may be spent until `fraction` of the plan, one-sided, O'Brien-Fleming type: very little early, all of it at
/// 1 and beyond. Zero at and before 0.
///
/// # Source
/// Lan & DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70, 1983:
/// `2 - 2 Phi(z_{alpha/2} / sqrt(t))`.
#[must_use]
pub fn obrien_fleming(alpha: f64, fraction: f64) -> f64 {
    if fraction.is_nan() || fraction <= 0.0 {
        return 0.0;
    }
    if fraction >= 1.0 {
        return alpha;
    }
    let reach = -normal_quantile(alpha / 2.0);
    2.0 * normal_cdf(-reach / libm::sqrt(fraction))
}

/// The looks so far: what was spent, and how a sum without drift that never crossed is distributed.
///
/// The sum has independent normal increments; its distribution is carried from look to look by numerical integration and
/// cut at each boundary, so a look costs the same however many there were.
///
/// # Source
/// Armitage, McPherson, Rowe, "Repeated significance tests on accumulating data", Journal of the Royal Statistical
/// Society A 132, 1969; Jennison & Turnbull, "Group Sequential Methods with Applications to Clinical Trials", 2000,
/// chapter 19.
#[derive(Debug, Clone, PartialEq)]
pub struct Spending {
    alpha: f64,
    spent: f64,
    looks: u32,
    information: f64,
    uncrossed: Vec<Mass>,
}

/// Chance that the sum is about here and has never crossed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mass {
    at: f64,
    chance: f64,
}

impl Spending {
    /// A schedule for one-sided `alpha`; `None` unless `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(alpha: f64) -> Option<Self> {
        (alpha > 0.0 && alpha < 0.5).then(|| Self {
            alpha,
            spent: 0.0,
            looks: 0,
            information: 0.0,
            uncrossed: vec![Mass { at: 0.0, chance: 1.0 }],
        })
    }

    /// Takes a look at `fraction` of the plan when the sum has variance `information`: the boundary in standard deviations,
    /// infinite when the schedule has nothing to spend here. `None`, and no look, when the information has not grown by
    /// [`LOOK_GROWTH_MIN`] since the last one.
    pub fn look(&mut self, fraction: f64, information: f64) -> Option<f64> {
        let grown = information - self.information;
        if !information.is_finite() || grown.is_nan() || grown < LOOK_GROWTH_MIN * information || grown <= 0.0 {
            return None;
        }
        if self.alpha - self.spent < SPENT_MIN {
            // Nothing is left for this look or any later one, so nobody will ask for the distribution either.
            self.information = information;
            self.looks = self.looks.saturating_add(1);
            return Some(f64::INFINITY);
        }
        let to_spend = obrien_fleming(self.alpha, fraction) - self.spent;
        let boundary = if to_spend < SPENT_MIN {
            f64::INFINITY
        } else {
            self.boundary(to_spend, information) / libm::sqrt(information)
        };
        self.advance(information, -REACH_BELOW, boundary);
        Some(boundary)
    }

    /// Chance of a false crossing that the looks so far have together; at most alpha.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.spent
    }

    /// The alpha of the schedule.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Looks taken so far.
    #[must_use]
    pub fn looks(&self) -> u32 {
        self.looks
    }

    /// The height that an uncrossed sum exceeds at `information` with chance `to_spend`: Newton's steps, and halves of what
    /// is left where they would leave it.
    fn boundary(&self, to_spend: f64, information: f64) -> f64 {
        const TURNS_MAX: u32 = 100;
        /// Width, in standard deviations, at which the height is found.
        const NARROW: f64 = 1e-13;
        let deviation = libm::sqrt(information);
        let (mut low, mut high) = (-REACH * deviation, REACH * deviation);
        let mut height = -normal_quantile(to_spend) * deviation;
        for _ in 0..TURNS_MAX {
            let excess = self.chance_above(height, information) - to_spend;
            if excess > 0.0 {
                low = height;
            } else {
                high = height;
            }
            let step = excess / self.density(height, information);
            if step.abs() <= NARROW * deviation || high - low <= NARROW * deviation {
                break;
            }
            height = if (low..=high).contains(&(height + step)) {
                height + step
            } else {
                0.5 * (low + high)
            };
        }
        height
    }

    fn chance_above(&self, height: f64, information: f64) -> f64 {
        let deviation = libm::sqrt(information - self.information);
        self.uncrossed
            .iter()
            .map(|mass| mass.chance * normal_cdf((mass.at - height) / deviation))
            .sum()
    }

    /// Carries the distribution to `information`, spends what lies above `upper` and cuts it there and at `lower`, both in
    /// standard deviations.
    fn advance(&mut self, information: f64, lower: f64, upper: f64) {
        let deviation = libm::sqrt(information);
        if upper.is_finite() {
            self.spent = (self.spent + self.chance_above(upper * deviation, information)).min(self.alpha);
        }
        let (from, to) = (lower.max(-REACH), upper.min(REACH));
        self.uncrossed = grid(from, to)
            .map(|(at, weight)| Mass {
                at: at * deviation,
                chance: weight * deviation * self.density(at * deviation, information),
            })
            .collect();
        self.information = information;
        self.looks = self.looks.saturating_add(1);
    }

    /// Density at `height` of the sum at `information` that has not crossed before.
    fn density(&self, height: f64, information: f64) -> f64 {
        /// Beyond so many squared deviations a normal density is zero in floats that matter.
        const FAR: f64 = 60.0;
        let variance = information - self.information;
        let scale = 1.0 / libm::sqrt(2.0 * core::f64::consts::PI * variance);
        let sum: f64 = self
            .uncrossed
            .iter()
            .map(|mass| (height - mass.at) * (height - mass.at) / variance)
            .zip(&self.uncrossed)
            .filter(|(distance, _)| *distance < FAR)
            .map(|(distance, mass)| mass.chance * libm::exp(-0.5 * distance))
            .sum();
        scale * sum
    }
}

/// Places and weights of composite Gauss-Legendre quadrature between two heights.
fn grid(from: f64, to: f64) -> impl Iterator<Item = (f64, f64)> {
    let panels = libm::ceil((to - from).max(0.0) / PANEL).max(1.0);
    let half = 0.5 * (to - from) / panels;
    (0..panels as u32).flat_map(move |panel| {
        let middle = from + half * (2.0 * f64::from(panel) + 1.0);
        NODES
            .into_iter()
            .flat_map(move |(at, weight)| [(middle - half * at, half * weight), (middle + half * at, half * weight)])
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn equal_looks(alpha: f64, looks: u32) -> Vec<f64> {
        let mut spending = Spending::new(alpha).unwrap();
        (1..=looks)
            .map(|look| {
                let fraction = f64::from(look) / f64::from(looks);
                spending.look(fraction, 400.0 * fraction).unwrap()
            })
            .collect()
    }

    fn near(found: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
        }
    }

    /// Reboussin, DeMets, Kim, Lan, Controlled Clinical Trials 21, 2000, and the texts that followed: two-sided 0.05, which
    /// is one-sided 0.025, and Lan & DeMets 1983 for one-sided 0.05; programs of that time differ in the fourth decimal.
    #[test]
    fn boundaries_agree_with_published_tables() {
        near(&equal_looks(0.025, 2), &[2.9626, 1.9686], 2e-4);
        near(&equal_looks(0.025, 3), &[3.7103, 2.5114, 1.9930], 2e-4);
        near(&equal_looks(0.025, 4), &[4.3326, 2.9631, 2.3590, 2.0141], 2e-4);
        near(&equal_looks(0.025, 5), &[4.8769, 3.3569, 2.6803, 2.2898, 2.0310], 2e-4);
        near(&equal_looks(0.05, 5), &[4.23, 2.89, 2.30, 1.96, 1.74], 6e-3);
    }

    /// Chance that `|Z|` ever exceeds `bounds`, at equal looks.
    fn two_sided_crossing(bounds: &[f64]) -> f64 {
        let mut spending = Spending::new(0.49).unwrap();
        for (at, bound) in bounds.iter().enumerate() {
            spending.advance((at + 1) as f64, -bound, *bound);
        }
        2.0 * spending.spent()
    }

    /// Jennison & Turnbull 2000, tables 2.1 and 2.3: constants of Pocock and of O'Brien and Fleming with three decimals,
    /// two-sided, so the chance is the alpha within what the fourth decimal is worth.
    #[test]
    fn crossing_chances_agree_with_published_constants() {
        let pocock = [
            (0.05, 2, 2.178),
            (0.05, 3, 2.289),
            (0.05, 5, 2.413),
            (0.05, 10, 2.555),
            (0.10, 2, 1.875),
            (0.10, 5, 2.122),
            (0.10, 10, 2.270),
            (0.01, 5, 2.986),
        ];
        for (alpha, looks, constant) in pocock {
            let found = two_sided_crossing(&vec![constant; looks]);
            println!("constant {constant} at {looks} looks: {found:.5} of {alpha}");
            assert!((found - alpha).abs() <= 1.5e-4, "{found} of {alpha}");
        }
        let falling = [
            (0.05, 2, 1.977),
            (0.05, 3, 2.004),
            (0.05, 5, 2.040),
            (0.05, 10, 2.087),
            (0.10, 2, 1.678),
            (0.10, 5, 1.751),
            (0.10, 10, 1.801),
            (0.01, 5, 2.621),
        ];
        for (alpha, looks, constant) in falling {
            let bounds: Vec<f64> = (1..=looks)
                .map(|look| constant * (looks as f64 / look as f64).sqrt())
                .collect();
            let found = two_sided_crossing(&bounds);
            println!("falling from {constant} at {looks} looks: {found:.5} of {alpha}");
            assert!((found - alpha).abs() <= 1.5e-4, "{found} of {alpha}");
        }
    }

    #[test]
    fn one_look_is_the_fixed_test() {
        near(&equal_looks(0.05, 1), &[1.644_853_626_951_472_7], 1e-9);
        near(&equal_looks(0.025, 1), &[1.959_963_984_540_054], 1e-9);
    }

    #[test]
    fn never_more_than_alpha_is_spent_early_late_or_over() {
        let mut spending = Spending::new(0.05).unwrap();
        for look in 1..=60_u32 {
            let information = f64::from(look * look);
            let fraction = f64::from(look) / 40.0;
            let boundary = spending.look(fraction, information).unwrap();
            assert!(spending.spent() <= obrien_fleming(0.05, fraction) + 1e-13);
            assert_eq!(look > 40, boundary.is_infinite() && look > 5, "look {look}: {boundary}");
        }
        assert!((spending.spent() - 0.05).abs() < 1e-12 && spending.spent() <= 0.05);
    }

    #[test]
    fn a_late_look_may_spend_what_missed_looks_left() {
        let mut spending = Spending::new(0.05).unwrap();
        let boundary = spending.look(1.0, 300.0).unwrap();
        assert!((boundary - 1.644_853_626_951_472_7).abs() < 1e-9);
    }

    #[test]
    fn no_news_is_no_look() {
        let mut spending = Spending::new(0.05).unwrap();
        assert!(spending.look(0.5, 100.0).is_some());
        let before = spending.clone();
        assert_eq!(spending.look(0.6, 101.9), None);
        assert_eq!(spending.look(0.6, 90.0), None);
        assert_eq!(spending.look(0.6, f64::NAN), None);
        assert_eq!(spending, before);
        assert_eq!(Spending::new(0.5), None);
    }
}

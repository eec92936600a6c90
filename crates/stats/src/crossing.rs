//! When a sum that grows at a known rate meets its boundary: chances and times, for predictions alone.

use crate::boundary::{Boundary, VARIANCE_MIN, two_sided};
use crate::power::SECONDS_MAX;
use crate::special::normal_cdf;

/// How high a sum must be at a variance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Height {
    /// The one-sided boundary of the comparisons, flat below its least variance.
    OneSided(Boundary),
    /// The two-sided boundary, which the test of a limit comes to when counts are large.
    TwoSided {
        /// Tuning variance.
        r: f64,
        /// Chance of ever crossing on either side.
        alpha: f64,
    },
}

impl Height {
    fn at(&self, v: f64) -> f64 {
        match self {
            Self::OneSided(boundary) => boundary.at(v),
            Self::TwoSided { r, alpha } => two_sided(v, *r, *alpha),
        }
    }

    fn flat_until(&self) -> f64 {
        match self {
            Self::OneSided(_) => VARIANCE_MIN,
            Self::TwoSided { .. } => 0.0,
        }
    }
}

/// A sum that grows at a known rate, per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drift {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) judged_variance: f64,
    /// Seconds between looks.
    pub(crate) look_s: f64,
}

impl Drift {
    /// Mean crossing time: the integral of the chance of not having crossed, over a geometric grid about the time at
    /// which the mean meets the boundary.
    pub(crate) fn expected_seconds(&self, height: &Height) -> Option<f64> {
        /// From a hundredth of that time to 16 times it.
        const POINTS: u32 = 96;
        let centre = self.first_second(|seconds| self.mean * seconds >= height.at(self.judged_variance * seconds))?;
        let growth = libm::pow(1600.0, 1.0 / f64::from(POINTS));
        let mut from = centre / 100.0;
        let mut waiting_from = 1.0 - self.chance_within(height, from)?;
        let mut mean = from;
        for _ in 0..POINTS {
            let to = from * growth;
            let waiting_to = 1.0 - self.chance_within(height, to)?;
            mean += 0.5 * (waiting_from + waiting_to) * (to - from);
            (from, waiting_from) = (to, waiting_to);
        }
        Some(mean + self.look_delay())
    }

    pub(crate) fn seconds_until(&self, height: &Height, chance: f64) -> Option<f64> {
        let crossed =
            self.first_second(|seconds| self.chance_within(height, seconds).is_some_and(|found| found >= chance))?;
        Some(crossed + self.look_delay())
    }

    /// What looking only at the ends of blocks adds to a continuous crossing time: half a block, and the overshoot.
    ///
    /// # Source
    /// Siegmund, "Sequential Analysis", 1985, section 10.2: a discrete walk overshoots by 0.583 standard deviations.
    pub(crate) fn look_delay(&self) -> f64 {
        0.5 * self.look_s + 0.583 * libm::sqrt(self.variance * self.look_s) / self.mean
    }

    fn first_second(&self, is_reached: impl Fn(f64) -> bool) -> Option<f64> {
        const HALVINGS: u32 = 50;
        let mut high = 1e-3;
        while !is_reached(high) {
            high *= 2.0;
            if self.mean.is_nan() || self.mean <= 0.0 || high > SECONDS_MAX {
                return None;
            }
        }
        let mut low = 0.0;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if is_reached(middle) {
                high = middle
            } else {
                low = middle
            }
        }
        Some(high)
    }

    /// Chance of crossing within `seconds`: the boundary is concave from its least variance on, so each tangent there
    /// lies above it, and the best tangent's exact crossing chance (Brownian motion against a line) bounds it closely
    /// from below. Before the least variance the boundary is flat and the chance is exact.
    pub(crate) fn chance_within(&self, height: &Height, seconds: f64) -> Option<f64> {
        const TANGENTS: u32 = 24;
        if !(seconds > 0.0 && seconds.is_finite()) {
            return None;
        }
        let flat_s = (height.flat_until() / self.judged_variance).min(seconds);
        let best = (0..=TANGENTS)
            .map(|step| flat_s + (seconds - flat_s) * f64::from(step) / f64::from(TANGENTS))
            .map(|touch| self.tangent_chance(height, seconds, touch))
            .fold(0.0, f64::max);
        Some(best.min(1.0))
    }

    fn tangent_chance(&self, height: &Height, seconds: f64, touch: f64) -> f64 {
        /// Relative step of the numerical slope.
        const NUDGE: f64 = 1e-4;
        let reach = |at: f64| height.at(self.judged_variance * at);
        let slope = (reach(touch * (1.0 + NUDGE)) - reach(touch)) / (touch * NUDGE);
        let spread = libm::sqrt(self.variance);
        if spread <= 0.0 {
            return if self.mean * seconds >= reach(seconds) {
                1.0
            } else {
                0.0
            };
        }
        let start = (reach(touch) - slope * touch) / spread;
        let against = (slope - self.mean) / spread;
        let root = libm::sqrt(seconds);
        // Siegmund, "Sequential Analysis", 1985, equation 3.15.
        normal_cdf(-(start + against * seconds) / root)
            + libm::exp(-2.0 * start * against + ln_normal_cdf((against * seconds - start) / root))
    }
}

/// Logarithm of the normal distribution function, also where the function itself is zero in floats.
fn ln_normal_cdf(x: f64) -> f64 {
    /// Below this the leading term of Mills' ratio is exact to a thousandth.
    const FAR: f64 = -30.0;
    if x > FAR {
        return libm::log(normal_cdf(x));
    }
    -0.5 * x * x - libm::log(-x) - 0.5 * libm::log(2.0 * core::f64::consts::PI)
}

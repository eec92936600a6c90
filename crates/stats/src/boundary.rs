//! The normal-mixture boundary: how far a sum may stray by chance at any look, for ever.

use crate::special::lambert_w_minus1;

/// Variance below which the normal approximation is not trusted; the boundary is never taken at less than this.
pub const VARIANCE_MIN: f64 = 20.0;

/// A boundary with its error rate and its tuning.
///
/// # Source
/// Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of
/// Statistics 49(2), 2021, section 3.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundary {
    alpha: f64,
    r: f64,
}

impl Boundary {
    /// A boundary crossed with chance `alpha` at most on one side, narrowest at variance `v_star`; `None` unless
    /// `0 < alpha < 0.5` and `v_star` is positive and finite.
    #[must_use]
    pub fn tuned(alpha: f64, v_star: f64) -> Option<Self> {
        let r = tuned_r(v_star, alpha);
        (r.is_finite() && r > 0.0).then_some(Self { alpha, r })
    }

    /// Chance of ever crossing on one side.
    #[must_use]
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// Tuning variance of the mixture.
    #[must_use]
    pub fn r(&self) -> f64 {
        self.r
    }

    /// One-sided boundary at intrinsic variance `v`, taken at [`VARIANCE_MIN`] at least.
    #[must_use]
    pub fn at(&self, v: f64) -> f64 {
        one_sided(v.max(VARIANCE_MIN), self.r, self.alpha)
    }

    /// Two-sided boundary with chance `alpha` in total, at [`VARIANCE_MIN`] at least.
    #[must_use]
    pub fn two_sided_at(&self, v: f64) -> f64 {
        two_sided(v.max(VARIANCE_MIN), self.r, self.alpha)
    }

    /// Logarithm of the evidence: `s` reaches the boundary of any `alpha` exactly when this reaches `ln(1 / alpha)`
    /// (the tuning stays as it is). Negative infinity when `s` does not point to the alternative.
    #[must_use]
    pub fn ln_evidence(&self, s: f64, v: f64) -> f64 {
        ln_evidence(s, v.max(VARIANCE_MIN), self.r)
    }

    /// Evidence at which the boundary is reached.
    #[must_use]
    pub fn ln_evidence_needed(&self) -> f64 {
        -libm::log(self.alpha)
    }
}

/// Tuning `r` that makes the one-sided boundary narrowest at variance `v_star`: `v* / (-W(-(2a)^2 / e) - 1)`.
/// NaN unless `0 < alpha < 0.5` and `v_star > 0`.
#[must_use]
pub fn tuned_r(v_star: f64, alpha: f64) -> f64 {
    if !(alpha > 0.0 && alpha < 0.5 && v_star > 0.0) {
        return f64::NAN;
    }
    let doubled = 2.0 * alpha;
    v_star / (-lambert_w_minus1(-doubled * doubled / core::f64::consts::E) - 1.0)
}

/// One-sided boundary `sqrt(2 (v + r) ln(sqrt((v + r) / r) / (2 alpha) + 1))`.
#[must_use]
pub fn one_sided(v: f64, r: f64, alpha: f64) -> f64 {
    libm::sqrt(2.0 * (v + r) * libm::log1p(libm::sqrt((v + r) / r) / (2.0 * alpha)))
}

/// Two-sided boundary `sqrt((v + r) ln((v + r) / (r alpha^2)))`.
#[must_use]
pub fn two_sided(v: f64, r: f64, alpha: f64) -> f64 {
    libm::sqrt((v + r) * libm::log((v + r) / (r * alpha * alpha)))
}

/// Inverse of [`one_sided`] in `alpha`, as `ln(1 / alpha)`.
#[must_use]
pub fn ln_evidence(s: f64, v: f64, r: f64) -> f64 {
    if s.is_nan() || v.is_nan() || s <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let exponent = s * s / (2.0 * (v + r));
    // Beyond this, e^x - 1 and e^x are the same float.
    let ln_expm1 = if exponent > 40.0 {
        exponent
    } else {
        libm::log(libm::expm1(exponent))
    };
    core::f64::consts::LN_2 + ln_expm1 - 0.5 * libm::log((v + r) / r)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn evidence_reaches_its_threshold_exactly_on_the_boundary() {
        for alpha in [0.05, 0.01, 1e-6] {
            let boundary = Boundary::tuned(alpha, 400.0).unwrap();
            for v in [20.0, 100.0, 5e4] {
                let s = boundary.at(v);
                assert!((boundary.ln_evidence(s, v) - boundary.ln_evidence_needed()).abs() < 1e-9);
            }
        }
    }

    /// Brute force over `r`: no other tuning is narrower at `v*` by more than the closed form's own slack.
    #[test]
    fn tuning_is_narrowest_where_asked() {
        let tuned = two_sided(400.0, tuned_r(400.0, 0.025), 0.05);
        for step in 1..400 {
            let r = f64::from(step);
            assert!(two_sided(400.0, r, 0.05) >= tuned - 1e-9, "r = {r} is narrower");
        }
    }

    #[test]
    fn senseless_settings_are_refused() {
        for (alpha, v_star) in [
            (0.0, 400.0),
            (0.5, 400.0),
            (f64::NAN, 400.0),
            (0.05, 0.0),
            (0.05, f64::NAN),
            (0.05, f64::INFINITY),
        ] {
            assert_eq!(Boundary::tuned(alpha, v_star), None);
        }
    }
}

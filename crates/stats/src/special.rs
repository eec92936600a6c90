//! Special functions that the tests need, built on `libm` alone.

use core::f64::consts::{E, PI, SQRT_2};

/// Natural logarithm of the gamma function, for `x > 0`.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Natural logarithm of the beta function, for `a > 0` and `b > 0`.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// Probability that a standard normal variable is at most `x`.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// Standard normal quantile: the `x` with `normal_cdf(x) = p`; infinite at 0 and 1, NaN outside `[0, 1]`.
///
/// # Source
/// Acklam's rational approximation (relative error below 1.2e-9), then one Halley step, which leaves rounding only.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let rough = rough_quantile(p);
    let error = normal_cdf(rough) - p;
    let step = error * libm::sqrt(2.0 * PI) * libm::exp(0.5 * rough * rough);
    rough - step / (1.0 + 0.5 * rough * step)
}

/// The branch `W_{-1}` of Lambert's function: the `w <= -1` with `w e^w = x`, for `-1/e <= x < 0`; NaN elsewhere.
///
/// # Source
/// Corless, Gonnet, Hare, Jeffrey, Knuth, "On the Lambert W function", 1996: branch-point series or asymptotic start,
/// then Halley's iteration.
#[must_use]
pub fn lambert_w_minus1(x: f64) -> f64 {
    /// Halley triples the correct digits at each turn; this is far more than is ever needed.
    const TURNS_MAX: u32 = 40;
    let above_branch = 1.0 + E * x;
    if x.is_nan() || x >= 0.0 || above_branch < -1e-15 {
        return f64::NAN;
    }
    if above_branch <= 1e-15 {
        return -1.0;
    }
    let mut w = if x < -0.25 {
        let p = -libm::sqrt(2.0 * above_branch);
        -1.0 + p - p * p / 3.0
    } else {
        let far = libm::log(-x);
        let near = libm::log(-far);
        far - near + near / far
    };
    for _ in 0..TURNS_MAX {
        let power = libm::exp(w);
        let miss = w * power - x;
        let step = miss / (power * (w + 1.0) - (w + 2.0) * miss / (2.0 * w + 2.0));
        if !step.is_finite() {
            break;
        }
        w -= step;
        if step.abs() <= 1e-15 * w.abs() {
            break;
        }
    }
    w
}

/// `ln(e^a + e^b + ...)` without overflow; negative infinity for an empty slice.
pub(crate) fn ln_sum_exp(terms: &[f64]) -> f64 {
    let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return largest;
    }
    let sum: f64 = terms.iter().map(|term| libm::exp(term - largest)).sum();
    largest + libm::log(sum)
}

fn rough_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.38357751867269e+02,
        -3.066479806614716e+01,
        2.506628277459239e+00,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00,
    ];
    const D: [f64; 5] = [
        7.784695709041462e-03,
        3.224671290700398e-01,
        2.445134137142996e+00,
        3.754408661907416e+00,
        1.0,
    ];
    /// Below this probability the tail form is used.
    const TAIL: f64 = 0.02425;
    if p < TAIL {
        let q = libm::sqrt(-2.0 * libm::log(p));
        polynomial(&C, q) / polynomial(&D, q)
    } else if p > 1.0 - TAIL {
        let q = libm::sqrt(-2.0 * libm::log1p(-p));
        -polynomial(&C, q) / polynomial(&D, q)
    } else {
        let q = p - 0.5;
        let r = q * q;
        polynomial(&A, r) * q / polynomial(&B, r)
    }
}

fn polynomial(highest_first: &[f64], x: f64) -> f64 {
    highest_first.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test may take another road to the same number"
    )]
    use super::*;

    fn near(found: f64, expected: f64, relative: f64) {
        assert!(
            (found - expected).abs() <= relative * expected.abs().max(1e-300),
            "{found} is not {expected}"
        );
    }

    /// Abramowitz & Stegun, table 6.1 and known factorials.
    #[test]
    fn ln_gamma_agrees_with_the_tables() {
        near(ln_gamma(0.5), 0.572_364_942_924_700_1, 1e-13);
        near(ln_gamma(1.5), -0.120_782_237_635_245_22, 1e-12);
        near(ln_gamma(11.0), 15.104_412_573_075_516, 1e-14);
        near(ln_gamma(101.0), 363.739_375_555_563_5, 1e-14);
    }

    #[test]
    fn ln_beta_agrees_with_exact_fractions() {
        near(ln_beta(2.0, 3.0), -(12.0_f64.ln()), 1e-12);
        near(ln_beta(0.5, 0.5), PI.ln(), 1e-12);
        near(ln_beta(10.0, 20.0), -(200_300_100.0_f64.ln()), 1e-12);
    }

    /// Abramowitz & Stegun, table 26.1.
    #[test]
    fn normal_cdf_agrees_with_the_tables() {
        near(normal_cdf(0.0), 0.5, 1e-15);
        near(normal_cdf(1.0), 0.841_344_746_068_543, 1e-13);
        near(normal_cdf(1.96), 0.975_002_104_851_780, 1e-13);
        near(normal_cdf(-3.0), 0.001_349_898_031_630_1, 1e-12);
        near(normal_cdf(-6.0), 9.865_876_450_376_98e-10, 1e-10);
    }

    /// Abramowitz & Stegun, table 26.5 and its extension.
    #[test]
    fn normal_quantile_agrees_with_the_tables() {
        near(normal_quantile(0.975), 1.959_963_984_540_054, 1e-13);
        near(normal_quantile(0.95), 1.644_853_626_951_472_7, 1e-13);
        near(normal_quantile(0.8), 0.841_621_233_572_914_3, 1e-13);
        near(normal_quantile(0.001), -3.090_232_306_167_813_5, 1e-13);
        near(normal_quantile(1e-9), -5.997_807_015_007_687, 1e-12);
        assert!(normal_quantile(1.5).is_nan());
        assert!(normal_quantile(f64::NAN).is_nan());
    }

    /// Values printed by Corless et al. and Wolfram's tables.
    #[test]
    fn lambert_w_agrees_with_the_tables() {
        near(lambert_w_minus1(-0.1), -3.577_152_063_957_297, 1e-13);
        near(lambert_w_minus1(-0.2), -2.542_641_357_773_526_4, 1e-13);
        near(lambert_w_minus1(-0.3), -1.781_337_023_421_627_6, 1e-13);
        near(lambert_w_minus1(-0.01), -6.472_775_124_394_005, 1e-13);
        assert!(lambert_w_minus1(0.1).is_nan());
    }

    #[test]
    fn lambert_w_inverts_its_definition_on_the_whole_branch() {
        for step in 1..2000 {
            let w = -1.0 - f64::from(step) * 0.02;
            near(
                lambert_w_minus1(w * libm::exp(w)),
                w,
                1e-7 / f64::from(step).min(100.0) + 1e-13,
            );
        }
    }

    #[test]
    fn ln_sum_exp_survives_extremes() {
        near(ln_sum_exp(&[1000.0, 1000.0]), 1000.0 + 2.0_f64.ln(), 1e-15);
        assert_eq!(ln_sum_exp(&[]), f64::NEG_INFINITY);
        assert_eq!(ln_sum_exp(&[f64::INFINITY, 0.0]), f64::INFINITY);
    }
}

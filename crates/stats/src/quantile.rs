//! A mergeable sketch of whole numbers, as latencies in microseconds: quantiles within [`RELATIVE_ERROR`], exact counts
//! above declared thresholds. Quantiles are for display and for freezing a threshold; a verdict counts units above one.

use std::collections::BTreeMap;

use crate::boundary::{tuned_r, two_sided};

/// Steps of a doubling, as a power of two; with 64 of them a step's middle is never farther than 1/128 from its ends.
const STEP_BITS: u32 = 6;

/// Values below this have a bucket each.
const EXACT_BELOW: u64 = 1 << (STEP_BITS + 1);

/// Largest distance of a quantile from the true one, relative to it: below 0.8 %.
pub const RELATIVE_ERROR: f64 = 1.0 / 128.0;

/// Variance of the rank at which the interval is narrowest: some 8,000 units at P95.
const V_STAR: f64 = 400.0;

/// A log-linear histogram: doublings, each in equal steps, and the thresholds that are counted exactly. All is integers,
/// so the sum of two sketches is the sketch of both streams, whatever the order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    buckets: BTreeMap<u32, u64>,
    above: BTreeMap<u64, u64>,
    units: u64,
}

/// An interval of a quantile; an end that the units so far cannot bound is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuantileInterval {
    /// Lower end.
    pub low: Option<u64>,
    /// Upper end.
    pub high: Option<u64>,
}

impl Sketch {
    /// An empty sketch that counts values above each of these thresholds exactly.
    #[must_use]
    pub fn new(thresholds: &[u64]) -> Self {
        Self {
            above: thresholds.iter().map(|threshold| (*threshold, 0)).collect(),
            ..Self::default()
        }
    }

    /// Takes one value.
    pub fn push(&mut self, value: u64) {
        let bucket = self.buckets.entry(bucket_of(value)).or_insert(0);
        *bucket = bucket.saturating_add(1);
        self.units = self.units.saturating_add(1);
        for (_, above) in self.above.range_mut(..value) {
            *above = above.saturating_add(1);
        }
    }

    /// The sketch of both streams; `None` when they count other thresholds.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Option<Self> {
        if !self.above.keys().eq(other.above.keys()) {
            return None;
        }
        let mut sum = self.clone();
        for (bucket, units) in &other.buckets {
            let merged = sum.buckets.entry(*bucket).or_insert(0);
            *merged = merged.saturating_add(*units);
        }
        for (above, more) in sum.above.values_mut().zip(other.above.values()) {
            *above = above.saturating_add(*more);
        }
        sum.units = sum.units.saturating_add(other.units);
        Some(sum)
    }

    /// Values taken.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Values above a declared threshold, exactly; `None` for one that was not declared.
    #[must_use]
    pub fn above(&self, threshold: u64) -> Option<u64> {
        self.above.get(&threshold).copied()
    }

    /// The value that a share `q` of the values does not exceed, within [`RELATIVE_ERROR`]: of `n` values in order the one
    /// at place `ceil(q n)`, the first for 0. `None` without values or for a share out of `[0, 1]`.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let (low, high) = edges(self.bucket_at(q)?);
        Some(low + (high - low) / 2)
    }

    /// An interval of the quantile that holds at every look with chance `1 - alpha`; it is as wide as the buckets at its
    /// ends more. `None` as for [`Self::quantile`], or for an alpha out of `(0, 1)`.
    ///
    /// # Source
    /// Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
    /// identification", Bernoulli 28(3), 2022: the quantiles at `q -+ f`, in the normal-mixture form.
    #[must_use]
    pub fn interval(&self, q: f64, alpha: f64) -> Option<QuantileInterval> {
        let reach = rank_reach(q, self.units, alpha)?;
        let low = (q - reach > 0.0).then(|| self.bucket_at(q - reach)).flatten();
        let high = (q + reach < 1.0).then(|| self.bucket_at(q + reach)).flatten();
        Some(QuantileInterval {
            low: low.map(|bucket| edges(bucket).0),
            high: high.map(|bucket| edges(bucket).1),
        })
    }

    fn bucket_at(&self, q: f64) -> Option<u32> {
        if self.units == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = (libm::ceil(q * self.units as f64) as u64).clamp(1, self.units);
        let mut below = 0_u64;
        self.buckets
            .iter()
            .find(|(_, units)| {
                below = below.saturating_add(**units);
                below >= rank
            })
            .map(|(bucket, _)| *bucket)
    }
}

/// How far, as a share of the values, the observed rank of a quantile strays at any look with chance `alpha`; `None` for
/// no values, a share out of `[0, 1]` or an alpha out of `(0, 1)`.
#[must_use]
pub fn rank_reach(q: f64, units: u64, alpha: f64) -> Option<f64> {
    let r = tuned_r(V_STAR, alpha / 2.0);
    if units == 0 || !(0.0..=1.0).contains(&q) || !r.is_finite() {
        return None;
    }
    let units = units as f64;
    Some(two_sided(q * (1.0 - q) * units, r, alpha) / units)
}

/// Integer arithmetic alone: doublings above [`EXACT_BELOW`], each in `2^STEP_BITS` steps.
fn bucket_of(value: u64) -> u32 {
    if value < EXACT_BELOW {
        return value as u32;
    }
    let doubling = value.ilog2() - STEP_BITS;
    (doubling << STEP_BITS) + (value >> doubling) as u32
}

/// Least and largest value of a bucket.
fn edges(bucket: u32) -> (u64, u64) {
    if u64::from(bucket) < EXACT_BELOW {
        return (u64::from(bucket), u64::from(bucket));
    }
    let doubling = (bucket >> STEP_BITS) - 1;
    let low = u64::from(bucket - (doubling << STEP_BITS)) << doubling;
    (low, low + ((1 << doubling) - 1))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn buckets_touch_each_other_over_the_whole_range() {
        let last = bucket_of(u64::MAX);
        assert_eq!((edges(0).0, edges(last).1), (0, u64::MAX));
        for bucket in 0..last {
            let (low, high) = edges(bucket);
            assert_eq!((bucket_of(low), bucket_of(high)), (bucket, bucket));
            assert_eq!(high + 1, edges(bucket + 1).0);
            assert!((high - low) as f64 / 2.0 <= RELATIVE_ERROR * low as f64);
        }
    }

    #[test]
    fn declared_thresholds_are_exact_and_others_unknown() {
        let mut sketch = Sketch::new(&[500_000, 500_001]);
        (499_999..=500_002).for_each(|value| sketch.push(value));
        assert_eq!((sketch.above(500_000), sketch.above(500_001)), (Some(2), Some(1)));
        assert_eq!(sketch.above(7), None);
        assert_eq!(sketch.merged(&Sketch::new(&[500_000])), None);
    }

    /// The design's example: 10,000 values, P95, alpha 0.05, narrowest there: the ranks from 94.3 to 95.7 %.
    #[test]
    fn ranks_stray_as_far_as_the_design_says() {
        let reach = rank_reach(0.95, 10_000, 0.05).unwrap();
        assert!((reach - 0.0066).abs() < 5e-5, "{reach}");
        assert_eq!(rank_reach(0.95, 0, 0.05), None);
        assert_eq!(rank_reach(0.95, 100, 1.0), None);
        assert_eq!(rank_reach(f64::NAN, 100, 0.05), None);
    }

    #[test]
    fn few_values_bound_nothing_and_none_say_nothing() {
        let mut sketch = Sketch::default();
        assert_eq!((sketch.quantile(0.5), sketch.interval(0.5, 0.05)), (None, None));
        (0..20).for_each(|value| sketch.push(value));
        let open = QuantileInterval { low: None, high: None };
        assert_eq!(sketch.interval(0.5, 0.05), Some(open));
        (0..10_000).for_each(|value| sketch.push(value % 100));
        let shown = sketch.interval(0.5, 0.05).unwrap();
        assert!(
            (40..50).contains(&shown.low.unwrap()) && (50..60).contains(&shown.high.unwrap()),
            "{shown:?}"
        );
        assert_eq!(sketch.quantile(1.5), None);
    }
}

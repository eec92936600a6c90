//! Quantiles of the sketch against brute force, and how often their intervals hold at every look.

use proptest::prelude::*;
use tidegate_stats::quantile::{RELATIVE_ERROR, Sketch};

use crate::error_rates::{ALPHA, SEED, most_allowed};
use crate::world::{runs, seeded};

fn sketch(values: &[u64]) -> Sketch {
    let mut sketch = Sketch::new(&[1_000, 500_000]);
    values.iter().for_each(|value| sketch.push(*value));
    sketch
}

/// Values of every magnitude, many small ones among them.
fn values() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(
        (any::<u64>(), 0_u32..64).prop_map(|(value, shift)| value >> shift),
        1..300,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: prop::test_runner::RngSeed::Fixed(11), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_quantile_is_near_the_one_found_by_sorting(values in values(), q in 0.0_f64..=1.0) {
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let rank = ((q * values.len() as f64).ceil() as usize).max(1);
        let (found, expected) = (sketch(&values).quantile(q).unwrap(), sorted[rank - 1]);
        prop_assert!(found.abs_diff(expected) as f64 <= RELATIVE_ERROR * expected as f64, "{found} is not {expected}");
        prop_assert_eq!(sketch(&values).above(500_000).unwrap(), values.iter().filter(|value| **value > 500_000).count() as u64);
    }

    #[test]
    fn shards_merged_in_any_order_equal_one_stream(values in values(), others in values(), third in values()) {
        let whole = sketch(&[values.clone(), others.clone(), third.clone()].concat());
        let [a, b, c] = [sketch(&values), sketch(&others), sketch(&third)];
        prop_assert_eq!(&a.merged(&b).unwrap().merged(&c).unwrap(), &whole);
        prop_assert_eq!(&c.merged(&a).unwrap().merged(&b).unwrap(), &whole);
    }
}

/// Latencies whose logarithm is normal with 0.7 deviations; the true P50 and P95 are known, and looks are taken all along.
#[test]
fn intervals_of_quantiles_hold_at_every_look() {
    for (q, normal) in [(0.5, 0.0), (0.95, 1.644_853_626_951_472_7_f64)] {
        let truth = (200_000.0 * (0.7 * normal).exp()) as u64;
        let missed = (SEED..SEED + runs())
            .filter(|seed| {
                let mut rng = seeded(*seed);
                let mut sketch = Sketch::default();
                (0..40).any(|look| {
                    (0..20 + 3 * look).for_each(|_| {
                        let deviate = tidegate_stats::special::normal_quantile(rng.uniform());
                        sketch.push((200_000.0 * (0.7 * deviate).exp()) as u64);
                    });
                    let shown = sketch.interval(q, ALPHA).unwrap();
                    shown.low.is_some_and(|low| low > truth) || shown.high.is_some_and(|high| high < truth)
                })
            })
            .count() as f64
            / runs() as f64;
        println!(
            "P{:.0} ever missed: {:.1} % of {} runs, seeds from {SEED}",
            100.0 * q,
            100.0 * missed,
            runs()
        );
        assert!(missed <= most_allowed(ALPHA));
    }
}

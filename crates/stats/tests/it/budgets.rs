//! Laws of what was counted when: any window is the plain sum of its buckets, in whatever order the counts came.

use proptest::prelude::*;
use tidegate_stats::burn::{Budget, Count, Factor, PERIOD_MS, QUICK, SLOW};
use tidegate_stats::history::History;

/// Widths of the buckets that each window is made of, in milliseconds.
const WINDOWS: [(u64, i64); 5] = [
    (QUICK.short_ms, 60_000),
    (QUICK.long_ms, 60_000),
    (SLOW.short_ms, 60_000),
    (SLOW.long_ms, 300_000),
    (PERIOD_MS, 3_600_000),
];

/// Enough to overflow every ring more than once.
const SPAN_MS: i64 = 80 * 24 * 3_600_000;

fn counted() -> impl Strategy<Value = Vec<(i64, Count)>> {
    let one = (0..SPAN_MS, 0_u64..1_000, 0_u64..1_000);
    let near = (SPAN_MS - 8 * 3_600_000..SPAN_MS, 0_u64..1_000, 0_u64..1_000);
    let either = prop_oneof![one, near];
    proptest::collection::vec(either.prop_map(|(at, total, bad)| (at, Count::new(total, bad))), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(52), ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_window_is_the_sum_of_its_buckets_in_any_order(counts in counted(), closed in 0..SPAN_MS, back in 0_i64..600_000) {
        let mut history = History::default();
        for (at, count) in &counts {
            history.push(*at, *count);
        }
        prop_assert!(history.len() <= 60 + 72 + 720);
        let now = SPAN_MS + back;
        for (over, width) in WINDOWS {
            for after in [None, Some(closed)] {
                let last = now.div_euclid(width);
                let first = last - i64::try_from(over).unwrap() / width;
                let is_within = |at: &i64| {
                    let index = at.div_euclid(width);
                    first < index && index <= last && after.is_none_or(|after| index > after.div_euclid(width))
                };
                let sum = counts.iter().filter(|(at, _)| is_within(at)).fold(Count::default(), |sum, (_, one)| sum.plus(*one));
                prop_assert_eq!(history.sum(now, over, after), sum, "{} of {}", over, width);
            }
        }
    }

    #[test]
    fn what_was_spent_and_what_is_left_are_the_whole_budget(target in 0_u32..1_000_000, total in 1_u64..1 << 40, bad in 0_u64..1 << 40, factor in 0_u64..100_000_000) {
        let budget = Budget::of_target(target).unwrap();
        let count = Count::new(total, bad);
        let (burn, left) = (budget.burn(count).unwrap(), budget.left(count).unwrap());
        prop_assert!((burn + left - 1.0).abs() < 1e-6 * burn.max(1.0));
        // The exact comparison agrees with the rate that is shown, but at the very limit.
        let factor = Factor::millionths(factor);
        let rate = factor.get() as f64 / 1e6;
        if (burn - rate).abs() > 1e-6 * rate.max(1.0) {
            prop_assert_eq!(budget.burns_above(count, factor), Some(burn > rate));
        }
        if !budget.can_burn_above(factor) {
            prop_assert_eq!(budget.burns_above(Count::new(total, total), factor), Some(false));
        }
    }
}

//! Comparing rows of two sides by key.

use tidegate_model::seam::EqualityCounts;

use super::row::Row;

/// Counts what differs. A key that stands twice on a side is counted, and the least of its rows is compared.
pub(crate) fn compare(mut old: Vec<Row>, mut new: Vec<Row>) -> EqualityCounts {
    let mut counts = EqualityCounts {
        old_rows: u64::try_from(old.len()).unwrap_or(u64::MAX),
        new_rows: u64::try_from(new.len()).unwrap_or(u64::MAX),
        ..EqualityCounts::default()
    };
    old.sort_unstable();
    new.sort_unstable();
    counts.duplicated = once_each(&mut old) + once_each(&mut new);
    let (mut left, mut right) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return counts,
            (Some(_), None) => {
                counts.missing += 1;
                left.next();
            }
            (None, Some(_)) => {
                counts.missing += 1;
                right.next();
            }
            (Some(a), Some(b)) => match a.key.cmp(&b.key) {
                std::cmp::Ordering::Less => {
                    counts.missing += 1;
                    left.next();
                }
                std::cmp::Ordering::Greater => {
                    counts.missing += 1;
                    right.next();
                }
                std::cmp::Ordering::Equal => {
                    counts.differing += u64::from(a.rest != b.rest);
                    left.next();
                    right.next();
                }
            },
        }
    }
}

/// Keeps the first row of each key of a sorted list; how many were too many.
fn once_each(rows: &mut Vec<Row>) -> u64 {
    let before = rows.len();
    rows.dedup_by(|later, first| later.key == first.key);
    u64::try_from(before - rows.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn rows(pairs: &[(u8, u8)]) -> Vec<Row> {
        let row = |(key, rest): &(u8, u8)| Row {
            key: [*key; 16],
            rest: [*rest; 16],
        };
        pairs.iter().map(row).collect()
    }

    fn check(old: &[(u8, u8)], new: &[(u8, u8)], expected: (u64, u64, u64)) {
        let counts = compare(rows(old), rows(new));
        assert_eq!(
            (counts.missing, counts.differing, counts.duplicated),
            expected,
            "{old:?} against {new:?}"
        );
        let sizes = (u64::try_from(old.len()).unwrap(), u64::try_from(new.len()).unwrap());
        assert_eq!((counts.old_rows, counts.new_rows), sizes, "{old:?} against {new:?}");
    }

    #[test]
    fn rows_are_compared_by_key_whatever_their_order() {
        check(&[(1, 1), (2, 2)], &[(2, 2), (1, 1)], (0, 0, 0));
        check(&[(1, 1), (2, 2)], &[(1, 1), (2, 3)], (0, 1, 0));
        check(&[(1, 1), (2, 2)], &[(2, 2), (3, 1)], (2, 0, 0));
        check(&[(1, 1), (1, 1)], &[(1, 1)], (0, 0, 1));
        check(&[], &[(1, 1)], (1, 0, 0));
        check(&[], &[], (0, 0, 0));
    }

    /// The same by maps from keys to sets of values, without order, merging or skipping.
    fn naive(old: &[(u8, u8)], new: &[(u8, u8)]) -> EqualityCounts {
        let by_key = |rows: &[(u8, u8)]| {
            let mut map: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
            for (key, rest) in rows {
                map.entry(*key).or_default().insert(*rest);
            }
            map
        };
        let count = |n: usize| u64::try_from(n).unwrap();
        let (a, b) = (by_key(old), by_key(new));
        EqualityCounts {
            old_rows: count(old.len()),
            new_rows: count(new.len()),
            missing: count(a.keys().filter(|key| !b.contains_key(key)).count())
                + count(b.keys().filter(|key| !a.contains_key(key)).count()),
            differing: count(
                a.iter()
                    .filter(|(key, rest)| b.get(key).is_some_and(|other| rest.first() != other.first()))
                    .count(),
            ),
            duplicated: count(old.len() - a.len() + new.len() - b.len()),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(0x5ea1),
            ..ProptestConfig::with_cases(2_000)
        })]

        #[test]
        fn the_comparison_is_that_of_maps(
            old in vec((0_u8..24, 0_u8..3), 0..32),
            new in vec((0_u8..24, 0_u8..3), 0..32),
        ) {
            prop_assert_eq!(compare(rows(&old), rows(&new)), naive(&old, &new));
        }
    }
}

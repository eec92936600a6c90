//! What was counted when: integer counts in buckets of three widths, so that a minute ago is known by the minute and a month
//! ago by the hour, in a space that does not grow. Empty buckets take none.

use std::collections::VecDeque;

use crate::burn::Count;

const MINUTE_MS: i64 = 60_000;

/// Widths of buckets, and how many of each are looked through at most: an hour, six hours, thirty days.
const RINGS: [(i64, i64); 3] = [(MINUTE_MS, 60), (5 * MINUTE_MS, 72), (60 * MINUTE_MS, 720)];

/// Counts of the last thirty days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    rings: [VecDeque<Bucket>; 3],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bucket {
    /// Its place in time, in its ring's width since 1970.
    index: i64,
    count: Count,
}

impl History {
    /// Takes what was counted at `at_ms` since 1970, which may lie back: it stands in the bucket of its own time, and what no
    /// window looks back to any more is dropped.
    pub fn push(&mut self, at_ms: i64, count: Count) {
        for (ring, (width, kept)) in self.rings.iter_mut().zip(RINGS) {
            let index = at_ms.div_euclid(width);
            match ring.binary_search_by_key(&index, |bucket| bucket.index) {
                Ok(found) => ring[found].count = ring[found].count.plus(count),
                Err(place) => ring.insert(place, Bucket { index, count }),
            }
            let newest = ring.back().map_or(index, |bucket| bucket.index);
            while ring.front().is_some_and(|oldest| oldest.index <= newest - kept) {
                ring.pop_front();
            }
        }
    }

    /// What was counted within the last `over_ms` before `now_ms`, the bucket of `now_ms` included: a window ends at the edge of
    /// a bucket and is shorter by less than one. A window is a whole number of minutes up to an hour, of five minutes up to six
    /// hours, of hours up to thirty days; a longer one is as long as that. Nothing of a bucket that had begun at `after_ms`.
    #[must_use]
    pub fn sum(&self, now_ms: i64, over_ms: u64, after_ms: Option<i64>) -> Count {
        let over = i64::try_from(over_ms).unwrap_or(i64::MAX);
        let is_covered = |(_, (width, kept)): &(&VecDeque<Bucket>, (i64, i64))| over <= width * kept;
        let mut rings = self.rings.iter().zip(RINGS);
        let (ring, (width, kept)) = rings.find(is_covered).unwrap_or((&self.rings[2], RINGS[2]));
        let last = now_ms.div_euclid(width);
        let window = last - (over / width).min(kept);
        let before = after_ms.map_or(window, |after| after.div_euclid(width).max(window));
        ring.iter()
            .filter(|bucket| before < bucket.index && bucket.index <= last)
            .fold(Count::default(), |sum, bucket| sum.plus(bucket.count))
    }

    /// Buckets that are kept, of all widths together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rings.iter().map(VecDeque::len).sum()
    }

    /// Whether nothing was ever counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::burn::{Budget, PERIOD_MS, QUICK, SLOW};

    const SECOND_MS: i64 = 1_000;
    const HOUR_MS: i64 = 3_600_000;

    /// The first second after an hour of good ones, one each second, at which an alert fires while all are bad.
    fn detected(fires: impl Fn(&History, i64) -> bool, clean_hours: i64) -> Option<i64> {
        let mut history = History::default();
        let start = 1_000 * 24 * HOUR_MS;
        let fault = start + clean_hours * HOUR_MS;
        (start..fault)
            .step_by(1_000)
            .for_each(|at| history.push(at, Count::new(1, 0)));
        (1..=HOUR_MS / SECOND_MS).find(|second| {
            let at = fault + (second - 1) * SECOND_MS;
            history.push(at, Count::new(1, 1));
            fires(&history, at)
        })
    }

    #[test]
    fn alerts_take_the_published_time_when_everything_is_bad() {
        let budget = Budget::of_target(999_000).expect("a budget");
        let fires = |pair: crate::burn::Pair| {
            move |history: &History, at: i64| {
                let over = |window| history.sum(at, window, None);
                pair.fires(budget, over(pair.long_ms), over(pair.short_ms))
            }
        };
        // F * B * L / x: 51.84 s and 129.6 s, here of windows that are shorter by less than a bucket.
        assert_eq!(detected(fires(QUICK), 1), Some(52));
        assert_eq!(detected(fires(SLOW), 6), Some(129));
    }

    #[test]
    fn a_window_is_an_exact_sum_and_forgets_what_lies_before_it() {
        let mut history = History::default();
        // One bad of two by night and none of ten thousand by day are 0.01 %, not the mean of two shares.
        history.push(0, Count::new(2, 1));
        history.push(12 * HOUR_MS, Count::new(10_000, 0));
        assert_eq!(history.sum(12 * HOUR_MS, PERIOD_MS, None), Count::new(10_002, 1));
        assert_eq!(history.sum(12 * HOUR_MS, QUICK.long_ms, None), Count::new(10_000, 0));
        assert_eq!(history.sum(14 * HOUR_MS, QUICK.long_ms, None), Count::default());
        assert_eq!(history.sum(40 * 24 * HOUR_MS, PERIOD_MS, None), Count::default());
        // Beyond thirty days nothing is kept, whatever is asked for.
        assert_eq!(history.sum(12 * HOUR_MS, u64::MAX, None), Count::new(10_002, 1));
    }

    #[test]
    fn what_comes_late_stands_in_its_own_time_and_what_was_closed_does_not_count() {
        let mut history = History::default();
        let at = 100 * HOUR_MS;
        history.push(at, Count::new(5, 1));
        history.push(at - 30 * MINUTE_MS, Count::new(7, 7));
        assert_eq!(history.sum(at, QUICK.short_ms, None), Count::new(5, 1));
        assert_eq!(history.sum(at, QUICK.long_ms, None), Count::new(12, 8));
        assert_eq!(history.sum(at, QUICK.long_ms, Some(at - MINUTE_MS)), Count::new(5, 1));
        assert_eq!(history.sum(at, QUICK.long_ms, Some(at)), Count::default());
    }
}

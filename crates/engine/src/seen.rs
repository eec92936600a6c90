//! Which reports of a gateway have come, in whatever order, in bounded space.

use std::collections::BTreeSet;

use serde::Serialize;

/// Reports that may be missing between those of one gateway that have come; older ones count as seen.
const REPORTS_OUT_OF_ORDER_MAX: usize = 1_024;

/// Which reports of one part have come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Seen {
    /// Everything before this index.
    pub all_before: u64,
    /// These, at or after it.
    pub also: BTreeSet<u64>,
}

impl Seen {
    /// Whether a report has come.
    #[must_use]
    pub fn has(&self, index: u64) -> bool {
        index < self.all_before || self.also.contains(&index)
    }

    /// Notes a report. When too many are missing before it, the oldest of these count as seen.
    pub fn note(&mut self, index: u64) {
        if index >= self.all_before {
            self.also.insert(index);
        }
        if self.also.len() > REPORTS_OUT_OF_ORDER_MAX
            && let Some(first) = self.also.first()
        {
            self.all_before = *first;
        }
        while self.also.remove(&self.all_before) {
            self.all_before += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_known_in_whatever_order_they_come() {
        let mut seen = Seen::default();
        for index in [2, 0, 5] {
            seen.note(index);
        }
        let known: Vec<u64> = (0..7).filter(|index| seen.has(*index)).collect();
        assert_eq!(known, [0, 2, 5]);
        seen.note(1);
        assert_eq!((seen.all_before, seen.also.len()), (3, 1));
    }

    #[test]
    fn what_is_missing_for_too_long_counts_as_seen() {
        let mut seen = Seen::default();
        let most = u64::try_from(REPORTS_OUT_OF_ORDER_MAX).expect("it is small");
        for index in 1..=most {
            seen.note(index);
        }
        assert!(!seen.has(0));
        seen.note(most + 1);
        assert!(seen.has(0));
        assert!(!seen.has(most + 2));
    }
}

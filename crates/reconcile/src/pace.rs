//! How fast rows are read: so many a second at most, as rows and as bytes. A reader that is ahead waits, and the
//! database waits with it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The pace of one side, shared by everything that reads from it.
#[derive(Debug)]
pub(crate) struct Pace {
    rows: Option<Bucket>,
    bytes: Option<Bucket>,
}

impl Pace {
    pub(crate) fn new(rows_per_second: Option<u64>, bytes_per_second: Option<u64>) -> Self {
        Self {
            rows: rows_per_second.map(Bucket::new),
            bytes: bytes_per_second.map(Bucket::new),
        }
    }

    /// Waits until what was read is within the pace.
    pub(crate) async fn take(&self, rows: usize, bytes: usize) {
        for (bucket, amount) in [(&self.rows, rows), (&self.bytes, bytes)] {
            if let Some(bucket) = bucket {
                tokio::time::sleep_until(bucket.take(amount, Instant::now())).await;
            }
        }
    }
}

/// A rate, and the moment from which on nothing is owed.
#[derive(Debug)]
struct Bucket {
    per_second: u64,
    free_from: Mutex<Option<Instant>>,
}

impl Bucket {
    fn new(per_second: u64) -> Self {
        Self {
            per_second: per_second.max(1),
            free_from: Mutex::new(None),
        }
    }

    /// When the next may be read after this amount.
    fn take(&self, amount: usize, now: Instant) -> Instant {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        let micros = u128::from(amount) * 1_000_000 / u128::from(self.per_second);
        let cost = Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        let mut free_from = self.free_from.lock().unwrap_or_else(PoisonError::into_inner);
        let from = free_from.map_or(now, |free| free.max(now)) + cost;
        *free_from = Some(from);
        from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_paid_for_in_time() {
        let bucket = Bucket::new(1_000);
        let begin = Instant::now();
        assert_eq!(bucket.take(500, begin) - begin, Duration::from_millis(500));
        assert_eq!(bucket.take(250, begin) - begin, Duration::from_millis(750));
        let later = begin + Duration::from_secs(10);
        assert_eq!(bucket.take(100, later) - later, Duration::from_millis(100));
    }
}

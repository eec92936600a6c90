//! The loop's heartbeat: when it last came round. It knows nothing of what the loop does, and no clock but the machine's own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A loop that has not come round for longer than this is stuck, mostly in an append to a disk that does not answer. An idle
/// one comes round once a second.
pub const STUCK_AFTER: Duration = Duration::from_secs(5);

/// Beaten by the loop after each turn.
#[derive(Debug)]
pub(crate) struct Heart {
    began: Instant,
    /// Milliseconds from `began` to the last beat.
    last: AtomicU64,
}

impl Heart {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
        }
    }

    /// A turn is complete.
    pub(crate) fn beat(&self) {
        self.last.store(self.age(), Ordering::Relaxed);
    }

    /// How long ago the last turn was complete.
    pub(crate) fn silent_for(&self) -> Duration {
        Duration::from_millis(self.age().saturating_sub(self.last.load(Ordering::Relaxed)))
    }

    fn age(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

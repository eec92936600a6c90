//! How fast somebody takes what is sent: while bytes wait for them, so many within a time. Nobody is timed while nothing waits, so
//! that streams of events stay open.

use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// What must be taken before the time is over while more waits, in bytes.
const BYTES_MIN: usize = 64 * 1024;

/// The pace of one connection.
pub(crate) struct Pace {
    within: Duration,
    /// Since something waits; the alarm is set then.
    waits: Option<Waits>,
}

struct Waits {
    alarm: Pin<Box<Sleep>>,
    taken: usize,
}

impl Pace {
    pub(crate) fn new(within: Duration) -> Self {
        Self { within, waits: None }
    }

    /// Looks at the outcome of a write.
    ///
    /// # Errors
    /// When it waits, and too little was taken for too long.
    pub(crate) fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<std::io::Result<usize>>,
    ) -> Poll<std::io::Result<usize>> {
        match &outcome {
            Poll::Ready(Ok(bytes)) => {
                if let Some(waits) = &mut self.waits {
                    waits.taken = waits.taken.saturating_add(*bytes);
                    if waits.taken >= BYTES_MIN {
                        self.waits = None;
                    }
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let until = Instant::now() + self.within;
                let waits = self.waits.get_or_insert_with(|| Waits {
                    alarm: Box::pin(tokio::time::sleep_until(until)),
                    taken: 0,
                });
                if waits.alarm.as_mut().poll(cx).is_ready() {
                    tracing::warn!(taken = waits.taken, "TG8122: an answer is taken too slowly");
                    return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "an answer is taken too slowly")));
                }
            }
        }
        outcome
    }

    /// Everything was taken.
    pub(crate) fn sent(&mut self) {
        self.waits = None;
    }
}

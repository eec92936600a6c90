//! A stream of batches as a stream of their items.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_stream::Stream;

/// Gives the items of each batch one by one.
pub(crate) struct Unrolled<S, T> {
    batches: S,
    waiting: VecDeque<T>,
}

impl<S, T> Unrolled<S, T> {
    pub(crate) fn new(batches: S) -> Self {
        Self {
            batches,
            waiting: VecDeque::new(),
        }
    }
}

impl<S: Stream<Item = Vec<T>> + Unpin, T: Unpin> Stream for Unrolled<S, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Poll::Ready(Some(item));
            }
            match Pin::new(&mut self.batches).poll_next(cx) {
                Poll::Ready(Some(batch)) => self.waiting.extend(batch),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

//! How many attempts may still be open, of those that are told as they happen.

use std::collections::VecDeque;

use tidegate_model::Millis;

use crate::state::Cell;

/// Spans of time in which attempts are kept that are told as they happen.
const YOUNG_SPANS: u64 = 16;

/// Attempts that are told as they happen, by when they were told, as long as their end may still be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Young {
    /// How long that is at most; longer ago, an end that has not come will not.
    horizon: Millis,
    /// Number of a span, and attempts of the old side and of the new one in it.
    spans: VecDeque<(i64, u64, u64)>,
}

impl Young {
    /// Nobody yet.
    pub(super) fn within(horizon: Millis) -> Self {
        let spans = VecDeque::new();
        Self { horizon, spans }
    }

    /// Takes attempts that are told of for the first time; the oldest are forgotten.
    pub(super) fn push(&mut self, cell: &Cell) {
        let length = i64::try_from((self.horizon.0 / YOUNG_SPANS).max(1)).unwrap_or(i64::MAX);
        let span = cell.received.0.div_euclid(length);
        match self.spans.back_mut() {
            Some((last, old, new)) if *last >= span => {
                *old += cell.old.n;
                *new += cell.new.n;
            }
            Some(_) | None => self.spans.push_back((span, cell.old.n, cell.new.n)),
        }
        let oldest = span.saturating_sub(YOUNG_SPANS as i64);
        while self.spans.front().is_some_and(|(first, ..)| *first < oldest) {
            self.spans.pop_front();
        }
    }

    /// Attempts of the old side and of the new one that may still be open.
    pub(super) fn at_most(&self) -> (u64, u64) {
        self.spans
            .iter()
            .fold((0, 0), |(old, new), span| (old + span.1, new + span.2))
    }
}

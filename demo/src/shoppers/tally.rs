//! Counts what the shoppers saw: by ending, by payment method, by second and minute of the attempt's start.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::now_ms;

/// Width of one bin of the duration histogram, and how many there are; longer attempts fall into the last.
const BIN_MS: u64 = 10;
const BINS: usize = 3_000;
/// Seconds that are kept one by one; older ones remain in the sums and minutes.
const SECONDS_MAX: usize = 1_800;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Abandoned,
    Failed(Failure),
}

/// Where an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Cart,
    NothingOffered,
    NoAnswer,
    Refused,
    NoOrder,
    Unconfirmed,
}

/// An attempt that has begun, by its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    second: i64,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Counts {
    started: u64,
    completed: u64,
    abandoned: u64,
    failed: u64,
}

/// All counts since the start.
#[derive(Debug)]
pub(super) struct Tally {
    visits: u64,
    turned_away: u64,
    drops: u64,
    unanswered: u64,
    in_flight: u64,
    sum: Counts,
    by_method: BTreeMap<&'static str, Counts>,
    by_failure: BTreeMap<&'static str, u64>,
    by_second: BTreeMap<i64, Counts>,
    by_minute: BTreeMap<i64, Counts>,
    bins: Vec<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            visits: 0,
            turned_away: 0,
            drops: 0,
            unanswered: 0,
            in_flight: 0,
            sum: Counts::default(),
            by_method: BTreeMap::new(),
            by_failure: BTreeMap::new(),
            by_second: BTreeMap::new(),
            by_minute: BTreeMap::new(),
            bins: vec![0; BINS],
        }
    }
}

impl Failure {
    fn name(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::NothingOffered => "nothing_offered",
            Self::NoAnswer => "no_answer",
            Self::Refused => "refused",
            Self::NoOrder => "no_order",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

impl Counts {
    fn end(&mut self, ending: Ending) {
        match ending {
            Ending::Completed => self.completed += 1,
            Ending::Abandoned => self.abandoned += 1,
            Ending::Failed(_) => self.failed += 1,
        }
    }
}

impl Tally {
    pub(super) fn arrived(&mut self) {
        self.visits += 1;
        self.in_flight += 1;
    }

    /// A visit that ended before the cart.
    pub(super) fn turned_away(&mut self) {
        self.turned_away += 1;
        self.in_flight -= 1;
    }

    /// An arrival for whom there was no place.
    pub(super) fn dropped(&mut self) {
        self.drops += 1;
    }

    /// A request without a whole answer.
    pub(super) fn unanswered(&mut self) {
        self.unanswered += 1;
    }

    /// An attempt begins: something is put into a cart.
    pub(super) fn attempted(&mut self) -> Attempt {
        let second = now_ms() / 1_000;
        self.sum.started += 1;
        self.by_second.entry(second).or_default().started += 1;
        self.by_minute.entry(second / 60).or_default().started += 1;
        if self.by_second.len() > SECONDS_MAX {
            self.by_second.pop_first();
        }
        Attempt { second }
    }

    /// An attempt ends; it counts where it began.
    pub(super) fn ended(&mut self, attempt: Attempt, method: &'static str, ending: Ending, took: Duration) {
        self.in_flight -= 1;
        self.sum.end(ending);
        let by_method = self.by_method.entry(method).or_default();
        by_method.started += 1;
        by_method.end(ending);
        if let Some(counts) = self.by_second.get_mut(&attempt.second) {
            counts.end(ending);
        }
        self.by_minute.entry(attempt.second / 60).or_default().end(ending);
        match ending {
            Ending::Completed => {
                let bin = usize::try_from(took.as_millis() as u64 / BIN_MS)
                    .unwrap_or(BINS)
                    .min(BINS - 1);
                self.bins[bin] += 1;
            }
            Ending::Failed(failure) => *self.by_failure.entry(failure.name()).or_default() += 1,
            Ending::Abandoned => {}
        }
    }

    /// Everything, as `/stats` gives it. Times of seconds and minutes are unix milliseconds of their beginning.
    pub(super) fn report(&self) -> Value {
        let mut report = self.summary();
        report["by_method"] = json!(self.by_method);
        report["by_failure"] = json!(self.by_failure);
        report["by_second"] = row_per(&self.by_second, 1_000);
        report["by_minute"] = row_per(&self.by_minute, 60_000);
        report
    }

    /// The sums alone.
    pub(super) fn summary(&self) -> Value {
        let ended = self.sum.completed + self.sum.abandoned + self.sum.failed;
        let completion = (ended > 0).then(|| self.sum.completed as f64 / ended as f64);
        json!({
            "visits": self.visits, "turned_away": self.turned_away, "drops": self.drops,
            "unanswered": self.unanswered, "in_flight": self.in_flight,
            "started": self.sum.started, "completed": self.sum.completed, "abandoned": self.sum.abandoned,
            "failed": self.sum.failed, "completion": completion,
            "p50_ms": self.quantile_ms(0.50), "p95_ms": self.quantile_ms(0.95),
        })
    }

    /// Upper edge of the bin in which the quantile of completed attempts lies, in milliseconds.
    fn quantile_ms(&self, share: f64) -> Option<u64> {
        let total: u64 = self.bins.iter().sum();
        let wanted = ((total as f64 * share).ceil() as u64).max(1);
        let mut below = 0;
        for (bin, count) in (1_u64..).zip(&self.bins) {
            below += count;
            if below >= wanted {
                return Some(bin * BIN_MS);
            }
        }
        None
    }
}

fn row_per(counts: &BTreeMap<i64, Counts>, unit_ms: i64) -> Value {
    let row = |(at, one): (&i64, &Counts)| {
        json!({ "at_ms": at * unit_ms, "started": one.started, "completed": one.completed,
                "abandoned": one.abandoned, "failed": one.failed })
    };
    Value::Array(counts.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_counts_once_under_its_ending_and_method() {
        let mut tally = Tally::default();
        for ending in [
            Ending::Completed,
            Ending::Abandoned,
            Ending::Failed(Failure::NoOrder),
            Ending::Completed,
        ] {
            tally.arrived();
            let attempt = tally.attempted();
            tally.ended(attempt, "wallet", ending, Duration::from_millis(795));
        }
        let report = tally.report();
        assert_eq!(report["completion"], json!(0.5));
        assert_eq!(
            report["by_method"]["wallet"],
            json!({"started": 4, "completed": 2, "abandoned": 1, "failed": 1})
        );
        assert_eq!(report["by_failure"], json!({"no_order": 1}));
        assert_eq!((&report["p50_ms"], &report["in_flight"]), (&json!(800), &json!(0)));
    }
}

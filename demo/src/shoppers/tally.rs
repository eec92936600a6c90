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
    /// An answer of success without an order.
    NoOrder(Side),
    Unconfirmed,
}

/// The shop that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Old,
    New,
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
    first_no_order_ms: BTreeMap<Side, i64>,
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
            first_no_order_ms: BTreeMap::new(),
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
            Self::NoOrder(_) => "no_order",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Old => "old",
            Self::New => "new",
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
            Ending::Failed(failure) => self.failed(failure, now_ms()),
            Ending::Abandoned => {}
        }
    }

    fn failed(&mut self, failure: Failure, at_ms: i64) {
        *self.by_failure.entry(failure.name()).or_default() += 1;
        match failure {
            Failure::NoOrder(side) => {
                self.first_no_order_ms.entry(side).or_insert(at_ms);
            }
            Failure::Cart | Failure::NothingOffered | Failure::NoAnswer | Failure::Refused | Failure::Unconfirmed => {}
        }
    }

    /// Everything, as `/stats` gives it. Times of seconds and minutes are unix milliseconds of their beginning;
    /// `first_no_order_ms` has the instant, by the side that answered, at which a shopper first got success and no order.
    pub(super) fn report(&self) -> Value {
        let mut report = self.summary();
        report["by_method"] = json!(self.by_method);
        report["by_failure"] = json!(self.by_failure);
        let first = self.first_no_order_ms.iter().map(|(side, at)| (side.name(), at));
        report["first_no_order_ms"] = json!(first.collect::<BTreeMap<_, _>>());
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
            Ending::Failed(Failure::NoOrder(Side::New)),
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

    #[test]
    fn the_first_success_without_an_order_is_kept_by_side_to_the_millisecond() {
        let mut tally = Tally::default();
        tally.failed(Failure::Refused, 1_234);
        tally.failed(Failure::NoOrder(Side::Old), 1_501);
        tally.failed(Failure::NoOrder(Side::New), 1_777);
        tally.failed(Failure::NoOrder(Side::New), 1_999);
        let report = tally.report();
        assert_eq!(report["first_no_order_ms"], json!({"old": 1_501, "new": 1_777}));
        assert_eq!(report["by_failure"], json!({"refused": 1, "no_order": 3}));
    }
}

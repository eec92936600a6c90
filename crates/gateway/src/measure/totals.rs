//! Totals of a flow, for people: what began, what was ordered, how long entry requests took. Never evidence.

use std::collections::VecDeque;

use tidegate_model::Millis;
use tidegate_stats::quantile::Sketch;

use crate::live::LatencyLive;
use crate::side::Side;

/// What is older than twice this shows in no quantile: a day has a quiet and a busy half.
pub const LATENCY_KEPT: Millis = Millis(24 * 3_600_000);

/// Of what shows at once: so many periods, and how long each is.
const RECENT_PERIODS: usize = 6;
const RECENT_PERIOD: Millis = Millis(5_000);

/// The longest time that is told apart from longer ones; it bounds a sketch, to some 1,100 numbers.
pub const LATENCY_MAX: Millis = Millis(3_600_000);

/// Totals of a flow since the start, by side.
#[derive(Debug, Clone, Default)]
pub struct FlowTotals {
    /// Attempts begun.
    pub begun: [u64; 2],
    /// Successful completions, tracked attempt or not.
    pub orders: [u64; 2],
    /// Attempts open now.
    pub open: [u64; 2],
    latencies: [Latencies; 2],
    recent: [Recent; 2],
}

/// How long entry requests of one side took: in this period and in the one before.
#[derive(Debug, Clone, Default)]
struct Latencies {
    began_ms: u64,
    current: Sketch,
    before: Option<Sketch>,
}

/// How long entry requests of one side took in the last periods, the newest last.
#[derive(Debug, Clone, Default)]
struct Recent {
    began_ms: u64,
    periods: VecDeque<Sketch>,
}

impl Recent {
    fn push(&mut self, took: u64) {
        if self.periods.is_empty() {
            self.periods.push_back(Sketch::default());
        }
        self.periods.back_mut().expect("there is one").push(took);
    }

    fn pass(&mut self, now_ms: u64) {
        // Nobody looks while nothing passes; then no more periods are over than are kept.
        let oldest = now_ms.saturating_sub(RECENT_PERIOD.0 * (RECENT_PERIODS as u64 + 1));
        self.began_ms = self.began_ms.max(oldest);
        while now_ms >= self.began_ms + RECENT_PERIOD.0 {
            self.began_ms += RECENT_PERIOD.0;
            self.periods.push_back(Sketch::default());
            if self.periods.len() > RECENT_PERIODS {
                self.periods.pop_front();
            }
        }
    }
}

/// The quantiles of all values of these sketches.
fn quantiles<'a>(sketches: impl Iterator<Item = &'a Sketch>) -> Option<LatencyLive> {
    let all = sketches.fold(Sketch::default(), |all, one| {
        all.merged(one).expect("all count above no thresholds, so they add up")
    });
    let at = |share| all.quantile(share).map(Millis);
    Some(LatencyLive {
        n: all.units(),
        p50: at(0.5)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
    })
}

impl FlowTotals {
    /// Takes the time of an entry request.
    pub fn took(&mut self, side: Side, took: Millis) {
        let took = took.min(LATENCY_MAX).0;
        self.latencies[side.index()].current.push(took);
        self.recent[side.index()].push(took);
    }

    /// Lets time pass.
    pub fn pass(&mut self, now_ms: u64) {
        for recent in &mut self.recent {
            recent.pass(now_ms);
        }
        for latencies in &mut self.latencies {
            if now_ms >= latencies.began_ms + LATENCY_KEPT.0 {
                latencies.began_ms = now_ms;
                latencies.before = Some(std::mem::take(&mut latencies.current));
            }
        }
    }

    /// The quantiles of a side; `None` while no entry request was answered.
    #[must_use]
    pub fn latency(&self, side: Side) -> Option<LatencyLive> {
        let Latencies { current, before, .. } = &self.latencies[side.index()];
        quantiles(before.iter().chain([current]))
    }

    /// The same of the last 25 to 30 s alone.
    #[must_use]
    pub fn recent(&self, side: Side) -> Option<LatencyLive> {
        quantiles(self.recent[side.index()].periods.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n`, P50, P95 and P99 of the new side.
    fn shown(totals: &FlowTotals) -> Option<[u64; 4]> {
        totals.latency(Side::New).map(|l| [l.n, l.p50.0, l.p95.0, l.p99.0])
    }

    #[test]
    fn quantiles_are_of_one_side_and_forget_after_two_periods() {
        let mut totals = FlowTotals::default();
        assert_eq!(shown(&totals), None);
        (1..=100).for_each(|ms| totals.took(Side::New, Millis(ms)));
        assert_eq!(shown(&totals), Some([100, 50, 95, 99]));
        assert_eq!(totals.latency(Side::Old), None);
        totals.pass(LATENCY_KEPT.0 - 1);
        totals.pass(LATENCY_KEPT.0);
        (1..=100).for_each(|_| totals.took(Side::New, Millis(7)));
        assert_eq!(shown(&totals), Some([200, 7, 90, 98]));
        totals.pass(2 * LATENCY_KEPT.0 - 1);
        assert_eq!(shown(&totals).map(|l| l[0]), Some(200));
        totals.pass(2 * LATENCY_KEPT.0);
        assert_eq!(shown(&totals), Some([100, 7, 7, 7]));
        totals.pass(3 * LATENCY_KEPT.0);
        assert_eq!(shown(&totals), None);
    }

    #[test]
    fn what_was_slow_half_a_minute_ago_does_not_show_as_recent() {
        let mut totals = FlowTotals::default();
        let recent = |totals: &FlowTotals| totals.recent(Side::New).map(|l| (l.n, l.p95.0));
        assert_eq!(recent(&totals), None);
        // A clock that did not begin at zero.
        let began = 1_700_000_000_000;
        totals.pass(began);
        (0..100).for_each(|_| totals.took(Side::New, Millis(90)));
        totals.pass(began + 24_000);
        assert_eq!(recent(&totals), Some((100, 90)));
        (0..100).for_each(|_| totals.took(Side::New, Millis(7)));
        totals.pass(began + 31_000);
        assert_eq!(recent(&totals), Some((100, 7)));
        assert_eq!(totals.latency(Side::New).map(|l| l.n), Some(200));
        totals.pass(began + 10 * LATENCY_KEPT.0);
        assert_eq!(recent(&totals), None);
    }

    #[test]
    fn a_long_time_is_as_long_as_the_longest() {
        let mut totals = FlowTotals::default();
        totals.took(Side::New, Millis(u64::MAX));
        totals.took(Side::Old, LATENCY_MAX);
        assert_eq!(totals.latency(Side::New), totals.latency(Side::Old));
    }
}

//! What a step can see: the smallest change for the worse that its harm alarm finds in the time the step has, and how long a
//! change as large as the margin would stay unseen, at the traffic that really comes.

use tidegate_model::plan::{Criterion, Plan, Stage};
use tidegate_model::{Millis, Timestamp};
use tidegate_stats::power::{Traffic, units_until_share_verdict};
use tidegate_stats::{Hits, Margin};

use super::alpha::harm_alpha;
use super::is_full;
use super::tested::{By, Comparison, Limit, Tested};
use crate::event::Reading;
use crate::state::StageState;

/// Chance with which the change is found.
const CHANCE: f64 = 0.8;

/// A criterion whose sight is asked for.
pub(super) struct Sight<'a> {
    pub(super) plan: &'a Plan,
    pub(super) stage: &'a Stage,
    pub(super) known: &'a StageState,
    pub(super) criterion: &'a Criterion,
    pub(super) tested: &'a Tested,
    pub(super) now: Timestamp,
}

/// What a step can see.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Seen {
    /// The smallest change for the worse that it sees with [`CHANCE`] before its time is over: relative to the old side for a
    /// comparison, to the limit for a limit.
    pub(super) can_see: Option<f64>,
    /// From now, the time until harm of the size of the margin would be found with [`CHANCE`]; for a limit, twice it.
    pub(super) harm_in: Option<Millis>,
}

/// What the step of a criterion can see.
pub(super) fn sight(case: &Sight<'_>, reading: &Reading) -> Seen {
    let seen = || {
        let step = case.stage.steps.get(usize::try_from(case.known.step?).ok()?)?;
        let within = seconds(step.at_most);
        let passed = seconds(case.now.since(case.known.step_since_at));
        let alpha = harm_alpha(case.plan, case.criterion, case.known);
        match (case.tested.comparison, case.tested.limit) {
            (Some(comparison), _) if !is_full(case.known.exposure) => {
                compared(case.tested.hits, comparison, alpha, reading, passed, within)
            }
            (_, Some(limit)) => limited(limit, alpha, reading, passed, within),
            (Some(_) | None, None) => None,
        }
    };
    seen().unwrap_or_default()
}

fn compared(
    hits: Hits,
    comparison: Comparison,
    alpha: f64,
    reading: &Reading,
    passed: f64,
    within: f64,
) -> Option<Seen> {
    let ((old_n, old_hits), (new_n, _)) = (reading.old?, reading.new?);
    let base = float(old_hits) / float(old_n);
    let traffic = Traffic {
        new_per_s: float(new_n) / passed,
        old_per_s: float(old_n) / passed,
        base,
        stratum_s: passed / float(reading.strata.max(1)),
    };
    let alpha = alpha / comparison.by.part();
    let changed = comparison.margin.map(|margin| match (margin, hits) {
        (Margin::Relative(margin), Hits::Good) => base * (1.0 - margin),
        (Margin::Relative(margin), Hits::Bad) => base * (1.0 + margin),
        (Margin::Absolute(margin), Hits::Good) => base - margin,
        (Margin::Absolute(margin), Hits::Bad) => base + margin,
    });
    match comparison.by {
        By::Stratified { .. } | By::StratifiedAndExact { .. } => {
            let harm_in = changed.and_then(|changed| traffic.seconds_until_harm(hits, changed, alpha, CHANCE));
            Some(Seen {
                can_see: traffic.smallest_visible(hits, alpha, within, CHANCE),
                harm_in: harm_in.and_then(|all| left(all, passed)),
            })
        }
        // What is known here of a stream's looks does not hold for a plan of few, and when a batch ends is its source's affair.
        By::Batches { .. } => None,
    }
}

/// A limit sees, of a constant share above it, the smallest that the units of the step's whole time tell from it.
fn limited(limit: Limit, alpha: f64, reading: &Reading, passed: f64, within: f64) -> Option<Seen> {
    const HALVINGS: u32 = 30;
    let (new_n, _) = reading.new?;
    let per_s = float(new_n) / passed;
    if !(per_s > 0.0 && limit.at_most > 0.0) {
        return None;
    }
    let alpha = alpha / limit.part;
    let seconds_for = |share: f64| units_until_share_verdict(share, limit.at_most, alpha).map(|units| units / per_s);
    let is_seen = |share: f64| seconds_for(share).is_some_and(|seconds| seconds <= within);
    let (mut unseen, mut seen) = (limit.at_most, 1.0);
    let can_see = is_seen(seen).then(|| {
        for _ in 0..HALVINGS {
            let middle = 0.5 * (unseen + seen);
            if is_seen(middle) {
                seen = middle;
            } else {
                unseen = middle;
            }
        }
        seen / limit.at_most - 1.0
    });
    let twice = seconds_for((2.0 * limit.at_most).min(1.0));
    Some(Seen {
        can_see,
        harm_in: twice.and_then(|all| left(all, passed)),
    })
}

/// What is left of a time that began with the step.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a prediction; the cast saturates and the number is not below zero"
)]
fn left(all: f64, passed: f64) -> Option<Millis> {
    let left = (all - passed).max(0.0);
    left.is_finite().then(|| Millis((left * 1_000.0).round() as u64))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a prediction; milliseconds are far below 2^53"
)]
fn seconds(time: Millis) -> f64 {
    time.0 as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "a prediction; counts are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

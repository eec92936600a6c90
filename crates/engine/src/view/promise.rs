//! How owners' promises are kept, as people see them: what was counted in thirty days, what is left of the budget, how fast it
//! goes, and what nobody can tell. An invariant has no budget and no percentage: each violation counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::ask::Decimal;
use tidegate_model::objective::{Gauge, Invariant, Objective, Promise};
use tidegate_model::{DomainId, IncidentId, Millis, Timestamp};
use tidegate_stats::burn::{Budget, PERIOD_MS, Pair, QUICK, SLOW};

use super::objective::{BurnView, SpentView};
use crate::event::Origin;
use crate::state::{Kept, State};

/// How a promise is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeptView {
    /// How it stands.
    pub standing: PromiseStanding,
    /// Why it stands so, when there is more to say.
    pub why: Option<String>,
    /// The open incident of its breach, else of its source's silence.
    pub incident: Option<IncidentId>,
    /// What `spent` counts.
    pub counts: CountsOf,
    /// How its budget of thirty days stands; none before anything was counted, of an invariant, and of a rate an hour.
    pub spent: Option<SpentView>,
    /// The newest number that its source told, and the moment it is about; of an invariant the violations.
    pub told: Option<(Timestamp, String)>,
    /// When something was last counted or told.
    pub heard: Option<Timestamp>,
}

/// What is counted of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountsOf {
    /// Attempts of both sides.
    Attempts,
    /// Answers of its source, good or bad.
    Answers,
    /// Answers of its source, of which those are bad that told of anything bad: how much of it, the budget says alone.
    Shares,
}

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromiseStanding {
    /// Within its budget, and none of it goes too fast; of an invariant, no violation.
    Kept,
    /// What was bad in thirty days is more than its budget.
    Overspent,
    /// Its budget goes fast enough to page its owner.
    Burning,
    /// An invariant does not hold.
    Violated,
    /// A number without a budget is not what was promised; nobody is paged for it.
    Missed,
    /// Nothing was counted of late, or its source does not tell: neither good nor bad.
    NoData,
}

impl PromiseStanding {
    /// The words on screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Overspent => "overspent",
            Self::Burning => "burning",
            Self::Violated => "violated",
            Self::Missed => "missed",
            Self::NoData => "no data",
        }
    }
}

/// How an objective is kept; none where nothing measures it.
pub(super) fn of_objective(state: &State, domain: &DomainId, one: &Objective, now: Timestamp) -> Option<KeptView> {
    one.gauge()?;
    let promise = Promise::Objective(domain.clone(), one.id.clone());
    let Some(kept) = state.promises.of(&promise) else {
        return Some(unheard(&promise, state));
    };
    let budget = one.share().and_then(|share| Budget::of_target(share.get()));
    let (standing, why) = match (kept.unknown(now), budget) {
        (Some(why), _) => (PromiseStanding::NoData, Some(why)),
        (None, Some(budget)) => (burning(kept, budget, now), unpaged(budget)),
        (None, None) => {
            let bound = kept.adopted.gauge.bound();
            let holds = bound
                .zip(kept.told)
                .is_none_or(|(bound, (_, value))| bound.holds(value));
            let why =
                "a rate an hour has no budget, and nobody is paged for it: without work to do, little is worked off";
            let standing = if holds {
                PromiseStanding::Kept
            } else {
                PromiseStanding::Missed
            };
            (standing, Some(why.to_owned()))
        }
    };
    let count = kept.within(now, PERIOD_MS);
    let spent = budget.filter(|_| count.total > 0).map(|budget| SpentView {
        total: count.total / kept.weight(),
        bad: count.told_bad,
        open: 0,
        budget: budget.ppm() as f64 / 1e6,
        left: budget.left(count),
        old_left: None,
        burns: [QUICK.short_ms, QUICK.long_ms, SLOW.long_ms]
            .map(|over| BurnView {
                over: Millis(over),
                rate: budget.burn(kept.within(now, over)),
            })
            .to_vec(),
    });
    Some(KeptView {
        standing,
        why,
        incident: incident(&promise, state),
        counts: counts_of(kept.adopted.gauge),
        spent,
        told: told(kept),
        heard: kept.heard,
    })
}

/// How a budget stands, when that is known.
fn burning(kept: &Kept, budget: Budget, now: Timestamp) -> PromiseStanding {
    let fires = [QUICK, SLOW].iter().any(|pair| kept.burns(pair, budget, now).is_some());
    let left = budget.left(kept.within(now, PERIOD_MS));
    match fires {
        true => PromiseStanding::Burning,
        false if left.is_some_and(|left| left < 0.0) => PromiseStanding::Overspent,
        false => PromiseStanding::Kept,
    }
}

/// What nobody can be paged for, because not even everything being bad burns so fast.
fn unpaged(budget: Budget) -> Option<String> {
    let mute = |pair: &Pair| !budget.can_burn_above(pair.factor);
    match (mute(&QUICK), mute(&SLOW)) {
        (true, true) => Some("its budget is too wide to burn fast: nobody is paged for it".to_owned()),
        (true, false) => {
            Some("its budget is too wide for the quick page: it takes half an hour at least to be paged".to_owned())
        }
        (false, _) => None,
    }
}

fn counts_of(gauge: Gauge) -> CountsOf {
    match gauge {
        Gauge::Attempts => CountsOf::Attempts,
        Gauge::Slices(_) | Gauge::Shown(_) | Gauge::Violations => CountsOf::Answers,
        Gauge::Shares(_) => CountsOf::Shares,
    }
}

/// How an invariant is kept.
pub(super) fn of_invariant(state: &State, one: &Invariant, now: Timestamp) -> KeptView {
    let promise = Promise::Invariant(one.id.clone());
    let Some(kept) = state.promises.of(&promise) else {
        return unheard(&promise, state);
    };
    let violations = kept.told.map(|(_, value)| value).unwrap_or_default();
    let (standing, why) = match kept.unknown(now) {
        Some(why) => (PromiseStanding::NoData, Some(why)),
        None if violations > kept.excused => (PromiseStanding::Violated, None),
        None if violations > Decimal::default() => {
            let why = "a person has closed its incident; another violation opens the next".to_owned();
            (PromiseStanding::Violated, Some(why))
        }
        None => (PromiseStanding::Kept, None),
    };
    KeptView {
        standing,
        why,
        incident: incident(&promise, state),
        counts: CountsOf::Answers,
        spent: None,
        told: told(kept),
        heard: kept.heard,
    }
}

fn unheard(promise: &Promise, state: &State) -> KeptView {
    KeptView {
        standing: PromiseStanding::NoData,
        why: Some("nothing was counted or told yet".to_owned()),
        incident: incident(promise, state),
        counts: CountsOf::Answers,
        spent: None,
        told: None,
        heard: None,
    }
}

fn told(kept: &Kept) -> Option<(Timestamp, String)> {
    kept.told.map(|(at, value)| (at, value.to_string()))
}

fn incident(promise: &Promise, state: &State) -> Option<IncidentId> {
    let find = |origin: Origin| {
        let mut open = state.open_incidents();
        open.find(|(_, one)| one.origin == origin).map(|(id, _)| id.clone())
    };
    let silence = || {
        let adopted = &state.promises.of(promise)?.adopted;
        let source = adopted.source.clone()?;
        find(Origin::PromiseSilent(adopted.domain.clone(), source))
    };
    find(Origin::Promise(promise.clone())).or_else(silence)
}

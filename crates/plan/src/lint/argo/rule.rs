//! Rules by which a metric of Argo Rollouts passes on nothing.

use super::super::cell::Cell;
use super::judge::{Judged, Way};
use super::template::Asked;
use crate::diagnostic::Level;
use crate::sink::Place;

/// A rule of what passes on nothing.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) severity: Level,
    pub(super) place: Place,
    pub(super) because: &'static str,
    pub(super) help: &'static str,
}

/// What makes a run that is stopped early worth less than it seems.
pub(super) fn stopped(asked: &Asked) -> Option<Rule> {
    let key = |name: &str| asked.keys.get(name).copied();
    if let Some(place) = key("initialDelay") {
        return Some(Rule {
            name: "argo/initial-delay",
            severity: Level::Warning,
            place,
            because: "a background run that is stopped before this delay is over is Successful with nothing measured",
            help: "make the steps last longer than the delay, or analyse in a step of its own with a `count`",
        });
    }
    let place = key("interval").filter(|_| asked.limits.is_endless())?;
    Some(Rule {
        name: "argo/endless",
        severity: Level::Warning,
        place,
        because: "without a `count` it can only end well by being stopped, which is Successful whatever was measured",
        help: "give it a `count`, and make the steps last until it is reached",
    })
}

/// The rule by which a cell passes.
pub(super) fn rule(asked: &Asked, judged: &Judged, way: Way) -> Rule {
    let success = asked.success.as_ref();
    let condition = success.or(asked.failure.as_ref());
    let place = condition.map_or(asked.place, |written| written.place);
    let error = |name, place, because, help| Rule {
        name,
        severity: Level::Error,
        place,
        because,
        help,
    };
    let calls_default = condition.is_some_and(|written| {
        let mut readings = written.readings.iter().flatten();
        readings.any(|condition| condition.calls("default"))
    });
    if let Way::DryRun = way {
        return error(
            "argo/dry-run",
            asked.dry_run.unwrap_or(asked.place),
            "what a dry run measures decides nothing",
            "take the metric out of `dryRun` before a release depends on it",
        );
    }
    if let Way::Limit(field) = way {
        return error(
            "argo/limit-not-reached",
            asked.keys.get(field).copied().unwrap_or(asked.place),
            "the limit is not below the `count`, so every measurement may be bad",
            "make the limit smaller than the `count`",
        );
    }
    if let Way::NoCondition = way {
        return error(
            "argo/no-condition",
            asked.place,
            "without a condition every answer is Successful",
            "give it a `successCondition` and a `failureCondition`",
        );
    }
    let cell = judged.outcome.cell;
    if cell == Cell::SeveralSeries {
        return Rule {
            name: "argo/one-of-several",
            severity: Level::Warning,
            place,
            because: "one series is judged, the others may say anything",
            help: "let the query give one series, and add `len(result) == 1` where the answer is a list",
        };
    }
    if judged.is_zero {
        return error(
            "argo/nothing-is-zero",
            place,
            "the provider reads nothing as 0, and 0 passes here",
            "ask for the number of requests as well, and fail when it is 0",
        );
    }
    if judged.is_nil && calls_default {
        return error(
            "argo/default-value",
            place,
            "no data becomes the default, and the default passes here",
            "choose a default that fails, or leave `default` out: nil is then an Error",
        );
    }
    if way == Way::NotFailed {
        return error(
            "argo/failure-condition-only",
            place,
            "without a `successCondition`, what does not fail is Successful, and no comparison with NaN is true",
            "add a `successCondition`; what meets neither is then Inconclusive, which pauses the release",
        );
    }
    if cell == Cell::Infinite {
        return error(
            "argo/infinity-passes",
            place,
            "infinity is larger than every limit from below",
            "bound it on both sides, for example `result[0] >= 0.95 && result[0] <= 1`",
        );
    }
    error(
        "argo/condition-holds",
        place,
        "the condition is true when there is nothing to judge",
        "write a condition that is true for a number only, for example with `len(result) == 1 && ...`",
    )
}

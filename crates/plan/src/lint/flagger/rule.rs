//! Rules by which a check of Flagger passes on nothing.

use super::judge::Judged;
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

/// The rule by which a cell passes.
pub(super) fn rule(judged: &Judged, place: Place, range_place: Place) -> Rule {
    match judged.passed {
        Some(number) if number.is_nan() => Rule {
            name: "flagger/nan-passes",
            severity: Level::Error,
            place: range_place,
            because: "the check asks whether the number is outside of the range, and NaN never is",
            help: "let the query itself give a number for every answer, or ask through Prometheus, where NaN is no value",
        },
        Some(number) if number.is_infinite() => Rule {
            name: "flagger/infinity-passes",
            severity: Level::Error,
            place: range_place,
            because: "without a `max`, infinity is inside of the range",
            help: "write a `max` as well",
        },
        Some(_) => Rule {
            name: "flagger/nothing-is-zero",
            severity: Level::Error,
            place: range_place,
            because: "the provider reads nothing as 0, and 0 is inside of the range",
            help: "ask for the number of requests as a metric of its own with a `min`",
        },
        None => Rule {
            name: "flagger/one-of-several",
            severity: Level::Warning,
            place,
            because: "one series is judged, the others may say anything",
            help: "let the query give one series",
        },
    }
}

//! Measures: whether a changed limit lets more through.

use tidegate_model::ask::Bound;
use tidegate_model::plan::Measure;

use super::{Effect, Found, Subject};

/// Compares two measures that differ. What no number decides is told as another measure.
pub(super) fn compare(found: &mut Found, place: (Subject, &str), old: &Measure, new: &Measure) {
    match (old, new) {
        (
            Measure::Errors {
                flow: was,
                at_most: a,
                not_worse_by: b,
            },
            Measure::Errors {
                flow: is,
                at_most: c,
                not_worse_by: d,
            },
        ) if was == is => {
            found.less_is_safer(place, "at most", a, c);
            found.less_is_safer(place, "not worse by", b, d);
        }
        (
            Measure::Latency {
                flow: was,
                quantile: a,
                limit: b,
            },
            Measure::Latency {
                flow: is,
                quantile: c,
                limit: d,
            },
        ) if was == is => {
            found.more_is_safer(place, "quantile", a, c);
            found.less_is_safer(place, "limit", b, d);
        }
        (
            Measure::Slower {
                flow: was,
                quantile: a,
                threshold: b,
                not_worse_by: c,
            },
            Measure::Slower {
                flow: is,
                quantile: d,
                threshold: e,
                not_worse_by: f,
            },
        ) if was == is => {
            found.either(place, "quantile", a, d);
            found.less_is_safer(place, "threshold", b, e);
            found.less_is_safer(place, "not worse by", c, f);
        }
        (Measure::Level { ask: was, bound: a, .. }, Measure::Level { ask: is, bound: b, .. })
            if was == is && a != b =>
        {
            let (subject, of) = place;
            found.add(subject, of, format!("bound: {a} -> {b}"), bound(*a, *b));
        }
        (
            Measure::Incidents {
                at_least: was,
                at_most: a,
            },
            Measure::Incidents {
                at_least: is,
                at_most: b,
            },
        ) if was == is => found.less_is_safer(place, "at most", a, b),
        (Measure::Load { at_most: a, over: was }, Measure::Load { at_most: b, over: is }) if was == is => {
            found.less_is_safer(place, "pages per on-call hour", a, b);
        }
        _ => {
            let (subject, of) = place;
            found.add(
                subject,
                of,
                "measures something else, or otherwise".to_owned(),
                Effect::Open,
            );
        }
    }
}

fn bound(old: Bound, new: Bound) -> Effect {
    match (old, new) {
        (Bound::AtMost(was), Bound::AtMost(is)) if is > was => Effect::Weaker,
        (Bound::AtLeast(was), Bound::AtLeast(is)) if is < was => Effect::Weaker,
        (Bound::AtMost(_), Bound::AtMost(_)) | (Bound::AtLeast(_), Bound::AtLeast(_)) => Effect::Stronger,
        (Bound::AtMost(_), Bound::AtLeast(_)) | (Bound::AtLeast(_), Bound::AtMost(_)) => Effect::Open,
    }
}

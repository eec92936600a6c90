//! Measures: whether a changed limit lets more through.

use tidegate_model::PartsPerMillion;
use tidegate_model::ask::{Bound, Cadence};
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
            points(found, place, Some(*b), Some(*d));
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
        (
            Measure::Level {
                ask: was,
                bound: a,
                lasting: b,
                cadence: c,
            },
            Measure::Level {
                ask: is,
                bound: d,
                lasting: e,
                cadence: f,
            },
        ) if was == is => {
            if a != d {
                let (subject, of) = place;
                found.add(subject, of, format!("bound: {a} -> {d}"), bound(*a, *d));
            }
            found.either(place, "for", b, e);
            asked(found, place, *c, *f);
        }
        (
            Measure::Counted {
                old: a,
                new: b,
                hits: c,
                at_most: d,
                not_worse_by: e,
                looks: f,
                cadence: g,
            },
            Measure::Counted {
                old: h,
                new: i,
                hits: j,
                at_most: k,
                not_worse_by: l,
                looks: m,
                cadence: n,
            },
        ) if (a, b, c) == (h, i, j) => {
            if d != k {
                let word = |share: &Option<PartsPerMillion>| share.map_or("none".to_owned(), |share| share.to_string());
                let (subject, of) = place;
                found.add(
                    subject,
                    of,
                    format!("at most: {} -> {}", word(d), word(k)),
                    limit(*d, *k),
                );
            }
            points(found, place, *e, *l);
            if f != m {
                let (subject, of) = place;
                found.add(subject, of, "its evidence comes otherwise".to_owned(), Effect::Open);
            }
            asked(found, place, *g, *n);
        }
        (
            Measure::SqlEqual {
                old: a,
                new: b,
                every: c,
                rows_at_least: d,
            },
            Measure::SqlEqual {
                old: e,
                new: f,
                every: g,
                rows_at_least: h,
            },
        ) if (a, b) == (e, f) => {
            found.less_is_safer(place, "asked every", c, g);
            found.more_is_safer(place, "rows at least", d, h);
        }
        (
            Measure::Reconcile {
                entity: a,
                against: b,
                every: c,
                stale_after: d,
            },
            Measure::Reconcile {
                entity: e,
                against: f,
                every: g,
                stale_after: h,
            },
        ) if (a, b) == (e, f) => {
            found.less_is_safer(place, "compared every", c, g);
            found.less_is_safer(place, "counts for", d, h);
        }
        (
            Measure::Survey {
                ask: a,
                at_most: b,
                at_least: c,
                cadence: d,
            },
            Measure::Survey {
                ask: e,
                at_most: f,
                at_least: g,
                cadence: h,
            },
        ) if a == e => {
            found.less_is_safer(place, "faulty at most", b, f);
            found.more_is_safer(place, "looked at, at least", c, g);
            asked(found, place, *d, *h);
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

/// How often a source is asked, and how long an answer counts.
fn asked(found: &mut Found, place: (Subject, &str), old: Cadence, new: Cadence) {
    found.less_is_safer(place, "asked every", &old.every, &new.every);
    found.less_is_safer(place, "an answer counts for", &old.stale_after, &new.stale_after);
    found.either(place, "answers within", &old.timeout, &new.timeout);
}

/// A difference that is tolerated, in percentage points.
fn points(
    found: &mut Found,
    (subject, of): (Subject, &str),
    old: Option<PartsPerMillion>,
    new: Option<PartsPerMillion>,
) {
    if old != new {
        let word = |share: Option<PartsPerMillion>| share.map_or("none".to_owned(), PartsPerMillion::points);
        found.add(
            subject,
            of,
            format!("not worse by: {} -> {}", word(old), word(new)),
            limit(old, new),
        );
    }
}

/// A limit that is gone or larger lets more through.
fn limit(old: Option<PartsPerMillion>, new: Option<PartsPerMillion>) -> Effect {
    match (old, new) {
        (Some(was), Some(is)) if is > was => Effect::Weaker,
        (Some(_), None) => Effect::Weaker,
        (Some(_) | None, Some(_)) => Effect::Stronger,
        (None, None) => Effect::Open,
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

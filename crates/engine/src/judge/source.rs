//! Criteria that ask somebody: two databases, the incident record, a person.

use tidegate_model::plan::{Criterion, Stage};
use tidegate_model::seam::{EqualityCounts, Observation, Verdict};
use tidegate_model::{Millis, Severity, Timestamp};

use super::answer::answer;
use super::because;
use crate::event::{Origin, Reading};
use crate::state::{StageState, State};

/// An answer older than so many of its intervals is no answer.
const STALE_AFTER_INTERVALS: u64 = 3;

/// Two queries that must give the same rows. Too few rows of the old side are no data; else one difference is harm.
pub(super) fn equality(
    known: &StageState,
    criterion: &Criterion,
    every: Millis,
    rows_at_least: u64,
    now: Timestamp,
) -> (Verdict, Reading) {
    let bound = Millis(every.0.saturating_mul(STALE_AFTER_INTERVALS));
    let waiting = |why: &str| {
        if now.since(known.step_since_at) > Millis(bound.0.max(criterion.max_silence.0)) {
            (
                Verdict::NoData {
                    since: known.step_since_at,
                },
                because(why),
            )
        } else {
            (Verdict::NotYet { needed: None }, because(why))
        }
    };
    let said = answer(known, criterion, "the answer is no comparison of rows", |said| {
        let Observation::Equality { at, counts } = said else {
            return None;
        };
        Some((*at, counts))
    });
    let (at, counts) = match said {
        Err((verdict, why)) => return (verdict, because(&why)),
        Ok(None) => return waiting("the databases were not compared yet"),
        Ok(Some(compared)) => compared,
    };
    let reading = compared(counts);
    // The old side is the measure: when it has fallen short itself, a difference says nothing against the new one.
    if is_different(counts) && counts.old_rows >= rows_at_least {
        return (Verdict::Harm, reading);
    }
    let no_data = |why: String| (Verdict::NoData { since: at }, Reading { why, ..reading.clone() });
    if counts.old_rows < rows_at_least || counts.new_rows < rows_at_least {
        return no_data(format!(
            "{} and {} rows, expected {rows_at_least} at least",
            counts.old_rows, counts.new_rows
        ));
    }
    if at < known.step_since_at {
        return waiting("the databases were not compared since this step began");
    }
    if now.since(at) > bound {
        return no_data(format!("last compared at {at}"));
    }
    (Verdict::Pass, reading)
}

fn is_different(counts: &EqualityCounts) -> bool {
    counts.missing > 0 || counts.differing > 0 || counts.duplicated > 0 || counts.old_rows != counts.new_rows
}

fn compared(counts: &EqualityCounts) -> Reading {
    let different = counts.missing + counts.differing + counts.duplicated;
    Reading {
        old: Some((counts.old_rows, 0)),
        new: Some((counts.new_rows, different)),
        why: format!(
            "{} rows compared with {}: {} differ, {} on one side only, {} twice",
            counts.old_rows, counts.new_rows, counts.differing, counts.missing, counts.duplicated
        ),
        ..Reading::default()
    }
}

/// Open incidents of the stage's domain. Too many keep the gate shut; they are no harm of their own.
pub(super) fn incidents(state: &State, stage: &Stage, at_least: Severity, at_most: u32) -> (Verdict, Reading) {
    let counted = state
        .open_incidents()
        .filter(|(_, incident)| incident.domain == stage.owner && incident.severity <= at_least)
        .filter(|(_, incident)| !matches!(incident.origin, Origin::Waiting(_)))
        .count();
    let reading = because(&format!(
        "{counted} open at {} or worse, {at_most} allowed",
        at_least.word()
    ));
    if u32::try_from(counted).unwrap_or(u32::MAX) <= at_most {
        (Verdict::Pass, reading)
    } else {
        (Verdict::NotYet { needed: None }, reading)
    }
}

/// A person's word, given under this step and still fresh.
pub(super) fn manual(
    known: &StageState,
    criterion: &Criterion,
    fresh_for: Millis,
    question: &str,
    now: Timestamp,
) -> (Verdict, Reading) {
    match known.attested.get(&criterion.id) {
        Some((true, at)) if *at >= known.step_since_at && now.since(*at) <= fresh_for => {
            (Verdict::Pass, because("somebody looked and says that it holds"))
        }
        Some((false, _)) => (Verdict::Harm, because("somebody looked and says that it does not hold")),
        Some((true, _)) | None => (
            Verdict::NotYet { needed: None },
            because(&format!("nobody has answered: {question}")),
        ),
    }
}

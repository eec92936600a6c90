//! A number that a source tells: beyond its bound for long enough is harm, within it for long enough is a pass, and an answer
//! that is missing, empty, old or absurd is neither.

use tidegate_model::ask::Bound;
use tidegate_model::plan::Criterion;
use tidegate_model::seam::{InvalidReason, Observation, Verdict};
use tidegate_model::{Millis, Timestamp};

use super::answer::answer;
use super::silence;
use super::validity::Check;
use crate::event::Reading;
use crate::state::{LevelRun, StageState};

/// What is asked of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Where harm begins.
    pub(super) bound: Bound,
    /// For how long beyond is harm, and within a pass.
    pub(super) lasting: Millis,
    /// An older number does not count.
    pub(super) stale_after: Millis,
}

pub(super) fn judge(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> (Verdict, Reading) {
    let Asked {
        bound,
        lasting,
        stale_after,
    } = *asked;
    let untold = LevelRun::default();
    let run = known.levels.get(&criterion.id).unwrap_or(&untold);
    let reading = |why: String| Reading {
        new: (run.told > 0).then_some((run.told, run.told_beyond)),
        told: run.newest,
        strata: run.told,
        why,
        ..Reading::default()
    };
    // A run beyond the bound stays harm while answers are missing; only a number within the bound ends it.
    if let Some(beyond) = run.beyond_for().filter(|beyond| *beyond >= lasting) {
        let why = match run.newest {
            Some((_, value)) if beyond == Millis(0) => format!("{value} was told; the bound is {bound}"),
            Some((_, value)) => format!("{value} was told, beyond {bound} for {beyond}"),
            None => format!("beyond {bound} for {beyond}"),
        };
        return (Verdict::Harm, reading(why));
    }
    let said = answer(known, criterion, "the answer is no number", |said| {
        matches!(said, Observation::Level { .. }).then_some(())
    });
    if let Err((verdict, why)) = said {
        return (verdict, reading(why));
    }
    match run.newest {
        Some((at, value)) if now.since(at) > stale_after => {
            let why = format!("the newest number, {value}, is about {at}; one older than {stale_after} does not count");
            let reason = InvalidReason::Stale;
            (Verdict::Invalid { reason }, reading(why))
        }
        newest => match (silence::of(known, &criterion.id, now), newest) {
            (Some(since), _) => (
                Verdict::NoData { since },
                reading(format!("nothing was told since {since}")),
            ),
            (None, Some((_, value))) => fresh(run, bound, lasting, value, &reading),
            (None, None) => (
                Verdict::NotYet { needed: None },
                reading("the source was not asked yet".into()),
            ),
        },
    }
}

/// What the verdict rests on, number by number; empty before anything was told.
pub(super) fn checks(known: &StageState, criterion: &Criterion, asked: &Asked, now: Timestamp) -> Vec<Check> {
    let Some(run) = known.levels.get(&criterion.id) else {
        return Vec::new();
    };
    let Some((at, value)) = run.newest else {
        return Vec::new();
    };
    let check = |name: &str, holds: bool, detail: String| Check {
        name: name.to_owned(),
        holds,
        detail,
    };
    let (beyond, within) = (run.beyond_for(), run.within_for());
    let (bound, lasting, stale_after) = (asked.bound, asked.lasting, asked.stale_after);
    let lasts = match (beyond, within) {
        (Some(beyond), _) => format!("beyond for {beyond}; {lasting} is harm"),
        (None, Some(within)) => format!("within for {within} under this step; {lasting} is a pass"),
        (None, None) => "nothing was told without a gap under this step".to_owned(),
    };
    let age = now.since(at);
    vec![
        check(
            "bound",
            bound.holds(value),
            format!("{value} was told about {at}; {bound} is asked for"),
        ),
        check("lasting", within.is_some_and(|within| within >= lasting), lasts),
        check(
            "fresh",
            age <= stale_after,
            format!("{age} old; older than {stale_after} does not count"),
        ),
    ]
}

fn fresh(
    run: &LevelRun,
    bound: Bound,
    lasting: Millis,
    value: tidegate_model::ask::Decimal,
    reading: &impl Fn(String) -> Reading,
) -> (Verdict, Reading) {
    let not_yet = Verdict::NotYet { needed: None };
    let left = |run: Millis| Some(Millis(lasting.0.saturating_sub(run.0)));
    if let Some(beyond) = run.beyond_for() {
        let why = format!("{value} was told, beyond {bound} for {beyond}; {lasting} is harm");
        return (not_yet, reading(why));
    }
    match run.within_for() {
        Some(within) if within >= lasting => {
            let why = format!("{value} was told, {bound} for {within}");
            (Verdict::Pass, reading(why))
        }
        Some(within) => {
            let why = format!("{value} was told, {bound} for {within} under this step; {lasting} is a pass");
            let reading = Reading {
                speaks_in: left(within),
                ..reading(why)
            };
            (not_yet, reading)
        }
        None => (
            not_yet,
            reading(format!("{value} was told, and nothing after it yet under this step")),
        ),
    }
}

//! Load on people: how often whoever is on call is paged. Counted from what this program itself has sent, so that no source can
//! fall silent; a page about the load itself is none.

use tidegate_model::ask::Decimal;
use tidegate_model::plan::{Measure, Stage};
use tidegate_model::seam::{InvalidReason, Verdict};
use tidegate_model::{Estate, Millis, PersonId, Timestamp};

use super::because;
use crate::event::Reading;
use crate::state::{PAGED_MAX, Paged, StageState, State};

const HOUR_MS: i128 = 3_600_000;

/// More pages than the bound allows in the whole time are harm, however little of it is over; a pass needs the whole time under
/// one step.
pub(super) fn judge(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    (at_most, over): (Decimal, Millis),
    now: Timestamp,
) -> (Verdict, Reading) {
    let Some(known) = state.stages.get(&stage.id) else {
        return (Verdict::NotYet { needed: None }, because("the stage is not known"));
    };
    let people = estate.rung_people(&stage.owner, 0);
    if people.is_empty() {
        let reason = InvalidReason::ZeroDenominator;
        let why = format!("nobody is on call for {}", stage.owner);
        return (Verdict::Invalid { reason }, because(&why));
    }
    let pages = pages(estate, state, known, &people, now, over);
    let on_call = i128::try_from(people.len()).unwrap_or(i128::MAX) * i128::from(over.0.max(1));
    let paged = i128::from(pages) * HOUR_MS * i128::from(Decimal::ONE);
    let rate = Decimal(i64::try_from(paged / on_call).unwrap_or(i64::MAX));
    let told = format!(
        "{pages} pages to {} on call for {} in {over}: {rate} an hour and person, at most {at_most}",
        people.len(),
        stage.owner
    );
    let reading = |why: String| Reading {
        told: Some((now, rate)),
        why,
        ..Reading::default()
    };
    let is_beyond_count = is_beyond_count(state, known, &people, now, over);
    if is_beyond_count || paged > i128::from(at_most.0) * on_call {
        return (Verdict::Harm, reading(told));
    }
    let watched = now.since(known.step_since_at);
    if watched < over {
        let left = Millis(over.0 - watched.0);
        let reading = Reading {
            speaks_in: Some(left),
            ..reading(format!("{told}; watched for {watched} under this step"))
        };
        return (Verdict::NotYet { needed: None }, reading);
    }
    (Verdict::Pass, reading(told))
}

/// Pages of these people within the time, since the evidence of the stage began.
fn pages(estate: &Estate, state: &State, known: &StageState, people: &[PersonId], now: Timestamp, over: Millis) -> u64 {
    let of_people = people.iter().filter_map(|person| state.paged.get(person)).flatten();
    let counted = of_people
        .filter(|page| page.at >= known.evidence_since_at && now.since(page.at) < over)
        .filter(|page| !is_about_load(estate, page));
    counted.count() as u64
}

/// A page about any load adds to none, or two of them would keep each other alive.
fn is_about_load(estate: &Estate, page: &Paged) -> bool {
    let Some((stage, name)) = &page.about else {
        return false;
    };
    let found = estate.stage(stage).and_then(|(_, stage)| {
        let mut criteria = stage.gate.criteria.iter();
        criteria.find(|criterion| &criterion.id == name)
    });
    found.is_some_and(|criterion| matches!(criterion.measure, Measure::Load { .. }))
}

/// Whether somebody was paged so often that earlier pages of the time were forgotten.
fn is_beyond_count(state: &State, known: &StageState, people: &[PersonId], now: Timestamp, over: Millis) -> bool {
    let mut lists = people.iter().filter_map(|person| state.paged.get(person));
    lists.any(|pages| {
        let oldest = pages.first().map(|page| page.at);
        pages.len() >= PAGED_MAX && oldest.is_some_and(|at| at >= known.evidence_since_at && now.since(at) < over)
    })
}

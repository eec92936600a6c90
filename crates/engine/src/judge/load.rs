//! Load on people: how often whoever is on call is paged. Counted from what this program itself has sent, so that no source can
//! fall silent; a page about the load itself is none.

use tidegate_model::ask::Decimal;
use tidegate_model::plan::{Criterion, Stage};
use tidegate_model::seam::{InvalidReason, Verdict};
use tidegate_model::{Estate, Millis, PersonId, Timestamp};

use super::because;
use crate::event::Reading;
use crate::state::{StageState, State};

const HOUR_MS: i128 = 3_600_000;

/// More pages than the bound allows in the whole time are harm, however little of it is over; a pass needs the whole time under
/// one step.
pub(super) fn judge(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    criterion: &Criterion,
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
    let pages = pages(state, known, stage, criterion, &people, now, over);
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
    if paged > i128::from(at_most.0) * on_call {
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
fn pages(
    state: &State,
    known: &StageState,
    stage: &Stage,
    criterion: &Criterion,
    people: &[PersonId],
    now: Timestamp,
    over: Millis,
) -> u64 {
    let own = (&stage.id, &criterion.id);
    let of_people = people.iter().filter_map(|person| state.paged.get(person)).flatten();
    let counted = of_people
        .filter(|page| page.at >= known.evidence_since_at && now.since(page.at) < over)
        .filter(|page| {
            page.about
                .as_ref()
                .is_none_or(|(stage, criterion)| (stage, criterion) != own)
        });
    counted.count() as u64
}

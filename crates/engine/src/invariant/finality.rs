//! Promise 2 at the point of no return: a stage is made final at full exposure, after its watch, on what was asked for since, with
//! its approvals, and with nothing held, frozen or left to answer.

use tidegate_model::{BasisPoints, StageId};

use super::facts::Facts;
use super::growth::{Manual, evidence_is_fresh, is_approved, was_asked_anew};
use super::{Broken, Step};
use crate::event::{Binding, Body, Event, Opening};

pub(super) fn check(step: &Step<'_>, event: &Event, facts: &Facts, broken: &mut Broken) {
    let Body::StageFinalised { stage, .. } = &event.body else {
        return;
    };
    let (Some((_, declared)), Some(known)) = (step.next.stage(stage), facts.stages.get(stage)) else {
        broken.note(2, format!("{stage} was made final and is not known"));
        return;
    };
    broken.unless(known.lessons.is_empty(), 2, || {
        format!("{stage} was made final while {:?} was not answered", known.lessons)
    });
    broken.unless(known.exposure.0 == BasisPoints::FULL, 2, || {
        format!("{stage} was made final at {}", known.exposure.0)
    });
    broken.unless(known.watch_until.is_some_and(|until| event.at >= until), 2, || {
        format!(
            "{stage} was made final while it is watched until {:?}",
            known.watch_until
        )
    });
    was_asked_anew(declared, known, known.watch_until, broken);
    broken.unless(known.holds.is_empty(), 2, || {
        format!("{stage} was made final while it was held")
    });
    let frozen = facts
        .incidents
        .iter()
        .find(|(_, incident)| incident.freezes(&facts.promises, stage, &declared.owner));
    broken.unless(frozen.is_none(), 2, || {
        format!("{stage} was made final while {frozen:?} was open")
    });
    let is_back = |earlier: &&StageId| {
        let earlier = facts.stages.get(*earlier);
        !earlier.is_some_and(|known| known.is_final || known.exposure.0 == BasisPoints::FULL)
    };
    let missing = declared.after.iter().find(is_back);
    broken.unless(missing.is_none(), 2, || {
        format!("{stage} was made final while {missing:?}, which it comes after, was not at 100 %")
    });
    broken.unless(evidence_is_fresh(declared, known, event.at, Manual::Counts), 2, || {
        format!("{stage} was made final on evidence that is not there or too old")
    });
    let bound = Binding {
        estate: facts.estate.clone().unwrap_or_default(),
        opens: Opening::Finalisation,
        attempt: known.attempt,
        restarts: known.restarts,
        evidence: 0,
    };
    broken.unless(is_approved(step.next, declared, known, &bound, event.at), 2, || {
        format!("{stage} was made final without its approvals")
    });
}

//! Promise 3: After a harm verdict with automatic rollback, the very next effect lowers exposure; nothing raises it before a
//! journalled change.

use tidegate_model::BasisPoints;
use tidegate_model::plan::OnHarm;
use tidegate_model::seam::{Effect, Verdict};

use super::facts::Facts;
use super::{Broken, Step};
use crate::apply::sent_by;
use crate::event::{Body, Event};

pub(super) fn check(step: &Step<'_>, broken: &mut Broken) {
    let events = &step.decision.events;
    for (place, event) in events.iter().enumerate() {
        if let Body::HarmFound {
            stage,
            on_harm: OnHarm::Rollback,
            ..
        } = &event.body
        {
            let next = events[place + 1..]
                .iter()
                .find(|event| !sent_by(&event.body).is_empty());
            let lowers = next.is_some_and(|next| {
                if let Body::RollbackBegun {
                    stage: lowered, sent, ..
                } = &next.body
                {
                    lowered == stage && lowers(step, stage, &sent.effect)
                } else {
                    false
                }
            });
            broken.unless(lowers, 3, || {
                format!(
                    "harm of {stage} was followed by {:?}",
                    next.map(|next| next.body.kind())
                )
            });
        }
        if let Body::CriterionJudged {
            stage,
            criterion,
            verdict: Verdict::Harm,
            ..
        } = &event.body
        {
            let is_answered = events[place + 1..].iter().any(|event| {
                matches!(&event.body, Body::HarmFound { stage: found, criterion: Some(by), .. } if found == stage && by == criterion)
            });
            let is_held = step.before.stages.get(stage).is_some_and(|known| {
                known
                    .holds
                    .iter()
                    .any(|hold| hold.criterion.as_ref() == Some(criterion))
            });
            broken.unless(is_answered || is_held, 3, || {
                format!("{criterion} of {stage} said harm and nothing was done")
            });
        }
    }
}

fn lowers(step: &Step<'_>, stage: &tidegate_model::StageId, effect: &Effect) -> bool {
    let Some((_, declared)) = step.next.stage(stage) else {
        return false;
    };
    match effect {
        Effect::SetExposure(snapshot) => snapshot
            .unit(&declared.unit)
            .is_some_and(|unit| unit.exposure == BasisPoints::ZERO && unit.groups.is_empty()),
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => false,
    }
}

/// Nothing is exposed between a rollback and a change.
pub(super) fn check_raise(event: &Event, facts: &Facts, broken: &mut Broken) {
    if let Body::StepExposed { stage, .. } | Body::StageReadied { stage, .. } = &event.body {
        let needs_change = facts.stages.get(stage).is_some_and(|known| known.needs_change);
        broken.unless(!needs_change, 3, || {
            format!("{stage}: {} after a rollback and before any change", event.body.kind())
        });
    }
}

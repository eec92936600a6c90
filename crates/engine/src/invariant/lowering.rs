//! Promise 8: Lowering exposure is never refused to anyone who may; raising is refused to everyone the rules exclude; what can no
//! longer be undone is refused with the forward-fix routine.

use tidegate_model::plan::Stage;
use tidegate_model::seam::Actor;
use tidegate_model::{BasisPoints, PersonId};

use super::authority::{answers_for, commands, is_approver, is_touched};
use super::facts::{Facts, StageFacts};
use super::{Broken, Step};
use crate::command::Request;
use crate::event::Body;
use crate::refusal::Rule;

pub(super) fn check(step: &Step<'_>, facts: &Facts, broken: &mut Broken) {
    if is_answered_before(step) {
        // Nothing is decided: the same key gives the same answer.
        return;
    }
    let rule = step.decision.answer.as_ref().err().map(|refusal| refusal.rule);
    if let (Request::Rollback { stage, .. }, Actor::Person { id, .. }) = (&step.command.request, &step.command.actor)
        && let (Some((_, declared)), Some(known)) = (step.estate.stage(stage), facts.stages.get(stage))
    {
        rollback(step, declared, known, id, facts, rule, broken);
    }
    if let (Request::Hold { stage, .. }, Actor::Person { id, .. }) = (&step.command.request, &step.command.actor)
        && let Some((_, declared)) = step.estate.stage(stage)
    {
        let is_final = facts.stages.get(stage).is_some_and(|known| known.is_final);
        let may = is_touched(step.estate, facts, declared, id);
        let is_form = rule == Some(Rule::BadInput);
        broken.unless(!may || is_final || rule.is_none() || is_form, 8, || {
            format!("{id} may hold {stage} and was refused: {rule:?}")
        });
    }
    if let Request::Approve { stage } | Request::Finalise { stage } | Request::AcceptRisk { stage, .. } =
        &step.command.request
        && let Some((_, declared)) = step.estate.stage(stage)
    {
        let may = match &step.command.actor {
            Actor::Person { id, .. } => {
                is_approver(step.estate, declared, id) || super::authority::is_above(step.estate, &declared.owner, id)
            }
            Actor::Service { .. } | Actor::Gateway { .. } | Actor::Controller => false,
        };
        let is_repeat = step.decision.events.is_empty();
        broken.unless(may || rule.is_some() || is_repeat, 8, || {
            format!("{} opened {stage}", step.command.actor)
        });
    }
    for event in &step.decision.events {
        if let Body::RollbackBegun { stage, .. } = &event.body {
            let known = facts.stages.get(stage);
            let is_closed = known.is_some_and(|known| known.is_final || is_past(known, step.now));
            broken.unless(!is_closed, 8, || {
                format!("{stage} was undone after its way back had closed")
            });
        }
    }
}

/// Whether the command's key has its answer already.
pub(super) fn is_answered_before(step: &Step<'_>) -> bool {
    let key = step.command.key.as_ref();
    key.is_some_and(|key| step.before.answers.by_key.contains_key(key))
}

fn is_past(known: &StageFacts, now: tidegate_model::Timestamp) -> bool {
    known.way_back_until.is_some_and(|until| now >= until)
}

fn rollback(
    step: &Step<'_>,
    declared: &Stage,
    known: &StageFacts,
    by: &PersonId,
    facts: &Facts,
    rule: Option<Rule>,
    broken: &mut Broken,
) {
    let stage = &declared.id;
    let is_trigger = declared
        .rollback
        .trigger
        .iter()
        .any(|trigger| step.estate.is_approver(trigger, by));
    let may = answers_for(step.estate, &declared.owner, by) || is_trigger || commands(facts, declared, by);
    let is_form = rule == Some(Rule::BadInput);
    if !may || is_form || known.exposure.0 == BasisPoints::ZERO {
        return;
    }
    if known.is_final || is_past(known, step.now) {
        broken.unless(rule == Some(Rule::WindowClosed), 8, || {
            format!("{stage} is past its way back: {rule:?}")
        });
        let remedy = step
            .decision
            .answer
            .as_ref()
            .err()
            .map_or("", |refusal| refusal.remedy.as_str());
        broken.unless(remedy.contains("fix forward"), 8, || {
            format!("{stage}: no forward fix in `{remedy}`")
        });
        return;
    }
    let lowers = step
        .decision
        .events
        .iter()
        .any(|event| matches!(&event.body, Body::RollbackBegun { stage: lowered, .. } if lowered == stage));
    let is_repeat = rule.is_none() && step.decision.events.is_empty();
    broken.unless(lowers || is_repeat, 8, || {
        format!("{by} may roll {stage} back and was refused: {rule:?}")
    });
}

//! A controller takes the store over.

use tidegate_model::ask::{HitsAre, Looks};
use tidegate_model::plan::{Criterion, Measure, Plan, Stage};
use tidegate_model::{Estate, Millis, PersonId, RunbookId};

use super::exposure::{Ask, ask};
use super::turn::Turn;
use crate::event::{AdoptedSource, AdoptedStage, BatchesOf, Body, ToldOf};
use crate::refusal::Refusal;
use crate::state::RareEvents;
use crate::{judge, promised};

pub(super) fn start(turn: &mut Turn<'_>) -> Result<(), Refusal> {
    let epoch = turn.state.epoch + 1;
    let is_first = turn.state.estate.is_none();
    let sent = (!is_first).then(|| ask(&turn.state, turn.next_seq(), epoch, &Ask::Again));
    let promises = promised::of_estate(turn.estate);
    let promises = (!is_first && !turn.state.promises.are(&promises)).then_some(promises);
    turn.emit(Body::ControllerStarted { epoch, sent, promises });
    if is_first {
        turn.emit(adopted(turn.estate, Vec::new(), Vec::new()));
    }
    Ok(())
}

/// The event that makes an estate the one that runs, with people and runbooks of whom it leaves nothing proven.
pub(super) fn adopted(estate: &Estate, unreached: Vec<PersonId>, undrilled: Vec<RunbookId>) -> Body {
    Body::EstateAdopted {
        digest: estate.digest().to_owned(),
        owners: estate
            .domains()
            .values()
            .map(|domain| (domain.id.clone(), domain.owner.to_string()))
            .collect(),
        stages: estate
            .stages()
            .map(|(plan, stage)| AdoptedStage {
                plan: plan.id.clone(),
                stage: stage.id.clone(),
                unit: stage.unit.clone(),
                owner: stage.owner.clone(),
                steps: exposures(stage),
                criteria: stage
                    .gate
                    .criteria
                    .iter()
                    .map(|criterion| criterion.id.clone())
                    .collect(),
                sources: stage
                    .gate
                    .criteria
                    .iter()
                    .filter_map(|criterion| source(estate, plan, stage, criterion))
                    .collect(),
            })
            .collect(),
        switches: estate
            .domains()
            .values()
            .flat_map(|domain| &domain.switches)
            .map(|switch| (switch.id.clone(), switch.default.clone()))
            .collect(),
        unreached,
        undrilled,
        promises: promised::of_estate(estate),
    }
}

/// What is measured can fall silent; people and the incident record cannot.
fn source(estate: &Estate, plan: &Plan, stage: &Stage, criterion: &Criterion) -> Option<AdoptedSource> {
    let window = |flow| estate.flows().get(flow).map_or(Millis(0), |flow| flow.window);
    let (delay, grown_after) = match &criterion.measure {
        // A start cohort is reported one window after its end.
        Measure::Completion { flow } => (window(flow), None),
        // Errors are told as they happen, and again then.
        Measure::Errors { flow, .. } => (Millis(0), Some(window(flow))),
        Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. } => (Millis(0), None),
        Measure::Incidents { .. } | Measure::Load { .. } | Measure::Manual { .. } => return None,
    };
    Some(AdoptedSource {
        criterion: criterion.id.clone(),
        max_silence: Millis(criterion.max_silence.0.saturating_add(delay.0)),
        is_comparison: !criterion.measure.is_absolute(),
        grown_after,
        rare: Some(rare(&criterion.measure)),
        told: told(plan, stage, criterion),
    })
}

fn rare(measure: &Measure) -> RareEvents {
    match measure {
        Measure::Completion { .. } => RareEvents::Failures,
        Measure::Errors { .. } => RareEvents::Hits,
        Measure::Counted { hits, looks, .. } => match (looks, hits) {
            (Looks::Batches { .. }, HitsAre::Good | HitsAre::Bad) => RareEvents::Neither,
            (Looks::Stream, HitsAre::Good) => RareEvents::Failures,
            (Looks::Stream, HitsAre::Bad) => RareEvents::Hits,
        },
        Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => RareEvents::Neither,
    }
}

fn told(plan: &Plan, stage: &Stage, criterion: &Criterion) -> Option<ToldOf> {
    match &criterion.measure {
        Measure::Level { bound, cadence, .. } => Some(ToldOf::Level {
            bound: *bound,
            stale_after: cadence.stale_after,
        }),
        Measure::Counted {
            hits,
            at_most,
            not_worse_by: Some(not_worse_by),
            looks: Looks::Batches { planned },
            ..
        } => {
            let weights = judge::weights(plan, criterion);
            let batches = weights.map(|(weight, others)| BatchesOf {
                hits: *hits,
                not_worse_by: *not_worse_by,
                planned: *planned,
                steps: u32::try_from(stage.steps.len()).unwrap_or(u32::MAX),
                alpha: plan.alpha,
                weight,
                others,
                // A limit takes half of the alpha where both are asked for.
                part: if at_most.is_some() { 2 } else { 1 },
            });
            Some(ToldOf::Counts { batches })
        }
        Measure::Counted { .. } => Some(ToldOf::Counts { batches: None }),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}

fn exposures(stage: &Stage) -> Vec<tidegate_model::BasisPoints> {
    stage.steps.iter().map(|step| step.to).collect()
}

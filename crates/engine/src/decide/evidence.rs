//! What senses and people report about a stage enters the record; judging it is the gate's business.

use tidegate_model::ask::Looks;
use tidegate_model::objective::Promise;
use tidegate_model::plan::Measure;
use tidegate_model::seam::{InvalidReason, Observation, PromisedCounts, SPLIT, Stratum};
use tidegate_model::{CriterionId, Millis, StageId, Timestamp};

use super::turn::{Touched, Turn, unknown};
use crate::event::Body;
use crate::refusal::{Refusal, Rule};
use crate::state::INCARNATIONS_MAX;

/// A gateway's clock may run ahead of ours by so much before its strata are not judged.
pub(super) const SKEW_MAX: Millis = Millis::minutes(5);

/// Records a stratum once; a repeat changes nothing, and the gateway may forget it.
pub(super) fn record(turn: &mut Turn<'_>, stratum: &Stratum) -> Result<(), Refusal> {
    // What nobody promises, or promises otherwise by now, is not written down.
    let promised: Vec<PromisedCounts> = stratum
        .promised
        .iter()
        .filter(|one| is_promised(turn, one))
        .cloned()
        .collect();
    if is_repeat(turn, stratum) || stratum.counts.is_empty() && promised.is_empty() {
        return Ok(());
    }
    let is_skewed = stratum.began > turn.now.after(SKEW_MAX);
    let late = is_skewed || stratum.voided || !stratum.counts.is_empty() && is_stale(turn, stratum);
    turn.emit(Body::EvidenceRecorded {
        stratum: Stratum {
            promised,
            ..stratum.clone()
        },
        late,
    });
    // Counts of the split say something about every criterion of their stage; all others about their own alone.
    if stratum.counts.iter().all(|counts| counts.criterion.as_str() != SPLIT) {
        let mut touched = Touched::new();
        for counts in &stratum.counts {
            let criteria = touched.entry(counts.stage.clone()).or_default();
            criteria.insert(counts.criterion.clone());
        }
        turn.touch(touched);
    }
    Ok(())
}

fn is_promised(turn: &Turn<'_>, counts: &PromisedCounts) -> bool {
    let promise = Promise::Objective(counts.of.domain.clone(), counts.of.objective.clone());
    let kept = turn.state.promises.of(&promise);
    kept.is_some_and(|kept| kept.adopted.meter.as_ref() == Some(&counts.of))
}

fn is_repeat(turn: &Turn<'_>, stratum: &Stratum) -> bool {
    let id = &stratum.id;
    let Some(gateway) = turn.state.gateways.get(&id.gateway) else {
        return false;
    };
    match gateway.seen.get(&id.incarnation) {
        Some(parts) => parts.get(&id.part).is_some_and(|seen| seen.has(id.index)),
        // Of a start so old that nothing is remembered of it, everything counts as known.
        None => gateway
            .seen
            .first_key_value()
            .is_some_and(|(oldest, _)| id.incarnation < *oldest && gateway.seen.len() >= INCARNATIONS_MAX),
    }
}

/// Whether no stage that it counts for is exposed under a version that it could speak about.
fn is_stale(turn: &Turn<'_>, stratum: &Stratum) -> bool {
    stratum.counts.iter().all(|counts| {
        turn.state
            .stages
            .get(&counts.stage)
            .is_none_or(|stage| !stage.phase.is_exposed() || stratum.version < stage.evidence_since)
    })
}

/// Records what a source said.
pub(super) fn observe(
    turn: &mut Turn<'_>,
    stage: &StageId,
    criterion: &CriterionId,
    observation: &Observation,
) -> Result<(), Refusal> {
    let (_, declared, state) = turn.stage(stage)?;
    let Some(asked) = declared.gate.criteria.iter().find(|known| &known.id == criterion) else {
        return Err(unknown("criterion", criterion.as_str()));
    };
    let is_stale = match observation {
        // What a query saw before the change or the attempt says nothing about what runs now.
        Observation::Equality { at, .. } => *at < state.evidence_since_at,
        Observation::Reconciled { at, .. }
        | Observation::Surveyed { at, .. }
        | Observation::Level { at, .. }
        | Observation::Counts { at, .. }
        | Observation::Nothing { at, .. }
        | Observation::Unusable { at, .. } => *at < state.evidence_since_at,
        Observation::Silent(_) => false,
    };
    if !state.phase.is_exposed() || is_stale {
        return Ok(());
    }
    let body = Body::Observed {
        stage: stage.clone(),
        criterion: criterion.clone(),
        observation: judgeable(&asked.measure, observation, turn.now),
    };
    turn.emit(body);
    Ok(())
}

/// An answer as it may be judged. A number about a moment too long ago, or still to come, is none; nor are counts that come as
/// a batch where a stream was asked for, or the other way round.
fn judgeable(measure: &Measure, observation: &Observation, now: Timestamp) -> Observation {
    let unusable = |reason, detail: String| Observation::Unusable {
        at: now,
        reason,
        detail,
    };
    match (measure, observation) {
        (Measure::Level { cadence, .. }, Observation::Level { at, value }) => {
            let bound = cadence.stale_after;
            if now.since(*at) > bound {
                let detail = format!("{value} was told about {at}; what is older than {bound} does not count");
                unusable(InvalidReason::Stale, detail)
            } else if at.since(now) > SKEW_MAX {
                let detail = format!("{value} was told about {at}, which is still to come");
                unusable(InvalidReason::Impossible, detail)
            } else {
                observation.clone()
            }
        }
        // A clock that was put back since would make an old comparison young.
        (Measure::Reconcile { .. }, Observation::Reconciled { at, .. }) if *at > now => {
            let detail = format!("the comparison began at {at}, which is still to come");
            unusable(InvalidReason::Impossible, detail)
        }
        (Measure::Survey { .. }, Observation::Surveyed { at, .. }) if *at > now => {
            let detail = format!("the survey began at {at}, which is still to come");
            unusable(InvalidReason::Impossible, detail)
        }
        (Measure::SqlEqual { .. }, Observation::Equality { at, .. })
        | (Measure::Counted { .. }, Observation::Counts { at, .. })
            if at.since(now) > SKEW_MAX =>
        {
            let detail = format!("it was asked at {at}, which is still to come");
            unusable(InvalidReason::Impossible, detail)
        }
        (Measure::Counted { looks, .. }, Observation::Counts { batch, .. }) => match (looks, batch) {
            (Looks::Stream, None) | (Looks::Batches { .. }, Some(_)) => observation.clone(),
            (Looks::Stream, Some(_)) | (Looks::Batches { .. }, None) => {
                let asked = if batch.is_some() { "a stream" } else { "batches" };
                let detail = format!("the plan says that the counts come as {asked}, and they do not");
                unusable(InvalidReason::Shape, detail)
            }
        },
        (
            Measure::Completion { .. }
            | Measure::Errors { .. }
            | Measure::Latency { .. }
            | Measure::Slower { .. }
            | Measure::Level { .. }
            | Measure::Counted { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. },
            _,
        ) => observation.clone(),
    }
}

pub(super) fn attest(
    turn: &mut Turn<'_>,
    stage: &StageId,
    criterion: &CriterionId,
    holds: bool,
    note: &str,
) -> Result<(), Refusal> {
    let (_, declared, _) = turn.stage(stage)?;
    let is_manual =
        declared.gate.criteria.iter().any(|known| {
            &known.id == criterion && matches!(known.measure, tidegate_model::plan::Measure::Manual { .. })
        });
    if !is_manual {
        return Err(Refusal {
            rule: Rule::UnknownSubject,
            what: format!("`{criterion}` of {stage} is no manual criterion"),
            owner: None,
            remedy: "measured criteria speak for themselves".into(),
        });
    }
    turn.emit(Body::Attested {
        stage: stage.clone(),
        criterion: criterion.clone(),
        holds,
        note: note.to_owned(),
    });
    Ok(())
}

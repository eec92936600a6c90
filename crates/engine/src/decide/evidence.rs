//! What senses and people report about a stage enters the record; judging it is the gate's business.

use tidegate_model::seam::{Observation, Stratum};
use tidegate_model::{CriterionId, StageId};

use super::turn::{Turn, unknown};
use crate::event::Body;
use crate::refusal::{Refusal, Rule};

/// A gateway's clock may differ from ours by so much before its strata are late.
const SKEW_MAX_MS: u64 = 5 * 60_000;

/// Records a stratum once; a repeat changes nothing, and the gateway may forget it.
pub(super) fn record(turn: &mut Turn<'_>, stratum: &Stratum) -> Result<(), Refusal> {
    let known = turn.state.gateways.get(&stratum.id.gateway);
    let is_current = known.is_none_or(|gateway| gateway.incarnation == stratum.id.incarnation);
    let is_repeat = known.is_some_and(|gateway| {
        gateway.incarnation == stratum.id.incarnation
            && gateway
                .seen
                .get(&stratum.id.part)
                .is_some_and(|next| stratum.id.index < *next)
    });
    let is_older = known.is_some_and(|gateway| gateway.incarnation > stratum.id.incarnation);
    if is_repeat || stratum.counts.is_empty() {
        return Ok(());
    }
    let is_skewed = stratum.began.0 > turn.now.after(tidegate_model::Millis(SKEW_MAX_MS)).0;
    let late = is_skewed || is_older || !is_current || stratum.voided || is_stale(turn, stratum);
    turn.emit(Body::EvidenceRecorded {
        stratum: stratum.clone(),
        late,
    });
    Ok(())
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
    if !declared.gate.criteria.iter().any(|known| &known.id == criterion) {
        return Err(unknown("criterion", criterion.as_str()));
    }
    if !state.phase.is_exposed() {
        return Ok(());
    }
    let body = Body::Observed {
        stage: stage.clone(),
        criterion: criterion.clone(),
        observation: observation.clone(),
    };
    turn.emit(body);
    Ok(())
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

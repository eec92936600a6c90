//! What a source said enters the stage that it was asked for.

use tidegate_model::seam::{ArmCounts, Compared, Observation, Surveyed, Verdict};
use tidegate_model::{CriterionId, Timestamp};
use tidegate_stats::PairedStratum;

use super::evidence;
use crate::batches::Since;
use crate::event::{BatchesOf, ToldOf};
use crate::level::Told;
use crate::state::{Belongs, Cell, StageState};
use crate::tally::arm;

pub(super) fn record(stage: &mut StageState, criterion: &CriterionId, observation: &Observation, at: Timestamp) {
    let is_harm = stage
        .verdicts
        .get(criterion)
        .is_some_and(|said| said.verdict == Verdict::Harm);
    if stands(stage.observations.get(criterion), is_harm, observation) {
        return;
    }
    stage.observations.insert(criterion.clone(), observation.clone());
    let told = stage.sources.get(criterion).and_then(|source| source.told.clone());
    let is_usable = match (observation, told) {
        (Observation::Equality { .. }, None) => true,
        (Observation::Reconciled { found, .. }, None) => found.says_nothing().is_none(),
        (Observation::Surveyed { found, .. }, None) => found.is_whole(),
        (Observation::Level { at: about, value }, Some(ToldOf::Level { bound, stale_after })) => {
            let told = Told {
                at: *about,
                value: *value,
                received: at,
                step_began: stage.step_since_at,
            };
            let run = stage.levels.entry(criterion.clone()).or_default();
            run.tell(told, bound, stale_after);
            true
        }
        (
            Observation::Counts {
                at: asked,
                batch,
                old,
                new,
            },
            Some(ToldOf::Counts { batches }),
        ) => {
            let counted = Counted {
                asked: *asked,
                received: at,
                old: old.unwrap_or_default(),
                new: *new,
            };
            match batch {
                Some(name) => take_batch(stage, criterion, name, batches, &counted),
                None => take_stream(stage, criterion, &counted),
            }
        }
        (
            Observation::Equality { .. }
            | Observation::Reconciled { .. }
            | Observation::Surveyed { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. }
            | Observation::Nothing { .. }
            | Observation::Unusable { .. }
            | Observation::Silent(_),
            Some(_) | None,
        ) => {
            if let Some(run) = stage.levels.get_mut(criterion) {
                run.miss();
            }
            false
        }
    };
    if is_usable {
        stage.answered.insert(criterion.clone(), at);
    }
}

/// Whether what was found to be harm still is, for all that was said since: only what looked at everything, began later and found
/// less takes it back, or what found as much again.
fn stands(before: Option<&Observation>, is_harm: bool, said: &Observation) -> bool {
    match before {
        Some(Observation::Reconciled { at, found }) => {
            found.compared == Compared::Diverged && found.says_nothing().is_none() && !is_compared_again(*at, said)
        }
        Some(Observation::Surveyed { at, found }) => is_harm && !is_surveyed_again(*at, found, said),
        Some(
            Observation::Equality { .. }
            | Observation::Level { .. }
            | Observation::Counts { .. }
            | Observation::Nothing { .. }
            | Observation::Unusable { .. }
            | Observation::Silent(_),
        )
        | None => false,
    }
}

fn is_compared_again(since: Timestamp, said: &Observation) -> bool {
    let Observation::Reconciled { at, found } = said else {
        return false;
    };
    found.compared == Compared::Diverged || (*at > since && found.unsays())
}

fn is_surveyed_again(since: Timestamp, before: &Surveyed, said: &Observation) -> bool {
    let Observation::Surveyed { at, found } = said else {
        return false;
    };
    let is_as_bad = found.faulty >= before.faulty && found.looked_at >= before.looked_at;
    // A list that lost most of what is on it says nothing of the rest.
    let is_as_wide = found.looked_at >= before.looked_at.div_ceil(2);
    *at > since && ((found.is_whole() && is_as_wide) || is_as_bad)
}

/// What was counted.
struct Counted {
    asked: Timestamp,
    received: Timestamp,
    old: ArmCounts,
    new: ArmCounts,
}

/// An answer tells what was counted since the one before it. It is evidence when that one came under the same evidence, and
/// may pass the step when it came under the step. The first answer of all tells what was counted since the first question, and
/// is of the evidence and of the step when it was asked for under them.
/// Whether it is a sign of life: counts of nobody are none.
fn take_stream(stage: &mut StageState, criterion: &CriterionId, counted: &Counted) -> bool {
    let before = stage.told_until.insert(criterion.clone(), counted.asked);
    let belongs = match before.unwrap_or(counted.asked) {
        known if known <= stage.evidence_since_at => None,
        known if known <= stage.step_since_at => Some(Belongs::ToAttempt),
        _ => Some(Belongs::ToStep),
    };
    if let Some(belongs) = belongs {
        let cell = cell(stage, before.unwrap_or(counted.asked), counted);
        evidence::count(stage, criterion, cell, belongs);
    }
    counted.new.n > 0
}

/// A batch counts once; that it is told again is no sign of life.
fn take_batch(
    stage: &mut StageState,
    criterion: &CriterionId,
    name: &str,
    of: Option<BatchesOf>,
    counted: &Counted,
) -> bool {
    let since = Since {
        evidence: stage.evidence_since_at,
        step: stage.step_since_at,
    };
    let of = of.map(|of| (of, stage.this_try()));
    let batches = stage.batches.entry(criterion.clone()).or_default();
    let belongs = batches.take(
        name,
        counted.asked,
        since,
        of,
        PairedStratum::new(arm(counted.old), arm(counted.new)),
    );
    if let Some(belongs) = belongs {
        let cell = cell(stage, counted.asked, counted);
        evidence::count(stage, criterion, cell, belongs);
    }
    belongs.is_some() && counted.new.n > 0
}

fn cell(stage: &StageState, began: Timestamp, counted: &Counted) -> Cell {
    Cell {
        began,
        received: counted.received,
        version: stage.step_since,
        share: stage.exposure,
        old: counted.old,
        new: counted.new,
    }
}

//! The reasons of what runs: of one criterion for a program, and of all that the page shows.

use std::collections::BTreeMap;

use tidegate_engine::judge;
use tidegate_engine::view::{CriterionView, StageView, StatusView};
use tidegate_model::{CriterionId, StageId, Timestamp};
use tidegate_runtime::Snapshot;

use super::{Section, Why, tell};
use crate::page::gate;

/// Reasons in words, by stage and criterion.
pub(crate) type Whys = BTreeMap<(StageId, CriterionId), Vec<Section>>;

/// Why a criterion says what it says now; none when the estate does not have it.
pub(crate) fn of(snapshot: &Snapshot, stage: &StageView, view: &CriterionView, now: Timestamp) -> Option<Why> {
    let (_, declared) = snapshot.estate.stage(&stage.id)?;
    let criterion = declared.gate.criteria.iter().find(|other| other.id == view.id)?;
    let is_exposed = snapshot.state.stages.get(&stage.id)?.phase.is_exposed();
    let explanation = judge::explain(&snapshot.estate, &snapshot.state, &stage.id, criterion, now)
        // A comparison is not judged at full exposure, though its test would still give an answer.
        .filter(|_| is_exposed && view.verdict != "not judged");
    let reading = explanation
        .as_ref()
        .map_or(&view.reading, |explanation| &explanation.reading);
    Some(Why {
        stage: stage.id.clone(),
        told: tell(criterion, reading, explanation.as_ref()),
        criterion: view.clone(),
        explanation,
    })
}

/// The same for every criterion of the gates that the page shows, at the moment of their status.
pub(crate) fn all(snapshot: &Snapshot, status: &StatusView) -> Whys {
    let stages = status.plans.iter().flat_map(|plan| &plan.stages);
    let shown = stages.filter(|stage| gate::is_shown(stage));
    let told = shown.flat_map(|stage| {
        stage.criteria.iter().filter_map(|criterion| {
            let why = of(snapshot, stage, criterion, status.at)?;
            Some(((stage.id.clone(), criterion.id.clone()), why.told))
        })
    });
    told.collect()
}

//! What became known of a criterion's attempts after their stage had fallen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::plan::{Criterion, Stage};
use tidegate_model::{Estate, Money};

use crate::judge;
use crate::state::StageState;

/// What became known of a criterion's attempts after their stage had fallen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AfterView {
    /// Attempts and hits of the old side.
    pub old: (u64, u64),
    /// Of the new side.
    pub new: (u64, u64),
    /// Attempts among them that came too late to be judged.
    pub late: u64,
    /// Completions lost against the old side's pace; none where no completion is counted.
    pub lost: Option<f64>,
    /// What they are worth as declared.
    pub worth: Option<Money>,
}

/// What became known after the fall, while that is still the news.
pub(super) fn after(estate: &Estate, stage: &Stage, known: &StageState, criterion: &Criterion) -> Option<AfterView> {
    let after = known.aftermath.get(&criterion.id)?;
    let (plan, _) = estate.stage(&stage.id)?;
    let cost = judge::fallen(plan, stage, known)
        .into_iter()
        .find(|fallen| fallen.criterion == criterion.id);
    Some(AfterView {
        old: (after.old.n, after.old.hits),
        new: (after.new.n, after.new.hits),
        late: after.late,
        lost: cost.as_ref().map(|cost| cost.lost),
        worth: cost.and_then(|cost| cost.worth),
    })
}

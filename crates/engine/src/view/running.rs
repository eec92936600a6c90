//! Runbooks that were begun in an incident, as people see them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::{ActionId, PersonId, RunbookId, Timestamp};

use crate::state::Run;

/// A runbook that is under way, or was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    /// The action that began it.
    pub action: ActionId,
    /// Which.
    pub runbook: RunbookId,
    /// Its title.
    pub title: String,
    /// Who began it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// What people do, in order.
    pub steps: Vec<RunStepView>,
    /// How many steps are not done.
    pub left: u32,
}

/// A step of a begun runbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunStepView {
    /// Its place, 1 first.
    pub step: u32,
    /// What it asks.
    pub text: String,
    /// Who said that it was done; none while nobody has.
    pub by: Option<PersonId>,
    /// When that was said.
    pub at: Option<Timestamp>,
    /// What was seen.
    pub note: String,
}

pub(super) fn of_run(action: &ActionId, run: &Run) -> RunView {
    let steps = (0_u32..).zip(&run.steps).map(|(place, text)| {
        let done = run.done.get(&place);
        RunStepView {
            step: place + 1,
            text: text.clone(),
            by: done.map(|done| done.by.clone()),
            at: done.map(|done| done.at),
            note: done.map(|done| done.note.clone()).unwrap_or_default(),
        }
    });
    RunView {
        action: action.clone(),
        runbook: run.runbook.clone(),
        title: run.title.clone(),
        by: run.by.clone(),
        at: run.at,
        reason: run.reason.clone(),
        steps: steps.collect(),
        left: u32::try_from(run.left()).unwrap_or(u32::MAX),
    }
}

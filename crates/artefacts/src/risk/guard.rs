//! What guards against a failure mode: its signals, what their harm does, and what is missing.

use serde::Serialize;
use tidegate_model::hazard::FailureMode;
use tidegate_model::plan::{Criterion, OnHarm};
use tidegate_model::{Estate, Severity, StageId};

use super::Risk;
use crate::map::reads_data;

/// What happens when a signal notices harm; the strongest sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Guard {
    /// Exposure falls at once.
    Rollback,
    /// Growth stops.
    Hold,
    /// A person has to look.
    Person,
    /// Nothing.
    Nothing,
}

impl Guard {
    /// What it does, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Rollback => "rolls back",
            Self::Hold => "holds",
            Self::Person => "a person looks",
            Self::Nothing => "nothing",
        }
    }

    /// A sign that does not need colour.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Rollback => '●',
            Self::Hold => '◐',
            Self::Person => '○',
            Self::Nothing => '✕',
        }
    }
}

/// A criterion that notices a failure mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// The stage in whose gate it stands.
    pub stage: StageId,
    /// Its name there.
    pub criterion: String,
    /// In words.
    pub title: String,
    /// What its harm does.
    pub guard: Guard,
}

/// The signals of a failure mode. One that names no criterion guards nothing; the compiler refuses it first.
pub(super) fn signals(estate: &Estate, mode: &FailureMode) -> Vec<Signal> {
    mode.signals
        .iter()
        .map(|(stage, name)| {
            let criterion = estate.stage(stage).and_then(|(_, stage)| {
                stage
                    .gate
                    .criteria
                    .iter()
                    .find(|criterion| criterion.id.as_str() == name)
            });
            Signal {
                stage: stage.clone(),
                criterion: name.clone(),
                title: criterion.map_or_else(|| name.clone(), |criterion| criterion.title.clone()),
                guard: criterion.map_or(Guard::Nothing, guard_of),
            }
        })
        .collect()
}

fn guard_of(criterion: &Criterion) -> Guard {
    if !reads_data(&criterion.measure) {
        return Guard::Person;
    }
    match criterion.on_harm {
        OnHarm::Rollback => Guard::Rollback,
        OnHarm::Hold => Guard::Hold,
    }
}

/// What a reviewer would ask for.
pub(super) fn gaps(risk: &Risk) -> Vec<String> {
    let mut gaps = Vec::new();
    match risk.guard {
        Guard::Nothing => gaps.push("no signal notices it".to_owned()),
        Guard::Person => gaps.push("no signal that reads data notices it: a person has to look".to_owned()),
        Guard::Hold if risk.severity == Severity::Sev1 => {
            gaps.push("its signals stop growth and take nobody back".to_owned())
        }
        Guard::Hold | Guard::Rollback => {}
    }
    if risk.runbook_steps == 0 {
        gaps.push(format!("runbook `{}` has no steps", risk.runbook));
    }
    gaps
}

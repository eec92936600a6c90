//! What is compared between the sides, as people see it: each comparison with its verdict, the age of its last answer, and
//! the differences by class. Says nothing of criteria that count visitors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::plan::{Against, Criterion, Measure, OnHarm};
use tidegate_model::seam::totals::Totals;
use tidegate_model::seam::{Compared, EqualityCounts, Observation};
use tidegate_model::{CriterionId, DomainId, Estate, Millis, StageId, TeamId, Timestamp};

use crate::state::State;
use crate::view::looked::{self, Known, Looked};

/// A comparison of rows between the sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EqualityView {
    /// The stage whose gate asks for it.
    pub stage: StageId,
    /// Its title.
    pub stage_title: String,
    /// The criterion.
    pub criterion: CriterionId,
    /// In words, as the plan has it.
    pub title: String,
    /// Whose signal it is.
    pub owner: DomainId,
    /// The team that answers for it.
    pub team: Option<TeamId>,
    /// What a difference does.
    pub on_harm: OnHarm,
    /// Where the old side's rows are asked for.
    pub old: String,
    /// Where the new side's are.
    pub new: String,
    /// Time between two comparisons.
    pub every: Millis,
    /// The word of its verdict.
    pub verdict: String,
    /// Since when it says so.
    pub since: Option<Timestamp>,
    /// Whether that is the last verdict: the stage is final, or was rolled back.
    #[serde(default)]
    pub is_last: bool,
    /// When it was last answered.
    pub at: Option<Timestamp>,
    /// What was found then; none when it could not be compared.
    pub counts: Option<EqualityCounts>,
    /// How often which difference was seen, by its class; empty where the classes of the counts are all there are.
    #[serde(default)]
    pub classes: BTreeMap<String, u64>,
    /// Keys that were compared because they had changed, where that is what was compared last; the counts are of these.
    #[serde(default)]
    pub changed_keys: Option<u64>,
    /// What both sides come to, as declared.
    #[serde(default)]
    pub totals: Vec<Totals>,
    /// Why the databases are left alone for a while, in words. It is of this moment and in no journal.
    #[serde(default)]
    pub slowed: Option<String>,
    /// Why what was found is no certainty, when it is none: then nothing that differs is not the same as agreement.
    #[serde(default)]
    pub doubt: Option<String>,
    /// Why there is no verdict now, when there is none.
    pub gap: Option<String>,
}

/// Every comparison of rows that a gate of the estate asks for, in the order of the plans.
#[must_use]
pub fn equalities(estate: &Estate, state: &State, now: Timestamp) -> Vec<EqualityView> {
    let now = now.max(state.at);
    let asked = looked::criteria(estate, state)
        .filter_map(|(of, declared)| Some((of, declared, compared(estate, &declared.measure)?)));
    asked
        .map(|(of, declared, asked)| view((estate, state), of, declared, asked, now))
        .collect()
}

/// How often a measure compares rows, and of which databases; none when it does not.
fn compared(estate: &Estate, measure: &Measure) -> Option<(Millis, (String, String))> {
    match measure {
        Measure::SqlEqual { old, new, every, .. } => Some((*every, (old.on.to_string(), new.on.to_string()))),
        Measure::Reconcile {
            entity, against, every, ..
        } => {
            let comparison = estate.entities().get(entity)?.comparison.as_ref()?;
            let (old, new) = (comparison.old.on.to_string(), comparison.new.on.to_string());
            let sides = match (against, &comparison.ledger) {
                (Against::Ledger, Some(ledger)) => (format!("{old} and {new}"), ledger.held.on.to_string()),
                (Against::Ledger, None) | (Against::Sides, _) => (old, new),
            };
            Some((*every, sides))
        }
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}

fn view(
    (estate, state): (&Estate, &State),
    (stage, known): Known<'_>,
    declared: &Criterion,
    (every, (old, new)): (Millis, (String, String)),
    now: Timestamp,
) -> EqualityView {
    let mut looked = Looked::of((estate, state), (stage, known), declared, now);
    let observation = known.observations.get(&declared.id);
    let (at, counts, gap) = answered(observation);
    let reconciled = match observation {
        Some(Observation::Reconciled { found, .. }) => Some(found),
        Some(_) | None => None,
    };
    let doubt = reconciled.and(gap.clone());
    EqualityView {
        stage: stage.id.clone(),
        stage_title: stage.title.clone(),
        criterion: declared.id.clone(),
        title: declared.title.clone(),
        owner: declared.owner.clone(),
        team: estate.owner_of(&declared.owner).cloned(),
        on_harm: declared.on_harm,
        old,
        new,
        every,
        gap: looked.gap(gap),
        verdict: looked.verdict,
        since: looked.since,
        is_last: looked.is_last,
        at,
        counts,
        classes: reconciled.map(|found| found.classes.clone()).unwrap_or_default(),
        changed_keys: reconciled.and_then(|found| found.changed_keys),
        totals: reconciled.map(|found| found.totals.clone()).unwrap_or_default(),
        slowed: None,
        doubt,
    }
}

/// When rows were last compared, what was found, and why not when nothing was.
fn answered(observation: Option<&Observation>) -> (Option<Timestamp>, Option<EqualityCounts>, Option<String>) {
    match observation {
        Some(Observation::Equality { at, counts }) => (Some(*at), Some(*counts), None),
        Some(Observation::Reconciled { at, found }) => {
            let gap = match found.compared {
                Compared::Inconclusive => Some(found.words()),
                Compared::Clean | Compared::Diverged => found.says_nothing(),
            };
            (Some(*at), Some(found.counts()), gap)
        }
        Some(Observation::Nothing { at, detail } | Observation::Unusable { at, detail, .. }) => {
            (Some(*at), None, Some(detail.clone()))
        }
        Some(Observation::Silent(silence)) => (None, None, Some(silence.reason.clone())),
        Some(Observation::Level { .. } | Observation::Counts { .. } | Observation::Surveyed { .. }) => {
            (None, None, Some("its source tells numbers, not rows".to_owned()))
        }
        None => (None, None, None),
    }
}

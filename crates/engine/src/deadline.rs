//! When the state next needs a look at the clock. A `Tick` at that instant always consumes it, so the loop never spins.

use std::collections::BTreeSet;

use tidegate_model::{DomainId, SourceId, StageId, Timestamp};

use crate::event::Origin;
use crate::judge::silence;
use crate::state::{Asked, IncidentPhase, Kept, Phase, StageState, State};

/// The next instant at which something is due; none while nothing waits for the clock.
#[must_use]
pub fn deadline(state: &State) -> Option<Timestamp> {
    let incidents = state.open_incidents().map(|(_, incident)| match &incident.phase {
        IncidentPhase::Acknowledged { until, .. } | IncidentPhase::Mitigating { until, .. } => *until,
        IncidentPhase::Open | IncidentPhase::Resolved { .. } => incident.answer_by,
    });
    let actions = state.actions.values().map(|active| active.until);
    let stages = state.stages.iter().flat_map(|(id, stage)| of_stage(state, id, stage));
    incidents.chain(actions).chain(stages).chain(promises(state)).min()
}

/// When somebody is called for a source of a promise that tells nothing; of one whose incident is open the incident is due.
fn promises(state: &State) -> impl Iterator<Item = Timestamp> {
    let known: BTreeSet<(&DomainId, &SourceId)> = state
        .open_incidents()
        .filter_map(|(_, incident)| match &incident.origin {
            Origin::PromiseSilent(domain, source) => Some((domain, source)),
            Origin::Criterion(..)
            | Origin::Brake(_)
            | Origin::Silence(..)
            | Origin::Waiting(_)
            | Origin::Gateway(_)
            | Origin::Journal
            | Origin::Promise(_)
            | Origin::Person(_) => None,
        })
        .collect();
    let silent = move |kept: &&Kept| {
        let source = kept.adopted.source.as_ref();
        source.is_some_and(|source| !known.contains(&(&kept.adopted.domain, source)))
    };
    state.promises.all().filter(silent).filter_map(Kept::silent_at)
}

fn of_stage(state: &State, id: &StageId, stage: &StageState) -> Vec<Timestamp> {
    let mut due = Vec::new();
    due.extend(stage.asked.as_ref().and_then(Asked::pages_at));
    due.extend(stage.deferred_until);
    match stage.phase {
        Phase::Soaking => due.extend(stage.soak_until),
        Phase::Gating => due.extend(stage.decide_by),
        Phase::Watching if stage.asked.is_none() => due.extend(stage.watch_until),
        Phase::Watching
        | Phase::Pending
        | Phase::Ready
        | Phase::Exposing
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => {}
    }
    for source in stage.sources.values() {
        let origin = Origin::Silence(id.clone(), source.criterion.clone());
        let is_known = state.open_incidents().any(|(_, incident)| incident.origin == origin);
        due.extend(silence::due(stage, source).filter(|_| !is_known));
    }
    due
}

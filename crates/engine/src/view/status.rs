//! Everything at one journal sequence, derived from estate and state.

use tidegate_model::{Estate, Timestamp};

use crate::state::State;
use crate::view::{OutboxView, PlanView, StatusView, SwitchView, headline, incident, lesson, stage};

/// What is going on at `now` (never before the state's own time).
#[must_use]
pub fn status(estate: &Estate, state: &State, now: Timestamp) -> StatusView {
    let now = now.max(state.at);
    StatusView {
        seq: state.seq,
        at: now,
        estate: state.estate_digest().unwrap_or_default().to_owned(),
        headline: headline::headline(estate, state, now),
        plans: estate
            .plans()
            .values()
            .map(|plan| plan_view(estate, state, plan, now))
            .collect(),
        incidents: incident::incidents(estate, state),
        switches: switches(estate, state),
        recent: Vec::new(),
        outbox: outbox(state),
        drills: lesson::drills(estate, state),
    }
}

fn plan_view(estate: &Estate, state: &State, plan: &tidegate_model::plan::Plan, now: Timestamp) -> PlanView {
    let stages = plan.stages.iter().filter_map(|declared| {
        let known = state.stages.get(&declared.id)?;
        Some(stage::view(estate, state, declared, known, now))
    });
    PlanView {
        id: plan.id.clone(),
        title: plan.title.clone(),
        stages: stages.collect(),
    }
}

/// Every switch of the adopted estate with its value now.
#[must_use]
pub fn switches(estate: &Estate, state: &State) -> Vec<SwitchView> {
    let declared = |id| estate.switch(id).is_some();
    let switches = state.switches.iter().filter(|(id, _)| declared(id));
    switches
        .map(|(id, switch)| SwitchView {
            id: id.clone(),
            value: switch.value.clone(),
            action: switch.action.clone(),
            until: switch.until,
            seq: switch.seq,
        })
        .collect()
}

fn outbox(state: &State) -> Vec<OutboxView> {
    let mut outbox: Vec<OutboxView> = state
        .outbox()
        .iter()
        .map(|(key, waiting)| OutboxView {
            key: key.to_string(),
            kind: waiting.effect.kind().to_owned(),
            since: waiting.since,
        })
        .collect();
    outbox.sort_by(|a, b| (a.since, &a.key).cmp(&(b.since, &b.key)));
    outbox
}

//! Incidents as people see them: open ones first, newest first.

use tidegate_model::domain::{ActionEffect, Grant};
use tidegate_model::{Estate, IncidentId};

use crate::event::Origin;
use crate::state::{Incident, IncidentPhase, State};
use crate::view::running::of_run;
use crate::view::unreached::unreached;
use crate::view::words::{counted, duration};
use crate::view::{ActionView, IncidentView, lesson};

/// Resolved incidents that a status still lists.
const RESOLVED_MAX: usize = 50;

/// Every open incident and the last resolved ones.
pub(super) fn incidents(estate: &Estate, state: &State) -> Vec<IncidentView> {
    let newest_first = |wanted_open: bool| {
        let mut found: Vec<_> = state
            .incidents
            .iter()
            .filter(|(_, one)| one.is_open() == wanted_open)
            .collect();
        found.sort_by_key(|(id, one)| std::cmp::Reverse((one.opened, place(id))));
        found
    };
    let mut all = newest_first(true);
    all.extend(newest_first(false).into_iter().take(RESOLVED_MAX));
    all.into_iter()
        .map(|(id, incident)| view(estate, state, id, incident))
        .collect()
}

/// `inc-10` comes after `inc-9`.
fn place(id: &IncidentId) -> u64 {
    id.as_str()
        .rsplit('-')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

fn view(estate: &Estate, state: &State, id: &IncidentId, incident: &Incident) -> IncidentView {
    let domain = estate.domains().get(&incident.domain);
    let ladder = domain.and_then(|domain| estate.ladders().get(&domain.ladder));
    let (phase, who, next_at) = match &incident.phase {
        IncidentPhase::Open => {
            let place = usize::try_from(incident.rung).unwrap_or(usize::MAX);
            (
                "open",
                estate.rung_people(&incident.domain, place),
                Some(incident.answer_by),
            )
        }
        IncidentPhase::Acknowledged { by, until } => ("acknowledged", vec![by.clone()], Some(*until)),
        IncidentPhase::Mitigating { by, until } => ("mitigating", vec![by.clone()], Some(*until)),
        IncidentPhase::Resolved { by, .. } => ("resolved", by.iter().cloned().collect(), None),
    };
    IncidentView {
        id: id.clone(),
        domain: incident.domain.clone(),
        severity: incident.severity,
        summary: incident.summary.clone(),
        phase: phase.to_owned(),
        opened: incident.opened,
        rung: incident.rung,
        rungs: ladder.map_or(1, |ladder| u32::try_from(ladder.rungs.len()).unwrap_or(u32::MAX)),
        who,
        unreached: unreached(state, id, incident)
            .into_iter()
            .map(|(person, reason)| (person.clone(), reason.to_owned()))
            .collect(),
        next_at,
        runbook: runbook(estate, incident),
        actions: domain.map_or(Vec::new(), |domain| {
            let granted = domain.authority.iter();
            granted.map(|grant| action(estate, state, grant)).collect()
        }),
        runs: incident.runs.iter().map(|(action, run)| of_run(action, run)).collect(),
        entries: incident.timeline.clone(),
        timeline: Vec::new(),
        lesson: match &incident.phase {
            IncidentPhase::Resolved { lesson, .. } => Some(lesson.clone()),
            IncidentPhase::Open | IncidentPhase::Acknowledged { .. } | IncidentPhase::Mitigating { .. } => None,
        },
        answers: lesson::of_incident(state, id),
    }
}

/// The runbook of the failure mode that the criterion notices, else the domain's, else the stage's way back.
fn runbook(estate: &Estate, incident: &Incident) -> Vec<String> {
    let stage = match &incident.origin {
        Origin::Criterion(stage, _) | Origin::Brake(stage) | Origin::Silence(stage, _) | Origin::Waiting(stage) => {
            Some(stage)
        }
        Origin::Gateway(_) | Origin::Journal | Origin::Promise(_) | Origin::PromiseSilent(..) | Origin::Person(_) => {
            None
        }
    };
    let by_mode = match &incident.origin {
        Origin::Criterion(stage, criterion) => estate
            .failure_modes()
            .values()
            .find(|mode| {
                mode.signals
                    .iter()
                    .any(|(at, signal)| at == stage && signal == criterion.as_str())
            })
            .map(|mode| &mode.runbook),
        Origin::Brake(_)
        | Origin::Silence(..)
        | Origin::Waiting(_)
        | Origin::Gateway(_)
        | Origin::Journal
        | Origin::Promise(_)
        | Origin::PromiseSilent(..)
        | Origin::Person(_) => None,
    };
    let by_domain = estate
        .domains()
        .get(&incident.domain)
        .and_then(|domain| domain.runbook.as_ref());
    let by_stage = stage
        .and_then(|stage| estate.stage(stage))
        .map(|(_, stage)| &stage.rollback.runbook);
    by_mode
        .or(by_domain)
        .or(by_stage)
        .and_then(|id| estate.runbooks().get(id))
        .map_or(Vec::new(), |runbook| runbook.steps.clone())
}

fn action(estate: &Estate, state: &State, grant: &Grant) -> ActionView {
    ActionView {
        id: grant.action.clone(),
        title: format!("{} ({})", grant.title, consequence(estate, grant)),
        expires: grant.expires,
        active_until: state.actions.get(&grant.action).map(|active| active.until),
        runs: match &grant.effect {
            ActionEffect::RunRunbook(runbook) => Some(runbook.clone()),
            ActionEffect::SetSwitches(_) | ActionEffect::Rollback => None,
        },
    }
}

/// What an action does, for how long, and how it ends.
pub(super) fn consequence(estate: &Estate, grant: &Grant) -> String {
    match &grant.effect {
        ActionEffect::SetSwitches(switches) => {
            let set: Vec<String> = switches
                .iter()
                .map(|(switch, value)| format!("{switch} = {value}"))
                .collect();
            format!(
                "{} for {}, then back by itself",
                set.join(", "),
                duration(grant.expires)
            )
        }
        ActionEffect::RunRunbook(id) => {
            let steps = estate.runbooks().get(id).map_or(0, |runbook| runbook.steps.len());
            format!(
                "opens runbook {id}: people do {} and tick them here; Tidegate itself moves nothing",
                counted(steps as u64, "step", "steps")
            )
        }
        ActionEffect::Rollback => "every exposed stage of the domain goes back to the old side".to_owned(),
    }
}

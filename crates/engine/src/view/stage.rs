//! A stage as people see it: where it is, what it waits for, who has approved.

use tidegate_model::plan::{Approver, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, Estate, Timestamp};

use crate::event::Opening;
use crate::state::{Hold, Phase, StageState, State};
use crate::view::words::clock;
use crate::view::{ApprovalView, MarkView, StageView, Tone, criterion};

/// The view of one stage.
pub(super) fn view(estate: &Estate, state: &State, declared: &Stage, known: &StageState, now: Timestamp) -> StageView {
    let approvals = approvals(estate, state, declared, known);
    StageView {
        id: declared.id.clone(),
        title: declared.title.clone(),
        unit: known.unit.clone(),
        owner: known.owner.clone(),
        phase: known.phase.words().to_owned(),
        since: known.since,
        exposure: known.exposure,
        proven: known.proven,
        step: known.step.filter(|_| known.phase.is_exposed()),
        steps: known.steps.clone(),
        attempt: known.attempt,
        attempts_max: declared.attempts_max,
        waits_for: waits_for(estate, state, declared, known, &approvals),
        holds: known.holds.iter().map(hold).collect(),
        way_back_until: known.way_back_until.filter(|_| known.phase != Phase::Finalised),
        soak_until: known.soak_until.filter(|_| known.phase == Phase::Soaking),
        approvals,
        criteria: declared
            .gate
            .criteria
            .iter()
            .map(|one| criterion::view(estate, state, declared, known, one, now))
            .collect(),
        marks: marks(known),
    }
}

fn hold(hold: &Hold) -> String {
    let by = match (&hold.criterion, &hold.of) {
        (Some(criterion), _) => format!("the gate, for {criterion}"),
        (None, Some(person)) => person.to_string(),
        (None, None) => "tidegate".to_owned(),
    };
    let why = if hold.reason.trim().is_empty() {
        String::new()
    } else {
        format!(": {}", hold.reason)
    };
    format!("held by {by} since {}{why}", clock(hold.at))
}

/// What an approval given now would open.
pub(super) fn next_opening(known: &StageState) -> Option<Opening> {
    match known.phase {
        Phase::Ready => Some(Opening::Entry),
        Phase::Gating => known.passed.map(|step| Opening::Step(step + 1)),
        Phase::Watching => known.asked.as_ref().map(|asked| asked.opens.clone()),
        Phase::Pending
        | Phase::Exposing
        | Phase::Soaking
        | Phase::RollingBack
        | Phase::RolledBack
        | Phase::Finalised => None,
    }
}

/// An approver in words.
pub(super) fn approver(estate: &Estate, approver: &Approver) -> String {
    match approver {
        Approver::OwnerOf(domain) => match estate.domains().get(domain) {
            Some(found) => format!("the owner of {domain} ({})", found.owner),
            None => format!("the owner of {domain}"),
        },
        Approver::Team(team) => format!("somebody of {team}"),
        Approver::Person(person) => person.to_string(),
    }
}

/// Approvals of the next move; empty while there is nothing to approve.
fn approvals(estate: &Estate, state: &State, declared: &Stage, known: &StageState) -> Vec<ApprovalView> {
    let Some(opens) = next_opening(known) else {
        return Vec::new();
    };
    let holds = |approval: &&crate::state::Approval| {
        approval.bound.opens == opens
            && approval.bound.attempt == known.attempt
            && approval.bound.restarts == known.restarts
            && Some(approval.bound.estate.as_str()) == state.estate_digest()
    };
    let given: Vec<_> = known.approvals.iter().filter(holds).collect();
    declared
        .gate
        .approvers
        .iter()
        .map(|wanted| ApprovalView {
            approver: approver(estate, wanted),
            by: given
                .iter()
                .find(|approval| estate.is_approver(wanted, &approval.by))
                .map(|one| one.by.clone()),
        })
        .collect()
}

/// What stops growth now, each one sentence; holds are told apart.
fn waits_for(
    estate: &Estate,
    state: &State,
    declared: &Stage,
    known: &StageState,
    approvals: &[ApprovalView],
) -> Vec<String> {
    let mut waits = Vec::new();
    match known.phase {
        Phase::Pending => waits.extend(dependencies(state, declared)),
        Phase::Exposing => waits.push(format!("every gateway to hold {}", known.exposure)),
        Phase::Soaking => {
            if let Some(until) = known.soak_until {
                waits.push(format!("its soak, until {}", clock(until)));
            }
            waits.extend(criteria(declared, known));
        }
        Phase::Gating if known.passed.is_none() => waits.extend(criteria(declared, known)),
        Phase::Ready | Phase::Gating => {}
        Phase::RollingBack => waits.push("every gateway to hold 0 %".to_owned()),
        Phase::RolledBack if known.attempt >= declared.attempts_max => {
            waits.push(format!(
                "a new plan: all {} attempts are used up",
                declared.attempts_max
            ));
        }
        Phase::RolledBack if !known.is_changed => waits.push("a journalled change that repairs it".to_owned()),
        Phase::RolledBack => {}
        Phase::Watching => {
            if let Some(until) = known.watch_until.filter(|_| known.asked.is_none()) {
                waits.push(format!("the end of its watch, {}", clock(until)));
            }
        }
        Phase::Finalised => return waits,
    }
    let missing = approvals.iter().filter(|approval| approval.by.is_none());
    waits.extend(missing.map(|approval| format!("an approval by {}", approval.approver)));
    if known.phase != Phase::Pending {
        waits.extend(freezes(estate, state, declared));
    }
    waits
}

fn dependencies(state: &State, declared: &Stage) -> Vec<String> {
    let open = declared.after.iter().filter(|earlier| {
        let phase = state.stages.get(*earlier).map(|earlier| earlier.phase);
        !matches!(phase, Some(Phase::Watching | Phase::Finalised))
    });
    open.map(|earlier| format!("{earlier} to pass")).collect()
}

/// Criteria that do not say `pass`, with their word.
fn criteria(declared: &Stage, known: &StageState) -> Vec<String> {
    let word = |id| known.verdicts.get(id).map_or("no data", |said| said.verdict.word());
    declared
        .gate
        .criteria
        .iter()
        .filter(|criterion| {
            !known
                .verdicts
                .get(&criterion.id)
                .is_some_and(|said| said.verdict == Verdict::Pass)
        })
        .map(|criterion| format!("{} ({})", criterion.title, word(&criterion.id)))
        .collect()
}

/// Open incidents that stop growth in the stage's scope.
fn freezes(estate: &Estate, state: &State, declared: &Stage) -> Vec<String> {
    let touches = |domain| {
        domain == &declared.owner
            || declared
                .gate
                .criteria
                .iter()
                .any(|criterion| &criterion.owner == domain)
            || estate.domains().get(domain).is_none()
    };
    let open = state
        .open_incidents()
        .filter(|(_, incident)| incident.severity.freezes() && touches(&incident.domain));
    open.map(|(id, incident)| format!("{id} ({}) to be resolved", incident.severity.word()))
        .collect()
}

fn marks(known: &StageState) -> Vec<MarkView> {
    known
        .exposures
        .iter()
        .map(|(at, exposure)| {
            let (label, tone) = if *exposure == BasisPoints::ZERO {
                ("rolled back".to_owned(), Tone::Harm)
            } else {
                (exposure.to_string(), Tone::Good)
            };
            MarkView {
                at: *at,
                exposure: *exposure,
                label,
                tone,
            }
        })
        .collect()
}

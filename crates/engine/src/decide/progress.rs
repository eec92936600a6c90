//! What follows from what is true: stages move when they may, verdicts are given, timers are obeyed. Runs after every command.

use tidegate_model::StageId;
use tidegate_model::plan::{Criterion, OnHarm, Plan, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{BasisPoints, Severity};

use super::exposure::{Ask, ask};
use super::panel::{Panel, Said, Standing};
use super::turn::Turn;
use super::{gate, harm, incident, letter, promise, window};
use crate::event::{Body, Opening, Origin};
use crate::judge::{self, silence};
use crate::refusal::Rule;
use crate::state::{Asked, Phase};

/// A batch in which stages move more often than this has a bug; the rest waits for the next tick.
const ROUNDS_MAX: u32 = 32;

/// Decides everything that follows.
pub(super) fn follow_up(turn: &mut Turn<'_>) {
    incident::let_time_pass(turn);
    promise::watch(turn);
    let stages: Vec<StageId> = turn.estate.stages().map(|(_, stage)| stage.id.clone()).collect();
    for _ in 0..ROUNDS_MAX {
        let before = turn.events.len();
        for stage in &stages {
            step(turn, stage);
        }
        if turn.events.len() == before {
            return;
        }
    }
}

fn step(turn: &mut Turn<'_>, id: &StageId) {
    let Some((_, declared)) = turn.declared(id) else { return };
    let Some(state) = turn.state.stages.get(id) else { return };
    let phase = state.phase;
    match phase {
        Phase::Pending => ready_when_free(turn, declared),
        Phase::Ready => {
            ask_for(turn, declared, Opening::Entry);
            enter(turn, declared, 0, &Opening::Entry);
        }
        Phase::Exposing => judge_all(turn, declared),
        Phase::Soaking => {
            judge_all(turn, declared);
            open_gate(turn, declared);
        }
        Phase::Gating => {
            judge_all(turn, declared);
            decide_gate(turn, declared);
        }
        Phase::Watching => {
            judge_all(turn, declared);
            finalise(turn, declared);
        }
        Phase::RolledBack => ready_again(turn, declared),
        Phase::RollingBack | Phase::Finalised => {}
    }
    overdue(turn, declared);
    deferral_over(turn, id);
    if !phase.is_exposed() {
        no_longer_measured(turn, declared);
    }
}

fn ready_when_free(turn: &mut Turn<'_>, stage: &Stage) {
    if stage.after.iter().all(|earlier| gate::has_passed(&turn.state, earlier)) {
        turn.emit_self(Body::StageReadied {
            stage: stage.id.clone(),
            attempt: 1,
        });
    }
}

fn ready_again(turn: &mut Turn<'_>, stage: &Stage) {
    let Some(state) = turn.state.stages.get(&stage.id) else {
        return;
    };
    let attempt = state.attempt + 1;
    if state.is_changed && attempt <= stage.attempts_max && gate::freezing_incident(&turn.state, stage).is_none() {
        turn.emit_self(Body::StageReadied {
            stage: stage.id.clone(),
            attempt,
        });
    }
}

/// Asks the approvers once for each opening, and those again whose approval has gone stale or was given before a worse verdict.
fn ask_for(turn: &mut Turn<'_>, stage: &Stage, opens: Opening) {
    let Some(state) = turn.state.stages.get(&stage.id) else {
        return;
    };
    let is_asked = state.asked.as_ref().is_some_and(|asked| asked.opens == opens);
    let standing = gate::standing(&turn.state, stage, &opens, turn.now);
    let is_stale = standing.len() < state.approvals.len();
    if is_asked && !(is_stale && waits_for_approvals(turn, stage, &opens)) {
        return;
    }
    let mut people = gate::approver_people(turn.estate, stage);
    people.retain(|person| !standing.contains(person));
    let sent = letter::approvals(turn, &stage.id, &opens, &people);
    let answer_by = turn.now.after(stage.gate.approval_within);
    turn.emit_self(Body::ApprovalAsked {
        stage: stage.id.clone(),
        opens,
        sent,
        answer_by,
        standing,
    });
}

/// Whether an answer would open it, now or when the plan's windows do: while something else stands in the way, which others see
/// to, nobody is asked again for what would only go stale again.
fn waits_for_approvals(turn: &Turn<'_>, stage: &Stage, opens: &Opening) -> bool {
    let Some((plan, _)) = turn.declared(&stage.id) else {
        return false;
    };
    let found = gate::obstacles(turn.estate, &turn.state, plan, stage, opens, turn.now);
    let is_theirs = |rule: Rule| matches!(rule, Rule::ApprovalMissing | Rule::OutsideWindow);
    found.iter().all(|obstacle| is_theirs(obstacle.rule))
}

/// Exposes a step when everything that must hold does.
fn enter(turn: &mut Turn<'_>, stage: &Stage, step: usize, opens: &Opening) {
    let Some((plan, _)) = turn.declared(&stage.id) else {
        return;
    };
    // The most usual obstacle, and the cheapest to see: with it nothing is opened and nothing deferred, whatever the others are.
    if !gate::missing_approvals(turn.estate, &turn.state, stage, opens, turn.now).is_empty() {
        return;
    }
    let obstacles = gate::obstacles(turn.estate, &turn.state, plan, stage, opens, turn.now);
    if obstacles.is_empty() {
        expose(turn, stage, step, opens.clone());
    } else if obstacles.iter().all(|obstacle| obstacle.rule == Rule::OutsideWindow) {
        defer(turn, plan, stage);
    }
}

/// Nothing but the plan's windows stands in the way: the clock is set to when they open.
fn defer(turn: &mut Turn<'_>, plan: &Plan, stage: &Stage) {
    let known = turn.state.stages.get(&stage.id).and_then(|state| state.deferred_until);
    let until = window::opens_again(&plan.expand, turn.now);
    if until.is_some() && known.is_none_or(|known| turn.now >= known) {
        turn.emit_self(Body::OpeningDeferred {
            stage: stage.id.clone(),
            until,
        });
    }
}

/// The window has opened but something else stands in the way now, which will say so itself when it goes.
fn deferral_over(turn: &mut Turn<'_>, id: &StageId) {
    let until = turn.state.stages.get(id).and_then(|state| state.deferred_until);
    if until.is_some_and(|until| turn.now >= until) {
        turn.emit_self(Body::OpeningDeferred {
            stage: id.clone(),
            until: None,
        });
    }
}

/// Sources of a stage that is not exposed are not asked; that they say nothing is no silence.
fn no_longer_measured(turn: &mut Turn<'_>, stage: &Stage) {
    for criterion in &stage.gate.criteria {
        let origin = Origin::Silence(stage.id.clone(), criterion.id.clone());
        incident::recovered(turn, &origin, "none, because nothing of the stage is measured now");
    }
}

fn expose(turn: &mut Turn<'_>, stage: &Stage, step: usize, because: Opening) {
    let (Some(declared), Some(state)) = (stage.steps.get(step), turn.state.stages.get(&stage.id)) else {
        return;
    };
    let attempt = state.attempt;
    let sent = ask(
        &turn.state,
        turn.next_seq(),
        turn.state.epoch,
        &Ask::Expose(&stage.id, declared),
    );
    turn.emit_self(Body::StepExposed {
        stage: stage.id.clone(),
        attempt,
        step: u32::try_from(step).unwrap_or(u32::MAX),
        to: declared.to,
        flips: declared.flips.clone(),
        because,
        sent,
    });
    let waiting = Origin::Waiting(stage.id.clone());
    incident::recovered(turn, &waiting, "none, because the decision was taken");
}

/// Gives verdicts; journals those whose word has changed, and does what harm does.
fn judge_all<'a>(turn: &mut Turn<'a>, stage: &'a Stage) {
    let Some(state) = turn.state.stages.get(&stage.id) else {
        return;
    };
    let (attempt, step) = (state.attempt, state.step.unwrap_or(0));
    // A gate decides by all of its criteria.
    let is_whole = state.phase == Phase::Gating;
    let events = turn.events.len();
    let mut said = Vec::with_capacity(stage.gate.criteria.len());
    for criterion in &stage.gate.criteria {
        let Some(state) = turn
            .state
            .stages
            .get(&stage.id)
            .filter(|state| state.phase.is_exposed())
        else {
            return;
        };
        if state.exposure == BasisPoints::FULL && !criterion.measure.is_absolute() {
            continue;
        }
        if !is_whole && !turn.is_touched(&stage.id, &criterion.id) {
            continue;
        }
        let (verdict, reading) = judge::judge(turn.estate, &turn.state, &stage.id, criterion, turn.now);
        let before = state.verdicts.get(&criterion.id).map(|said| said.verdict.word());
        let why = reading.why.clone();
        if before != Some(verdict.word()) {
            let reading = judge::told(
                turn.estate,
                &turn.state,
                &stage.id,
                criterion,
                reading.clone(),
                turn.now,
            );
            turn.emit_self(Body::CriterionJudged {
                stage: stage.id.clone(),
                attempt,
                step,
                criterion: criterion.id.clone(),
                verdict: verdict.clone(),
                reading,
                stats_version: tidegate_stats::STATS_VERSION,
            });
        }
        listen(turn, stage, criterion, &verdict, &why);
        match &verdict {
            Verdict::Harm => harm::found(turn, &stage.id, criterion, &why),
            Verdict::Pass | Verdict::NotYet { .. } => {
                let held = Origin::Criterion(stage.id.clone(), criterion.id.clone());
                if verdict == Verdict::Pass && criterion.on_harm == OnHarm::Hold {
                    incident::recovered(turn, &held, "none, because the criterion passes again");
                }
            }
            Verdict::NoData { .. } | Verdict::SourceDown { .. } | Verdict::Invalid { .. } => {}
        }
        said.push(Said {
            criterion,
            verdict,
            reading,
        });
    }
    if is_whole {
        turn.keep(stage, events, Panel::of(said));
    }
}

/// Pages the owner of a signal that has been silent, or worth nothing, for longer than its criterion bears, once; and says when
/// it is back.
fn listen(turn: &mut Turn<'_>, stage: &Stage, criterion: &Criterion, verdict: &Verdict, why: &str) {
    let Some(known) = turn.state.stages.get(&stage.id) else {
        return;
    };
    let (says_nothing, how) = match verdict {
        Verdict::Invalid { .. } => (true, "cannot be judged"),
        Verdict::NoData { .. } | Verdict::SourceDown { .. } => (true, "is silent"),
        Verdict::Pass | Verdict::Harm | Verdict::NotYet { .. } => (false, "is silent"),
    };
    let for_long = known.verdicts.get(&criterion.id).is_some_and(|said| {
        says_nothing && said.verdict.word() == verdict.word() && turn.now.since(said.since) >= criterion.max_silence
    });
    let origin = Origin::Silence(stage.id.clone(), criterion.id.clone());
    if for_long || silence::of(known, &criterion.id, turn.now).is_some() {
        let summary = format!("{}: {} {how} - {why}", stage.title, criterion.title);
        incident::open(turn, &criterion.owner, Severity::Sev3, origin, summary);
    } else if !says_nothing {
        incident::recovered(turn, &origin, "none, because the signal came back");
    }
}

fn open_gate(turn: &mut Turn<'_>, stage: &Stage) {
    let Some(state) = turn
        .state
        .stages
        .get(&stage.id)
        .filter(|state| state.phase == Phase::Soaking)
    else {
        return;
    };
    if let (Some(step), Some(until)) = (state.step, state.soak_until)
        && turn.now >= until
    {
        turn.emit_self(Body::GateOpened {
            stage: stage.id.clone(),
            step,
        });
    }
}

fn decide_gate<'a>(turn: &mut Turn<'a>, stage: &'a Stage) {
    let panel = turn.panel(stage);
    let Some(state) = turn
        .state
        .stages
        .get(&stage.id)
        .filter(|state| state.phase == Phase::Gating)
    else {
        return;
    };
    let Some(step) = state.step else { return };
    let next = usize::try_from(step).unwrap_or(usize::MAX) + 1;
    let all_pass = panel.standing() == Standing::Pass;
    if all_pass && state.passed.is_none() {
        turn.emit_self(Body::GatePassed {
            stage: stage.id.clone(),
            step,
            readings: panel.readings(),
        });
        // Nobody has to decide any more what the gate could not tell.
        let waiting = Origin::Waiting(stage.id.clone());
        incident::recovered(turn, &waiting, "none, because the gate passed after all");
    }
    let Some(state) = turn.state.stages.get(&stage.id) else {
        return;
    };
    if all_pass && state.passed == Some(step) {
        let opens = Opening::Step(step + 1);
        ask_for(turn, stage, opens.clone());
        enter(turn, stage, next, &opens);
        return;
    }
    if !state.risks.is_empty() {
        enter(turn, stage, next, &Opening::AcceptedRisk(step + 1));
    }
    let Some(state) = turn
        .state
        .stages
        .get(&stage.id)
        .filter(|state| state.phase == Phase::Gating)
    else {
        return;
    };
    if state.decide_by.is_some_and(|by| turn.now >= by) {
        turn.emit_self(Body::DecisionAsked {
            stage: stage.id.clone(),
            step,
        });
        let summary = format!(
            "{} cannot tell within the time of its step: accept the risk with a rung above, hold, or roll back",
            stage.title
        );
        incident::open(
            turn,
            &stage.owner,
            Severity::Sev3,
            Origin::Waiting(stage.id.clone()),
            summary,
        );
    }
}

fn finalise(turn: &mut Turn<'_>, stage: &Stage) {
    let Some(state) = turn
        .state
        .stages
        .get(&stage.id)
        .filter(|state| state.phase == Phase::Watching)
    else {
        return;
    };
    if state.watch_until.is_none_or(|until| turn.now < until) {
        return;
    }
    ask_for(turn, stage, Opening::Finalisation);
    let Some((plan, _)) = turn.declared(&stage.id) else {
        return;
    };
    if gate::obstacles(turn.estate, &turn.state, plan, stage, &Opening::Finalisation, turn.now).is_empty() {
        let sent = ask(
            &turn.state,
            turn.next_seq(),
            turn.state.epoch,
            &Ask::Finalise(&stage.id),
        );
        turn.emit_self(Body::StageFinalised {
            stage: stage.id.clone(),
            sent,
        });
        let waiting = Origin::Waiting(stage.id.clone());
        incident::recovered(turn, &waiting, "none, because the decision was taken");
    }
}

/// A question that waits too long is paged, once.
fn overdue(turn: &mut Turn<'_>, stage: &Stage) {
    let Some(state) = turn.state.stages.get(&stage.id) else {
        return;
    };
    let origin = Origin::Waiting(stage.id.clone());
    let pages_at = state.asked.as_ref().and_then(Asked::pages_at);
    if pages_at.is_some_and(|at| turn.now >= at) {
        turn.emit_self(Body::ApprovalOverdue {
            stage: stage.id.clone(),
        });
        let summary = format!("{} waits for its approval", stage.title);
        incident::open(turn, &stage.owner, Severity::Sev3, origin, summary);
    }
}

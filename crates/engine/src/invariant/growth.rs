//! Promise 2: Exposure never rises unless the previous step's gate passed, or its risk was accepted, on fresh evidence, with the
//! approvals, without a hold, without a freezing incident in scope, and with the stages it comes after at full exposure.

use tidegate_model::objective::Promise;
use tidegate_model::plan::{EntryCondition, Measure, Stage};
use tidegate_model::seam::{Effect, ExposureSnapshot};
use tidegate_model::{BasisPoints, Estate, GroupId, Millis, PersonId, Severity, StageId, Timestamp};

use super::authority::{answers_for, in_team, is_above, is_approver};
use super::facts::{Facts, StageFacts};
use super::promised;
use super::{Broken, Step};
use crate::apply::sent_by;
use crate::event::{Binding, Body, Event, Opening, Origin, Sent};

pub(super) fn check(step: &Step<'_>, place: usize, event: &Event, facts: &Facts, broken: &mut Broken) {
    for snapshot in sent_by(&event.body).into_iter().filter_map(snapshot_of) {
        snapshot_agrees(step, event, snapshot, facts, broken);
        let seq = step.before.seq + 1 + place as u64;
        broken.unless(snapshot.version.seq == seq, 2, || {
            format!("the snapshot of event {seq} carries version {:?}", snapshot.version)
        });
    }
    if let Body::GatePassed { stage, .. } = &event.body
        && let (Some((_, declared)), Some(known)) = (step.next.stage(stage), facts.stages.get(stage))
    {
        was_asked_anew(declared, known, known.asked, broken);
    }
    let Body::StepExposed {
        stage,
        step: index,
        to,
        flips,
        because,
        attempt,
        ..
    } = &event.body
    else {
        return;
    };
    let (Some((_, declared)), Some(known)) = (step.next.stage(stage), facts.stages.get(stage)) else {
        broken.note(2, format!("{stage} was exposed and is not known"));
        return;
    };
    let is_flip = !flips.is_empty() && *to == known.exposure.0;
    broken.unless(is_flip || (flips.is_empty() && *to > known.exposure.0), 2, || {
        format!(
            "{stage} was exposed to {to} and {flips:?} from {}",
            known.exposure.0.get()
        )
    });
    let again = flips.iter().find(|group| known.groups.contains(group));
    broken.unless(again.is_none(), 2, || format!("{again:?} of {stage} was flipped twice"));
    broken.unless(*attempt == known.attempt, 2, || {
        format!("{stage} was exposed in attempt {attempt}")
    });
    broken.unless(known.holds.is_empty(), 2, || {
        format!("{stage} was exposed while it was held")
    });
    let frozen = facts
        .incidents
        .iter()
        .find(|(_, incident)| incident.freezes(&facts.promises, stage, &declared.owner));
    broken.unless(frozen.is_none(), 2, || {
        format!("{stage} was exposed while {frozen:?} was open")
    });
    let burns = facts.incidents.values().find(|incident| {
        let is_moved = |promise| promised::moves_flow_of(step.next, promise, declared);
        let is_of_flow = matches!(&incident.origin, Origin::Promise(promise) if is_moved(promise));
        incident.is_open && incident.severity <= Severity::Sev2 && is_of_flow
    });
    broken.unless(burns.is_none(), 2, || {
        format!("{stage} was exposed while what is promised of its flow burns: {burns:?}")
    });
    let is_back = |earlier: &&StageId| {
        let earlier = facts.stages.get(*earlier);
        !earlier.is_some_and(|known| known.is_final || known.exposure.0 == BasisPoints::FULL)
    };
    let missing = declared.after.iter().find(is_back);
    broken.unless(missing.is_none(), 2, || {
        format!("{stage} was exposed while {missing:?}, which it comes after, was not")
    });
    let bound = Binding {
        estate: facts.estate.clone().unwrap_or_default(),
        opens: because.clone(),
        attempt: known.attempt,
        restarts: known.restarts,
        evidence: 0,
    };
    broken.unless(known.lessons.is_empty(), 2, || {
        format!("{stage} was exposed while {:?} was not answered", known.lessons)
    });
    if *because == Opening::Entry {
        for condition in &declared.enter {
            broken.unless(is_met(step.next, declared, condition, facts, event.at), 2, || {
                format!("{stage} was entered although {condition:?} does not hold")
            });
        }
    }
    let is_allowed = match because {
        Opening::Entry => *index == 0 && is_approved(step.next, declared, known, &bound, event.at),
        Opening::Step(opened) => {
            opened == index
                && known.passed.is_some_and(|(passed, _)| passed + 1 == *index)
                && evidence_is_fresh(declared, known, event.at, Manual::Counts)
                && is_approved(step.next, declared, known, &bound, event.at)
        }
        Opening::AcceptedRisk(opened) => {
            opened == index
                && evidence_is_fresh(declared, known, event.at, Manual::Accepted)
                && is_risk_accepted(step.next, declared, known, &bound, event.at)
        }
        Opening::Finalisation => false,
    };
    broken.unless(is_allowed, 2, || {
        format!("{stage} was exposed to {to} because of {because:?}, which does not hold")
    });
}

/// What is looked at as a whole was looked at since the gate asked, before it let a step through.
pub(super) fn was_asked_anew(stage: &Stage, known: &StageFacts, asked: Option<Timestamp>, broken: &mut Broken) {
    let is_whole = |measure: &Measure| matches!(measure, Measure::Reconcile { .. } | Measure::Survey { .. });
    for criterion in stage.gate.criteria.iter().filter(|known| is_whole(&known.measure)) {
        let began = known.began.get(&criterion.id);
        broken.unless(began.is_some_and(|began| Some(*began) >= asked), 2, || {
            format!(
                "the gate of {} asked at {asked:?} and passed on {} of {began:?}",
                stage.id, criterion.id
            )
        });
    }
}

fn snapshot_of(sent: &Sent) -> Option<&ExposureSnapshot> {
    match &sent.effect {
        Effect::SetExposure(snapshot) => Some(snapshot),
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
    }
}

/// The epoch that a sent snapshot carries.
pub(super) fn epoch_of(sent: &Sent) -> u64 {
    snapshot_of(sent).map_or(0, |snapshot| snapshot.version.epoch)
}

/// No snapshot asks for more than what events have exposed, whatever event it rides in.
fn snapshot_agrees(step: &Step<'_>, event: &Event, snapshot: &ExposureSnapshot, facts: &Facts, broken: &mut Broken) {
    for unit in &snapshot.units {
        let of_unit = step.next.stages_of_unit(&unit.unit);
        let most = of_unit
            .map(|stage| exposed_by(event, &stage.id, facts))
            .max()
            .unwrap_or(BasisPoints::ZERO);
        broken.unless(unit.exposure <= most, 2, || {
            format!("{} is asked at {} where {most} was opened", unit.unit, unit.exposure)
        });
        let open = |group: &GroupId| {
            let mut of_unit = step.next.stages_of_unit(&unit.unit);
            of_unit.any(|stage| is_flipped_by(event, &stage.id, group, facts))
        };
        let shut = unit.groups.iter().find(|group| !open(group));
        broken.unless(shut.is_none(), 2, || {
            format!("{} is asked with {shut:?}, which nothing flipped", unit.unit)
        });
        let loose = unit.proven_groups.iter().find(|group| !unit.groups.contains(group));
        broken.unless(loose.is_none(), 2, || {
            format!("{} would retreat to {loose:?}, which is not flipped", unit.unit)
        });
        broken.unless(unit.proven <= unit.exposure, 2, || {
            format!(
                "{} would retreat to {}, above its exposure {}",
                unit.unit, unit.proven, unit.exposure
            )
        });
    }
}

fn exposed_by(event: &Event, id: &StageId, facts: &Facts) -> BasisPoints {
    if let Body::StepExposed { stage, to, .. } = &event.body
        && stage == id
    {
        return *to;
    }
    if let Body::RollbackBegun { stage, .. } = &event.body
        && stage == id
    {
        return BasisPoints::ZERO;
    }
    facts.stages.get(id).map_or(BasisPoints::ZERO, |stage| stage.exposure.0)
}

fn is_flipped_by(event: &Event, id: &StageId, group: &GroupId, facts: &Facts) -> bool {
    if let Body::RollbackBegun { stage, .. } = &event.body
        && stage == id
    {
        return false;
    }
    if let Body::StepExposed { stage, flips, .. } = &event.body
        && stage == id
        && flips.contains(group)
    {
        return true;
    }
    facts.stages.get(id).is_some_and(|stage| stage.groups.contains(group))
}

/// Whether a condition of entry holds as far as events alone can say.
fn is_met(estate: &Estate, stage: &Stage, condition: &EntryCondition, facts: &Facts, at: Timestamp) -> bool {
    match condition {
        EntryCondition::NoIncident { at_least } => {
            let mut incidents = facts.incidents.values();
            // A decision that waits is no trouble of its own.
            let waits = |of: &Origin, severity| matches!(of, Origin::Waiting(_)) && severity > Severity::Sev2;
            !incidents.any(|incident| {
                incident.is_open && incident.severity <= *at_least && !waits(&incident.origin, incident.severity)
            })
        }
        EntryCondition::RollbackDrilled { within } => {
            let drill = facts.drills.get(&stage.rollback.runbook);
            drill.is_some_and(|(when, worked, by)| {
                let is_theirs = answers_for(estate, &stage.owner, by) || in_team(estate, &stage.rollback.executor, by);
                *worked && is_theirs && at.since(*when) <= *within
            })
        }
        EntryCondition::ContactVerified { within } => {
            let people = estate.rung_people(&stage.owner, 0);
            let is_reached = |person| facts.reached.get(person).is_some_and(|when| at.since(*when) <= *within);
            !people.is_empty() && people.iter().all(is_reached)
        }
        EntryCondition::Passes { stage, criterion } => {
            let known = facts.stages.get(stage);
            known.is_some_and(|known| {
                known.is_final || (known.exposure.0 > BasisPoints::ZERO && known.passing.contains(criterion))
            })
        }
        EntryCondition::Burns {
            domain,
            objective,
            below,
        } => {
            let promise = Promise::Objective(domain.clone(), objective.clone());
            let declared = estate.domains().get(domain);
            let one = declared.and_then(|domain| domain.objectives.iter().find(|one| &one.id == objective));
            one.is_some_and(|one| promised::burns_below(&facts.promises, &promise, one, *below, at))
        }
    }
}

/// Whether a question that nobody has answered keeps a step shut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manual {
    Counts,
    /// Its risk was accepted with the rest.
    Accepted,
}

/// Measured criteria have counts or answers of this step that are no older than their silence allows; a cohort's window is
/// added, as it comes that much later.
pub(super) fn evidence_is_fresh(stage: &Stage, known: &StageFacts, at: Timestamp, manual: Manual) -> bool {
    /// Longer than the window of any flow in a test or a rehearsal.
    const WINDOW_MAX: Millis = Millis::minutes(60);
    // At full exposure nothing is left to compare with.
    let speaks = |measure: &Measure| known.exposure.0 < BasisPoints::FULL || measure.is_absolute();
    let mut criteria = stage.gate.criteria.iter().filter(|known| speaks(&known.measure));
    criteria.all(|criterion| {
        let bound = match &criterion.measure {
            Measure::Completion { .. } => Millis(criterion.max_silence.0 + WINDOW_MAX.0),
            Measure::Errors { .. } | Measure::Latency { .. } | Measure::Slower { .. } => criterion.max_silence,
            Measure::Level { cadence, .. } | Measure::Counted { cadence, .. } | Measure::Survey { cadence, .. } => {
                Millis(criterion.max_silence.0.max(cadence.stale_after.0))
            }
            Measure::SqlEqual { every, .. } => Millis(criterion.max_silence.0.max(every.0 * 3)),
            Measure::Reconcile { stale_after, .. } => Millis(criterion.max_silence.0.max(stale_after.0)),
            Measure::Manual { .. } if manual == Manual::Accepted => return true,
            Measure::Manual { .. } => stage.gate.fresh_for,
            Measure::Incidents { .. } | Measure::Load { .. } => return true,
        };
        known
            .evidence
            .get(&criterion.id)
            .is_some_and(|came| at.since(*came) <= bound)
    })
}

/// Every approver entry has a fresh approval of a person of its own.
pub(super) fn is_approved(estate: &Estate, stage: &Stage, known: &StageFacts, bound: &Binding, at: Timestamp) -> bool {
    let fresh: Vec<&PersonId> = known
        .approvals
        .iter()
        .filter(|(by, given, when)| {
            given.is_of(bound) && at.since(*when) <= stage.gate.fresh_for && is_approver(estate, stage, by)
        })
        .map(|(by, ..)| by)
        .collect();
    covers(estate, stage, 0, &fresh)
}

fn covers(estate: &Estate, stage: &Stage, entry: usize, left: &[&PersonId]) -> bool {
    let Some(approver) = stage.gate.approvers.get(entry) else {
        return true;
    };
    for place in 0..left.len() {
        if estate.is_approver(approver, left[place]) {
            let mut rest: Vec<&PersonId> = left.to_vec();
            let taken = rest.remove(place);
            rest.retain(|other| *other != taken);
            if covers(estate, stage, entry + 1, &rest) {
                return true;
            }
        }
    }
    false
}

fn is_risk_accepted(estate: &Estate, stage: &Stage, known: &StageFacts, bound: &Binding, at: Timestamp) -> bool {
    let fresh = || {
        known
            .risks
            .iter()
            .filter(|(_, _, given, when)| given.is_of(bound) && at.since(*when) <= stage.gate.fresh_for)
    };
    fresh().any(|(approver, as_approver, ..)| {
        *as_approver
            && is_approver(estate, stage, approver)
            && fresh().any(|(above, as_approver, ..)| {
                !as_approver && above != approver && is_above(estate, &stage.owner, above)
            })
    })
}

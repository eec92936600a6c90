//! What must hold before exposure grows: passed criteria, fresh approvals, no hold, no freezing incident, an open window, a ladder that reaches somebody.

use tidegate_model::plan::{Approver, Plan, Stage};
use tidegate_model::{BasisPoints, Estate, IncidentId, PersonId, StageId, Timestamp};

use super::panel::{Panel, Standing};
use super::{entry, lesson, window};

use crate::event::{Binding, Opening, Origin};
use crate::may;
use crate::refusal::Rule;
use crate::state::{Approval, Incident, Phase, StageState, State};

/// Something that keeps exposure from growing, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Which rule.
    pub rule: Rule,
    /// One sentence.
    pub what: String,
}

/// Everything that stands between a stage and an opening; empty when it may happen now.
#[must_use]
pub fn obstacles(
    estate: &Estate,
    state: &State,
    plan: &Plan,
    stage: &Stage,
    opens: &Opening,
    now: Timestamp,
) -> Vec<Obstacle> {
    let Some(known) = state.stages.get(&stage.id) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut obstacle = |rule, what: String| found.push(Obstacle { rule, what });
    for hold in &known.holds {
        let by = hold.of.as_ref().map(|person| format!("held by {person}"));
        let words = [by.as_deref(), Some(hold.reason.as_str())];
        let words: Vec<&str> = words.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        obstacle(Rule::Held, words.join(": "));
    }
    if let Some(incident) = freezing_incident(state, stage) {
        obstacle(Rule::IncidentOpen, format!("{incident} is open"));
    }
    for what in lesson::owed(known) {
        obstacle(Rule::LessonOwed, what);
    }
    for missing in missing_approvals(estate, state, stage, opens, now) {
        obstacle(Rule::ApprovalMissing, format!("the approval of {missing}"));
    }
    if known.attempt > stage.attempts_max {
        obstacle(
            Rule::AttemptsUsedUp,
            format!("the plan allows {} attempts", stage.attempts_max),
        );
    }
    if let Some(what) = gate_not_passed(estate, state, stage, opens, now) {
        obstacle(Rule::GateNotPassed, what);
    }
    // An earlier stage may have gone back since this one was entered.
    for earlier in stage.after.iter().filter(|earlier| !has_passed(state, earlier)) {
        obstacle(Rule::DependencyOpen, format!("{earlier} has not passed"));
    }
    if *opens == Opening::Finalisation {
        return found;
    }
    if *opens == Opening::Entry {
        for what in entry::unmet(estate, state, stage, now) {
            obstacle(Rule::EntryUnmet, what);
        }
    }
    if !window::is_open(&plan.expand, now) {
        obstacle(Rule::OutsideWindow, "the plan's windows say not now".into());
    }
    if !reaches_somebody(estate, &stage.owner) {
        obstacle(
            Rule::LadderUnreachable,
            format!("the ladder of {} reaches nobody", stage.owner),
        );
    }
    found
}

/// Why the gate does not open; nothing when it does.
fn gate_not_passed(estate: &Estate, state: &State, stage: &Stage, opens: &Opening, now: Timestamp) -> Option<String> {
    let panel = match opens {
        Opening::Entry => return None,
        Opening::Step(_) | Opening::AcceptedRisk(_) | Opening::Finalisation => Panel::hear(estate, state, stage, now),
    };
    let is_open = match panel.standing() {
        Standing::Blocked => false,
        Standing::Pass | Standing::Undecided if matches!(opens, Opening::AcceptedRisk(_)) => {
            let has = |role| has_risk(estate, state, stage, opens, role, now);
            has(Role::Approver) && has(Role::Above)
        }
        Standing::Pass => true,
        Standing::Undecided => false,
    };
    let said = panel.shut();
    (!is_open).then(|| match said.is_empty() {
        true => "its risk is not accepted by an approver and a rung above".into(),
        false => said.join("; "),
    })
}

/// The exposure of a step of a stage; full when there is no such step, which overstates a loss rather than hides it.
pub(crate) fn exposure_of(stage: &Stage, step: u32) -> BasisPoints {
    let place = usize::try_from(step).unwrap_or(usize::MAX);
    stage.steps.get(place).map_or(BasisPoints::FULL, |step| step.to)
}

/// Whether a stage has come to full exposure, which is what stages after it wait for.
#[must_use]
pub(super) fn has_passed(state: &State, stage: &StageId) -> bool {
    state
        .stages
        .get(stage)
        .is_some_and(|stage| matches!(stage.phase, Phase::Watching | Phase::Finalised))
}

/// An open incident that stops expansion of a stage: of its domain, or about it.
#[must_use]
pub(crate) fn freezing_incident(state: &State, stage: &Stage) -> Option<IncidentId> {
    state
        .open_incidents()
        .find(|(_, incident)| incident.severity.freezes() && is_in_scope(state, incident, stage))
        .map(|(id, _)| id.clone())
}

/// Whether a stage is in the scope of an incident: of its domain, or about it. A gateway and the journal touch every stage, and a
/// broken promise those that move its flow, whoever made it.
#[must_use]
pub(crate) fn is_in_scope(state: &State, incident: &Incident, stage: &Stage) -> bool {
    let is_about = match &incident.origin {
        Origin::Criterion(id, _) | Origin::Brake(id) | Origin::Silence(id, _) | Origin::Waiting(id) => id == &stage.id,
        Origin::Gateway(_) | Origin::Journal => true,
        Origin::Promise(promise) => {
            let kept = state.promises.of(promise);
            // No edit takes a stage out of what has begun, and one that comes to it later is stopped too.
            incident.stages.contains(&stage.id) || kept.is_some_and(|kept| kept.adopted.stages.contains(&stage.id))
        }
        Origin::PromiseSilent(..) | Origin::Person(_) => false,
    };
    incident.domain == stage.owner || is_about
}

/// Approver entries that have no fresh approval of this opening, in words.
#[must_use]
pub fn missing_approvals(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    opens: &Opening,
    now: Timestamp,
) -> Vec<String> {
    if matches!(opens, Opening::AcceptedRisk(_)) {
        return Vec::new();
    }
    without(given(estate, state, stage, opens, now, None))
}

/// Approver entries that would have no fresh approval of this opening if this person approved it now, in words.
#[must_use]
pub(super) fn missing_but_for(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    opens: &Opening,
    now: Timestamp,
    by: &PersonId,
) -> Vec<String> {
    without(given(estate, state, stage, opens, now, Some(by)))
}

fn without(approvals: Vec<(String, Option<PersonId>)>) -> Vec<String> {
    let missing = approvals.into_iter().filter(|(_, by)| by.is_none());
    missing.map(|(approver, _)| approver).collect()
}

/// Each approver entry in words, with whoever gave a fresh approval of this opening.
#[must_use]
pub fn approvals(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    opens: &Opening,
    now: Timestamp,
) -> Vec<(String, Option<PersonId>)> {
    given(estate, state, stage, opens, now, None)
}

/// Each approver entry with whoever gave it; `also` counts as one who gives it now.
fn given(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    opens: &Opening,
    now: Timestamp,
    also: Option<&PersonId>,
) -> Vec<(String, Option<PersonId>)> {
    let (Some(known), Some(bound)) = (state.stages.get(&stage.id), state.binding(&stage.id, opens)) else {
        return Vec::new();
    };
    let valid: Vec<&PersonId> = known
        .approvals
        .iter()
        .filter(|approval| is_fresh(known, stage, approval, &bound, now))
        .map(|approval| &approval.by)
        .filter(|by| Some(*by) != also)
        .chain(also)
        .collect();
    let given = each_by_another(stage.gate.approvers.len(), valid.len(), |entry, person| {
        let (Some(approver), Some(person)) = (stage.gate.approvers.get(entry), valid.get(person)) else {
            return false;
        };
        estate.is_approver(approver, person) && may::is_approver(estate, stage, person)
    });
    stage
        .gate
        .approvers
        .iter()
        .zip(given)
        .map(|(approver, by)| {
            let by = by.and_then(|person| valid.get(person)).map(|person| (*person).clone());
            (in_words(estate, approver), by)
        })
        .collect()
}

/// Whether an approval is of this opening, not too old, and of evidence that has not become worse since.
fn is_fresh(known: &StageState, stage: &Stage, approval: &Approval, bound: &Binding, now: Timestamp) -> bool {
    known.stands(&approval.bound, bound) && now.since(approval.at) <= stage.gate.fresh_for
}

/// Who has given a fresh approval of this opening.
pub(super) fn standing(state: &State, stage: &Stage, opens: &Opening, now: Timestamp) -> Vec<PersonId> {
    let (Some(known), Some(bound)) = (state.stages.get(&stage.id), state.binding(&stage.id, opens)) else {
        return Vec::new();
    };
    let fresh = known
        .approvals
        .iter()
        .filter(|approval| is_fresh(known, stage, approval, &bound, now));
    fresh.map(|approval| approval.by.clone()).collect()
}

/// Gives as many entries as possible a person of their own: one person stands for one entry only.
///
/// # Source
/// Kuhn's augmenting paths for bipartite matching.
fn each_by_another(entries: usize, people: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut taken: Vec<Option<usize>> = vec![None; people];
    for entry in 0..entries {
        let mut tried = vec![false; people];
        place(entry, &fits, &mut taken, &mut tried);
    }
    let mut given = vec![None; entries];
    for (person, entry) in taken.iter().enumerate() {
        if let Some(slot) = entry.and_then(|entry| given.get_mut(entry)) {
            *slot = Some(person);
        }
    }
    given
}

fn place(entry: usize, fits: &impl Fn(usize, usize) -> bool, taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for person in 0..taken.len() {
        if tried[person] || !fits(entry, person) {
            continue;
        }
        tried[person] = true;
        let is_free = match taken[person] {
            None => true,
            Some(other) => place(other, fits, taken, tried),
        };
        if is_free {
            taken[person] = Some(entry);
            return true;
        }
    }
    false
}

fn in_words(estate: &Estate, approver: &Approver) -> String {
    match approver {
        Approver::OwnerOf(domain) => {
            let team = estate.owner_of(domain).map_or("nobody", |team| team.as_str());
            format!("the owner of {domain} ({team})")
        }
        Approver::Team(team) => format!("{team}"),
        Approver::Person(person) => format!("{person}"),
    }
}

/// Everybody who could give one of the approvals, to be asked.
#[must_use]
pub(super) fn approver_people(estate: &Estate, stage: &Stage) -> Vec<PersonId> {
    let mut people = Vec::new();
    let all = estate.people().keys();
    for person in all.filter(|person| may::is_approver(estate, stage, person)) {
        people.push(person.clone());
    }
    people
}

/// In which role somebody accepts a risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// As an approver of the gate.
    Approver,
    /// From a rung above the first.
    Above,
}

/// Whether risk was freshly accepted in this role, by somebody who has not accepted it in the other.
#[must_use]
pub(super) fn has_risk(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    opens: &Opening,
    role: Role,
    now: Timestamp,
) -> bool {
    let (Some(known), Some(bound)) = (state.stages.get(&stage.id), state.binding(&stage.id, opens)) else {
        return false;
    };
    known.risks.iter().any(|risk| {
        let stands = match role {
            Role::Approver => risk.as_approver && may::is_approver(estate, stage, &risk.by),
            Role::Above => !risk.as_approver && may::stands_above(estate, &stage.owner, &risk.by),
        };
        stands && known.stands(&risk.bound, &bound) && now.since(risk.at) <= stage.gate.fresh_for
    })
}

/// Who still has to accept the risk of the next step; empty while nobody has begun to.
#[must_use]
pub(crate) fn missing_acceptances(estate: &Estate, state: &State, stage: &Stage, now: Timestamp) -> Vec<String> {
    let known = state.stages.get(&stage.id).filter(|known| !known.risks.is_empty());
    let Some(step) = known.and_then(|known| known.step) else {
        return Vec::new();
    };
    let opens = Opening::AcceptedRisk(step + 1);
    let is_missing = |role| !has_risk(estate, state, stage, &opens, role, now);
    let roles = [
        (Role::Approver, "an approver"),
        (Role::Above, "somebody on a rung above"),
    ];
    let missing = roles.into_iter().filter(|(role, _)| is_missing(*role));
    missing
        .map(|(_, who)| format!("its risk is not accepted by {who}"))
        .collect()
}

fn reaches_somebody(estate: &Estate, domain: &tidegate_model::DomainId) -> bool {
    let rungs = estate.ladder_of(domain).map_or(0, |ladder| ladder.rungs.len());
    (0..rungs).any(|rung| {
        estate.rung_people(domain, rung).iter().any(|person| {
            estate
                .people()
                .get(person)
                .is_some_and(|person| !person.methods.is_empty())
        })
    })
}

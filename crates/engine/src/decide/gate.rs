//! What must hold before exposure grows: passed criteria, fresh approvals, no hold, no freezing incident, an open window, a ladder that reaches somebody.

use jiff::tz::TimeZone;
use tidegate_model::plan::{Approver, ExpandRule, Plan, Stage};
use tidegate_model::seam::Verdict;
use tidegate_model::{CriterionId, Estate, IncidentId, PersonId, Timestamp};

use crate::event::{Binding, Opening, Origin, Reading};
use crate::judge;
use crate::may;
use crate::refusal::Rule;
use crate::state::{StageState, State};

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
        obstacle(Rule::Held, hold.reason.clone());
    }
    if let Some(incident) = freezing_incident(state, stage) {
        obstacle(Rule::IncidentOpen, format!("{incident} is open"));
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
    if *opens == Opening::Finalisation {
        return found;
    }
    if !is_open(&plan.expand, now) {
        obstacle(Rule::OutsideWindow, "the plan's windows say not now".into());
    }
    if estate
        .domains()
        .get(&stage.owner)
        .is_none_or(|domain| !reaches_somebody(estate, &domain.id))
    {
        obstacle(
            Rule::LadderUnreachable,
            format!("the ladder of {} reaches nobody", stage.owner),
        );
    }
    if let Opening::Step(_) = opens
        && !verdicts(estate, state, stage, now).0
    {
        obstacle(Rule::GateNotPassed, "its gate has not passed".into());
    }
    found
}

/// Whether every criterion passes now, with what each says.
#[must_use]
pub(super) fn verdicts(
    estate: &Estate,
    state: &State,
    stage: &Stage,
    now: Timestamp,
) -> (bool, Vec<(CriterionId, Reading)>) {
    let mut all_pass = true;
    let mut readings = Vec::new();
    for criterion in &stage.gate.criteria {
        let (verdict, reading) = judge::judge(estate, state, &stage.id, criterion, now);
        all_pass &= verdict == Verdict::Pass;
        readings.push((criterion.id.clone(), reading));
    }
    (all_pass && !readings.is_empty(), readings)
}

/// An open incident that stops expansion of a stage: of its domain, or about it.
#[must_use]
pub(crate) fn freezing_incident(state: &State, stage: &Stage) -> Option<IncidentId> {
    let is_about = |origin: &Origin| match origin {
        Origin::Criterion(id, _) | Origin::Brake(id) | Origin::Silence(id, _) | Origin::Waiting(id) => id == &stage.id,
        Origin::Gateway(_) => true,
        Origin::Person(_) => false,
    };
    state
        .open_incidents()
        .find(|(_, incident)| {
            incident.severity.freezes() && (incident.domain == stage.owner || is_about(&incident.origin))
        })
        .map(|(id, _)| id.clone())
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
    approvals(estate, state, stage, opens, now)
        .into_iter()
        .filter_map(|(approver, by)| by.is_none().then_some(approver))
        .collect()
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
    let Some(known) = state.stages.get(&stage.id) else {
        return Vec::new();
    };
    let holds = |bound: &Binding| {
        Some(&bound.estate) == state.estate.as_ref()
            && &bound.opens == opens
            && bound.attempt == known.attempt
            && bound.restarts == known.restarts
    };
    let valid: Vec<&PersonId> = known
        .approvals
        .iter()
        .filter(|approval| holds(&approval.bound) && now.since(approval.at) <= stage.gate.fresh_for)
        .map(|approval| &approval.by)
        .collect();
    stage
        .gate
        .approvers
        .iter()
        .map(|approver| {
            let by = valid
                .iter()
                .find(|person| estate.is_approver(approver, person) && may::is_approver(estate, stage, person));
            (in_words(estate, approver), by.map(|person| (*person).clone()))
        })
        .collect()
}

fn in_words(estate: &Estate, approver: &Approver) -> String {
    match approver {
        Approver::OwnerOf(domain) => {
            let team = estate
                .domains()
                .get(domain)
                .map_or("nobody", |domain| domain.owner.as_str());
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

/// Whether risk was accepted under this binding, as approver or from a rung above, by different people.
#[must_use]
pub(super) fn has_risk(state: &StageState, bound: &Binding, as_approver: bool) -> bool {
    state.risks.iter().any(|(by, role, given)| {
        *role == as_approver
            && given == bound
            && !state
                .risks
                .iter()
                .any(|(other, other_role, _)| other == by && other_role != role)
    })
}

fn reaches_somebody(estate: &Estate, domain: &tidegate_model::DomainId) -> bool {
    let rungs = estate
        .domains()
        .get(domain)
        .and_then(|domain| estate.ladders().get(&domain.ladder))
        .map_or(0, |ladder| ladder.rungs.len());
    (0..rungs).any(|rung| {
        estate.rung_people(domain, rung).iter().any(|person| {
            estate
                .people()
                .get(person)
                .is_some_and(|person| !person.methods.is_empty())
        })
    })
}

/// Whether exposure may grow at this instant. A zone that does not exist counts as closed.
fn is_open(rule: &ExpandRule, now: Timestamp) -> bool {
    if rule.never.iter().any(|(from, until)| now >= *from && now < *until) {
        return false;
    }
    if rule.within.is_empty() {
        return true;
    }
    let Ok(instant) = jiff::Timestamp::from_millisecond(now.0) else {
        return false;
    };
    rule.within.iter().any(|window| {
        let Ok(zone) = TimeZone::get(&window.zone) else {
            return false;
        };
        let local = instant.to_zoned(zone);
        let day = u8::try_from(local.weekday().to_monday_one_offset()).unwrap_or(0);
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(u16::MAX);
        window.days.contains(&day) && minute >= window.from_minute && minute < window.until_minute
    })
}

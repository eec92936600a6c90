//! Incidents: opened once for a cause, called rung by rung, repeated at the top, taken, acted in, closed with a lesson.

use tidegate_model::domain::ActionEffect;
use tidegate_model::seam::{Effect, EffectKey, Errand};
use tidegate_model::{ActionId, DomainId, IncidentId, Millis, PersonId, Severity, StageId};

use super::change::{self, By};
use super::turn::{Turn, unknown};
use super::{harm, lesson, letter, person, runbook};
use crate::event::{Body, Cause, Origin};
use crate::refusal::{Refusal, Rule};
use crate::state::{Incident, IncidentPhase};

/// Time between calls when a ladder is gone from the estate; it cannot be while an incident is open.
const REPEAT_WITHOUT_LADDER: Millis = Millis::minutes(1);

/// Opens an incident and calls its first rung, unless one of the same origin is open for that domain.
pub(super) fn open(turn: &mut Turn<'_>, domain: &DomainId, severity: Severity, origin: Origin, summary: String) {
    let is_known = turn
        .state
        .open_incidents()
        .any(|(_, incident)| incident.origin == origin && &incident.domain == domain);
    if is_known && !matches!(origin, Origin::Person(_)) {
        return;
    }
    begin(turn, domain, severity, origin, summary);
}

/// Opens an incident, whatever is open, and calls its first rung.
pub(super) fn begin(
    turn: &mut Turn<'_>,
    domain: &DomainId,
    severity: Severity,
    origin: Origin,
    summary: String,
) -> IncidentId {
    let name = format!("inc-{}", turn.state.incidents_opened + 1);
    let incident = IncidentId::parse(&name).expect("`inc-` and digits are a name");
    let stages = match &origin {
        Origin::Promise(promise) => turn.state.promises.of(promise),
        Origin::Criterion(..)
        | Origin::Brake(_)
        | Origin::Silence(..)
        | Origin::Waiting(_)
        | Origin::Gateway(_)
        | Origin::Journal
        | Origin::PromiseSilent(..)
        | Origin::Person(_) => None,
    };
    let stages = stages.map(|kept| kept.adopted.stages.clone()).unwrap_or_default();
    let body = Body::IncidentOpened {
        incident: incident.clone(),
        domain: domain.clone(),
        severity,
        origin,
        summary,
        stages,
    };
    turn.emit_self(body);
    call(turn, &incident, 0);
    incident
}

pub(super) fn open_by_person(
    turn: &mut Turn<'_>,
    domain: &DomainId,
    severity: Severity,
    summary: &str,
) -> Result<(), Refusal> {
    if !turn.estate.domains().contains_key(domain) {
        return Err(unknown("domain", domain.as_str()));
    }
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    open(turn, domain, severity, Origin::Person(by), summary.to_owned());
    Ok(())
}

/// Calls a rung; one that reaches nobody is recorded and the next is called in the same batch. The top repeats.
pub(super) fn call(turn: &mut Turn<'_>, incident: &IncidentId, rung: u32) {
    let (rungs, _) = ladder(turn, incident);
    let top = rungs.saturating_sub(1);
    let mut rung = rung.min(top);
    loop {
        let Some(known) = turn.state.incidents.get(incident) else {
            return;
        };
        let attempt = known.attempt + 1;
        let answer_by = turn.now.after(answer_within(turn, incident, rung));
        let sent = letter::pages(turn, incident, rung, attempt, answer_by);
        let reaches_nobody = sent.is_empty();
        turn.emit_self(Body::RungCalled {
            incident: incident.clone(),
            rung,
            attempt,
            sent,
            answer_by,
        });
        if !reaches_nobody || rung >= top {
            return;
        }
        rung += 1;
    }
}

/// What time and failed pages do to open incidents; at most one rung each.
pub(super) fn let_time_pass(turn: &mut Turn<'_>) {
    let due: Vec<(IncidentId, Incident)> = turn
        .state
        .open_incidents()
        .map(|(id, incident)| (id.clone(), incident.clone()))
        .collect();
    for (id, incident) in due {
        match &incident.phase {
            IncidentPhase::Open => {
                let unreachable =
                    incident.pages.is_empty() && turn.now > incident.opened && !is_top(turn, &id, incident.rung);
                if turn.now >= incident.answer_by || (unreachable && was_sent(&incident)) {
                    call(turn, &id, incident.rung + 1);
                }
            }
            IncidentPhase::Acknowledged { until, .. } | IncidentPhase::Mitigating { until, .. } => {
                if turn.now >= *until {
                    turn.emit_self(Body::AcknowledgementLapsed { incident: id.clone() });
                    call(turn, &id, incident.rung);
                }
            }
            IncidentPhase::Resolved { .. } => {}
        }
    }
    let expired: Vec<ActionId> = turn
        .state
        .actions
        .iter()
        .filter(|(_, active)| turn.now >= active.until)
        .map(|(action, _)| action.clone())
        .collect();
    for action in expired {
        expire(turn, action);
    }
}

/// A mode ends by its expiry: its switches fall back, its domain is told, and what was measured with them is no longer true.
fn expire(turn: &mut Turn<'_>, action: ActionId) {
    let Some(active) = turn.state.actions.get(&action) else {
        return;
    };
    let (domain, incident) = (active.domain.clone(), active.incident.clone());
    let people = turn.estate.rung_people(&domain, 0);
    let subject = format!("{action} has ended by its expiry");
    let line = format!("The mode that {action} set in {incident} has ended; its switches have fallen back.");
    let notices = letter::notices(turn, action.as_str(), incident.as_str(), &people, &subject, &line);
    turn.emit_self(Body::ActionReverted {
        action: action.clone(),
        expired: true,
        notices,
    });
    change::by_action(turn, &domain, &action, By::Expiry);
}

/// Pages of an incident that have not ended.
fn pages_of(turn: &Turn<'_>, incident: &IncidentId) -> Vec<EffectKey> {
    let outbox = turn.state.outbox.iter();
    outbox
        .filter(|(_, waiting)| match &waiting.effect {
            Effect::Page(letter) => letter.errand == Errand::Incident(incident.clone()),
            Effect::SetExposure(_) | Effect::AskApproval(_) | Effect::Notify(_) => false,
        })
        .map(|(key, _)| key.clone())
        .collect()
}

/// Whether anybody was written to at all; then an empty list of pages means that all of them failed.
fn was_sent(incident: &Incident) -> bool {
    !incident.called.is_empty()
}

fn is_top(turn: &Turn<'_>, incident: &IncidentId, rung: u32) -> bool {
    rung + 1 >= ladder(turn, incident).0
}

pub(super) fn acknowledge(turn: &mut Turn<'_>, incident: &IncidentId) -> Result<(), Refusal> {
    open_incident(turn, incident)?;
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    take(turn, incident, by);
    Ok(())
}

/// The pager is silent from here on, for the ladder's time. Who has it already renews that once a tenth of it is over; before, it
/// is the same word said twice.
pub(super) fn take(turn: &mut Turn<'_>, incident: &IncidentId, by: PersonId) {
    let silence = ladder(turn, incident).1;
    let until = turn.now.after(silence);
    if let Some(
        IncidentPhase::Acknowledged { by: has, until: known } | IncidentPhase::Mitigating { by: has, until: known },
    ) = turn.state.incidents.get(incident).map(|known| &known.phase)
        && has == &by
        && until.since(*known).0 < silence.0.div_ceil(10)
    {
        return;
    }
    let superseded = pages_of(turn, incident);
    turn.emit(Body::IncidentAcknowledged {
        incident: incident.clone(),
        by,
        until,
        superseded,
    });
}

pub(super) fn act(turn: &mut Turn<'_>, incident: &IncidentId, action: &ActionId, reason: &str) -> Result<(), Refusal> {
    let known = open_incident(turn, incident)?;
    let Some((domain, grant)) = turn
        .estate
        .grant(action)
        .filter(|(domain, _)| domain.id == known.domain)
    else {
        return Err(Refusal {
            rule: Rule::NotAuthorised,
            what: format!("`{action}` is no action that {} grants", known.domain),
            owner: turn.estate.owner_of(&known.domain).cloned(),
            remedy: "use an action that stands in the page, or add it to the domain's authority".into(),
        });
    };
    let Some(by) = person(&turn.actor).cloned() else {
        return Err(unknown("person", ""));
    };
    let domain = domain.id.clone();
    let taken = |switches, begun| Body::ActionTaken {
        incident: incident.clone(),
        action: action.clone(),
        by: by.clone(),
        domain: domain.clone(),
        switches,
        until: turn.now.after(grant.expires),
        reason: reason.to_owned(),
        begun,
    };
    // Whoever acts has it; an action of somebody else renews the hold of whoever has it already.
    let commander = known.commander().cloned().unwrap_or_else(|| by.clone());
    match &grant.effect {
        ActionEffect::SetSwitches(switches) => {
            let taken = taken(switches.clone(), None);
            take(turn, incident, commander);
            turn.emit(taken);
            change::by_action(turn, &domain, action, By::Asked);
        }
        ActionEffect::Rollback => {
            let exposed = exposed_stages_of(turn, &domain);
            if exposed.is_empty() {
                return Err(Refusal {
                    rule: Rule::WrongState,
                    what: format!("nothing of {domain} is exposed with its way back open"),
                    owner: None,
                    remedy: "everybody is on the old side already, or only forward fixes are left".into(),
                });
            }
            let taken = taken(Vec::new(), None);
            take(turn, incident, commander);
            turn.emit(taken);
            for stage in exposed {
                harm::roll_back(turn, &stage, Cause::Action(action.clone()));
            }
        }
        ActionEffect::RunRunbook(id) => {
            let begun = runbook::begin(turn, incident, action, id, &by, reason)?;
            // Said first: the answer is what was begun, not who has the incident.
            let taken = taken(Vec::new(), Some(begun));
            turn.emit(taken);
            take(turn, incident, commander);
        }
    }
    Ok(())
}

fn exposed_stages_of(turn: &Turn<'_>, domain: &DomainId) -> Vec<StageId> {
    let stages = turn.state.stages.iter();
    stages
        .filter(|(_, stage)| &stage.owner == domain && stage.phase.is_exposed())
        .filter(|(id, _)| !harm::is_way_back_closed(turn, id))
        .map(|(id, _)| id.clone())
        .collect()
}

pub(super) fn revert(turn: &mut Turn<'_>, action: &ActionId) -> Result<(), Refusal> {
    let Some(active) = turn.state.actions.get(action) else {
        return Err(Refusal {
            rule: Rule::WrongState,
            what: format!("`{action}` is not active"),
            owner: None,
            remedy: "`tidegate status` lists what is active".into(),
        });
    };
    let domain = active.domain.clone();
    turn.emit(Body::ActionReverted {
        action: action.clone(),
        expired: false,
        notices: Vec::new(),
    });
    change::by_action(turn, &domain, action, By::Asked);
    Ok(())
}

pub(super) fn resolve(turn: &mut Turn<'_>, incident: &IncidentId, lesson: &str) -> Result<(), Refusal> {
    let known = open_incident(turn, incident)?;
    if lesson.trim().is_empty() {
        return Err(Refusal {
            rule: Rule::BadInput,
            what: format!("{incident} leaves a lesson"),
            owner: None,
            remedy: "name the criterion that the next gate gains, or write `none, because ...`".into(),
        });
    }
    let superseded = pages_of(turn, incident);
    let by = person(&turn.actor).cloned();
    turn.emit(Body::IncidentResolved {
        incident: incident.clone(),
        by,
        lesson: lesson.to_owned(),
        superseded,
    });
    lesson::of_incident(turn, incident, &known, lesson);
    Ok(())
}

/// Closes an incident of which another one says more. It leaves nothing to answer: the other one does.
pub(super) fn succeeded(turn: &mut Turn<'_>, incident: &IncidentId, by: &IncidentId) {
    let superseded = pages_of(turn, incident);
    turn.emit_self(Body::IncidentResolved {
        incident: incident.clone(),
        by: None,
        lesson: format!("none, because it is {by} now"),
        superseded,
    });
}

/// Closes the incidents of a cause that is gone by itself. They leave nothing to answer: what noticed them stays in place.
pub(super) fn recovered(turn: &mut Turn<'_>, origin: &Origin, lesson: &str) {
    let over: Vec<IncidentId> = turn
        .state
        .open_incidents()
        .filter(|(_, incident)| &incident.origin == origin)
        .map(|(id, _)| id.clone())
        .collect();
    for incident in over {
        let superseded = pages_of(turn, &incident);
        turn.emit_self(Body::IncidentResolved {
            incident,
            by: None,
            lesson: lesson.to_owned(),
            superseded,
        });
    }
}

pub(super) fn open_incident(turn: &Turn<'_>, incident: &IncidentId) -> Result<Incident, Refusal> {
    let known = turn
        .state
        .incidents
        .get(incident)
        .ok_or_else(|| unknown("incident", incident.as_str()))?;
    if known.is_open() {
        return Ok(known.clone());
    }
    Err(Refusal {
        rule: Rule::WrongState,
        what: format!("{incident} is resolved"),
        owner: None,
        remedy: "open another incident if it is back".into(),
    })
}

/// Rungs of the incident's ladder, and how long an acknowledgement holds.
fn ladder(turn: &Turn<'_>, incident: &IncidentId) -> (u32, Millis) {
    let found = declared_ladder(turn, incident);
    found.map_or((1, REPEAT_WITHOUT_LADDER), |ladder| {
        (
            u32::try_from(ladder.rungs.len()).unwrap_or(u32::MAX),
            ladder.acknowledged_for,
        )
    })
}

fn answer_within(turn: &Turn<'_>, incident: &IncidentId, rung: u32) -> Millis {
    let Some(ladder) = declared_ladder(turn, incident) else {
        return REPEAT_WITHOUT_LADDER;
    };
    let place = usize::try_from(rung).unwrap_or(usize::MAX);
    if place + 1 >= ladder.rungs.len() {
        return ladder.repeat_every;
    }
    ladder
        .rungs
        .get(place)
        .map_or(ladder.repeat_every, |rung| rung.answer_within)
}

fn declared_ladder<'a>(turn: &Turn<'a>, incident: &IncidentId) -> Option<&'a tidegate_model::ladder::Ladder> {
    let domain = &turn.state.incidents.get(incident)?.domain;
    turn.estate.ladder_of(domain)
}

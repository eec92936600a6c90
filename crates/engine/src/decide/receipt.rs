//! What the hands bring back, and gateways that come and go.

use std::collections::BTreeSet;

use tidegate_model::seam::{Effect, ExposureVersion, Outcome, Receipt};
use tidegate_model::{DomainId, GatewayId, Severity, StageId};

use super::exposure::{self, Ask};
use super::turn::Turn;
use super::{harm, incident};
use crate::client;
use crate::event::{Body, Cause, Origin, Undelivered};
use crate::refusal::Refusal;
use crate::state::{EPOCHS_MAX, Phase};

/// The lesson of an exposure that was waited for and has come.
const IN_FORCE: &str = "none, because the exposure is in force";

pub(super) fn receive(turn: &mut Turn<'_>, receipt: &Receipt) -> Result<(), Refusal> {
    let Some(waiting) = turn.state.outbox.get(&receipt.key) else {
        return Ok(());
    };
    let effect = waiting.effect.clone();
    turn.emit(Body::EffectEnded {
        effect: receipt.key.clone(),
        outcome: receipt.outcome.clone(),
        undelivered: undelivered(&effect, &receipt.outcome),
    });
    match (effect, &receipt.outcome) {
        (Effect::SetExposure(snapshot), Outcome::InForce { acknowledged, lapsed }) => {
            in_force(turn, snapshot.version, acknowledged, lapsed);
        }
        (Effect::SetExposure(_), Outcome::FailedForGood { reason } | Outcome::NoChannel { reason }) => {
            not_in_force(turn, reason);
        }
        // Failed pages are looked at by the incident's own clock, in this same batch; letters that nobody must answer end here.
        (Effect::SetExposure(_), Outcome::Accepted { .. })
        | (Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_), _) => {}
    }
    Ok(())
}

/// Whom a letter did not reach, and what it was about.
fn undelivered(effect: &Effect, outcome: &Outcome) -> Option<Undelivered> {
    let letter = match effect {
        Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => letter,
        Effect::SetExposure(_) => return None,
    };
    match outcome {
        Outcome::FailedForGood { .. } | Outcome::NoChannel { .. } => Some(Undelivered {
            to: letter.to.clone(),
            errand: letter.errand.clone(),
        }),
        Outcome::Accepted { .. } | Outcome::InForce { .. } => None,
    }
}

/// An exposure that will never be in force is no silent end: the owners of what waits for it are paged.
fn not_in_force(turn: &mut Turn<'_>, reason: &str) {
    let waiting: Vec<(StageId, DomainId)> = turn
        .state
        .stages
        .iter()
        .filter(|(_, stage)| matches!(stage.phase, Phase::Exposing | Phase::RollingBack))
        .map(|(id, stage)| (id.clone(), stage.owner.clone()))
        .collect();
    for (id, owner) in waiting {
        let summary = format!("the exposure asked for {id} cannot be brought into force: {reason}");
        incident::open(turn, &owner, Severity::Sev1, Origin::Waiting(id), summary);
    }
}

/// A version holds everywhere: what waited for it, or for an earlier one, goes on.
fn in_force(turn: &mut Turn<'_>, version: ExposureVersion, acknowledged: &[GatewayId], lapsed: &[GatewayId]) {
    let waiting: Vec<(StageId, Phase)> = turn
        .state
        .stages
        .iter()
        .filter(|(_, stage)| stage.exposing_seq <= version.seq)
        .map(|(id, stage)| (id.clone(), stage.phase))
        .collect();
    for (id, phase) in waiting {
        match phase {
            Phase::Exposing => begin(turn, &id, version),
            Phase::RollingBack => {
                turn.emit(Body::RolledBack {
                    stage: id.clone(),
                    acknowledged: acknowledged.to_vec(),
                    lapsed: lapsed.to_vec(),
                });
                page_of_unheard(turn, &id, lapsed);
                incident::recovered(turn, &Origin::Waiting(id), IN_FORCE);
            }
            Phase::Pending
            | Phase::Ready
            | Phase::Soaking
            | Phase::Gating
            | Phase::Watching
            | Phase::RolledBack
            | Phase::Finalised => {}
        }
    }
}

/// A gateway that was not heard of when a stage was rolled back retreats by itself, but only as far as what it holds for proven.
fn page_of_unheard(turn: &mut Turn<'_>, id: &StageId, lapsed: &[GatewayId]) {
    let Some(owner) = turn.state.stages.get(id).map(|stage| stage.owner.clone()) else {
        return;
    };
    for gateway in lapsed {
        let summary = format!(
            "{id} was rolled back, and gateway {gateway} was not heard of: while it runs, it may still send visitors to the \
             new side, up to what had been proven; stop it, or bring it back"
        );
        incident::open(turn, &owner, Severity::Sev1, Origin::Gateway(gateway.clone()), summary);
    }
}

/// A step is in force: it soaks, or is watched when it is the last.
fn begin(turn: &mut Turn<'_>, id: &StageId, version: ExposureVersion) {
    let (Some((plan, declared)), Some(state)) = (turn.declared(id), turn.state.stages.get(id)) else {
        return;
    };
    let Some(step) = state.step else { return };
    let place = usize::try_from(step).unwrap_or(usize::MAX);
    let Some(declared_step) = declared.steps.get(place) else {
        return;
    };
    if place + 1 == declared.steps.len() {
        let watched = turn.now.after(declared.watch);
        // Making it final takes the old side from whoever brings no key.
        let staying = client::last_to_move(turn.estate, plan, declared);
        let until = staying.map_or(watched, |(_, day)| day.max(watched));
        let way_back_until = state
            .way_back_until
            .unwrap_or_else(|| turn.now.after(declared.rollback.within));
        turn.emit(Body::WatchBegun {
            stage: id.clone(),
            until,
            way_back_until,
        });
    } else {
        let until = turn.now.after(declared_step.soak);
        let decide_by = turn.now.after(declared_step.at_most);
        turn.emit(Body::SoakBegun {
            stage: id.clone(),
            step,
            since: version,
            until,
            decide_by,
        });
    }
    incident::recovered(turn, &Origin::Waiting(id.clone()), IN_FORCE);
}

/// A gateway connected. One that holds a later exposure than the journal knows has seen a journal that was lost.
pub(super) fn gateway_seen(
    turn: &mut Turn<'_>,
    gateway: &GatewayId,
    incarnation: u64,
    holds: ExposureVersion,
) -> Result<(), Refusal> {
    let known = turn.state.gateways.get(gateway);
    let is_news = known.is_none_or(|known| known.incarnation != incarnation || known.is_lost);
    if is_news {
        turn.emit(Body::GatewayConnected {
            gateway: gateway.clone(),
            incarnation,
            holds,
        });
        incident::recovered(
            turn,
            &Origin::Gateway(gateway.clone()),
            "none, because the gateway came back",
        );
    }
    let is_known = turn
        .state
        .asserted
        .get(&holds.epoch)
        .is_some_and(|last| holds.seq <= *last);
    // Epochs older than those remembered are taken on trust; nothing was ever asked under epoch 0.
    let is_old = turn
        .state
        .asserted
        .first_key_value()
        .is_some_and(|(first, _)| holds.epoch < *first && turn.state.asserted.len() >= EPOCHS_MAX);
    if holds.epoch > 0 && !is_known && !is_old {
        let reason = format!(
            "gateway {gateway} holds exposure {}.{}, which this journal does not know: it was restored or cut",
            holds.epoch, holds.seq
        );
        distrust(turn, &reason, &Cause::Unknown(gateway.clone()), holds.epoch);
    }
    Ok(())
}

/// Whoever started the controller says that the journal was restored.
pub(super) fn journal_restored(turn: &mut Turn<'_>) {
    let reason = "the journal was restored: what came after its end is not in it";
    distrust(turn, reason, &Cause::Restored, 0);
}

/// Entries are missing, perhaps those of a rollback: what the journal says of exposure may not be asked for again. Everything
/// is held until people have looked, and what is exposed is taken back. `beyond` is the latest start that a gateway has seen.
fn distrust(turn: &mut Turn<'_>, reason: &str, cause: &Cause, beyond: u64) {
    let not_held: Vec<StageId> = turn
        .state
        .stages
        .iter()
        .filter(|(_, stage)| stage.phase != Phase::Finalised && stage.holds.iter().all(|hold| hold.reason != reason))
        .map(|(id, _)| id.clone())
        .collect();
    if !not_held.is_empty() {
        for stage in not_held {
            turn.emit_self(Body::StageHeld {
                stage,
                criterion: None,
                reason: reason.to_owned(),
            });
        }
        // Before anything goes back, so that the owners of what is exposed are paged.
        page_owners(turn, &Origin::Journal, reason, Severity::Sev1);
    }
    // A gateway that holds a later version than any asked for takes no lowering, so the start is counted on beyond it.
    if beyond >= turn.state.epoch {
        let epoch = beyond.saturating_add(1);
        let sent = exposure::ask(&turn.state, turn.next_seq(), epoch, &Ask::Again);
        turn.emit(Body::ControllerStarted {
            epoch,
            sent: Some(sent),
            promises: None,
        });
    }
    let exposed: Vec<StageId> = turn
        .state
        .stages
        .iter()
        .filter(|(id, stage)| stage.phase.is_exposed() && !harm::is_way_back_closed(turn, id))
        .map(|(id, _)| id.clone())
        .collect();
    for stage in exposed {
        harm::roll_back(turn, &stage, cause.clone());
    }
}

pub(super) fn gateway_lost(turn: &mut Turn<'_>, gateway: &GatewayId) -> Result<(), Refusal> {
    let is_known = turn.state.gateways.get(gateway).is_some_and(|known| !known.is_lost);
    if !is_known {
        return Ok(());
    }
    turn.emit(Body::GatewayLost {
        gateway: gateway.clone(),
    });
    if turn.state.stages.values().any(|stage| stage.phase.is_exposed()) {
        let what = format!("gateway {gateway} has not been heard of; its lease has run out");
        page_owners(turn, &Origin::Gateway(gateway.clone()), &what, Severity::Sev2);
    }
    Ok(())
}

/// Pages the owners of what is exposed, else the owner of the first stage there is.
fn page_owners(turn: &mut Turn<'_>, origin: &Origin, what: &str, severity: Severity) {
    let stages = turn.state.stages.values();
    let mut owners: BTreeSet<DomainId> = stages
        .clone()
        .filter(|stage| stage.phase.is_exposed())
        .map(|stage| stage.owner.clone())
        .collect();
    if owners.is_empty() {
        owners.extend(stages.take(1).map(|stage| stage.owner.clone()));
    }
    for owner in owners {
        incident::open(turn, &owner, severity, origin.clone(), what.to_owned());
    }
}

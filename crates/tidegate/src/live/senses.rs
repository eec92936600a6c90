//! The senses: what gateways report and what sources answer, brought to the engine as commands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidegate_engine::command::{Command, Request};
use tidegate_gateway::{AckHandle, Hub, LiveCounts, Report};
use tidegate_model::plan::{Criterion, Measure};
use tidegate_model::seam::{Actor, Observation, Silence};
use tidegate_model::{CriterionId, DatabaseId, GatewayId, Millis, StageId, Timestamp};
use tidegate_runtime::{Handle, Unavailable};
use tidegate_signals::sql::{Database, Limits, equality};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::world::clock;

/// Rest before a stratum that was not taken is offered again.
const OFFER_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How often leases are looked at.
const LEASE_LOOK_EVERY: Duration = Duration::from_millis(500);

/// The latest live counts of each gateway, for the status page.
pub(crate) type Live = watch::Receiver<BTreeMap<GatewayId, Arc<LiveCounts>>>;

/// Brings gateways' reports to the engine until the hub ends. A stratum is acknowledged only after its append; one that the
/// store does not take is offered to it again until it does.
pub(crate) async fn hear_gateways(
    handle: Handle,
    mut reports: mpsc::Receiver<Report>,
    live: watch::Sender<BTreeMap<GatewayId, Arc<LiveCounts>>>,
) {
    let mut again = JoinSet::new();
    while let Some(report) = reports.recv().await {
        while again.try_join_next().is_some() {}
        match report {
            Report::Stratum { stratum, ack } => {
                let actor = Actor::Gateway {
                    id: stratum.id.gateway.clone(),
                };
                let request = Request::Evidence(stratum);
                if tell(&handle, actor.clone(), request.clone()).await {
                    ack.done();
                } else {
                    // As many as a gateway offers at once.
                    again.spawn(insist(handle.clone(), actor, request, Some(ack)));
                }
            }
            Report::Brake { gateway, look } => {
                tell(&handle, Actor::Gateway { id: gateway }, Request::Look(look)).await;
            }
            Report::Connected {
                gateway,
                incarnation,
                holds,
                hash: _,
            } => {
                let actor = Actor::Gateway { id: gateway.clone() };
                let request = Request::GatewaySeen {
                    gateway,
                    incarnation,
                    holds,
                };
                // It is said once a connection: unheard, the gateway would stay lost, and what it knows unasked for.
                if !tell(&handle, actor.clone(), request.clone()).await {
                    again.spawn(insist(handle.clone(), actor, request, None));
                }
            }
            // Its lease decides whether it is lost; at a clean stop it is not.
            Report::Disconnected { gateway } => tracing::info!(%gateway, "a gateway has let go of its line"),
            Report::Live(counts) => {
                live.send_modify(|all| {
                    all.insert(counts.gateway.clone(), Arc::new(counts));
                });
            }
        }
    }
}

/// Withholds leases while nothing could be lowered: the store takes nothing, or the loop does not come round. Asks the loop
/// for nothing itself, so that it cannot hang with it. Ends when dropped.
pub(crate) async fn watch_leases(handle: Handle, hub: Hub) {
    let mut clock = tokio::time::interval(LEASE_LOOK_EVERY);
    let mut ailed = None;
    loop {
        clock.tick().await;
        let ails = handle.ails();
        hub.withhold_leases(ails.is_some());
        let kind = ails.as_ref().map(std::mem::discriminant);
        if kind != ailed {
            match &ails {
                Some(ailment) => tracing::error!(%ailment, "leases are withheld: nothing could be lowered"),
                None => tracing::info!("leases are given again"),
            }
            ailed = kind;
        }
    }
}

/// Tells the engine of gateways whose lease has run out without a word. Ends when dropped.
pub(crate) async fn watch_gateways(handle: Handle, hub: Hub) {
    let mut clock = tokio::time::interval(LEASE_LOOK_EVERY);
    loop {
        clock.tick().await;
        for status in hub.gateways() {
            let is_known = handle
                .view()
                .state
                .gateways
                .get(&status.gateway)
                .is_some_and(|known| !known.is_lost);
            if is_known && !status.is_connected && status.lease_left == Millis(0) {
                let gateway = status.gateway;
                let actor = Actor::Gateway { id: gateway.clone() };
                tell(&handle, actor, Request::GatewayLost { gateway }).await;
            }
        }
    }
}

/// Says again what the store did not take, until it does; then tells whoever waits for that.
async fn insist(handle: Handle, actor: Actor, request: Request, ack: Option<AckHandle>) {
    loop {
        tokio::time::sleep(OFFER_AGAIN_AFTER).await;
        if tell(&handle, actor.clone(), request.clone()).await {
            if let Some(ack) = ack {
                ack.done();
            }
            return;
        }
    }
}

/// Whether the engine's answer is durable.
async fn tell(handle: &Handle, actor: Actor, request: Request) -> bool {
    match handle
        .ask(Command {
            actor,
            key: None,
            request,
        })
        .await
    {
        Ok(answer) => {
            if let Err(refusal) = answer.result {
                tracing::warn!(%refusal, "the engine refused what a sense said");
            }
            true
        }
        Err(Unavailable::Busy { .. } | Unavailable::Faulted(_) | Unavailable::Stopped) => false,
    }
}

/// Asks the databases of every `sql-equal` criterion of the estate that runs, on its schedule, while its stage is exposed.
/// The tasks go on until they are aborted.
pub(crate) fn ask_databases(
    questions: &mut JoinSet<()>,
    handle: &Handle,
    databases: &Arc<BTreeMap<DatabaseId, Database>>,
) {
    for (_, stage) in handle.view().estate.stages() {
        for criterion in &stage.gate.criteria {
            if matches!(criterion.measure, Measure::SqlEqual { .. }) {
                questions.spawn(ask_one(
                    handle.clone(),
                    databases.clone(),
                    stage.id.clone(),
                    criterion.clone(),
                ));
            }
        }
    }
}

async fn ask_one(handle: Handle, databases: Arc<BTreeMap<DatabaseId, Database>>, stage: StageId, criterion: Criterion) {
    let Measure::SqlEqual { every, .. } = &criterion.measure else {
        return;
    };
    let mut clock_of_questions = tokio::time::interval(Duration::from_millis(every.0.max(100)));
    clock_of_questions.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut silent_since: Option<Timestamp> = None;
    loop {
        clock_of_questions.tick().await;
        if !handle.view().state.is_exposed(&stage) {
            silent_since = None;
            continue;
        }
        let asked = clock();
        let mut observation = question(&databases, &criterion, asked).await;
        match &mut observation {
            Observation::Equality { at, .. } => {
                // What a query sees may be as old as the moment it was asked.
                *at = asked;
                silent_since = None;
            }
            Observation::Level { .. }
            | Observation::Counts { .. }
            | Observation::Nothing { .. }
            | Observation::Unusable { .. } => silent_since = None,
            Observation::Silent(silence) => silence.since = *silent_since.get_or_insert(asked),
        }
        observe(&handle, &stage, &criterion.id, observation).await;
    }
}

async fn question(databases: &BTreeMap<DatabaseId, Database>, criterion: &Criterion, asked: Timestamp) -> Observation {
    let Measure::SqlEqual { old, new, .. } = &criterion.measure else {
        return Observation::Silent(Silence {
            since: asked,
            reason: "the criterion asks no database".into(),
        });
    };
    let (Some(old_database), Some(new_database)) = (databases.get(&old.on), databases.get(&new.on)) else {
        let reason = format!(
            "`{}` or `{}` has no address; start with --database NAME=URL",
            old.on, new.on
        );
        return Observation::Silent(Silence { since: asked, reason });
    };
    equality(
        (old_database, &old.query),
        (new_database, &new.query),
        &Limits::default(),
        asked,
    )
    .await
}

async fn observe(handle: &Handle, stage: &StageId, criterion: &CriterionId, observation: Observation) {
    let request = Request::Observe {
        stage: stage.clone(),
        criterion: criterion.clone(),
        observation,
    };
    tell(handle, Actor::Controller, request).await;
}

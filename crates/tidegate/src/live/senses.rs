//! The senses: what gateways report, brought to the engine as commands.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidegate_engine::command::{Command, Request};
use tidegate_gateway::{AckHandle, Hub, LiveCounts, Report};
use tidegate_model::seam::Actor;
use tidegate_model::{GatewayId, Millis};
use tidegate_runtime::{Handle, Unavailable};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

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
pub(super) async fn tell(handle: &Handle, actor: Actor, request: Request) -> bool {
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

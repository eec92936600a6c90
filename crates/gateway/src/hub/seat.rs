//! One gateway's connection, at the controller.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::BufReader;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use tidegate_model::seam::ExposureVersion;
use tidegate_model::{GatewayId, Millis};

use super::{AckHandle, MESSAGES_WAITING_MAX, Report, Seat, Shared};
use crate::link::wire::{Hello, LinkFault, ToController, ToGateway, read, write};

/// Accepts gateways until the hub is dropped; their connections end with it.
pub(super) async fn listen(listener: UnixListener, shared: Arc<Shared>, reports: mpsc::Sender<Report>) {
    let mut talks = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                talks.spawn(attend(stream, shared.clone(), reports.clone()));
            }
            Err(fault) => {
                tracing::warn!(%fault, "cannot accept a gateway");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
        while talks.try_join_next().is_some() {}
    }
}

async fn attend(stream: UnixStream, shared: Arc<Shared>, reports: mpsc::Sender<Report>) {
    let (from, to) = stream.into_split();
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    let hello = match read::<ToController>(&mut from, &mut line).await {
        Ok(ToController::Hello(hello)) => hello,
        Ok(other) => {
            tracing::warn!(?other, "a gateway did not introduce itself");
            return;
        }
        Err(fault) => {
            tracing::debug!(%fault, "a connection without an introduction");
            return;
        }
    };
    let gateway = hello.gateway.clone();
    let (sender, messages) = mpsc::channel(MESSAGES_WAITING_MAX);
    let generation = sit_down(&shared, &hello, &sender);
    let connected = Report::Connected {
        gateway: gateway.clone(),
        incarnation: hello.incarnation,
        holds: hello.holds,
        hash: hello.hash,
    };
    if reports.send(connected).await.is_ok() {
        let ended = tokio::select! {
            ended = listen_to(&gateway, from, line, &shared, &reports, &sender) => ended,
            ended = speak(to, messages) => ended,
        };
        if let Err(fault) = ended {
            tracing::debug!(%gateway, %fault, "a gateway left");
        }
    }
    let is_current = {
        let mut table = shared.table();
        let seat = table.seats.get_mut(&gateway).filter(|s| s.generation == generation);
        seat.map(|seat| seat.to = None).is_some()
    };
    if is_current && reports.send(Report::Disconnected { gateway }).await.is_err() {
        tracing::debug!("the controller is gone");
    }
}

fn sit_down(shared: &Shared, hello: &Hello, sender: &mpsc::Sender<ToGateway>) -> u64 {
    let mut table = shared.table();
    table.generations += 1;
    let generation = table.generations;
    let first = [
        table.counting.get(&hello.gateway).cloned().map(ToGateway::Configure),
        table.current.clone().map(ToGateway::Snapshot),
    ];
    for message in first.into_iter().flatten() {
        sender.try_send(message).expect("a fresh queue has room");
    }
    let seat = table.seats.entry(hello.gateway.clone()).or_insert_with(|| Seat {
        to: None,
        generation,
        holds: ExposureVersion::default(),
        // Whatever it was leased by an earlier controller has run out one lease from now.
        lease_until: Instant::now() + shared.lease,
    });
    seat.to = Some(sender.clone());
    seat.generation = generation;
    seat.holds = hello.holds;
    drop(table);
    shared.changed.notify_waiters();
    generation
}

async fn speak(mut to: OwnedWriteHalf, mut messages: mpsc::Receiver<ToGateway>) -> Result<(), LinkFault> {
    while let Some(message) = messages.recv().await {
        write(&mut to, &message).await?;
    }
    Ok(())
}

async fn listen_to(
    gateway: &GatewayId,
    mut from: BufReader<OwnedReadHalf>,
    mut line: Vec<u8>,
    shared: &Shared,
    reports: &mpsc::Sender<Report>,
    sender: &mpsc::Sender<ToGateway>,
) -> Result<(), LinkFault> {
    loop {
        let report = match read::<ToController>(&mut from, &mut line).await? {
            ToController::Hello(_) => continue,
            ToController::Renew { n } => {
                renew(gateway, n, shared, sender).await?;
                continue;
            }
            ToController::Holds(version) => {
                if let Some(seat) = shared.table().seats.get_mut(gateway) {
                    seat.holds = seat.holds.max(version);
                }
                shared.changed.notify_waiters();
                continue;
            }
            ToController::Stratum(stratum) => Report::Stratum {
                ack: AckHandle {
                    id: stratum.id.clone(),
                    to: sender.clone(),
                },
                stratum,
            },
            ToController::Brake(look) => Report::Brake {
                gateway: gateway.clone(),
                look,
            },
            ToController::Live(live) => Report::Live(live),
        };
        reports.send(report).await.map_err(|_| LinkFault::Closed)?;
    }
}

async fn renew(
    gateway: &GatewayId,
    n: u64,
    shared: &Shared,
    sender: &mpsc::Sender<ToGateway>,
) -> Result<(), LinkFault> {
    if shared.is_withheld.load(Ordering::Relaxed) {
        return Ok(());
    }
    let ttl = Millis(u64::try_from(shared.lease.as_millis()).unwrap_or(u64::MAX));
    if let Some(seat) = shared.table().seats.get_mut(gateway) {
        // The gateway counts from sending, which was earlier: this bound is never too short.
        seat.lease_until = Instant::now() + shared.lease;
    }
    sender
        .send(ToGateway::Lease {
            n,
            ttl,
            passes: Some(shared.key.as_ref().clone()),
        })
        .await
        .map_err(|_| LinkFault::Closed)
}

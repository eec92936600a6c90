//! The gateway's end of the link: connects again and again, renews the lease, offers strata, takes snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tidegate_model::seam::{Stratum, StratumId};
use tokio::io::{AsyncWrite, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use super::wire::{LinkFault, ToController, ToGateway, read, write};
use crate::station::Station;

/// Renewals in one lease.
pub const RENEWALS_PER_LEASE: u32 = 5;
/// Wait before connecting again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Strata on their way at once.
const OFFERED_MAX: usize = 256;
/// Renewals whose answer is still awaited; older ones are worthless.
const RENEWALS_OPEN_MAX: usize = 16;

/// Stays linked until the task is dropped.
pub async fn stay_linked(station: Arc<Station>) {
    loop {
        match UnixStream::connect(&station.config.socket).await {
            Ok(stream) => {
                if let Err(fault) = converse(&station, stream).await
                    && let Some(left_out) = station.complaints.note("link", station.now().ms)
                {
                    tracing::warn!(%fault, left_out, "the link to the controller broke");
                }
            }
            Err(fault) => tracing::debug!(%fault, "the controller is away"),
        }
        station.contact.send_replace(true);
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

struct Talk<'s> {
    station: &'s Arc<Station>,
    to: OwnedWriteHalf,
    renewals: BTreeMap<u64, u64>,
    next_renewal: u64,
    offered: BTreeSet<StratumId>,
}

async fn converse(station: &Arc<Station>, stream: UnixStream) -> Result<(), LinkFault> {
    let (from, to) = stream.into_split();
    let (mut from, mut line) = (BufReader::new(from), Vec::new());
    let mut looks = station.looks.subscribe();
    let mut talk = Talk {
        station,
        to,
        renewals: BTreeMap::new(),
        next_renewal: 0,
        offered: BTreeSet::new(),
    };
    let lease = Duration::from_millis(station.config.edge.lease.0.max(u64::from(RENEWALS_PER_LEASE)));
    let mut renewal = tokio::time::interval(lease / RENEWALS_PER_LEASE);
    renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    write(&mut talk.to, &ToController::Hello(station.hello())).await?;
    talk.offer().await?;
    loop {
        tokio::select! {
            message = read::<ToGateway>(&mut from, &mut line) => talk.hear(message?).await?,
            _ = renewal.tick() => talk.renew().await?,
            () = station.spooling.news() => talk.offer().await?,
            look = looks.recv() => match look {
                Ok(look) => write(&mut talk.to, &look).await?,
                Err(RecvError::Lagged(missed)) => tracing::debug!(missed, "looks were dropped"),
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

impl Talk<'_> {
    async fn hear(&mut self, message: ToGateway) -> Result<(), LinkFault> {
        match message {
            ToGateway::Snapshot(snapshot) => {
                self.station.accept(snapshot).await;
                let holds = self.station.version();
                write(&mut self.to, &ToController::Holds(holds)).await?;
                write(&mut self.to, &ToController::Live(self.station.live())).await
            }
            ToGateway::Lease { n, ttl, passes } => {
                if let Some(key) = passes {
                    self.station.doorkeeper.trust(key);
                }
                if let Some(sent) = self.renewals.remove(&n) {
                    let ttl = ttl.0.min(self.station.config.edge.lease.0);
                    self.station.lease_until(sent + ttl);
                    self.station.contact.send_replace(true);
                }
                Ok(())
            }
            ToGateway::Taken(id) => {
                self.offered.remove(&id);
                self.station.spooling.taken(&id);
                self.offer().await
            }
            ToGateway::Configure(counting) => {
                self.station.recount(counting);
                Ok(())
            }
            ToGateway::Look => write(&mut self.to, &ToController::Live(self.station.live())).await,
        }
    }

    async fn renew(&mut self) -> Result<(), LinkFault> {
        let n = self.next_renewal;
        self.next_renewal += 1;
        self.renewals.insert(n, self.station.now().ms);
        while self.renewals.len() > RENEWALS_OPEN_MAX {
            self.renewals.pop_first();
        }
        write(&mut self.to, &ToController::Renew { n }).await
    }

    async fn offer(&mut self) -> Result<(), LinkFault> {
        let room = OFFERED_MAX.saturating_sub(self.offered.len());
        for stratum in self.station.spooling.offers(room, &self.offered) {
            self.offered.insert(stratum.id.clone());
            report(&mut self.to, stratum).await?;
        }
        Ok(())
    }
}

/// Writes a stratum. One whose counts do not fit into a line is told without them, so that its time is known to be blind.
async fn report(to: &mut (impl AsyncWrite + Unpin), stratum: Stratum) -> Result<(), LinkFault> {
    match write(to, &ToController::Stratum(stratum.clone())).await {
        Err(LinkFault::TooLong) => {
            tracing::error!(id = ?stratum.id, "a report is too long to be sent; it is given up, and told as voided");
            write(to, &ToController::Stratum(stratum.given_up())).await
        }
        sent => sent,
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::seam::{ArmCounts, ExposureVersion, MeterCounts, StratumPart};
    use tidegate_model::{CriterionId, GatewayId, Millis, StageId, Timestamp};

    use super::super::wire::LINE_BYTES_MAX;
    use super::*;

    fn stratum(meters: usize) -> Stratum {
        let counts = MeterCounts::whole(
            StageId::parse("checkout").unwrap(),
            CriterionId::parse("errors").unwrap(),
            ArmCounts::default(),
            ArmCounts { n: 3, hits: 1 },
        );
        Stratum {
            id: StratumId {
                gateway: GatewayId::parse("gw").unwrap(),
                incarnation: 1,
                index: 7,
                part: StratumPart::Cohort,
            },
            version: ExposureVersion { epoch: 1, seq: 1 },
            began: Timestamp(0),
            lasted: Millis(1_000),
            untracked: 0,
            fallbacks: 0,
            voided: false,
            counts: vec![counts; meters],
            promised: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_report_too_long_for_a_line_is_told_as_voided_and_the_link_goes_on() {
        let mut sent = Vec::new();
        let long = stratum(LINE_BYTES_MAX / 50);
        report(&mut sent, long.clone()).await.unwrap();
        report(&mut sent, stratum(2)).await.unwrap();
        let (mut from, mut line) = (sent.as_slice(), Vec::new());
        for expected in [long.given_up(), stratum(2)] {
            let told: ToController = read(&mut from, &mut line).await.unwrap();
            assert_eq!(told, ToController::Stratum(expected));
        }
    }
}

//! The controller's end of the link: keeps the lease table, pushes snapshots, hands reports in.

mod seat;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tidegate_model::seam::{BrakeLook, ExposureSnapshot, ExposureVersion, Outcome, Stratum, StratumId};
use tidegate_model::{GatewayId, Millis};
use tokio::net::UnixListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::Counting;
use crate::link::wire::ToGateway;
use crate::live::LiveCounts;
use crate::pass::{PassKey, Passes};

/// Reports that may wait for the controller. When it does not keep up, connections stand still and leases run out: that is
/// what a lease is for.
pub const REPORTS_WAITING_MAX: usize = 1_024;
/// Messages that may wait for one gateway; at the limit it is disconnected and connects again.
const MESSAGES_WAITING_MAX: usize = 1_024;

/// What gateways report.
#[derive(Debug)]
pub enum Report {
    /// A gateway connected.
    Connected {
        /// Who.
        gateway: GatewayId,
        /// Its start.
        incarnation: u64,
        /// The snapshot it holds.
        holds: ExposureVersion,
        /// Hash of that snapshot's content.
        hash: Option<String>,
    },
    /// A gateway is gone; its lease may still run.
    Disconnected {
        /// Who.
        gateway: GatewayId,
    },
    /// A closed stratum. Offered again until acknowledged.
    Stratum {
        /// What was counted.
        stratum: Stratum,
        /// To be used after the append.
        ack: AckHandle,
    },
    /// A look of a brake.
    Brake {
        /// Who looked.
        gateway: GatewayId,
        /// What it saw.
        look: BrakeLook,
    },
    /// Counts of the moment.
    Live(LiveCounts),
}

/// Tells the gateway that a stratum is journalled.
#[derive(Debug)]
#[must_use]
pub struct AckHandle {
    id: StratumId,
    to: mpsc::Sender<ToGateway>,
}

impl AckHandle {
    /// The stratum is journalled: the gateway drops it. When the gateway is gone it will offer it again.
    pub fn done(self) {
        if self.to.try_send(ToGateway::Taken(self.id)).is_err() {
            tracing::debug!("a gateway left before its acknowledgement");
        }
    }
}

/// A gateway as the status page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayStatus {
    /// Who.
    pub gateway: GatewayId,
    /// Whether it is connected now.
    pub is_connected: bool,
    /// The snapshot it holds, as far as known.
    pub holds: ExposureVersion,
    /// What is left of its lease; zero when it has run out.
    pub lease_left: Millis,
}

/// Why a hub cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on the socket `{path}`: {source}")]
pub struct BindFault {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

#[derive(Debug)]
struct Seat {
    to: Option<mpsc::Sender<ToGateway>>,
    generation: u64,
    holds: ExposureVersion,
    lease_until: Instant,
}

#[derive(Debug)]
struct Table {
    current: Option<ExposureSnapshot>,
    counting: BTreeMap<GatewayId, Counting>,
    seats: BTreeMap<GatewayId, Seat>,
    /// Until then a gateway that nobody has heard of may hold a lease of an earlier controller.
    strangers_until: Option<Instant>,
    generations: u64,
}

#[derive(Debug)]
struct Shared {
    lease: Duration,
    key: Arc<PassKey>,
    /// No lease is granted or renewed.
    is_withheld: AtomicBool,
    table: Mutex<Table>,
    changed: Notify,
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nobody panics with the table")
    }
}

/// The hub. Clones share it; the last one dropped closes it.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    _listening: Arc<Listening>,
}

#[derive(Debug)]
struct Listening {
    task: JoinHandle<()>,
    socket: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
        if let Err(fault) = std::fs::remove_file(&self.socket) {
            tracing::debug!(%fault, "the socket was gone already");
        }
    }
}

impl Hub {
    /// Listens. `lease` is the edge's; `expected` names every gateway there is, or is empty when that is not known: then a
    /// lowering also waits until one lease after now, because unknown gateways may hold leases of an earlier controller.
    ///
    /// Must be called within a tokio runtime. A socket file that an earlier controller left is replaced: the caller holds the
    /// controller's own lock.
    ///
    /// # Errors
    /// [`BindFault`], also when the system has no randomness for the key of passes.
    pub fn bind(
        socket: &Path,
        lease: Millis,
        expected: &[GatewayId],
    ) -> Result<(Self, mpsc::Receiver<Report>), BindFault> {
        let at_socket = |source| BindFault {
            path: socket.to_owned(),
            source,
        };
        match std::fs::remove_file(socket) {
            Ok(()) => {}
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {}
            Err(fault) => return Err(at_socket(fault)),
        }
        let listener = UnixListener::bind(socket).map_err(at_socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600)).map_err(at_socket)?;
        let key = PassKey::mint().map_err(|fault| at_socket(std::io::Error::other(fault.to_string())))?;
        let lease = Duration::from_millis(lease.0);
        let until = Instant::now() + lease;
        let seats = expected.iter().map(|gateway| {
            let seat = Seat {
                to: None,
                generation: 0,
                holds: ExposureVersion::default(),
                lease_until: until,
            };
            (gateway.clone(), seat)
        });
        let shared = Arc::new(Shared {
            lease,
            key: Arc::new(key),
            is_withheld: AtomicBool::new(false),
            table: Mutex::new(Table {
                current: None,
                counting: BTreeMap::new(),
                seats: seats.collect(),
                strangers_until: expected.is_empty().then_some(until),
                generations: 0,
            }),
            changed: Notify::new(),
        });
        let (reports, inbox) = mpsc::channel(REPORTS_WAITING_MAX);
        let task = tokio::spawn(seat::listen(listener, shared.clone(), reports));
        let listening = Listening {
            task,
            socket: socket.to_owned(),
        };
        let hub = Self {
            shared,
            _listening: Arc::new(listening),
        };
        Ok((hub, inbox))
    }

    /// Makes every gateway hold this snapshot. Pushes at once; resolves when each gateway in the lease table has acknowledged
    /// this version (or a higher one) or its lease has run out.
    pub async fn apply(&self, snapshot: ExposureSnapshot) -> Outcome {
        let version = snapshot.version;
        {
            let mut table = self.shared.table();
            if table.current.as_ref().is_none_or(|c| c.version < version) {
                table.current = Some(snapshot.clone());
                table.tell_all(&ToGateway::Snapshot(snapshot));
            }
        }
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let wait_until = match self.shared.table().outstanding(version, Instant::now()) {
                Ok(outcome) => return outcome,
                Err(wait_until) => wait_until,
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(wait_until) => {}
            }
        }
    }

    /// Makes a gateway count these things, now and after each connection.
    pub fn configure(&self, gateway: &GatewayId, counting: Counting) {
        let mut table = self.shared.table();
        table.counting.insert(gateway.clone(), counting.clone());
        if let Some(seat) = table.seats.get_mut(gateway) {
            seat.tell(ToGateway::Configure(counting));
        }
    }

    /// Whether leases are renewed. Without them gateways go back to what is proven, so a controller that can decide nothing
    /// more withholds them.
    pub fn withhold_leases(&self, is_withheld: bool) {
        self.shared.is_withheld.store(is_withheld, Ordering::Relaxed);
    }

    /// Writes passes that gateways of this hub believe, each from its next lease on.
    #[must_use]
    pub fn passes(&self) -> Passes {
        Passes {
            key: self.shared.key.clone(),
        }
    }

    /// Asks every gateway for its live counts at once.
    pub fn look(&self) {
        self.shared.table().tell_all(&ToGateway::Look);
    }

    /// Every gateway in the lease table.
    #[must_use]
    pub fn gateways(&self) -> Vec<GatewayStatus> {
        let now = Instant::now();
        let table = self.shared.table();
        let statuses = table.seats.iter().map(|(gateway, seat)| GatewayStatus {
            gateway: gateway.clone(),
            is_connected: seat.to.is_some(),
            holds: seat.holds,
            lease_left: Millis(
                u64::try_from(seat.lease_until.saturating_duration_since(now).as_millis()).unwrap_or(u64::MAX),
            ),
        });
        statuses.collect()
    }
}

impl Seat {
    /// A gateway that does not read is cut off: it connects again, or its lease runs out.
    fn tell(&mut self, message: ToGateway) {
        if self.to.as_ref().is_some_and(|to| to.try_send(message).is_err()) {
            self.to = None;
        }
    }
}

impl Table {
    fn tell_all(&mut self, message: &ToGateway) {
        for seat in self.seats.values_mut() {
            seat.tell(message.clone());
        }
    }

    /// The outcome, or the next instant at which it may change by itself.
    fn outstanding(&self, version: ExposureVersion, now: Instant) -> Result<Outcome, Instant> {
        let mut wait_until = self.strangers_until.filter(|until| *until > now);
        let (mut acknowledged, mut lapsed) = (Vec::new(), Vec::new());
        let newest = self.current.as_ref().map_or(version, |current| current.version);
        for (gateway, seat) in &self.seats {
            // One that holds more than was ever asked for here holds something else, and says nothing about this.
            if seat.holds >= version && seat.holds <= newest {
                acknowledged.push(gateway.clone());
            } else if seat.lease_until <= now {
                lapsed.push(gateway.clone());
            } else {
                wait_until = Some(wait_until.map_or(seat.lease_until, |until| until.min(seat.lease_until)));
            }
        }
        match wait_until {
            Some(until) => Err(until),
            None => Ok(Outcome::InForce { acknowledged, lapsed }),
        }
    }
}

//! What one gateway process holds: exposure in force, ledger, spool, tallies. Every change of exposure passes [`Station::reconsider`].

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use tidegate_model::Timestamp;
use tidegate_model::seam::{ExposureSnapshot, ExposureVersion};
use tokio::sync::{broadcast, watch};

use crate::complaint::Complaints;
use crate::config::{Counting, GatewayConfig};
use crate::force::{InForce, Shared};
use crate::incarnation;
use crate::keepsake::{Keepsake, snapshot_hash};
use crate::link::wire::{Hello, ToController};
use crate::live::{FlowLive, LiveCounts, UnitLive};
use crate::measure::{Ledger, Moment, Setup};
use crate::pass::Doorkeeper;
use crate::roads::Roads;
use crate::side::Side;
use crate::spool::Spool;
use crate::spooling::Spooling;
use crate::visitor::Recognition;

/// Looks that may wait for a slow controller; older ones are dropped, they are of the moment.
const LOOKS_WAITING_MAX: usize = 64;
/// How long the link waits for a snapshot to be on disk.
const KEEP_WITHIN: Duration = Duration::from_millis(500);

/// Requests of a unit.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sent to each side since the last look.
    pub requests: [AtomicU64; 2],
    /// When a visitor without an open cart was last sent to the new side, in milliseconds since 1970; 0 for never.
    pub last_new_without_cart: AtomicI64,
    /// Served by the old side instead of the new one.
    pub fallbacks: AtomicU64,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub struct Totals {
    /// Requests without a visitor id.
    pub cookieless: AtomicU64,
    /// Requests with a forged bucket cookie.
    pub forged: AtomicU64,
    /// Callbacks of neither side.
    pub unknown_callbacks: AtomicU64,
    /// Undecided success predicates.
    pub undecided: AtomicU64,
    /// Connections open now.
    pub connections: AtomicU64,
}

/// What the gateway has been told.
#[derive(Debug)]
struct Held {
    snapshot: ExposureSnapshot,
    glass_broken: bool,
}

/// The state of a gateway process.
#[derive(Debug)]
pub struct Station {
    /// As configured.
    pub config: GatewayConfig,
    /// The compiled edge.
    pub roads: Arc<Roads>,
    /// How visitors are recognised.
    pub recognition: Recognition,
    /// The exposure in force.
    pub in_force: Shared,
    /// By place of the unit.
    pub tallies: Vec<Tally>,
    /// Of the process.
    pub totals: Totals,
    /// Believes passes of surveys.
    pub doorkeeper: Doorkeeper,
    /// Failures that are logged.
    pub complaints: Complaints,
    /// Looks for the controller.
    pub looks: broadcast::Sender<ToController>,
    /// Closed strata on their way to disk and controller.
    pub spooling: Spooling,
    /// Whether the controller was met, or is known to be away.
    pub contact: watch::Sender<bool>,
    incarnation: u64,
    started: Instant,
    held: Mutex<Held>,
    ledger: Mutex<Ledger>,
    /// The lease is valid until then, in milliseconds since the start; 0 for never leased.
    lease_until_ms: AtomicU64,
    keepsake: Keepsake,
    /// Held by whoever writes the keepsake.
    keeping: Arc<tokio::sync::Mutex<()>>,
    last_live: Mutex<Moment>,
}

impl Station {
    /// Sets up from configuration and state folder. Without a lease yet, units begin at their proven exposure.
    ///
    /// # Errors
    /// What the file system says about the spool.
    pub fn open(config: GatewayConfig, roads: Arc<Roads>) -> std::io::Result<Self> {
        let (spool, waiting) = Spool::open(&config.state_dir)?;
        Ok(Self::over(config, roads, Spooling::begin(spool, waiting)?))
    }

    /// Sets up over a spool that is open.
    pub(crate) fn over(config: GatewayConfig, roads: Arc<Roads>, spooling: Spooling) -> Self {
        let started = Instant::now();
        let at = wall();
        let incarnation = incarnation::next(&config.state_dir, at);
        let keepsake = Keepsake::within(&config.state_dir);
        let snapshot = keepsake.recall().unwrap_or_default();
        let now = Moment { ms: 0, at };
        let setup = Setup {
            gateway: config.gateway.clone(),
            incarnation,
            stratum: config.edge.stratum,
            upstream_timeout: config.edge.upstream_timeout,
            table_size: config.table_size,
        };
        let ledger = Ledger::new(setup, roads.clone(), config.counting.clone(), now);
        let station = Self {
            recognition: Recognition::of(&config.edge),
            in_force: Arc::new(ArcSwap::from_pointee(InForce::derive(
                &ExposureSnapshot::default(),
                false,
                false,
                &roads,
                at,
            ))),
            tallies: roads.places.iter().map(|_| Tally::default()).collect(),
            totals: Totals::default(),
            doorkeeper: Doorkeeper::default(),
            complaints: Complaints::default(),
            looks: broadcast::channel(LOOKS_WAITING_MAX).0,
            spooling,
            contact: watch::channel(false).0,
            incarnation,
            started,
            held: Mutex::new(Held {
                snapshot,
                glass_broken: false,
            }),
            ledger: Mutex::new(ledger),
            lease_until_ms: AtomicU64::new(0),
            keepsake,
            keeping: Arc::default(),
            last_live: Mutex::new(now),
            roads,
            config,
        };
        station.watch_glass();
        station.reconsider();
        station
    }

    /// This instant.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment {
            ms: u64::try_from(self.started.elapsed().as_millis()).expect("less than the age of the universe"),
            at: wall(),
        }
    }

    /// The ledger, locked, while the exposure in force is covered by its lease or needs none: a clock that stands still cannot
    /// keep up what nobody has proven.
    pub fn ledger_in_force(&self) -> MutexGuard<'_, Ledger> {
        loop {
            let ledger = self.ledger();
            if !self.in_force.load().leased || self.is_leased() {
                return ledger;
            }
            drop(ledger);
            self.reconsider();
        }
    }

    /// The ledger, locked. Exposure in force cannot change while it is held.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nobody panics with the ledger")
    }

    /// How it introduces itself.
    #[must_use]
    pub fn hello(&self) -> Hello {
        let held = self.held();
        let is_told = held.snapshot.version > ExposureVersion::default();
        Hello {
            gateway: self.config.gateway.clone(),
            incarnation: self.incarnation,
            holds: held.snapshot.version,
            hash: is_told.then(|| snapshot_hash(&held.snapshot)),
        }
    }

    /// The snapshot it holds.
    #[must_use]
    pub fn version(&self) -> ExposureVersion {
        self.held().snapshot.version
    }

    /// Takes a snapshot when its version is higher: in force at once, then on disk. A version that is not higher is ignored.
    /// A disk that fails or takes longer than [`KEEP_WITHIN`] is not waited for: the next word may be a rollback.
    pub async fn accept(self: &Arc<Self>, snapshot: ExposureSnapshot) {
        {
            let mut held = self.held();
            if snapshot.version <= held.snapshot.version {
                if snapshot.version == held.snapshot.version && snapshot != held.snapshot {
                    tracing::error!(version = ?snapshot.version, "two different snapshots carry one version");
                }
                return;
            }
            held.snapshot = snapshot;
        }
        self.reconsider();
        match tokio::time::timeout(KEEP_WITHIN, self.keep()).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::error!(%fault, "cannot keep the last good snapshot"),
            Err(_) => tracing::error!("the disk stalls, the last good snapshot is not kept yet"),
        }
    }

    /// Keeps the snapshot that is held. One at a time; whoever stalls keeps what came meanwhile as well.
    async fn keep(self: &Arc<Self>) -> std::io::Result<()> {
        let turn = self.keeping.clone().lock_owned().await;
        let station = self.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            loop {
                let snapshot = station.held().snapshot.clone();
                station.keepsake.keep(&snapshot)?;
                if station.version() == snapshot.version {
                    return Ok(());
                }
            }
        });
        kept.await.map_err(std::io::Error::other)?
    }

    /// The lease is valid until then.
    pub fn lease_until(&self, ms: u64) {
        self.lease_until_ms.fetch_max(ms, Ordering::AcqRel);
        self.reconsider();
    }

    /// Counts other things from now on.
    pub fn recount(&self, counting: Counting) {
        let now = self.now();
        self.ledger().recount(counting, now);
    }

    /// Looks whether the kill file is there.
    pub fn watch_glass(&self) {
        let is_there = self.config.state_dir.join("kill").exists();
        self.held().glass_broken = is_there;
    }

    /// Derives the exposure in force from what is held, and stores it when it differs. The next request sees it.
    pub fn reconsider(&self) {
        let held = self.held();
        // Every decision about a flow is taken under the ledger's lock: an attempt and its stratum see one exposure.
        let mut ledger = self.ledger();
        let now = self.now();
        let fresh = InForce::derive(&held.snapshot, self.is_leased(), held.glass_broken, &self.roads, now.at);
        if fresh.differs(&self.in_force.load()) {
            let standings = fresh.standings.clone();
            self.in_force.store(Arc::new(fresh));
            ledger.switch(held.snapshot.version, standings, now);
        }
    }

    /// Lets time pass for strata. What closed goes to the spool, without waiting for it.
    pub fn tick(&self) {
        let departed = self.ledger().tick(self.now());
        self.spooling.submit(departed);
    }

    /// Ends attempts that are over and publishes what brakes and people look at.
    pub fn look(&self) {
        let now = self.now();
        for (code, left_out) in self.complaints.overdue(now.ms) {
            tracing::warn!(code, left_out, "more of the same");
        }
        let looks = {
            let mut ledger = self.ledger();
            ledger.sweep(now);
            ledger.looks(now)
        };
        let live = self.live();
        // Nobody listening is no fault: looks are of the moment.
        for look in looks
            .into_iter()
            .map(ToController::Brake)
            .chain([ToController::Live(live)])
        {
            if self.looks.send(look).is_err() {
                break;
            }
        }
    }

    /// Counts of the moment; the period begins anew.
    pub fn live(&self) -> LiveCounts {
        let now = self.now();
        let before = {
            let mut last = self.last_live.lock().expect("nobody panics with it");
            std::mem::replace(&mut *last, now)
        };
        let ledger = self.ledger();
        let force = self.in_force.load_full();
        let units = self.roads.places.iter().enumerate().map(|(at, place)| {
            let tally = &self.tallies[at];
            let standing = force.standings[at];
            let open = |side: Side| place.flows.iter().map(|f| ledger.totals(*f).open[side.index()]).sum();
            let last_new = tally.last_new_without_cart.load(Ordering::Relaxed);
            UnitLive {
                unit: place.unit.clone(),
                exposure: standing.exposure,
                killed: standing.killed || standing.glass_broken,
                since: force.since,
                old_requests: tally.requests[0].swap(0, Ordering::Relaxed),
                new_requests: tally.requests[1].swap(0, Ordering::Relaxed),
                old_open: open(Side::Old),
                new_open: open(Side::New),
                last_new_without_cart: (last_new > 0).then_some(Timestamp(last_new)),
                fallbacks: tally.fallbacks.load(Ordering::Relaxed),
            }
        });
        let flows = self.roads.paths.iter().enumerate().map(|(at, path)| {
            let totals = ledger.totals(at);
            FlowLive {
                flow: path.id.clone(),
                old_begun: totals.begun[0],
                new_begun: totals.begun[1],
                old_orders: totals.orders[0],
                new_orders: totals.orders[1],
                old_latency: totals.latency(Side::Old),
                new_latency: totals.latency(Side::New),
                old_recent: totals.recent(Side::Old),
                new_recent: totals.recent(Side::New),
            }
        });
        LiveCounts {
            gateway: self.config.gateway.clone(),
            incarnation: self.incarnation,
            at: now.at,
            over: tidegate_model::Millis(now.ms - before.ms),
            version: force.version,
            leased: force.leased,
            glass_broken: force.glass_broken,
            units: units.collect(),
            flows: flows.collect(),
            cookieless: self.totals.cookieless.load(Ordering::Relaxed),
            forged: self.totals.forged.load(Ordering::Relaxed),
            unknown_callbacks: self.totals.unknown_callbacks.load(Ordering::Relaxed),
            undecided: self.totals.undecided.load(Ordering::Relaxed),
            connections: self.totals.connections.load(Ordering::Relaxed),
        }
    }

    fn is_leased(&self) -> bool {
        self.now().ms < self.lease_until_ms.load(Ordering::Acquire)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nobody panics with it")
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

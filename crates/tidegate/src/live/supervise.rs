//! The gateways of an estate, one for each edge that a plan moves; after an adoption those of the new estate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Context;
use tidegate_gateway::supervise::{Gateway, GatewayEvent};
use tidegate_gateway::{Counting, GatewayConfig, Hub};
use tidegate_model::edge::Edge;
use tidegate_model::{EdgeId, Estate, GatewayId, Millis};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{edges, gateway_name, store};

/// Attempts that a gateway follows at once (architecture.md, bounded tracking).
const ATTEMPTS_TRACKED_MAX: usize = 500_000;

/// A gateway with whoever listens to what happens to it.
struct Supervised {
    config: GatewayConfig,
    gateway: Gateway,
    listening: JoinHandle<()>,
    /// It ran before this controller did.
    is_adopted: bool,
}

impl Supervised {
    async fn stop(self) {
        self.gateway.stop().await;
        self.listening.abort();
    }
}

/// The edges that plans move.
fn used(estate: &Estate) -> impl Iterator<Item = &Edge> {
    let used: BTreeSet<&EdgeId> = estate.plans().values().map(|plan| &plan.edge).collect();
    used.into_iter().filter_map(|id| estate.edges().get(id))
}

/// The gateways to be expected, and the longest lease that one of them may hold.
pub(crate) fn expected(estate: &Estate) -> (Vec<GatewayId>, Millis) {
    let names = used(estate).map(|edge| gateway_name(&edge.id)).collect();
    (
        names,
        used(estate).map(|edge| edge.lease).max().unwrap_or(Millis::seconds(10)),
    )
}

/// Every gateway that runs.
pub(crate) struct Fleet {
    program: PathBuf,
    state: PathBuf,
    tied: bool,
    hub: Hub,
    gateways: BTreeMap<EdgeId, Supervised>,
}

impl Fleet {
    /// A fleet without gateways. `tied` gateways end when this process does.
    ///
    /// # Errors
    /// When this program cannot find its own file.
    pub(crate) fn new(state: PathBuf, tied: bool, hub: Hub) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Ok(Self {
            program,
            state,
            tied,
            hub,
            gateways: BTreeMap::new(),
        })
    }

    /// Makes the gateways those of an estate: starts (or adopts) what is missing, starts anew what listens or routes
    /// differently, tells the others what to count, and stops what no plan moves any more.
    ///
    /// # Errors
    /// When a configuration cannot be written or a gateway cannot be started; those before it are as they should be.
    pub(crate) async fn follow(&mut self, estate: &Estate) -> anyhow::Result<()> {
        let wanted: BTreeSet<&EdgeId> = used(estate).map(|edge| &edge.id).collect();
        let gone: Vec<EdgeId> = self
            .gateways
            .keys()
            .filter(|id| !wanted.contains(id))
            .cloned()
            .collect();
        for id in gone {
            self.stop_one(&id).await;
        }
        for edge in used(estate) {
            let config = self.config(estate, edge);
            match self.gateways.get_mut(&edge.id) {
                Some(running) if running.config == config => {}
                Some(running) if is_told_over_the_link(&running.config, &config) => {
                    self.hub.configure(&config.gateway, config.counting.clone());
                    running.config = config;
                }
                Some(_) => {
                    self.stop_one(&edge.id).await;
                    self.start_one(config).await?;
                }
                None => self.start_one(config).await?,
            }
        }
        Ok(())
    }

    /// Where each edge listens.
    pub(crate) fn addresses(&self) -> Vec<(EdgeId, String)> {
        let address = |(edge, running): (&EdgeId, &Supervised)| (edge.clone(), running.gateway.address().to_owned());
        self.gateways.iter().map(address).collect()
    }

    /// Stops what this controller has started; what it found running goes on serving.
    pub(crate) async fn stop_new(self) {
        for gateway in self.gateways.into_values().filter(|gateway| !gateway.is_adopted) {
            gateway.stop().await;
        }
    }

    /// Stops every gateway cleanly.
    pub(crate) async fn stop(self) {
        for gateway in self.gateways.into_values() {
            gateway.stop().await;
        }
    }

    fn config(&self, estate: &Estate, edge: &Edge) -> GatewayConfig {
        GatewayConfig {
            gateway: gateway_name(&edge.id),
            edge: edge.clone(),
            flows: estate.flows().values().cloned().collect(),
            counting: Counting {
                meters: edges::meters(estate, &edge.id),
                brakes: edges::brakes(estate, &edge.id),
            },
            socket: self.state.join("edge.sock"),
            state_dir: self.state.join(format!("gateway-{}", edge.id)),
            table_size: ATTEMPTS_TRACKED_MAX,
            tied: self.tied,
            debug_headers: false,
        }
    }

    async fn start_one(&mut self, config: GatewayConfig) -> anyhow::Result<()> {
        store::make(&config.state_dir)?;
        let (gateway, mut events) = Gateway::start(&self.program, &config).await.with_context(|| {
            format!(
                "TG8004: cannot start the gateway of `{}` on {}",
                config.edge.id, config.edge.listen
            )
        })?;
        self.hub.configure(&config.gateway, config.counting.clone());
        let first = events.recv().await;
        let is_adopted = matches!(first, Some(GatewayEvent::Running { adopted: true, .. }));
        if let Some(event) = first {
            tell(event);
        }
        let supervised = Supervised {
            gateway,
            listening: tokio::spawn(listen(events)),
            is_adopted,
            config,
        };
        self.gateways.insert(supervised.config.edge.id.clone(), supervised);
        Ok(())
    }

    async fn stop_one(&mut self, edge: &EdgeId) {
        if let Some(gateway) = self.gateways.remove(edge) {
            gateway.stop().await;
        }
    }
}

/// Whether a gateway can go from one configuration to the other while it runs.
fn is_told_over_the_link(before: &GatewayConfig, after: &GatewayConfig) -> bool {
    let counting = after.counting.clone();
    GatewayConfig {
        counting,
        ..before.clone()
    } == *after
}

async fn listen(mut events: mpsc::Receiver<GatewayEvent>) {
    while let Some(event) = events.recv().await {
        tell(event);
    }
}

fn tell(event: GatewayEvent) {
    match event {
        GatewayEvent::Running { pid, address, adopted } => {
            tracing::info!(pid, address, adopted, "a gateway runs");
        }
        GatewayEvent::Ended {
            code,
            last_words,
            again_after,
        } => {
            tracing::error!(?code, last_words, ?again_after, "a gateway ended by itself");
        }
    }
}

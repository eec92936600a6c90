//! The gateways of an estate, one for each edge that a plan moves; after an adoption those of the new estate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tidegate_gateway::supervise::{Gateway, GatewayEvent};
use tidegate_gateway::{Counting, GatewayConfig, Hub, check_config, flows_of};
use tidegate_model::edge::Edge;
use tidegate_model::{EdgeId, Estate, GatewayId, Millis};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::doors::{Doors, Listens};
use super::{edges, gateway_name, store};

/// Attempts that a gateway follows at once (architecture.md, bounded tracking).
const ATTEMPTS_TRACKED_MAX: usize = 500_000;

/// What a gateway was told last, in its folder.
const CONFIG_FILE: &str = "gateway.json";

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

/// What keeps an estate from being run, before anything is asked or stopped: an edge that no gateway can compile.
pub(crate) fn cannot_run(estate: &Estate) -> Option<String> {
    used(estate).find_map(|edge| {
        let fault = check_config(&config(estate, edge, Path::new(""), false)).err()?;
        Some(format!("no gateway can run edge `{}`: {fault}", edge.id))
    })
}

/// What the gateway of an edge is told; of the estate's flows only those that are walked on it.
fn config(estate: &Estate, edge: &Edge, state: &Path, tied: bool) -> GatewayConfig {
    GatewayConfig {
        gateway: gateway_name(&edge.id),
        edge: edge.clone(),
        flows: flows_of(edge, estate.flows().values()),
        counting: Counting {
            meters: edges::meters(estate, &edge.id),
            brakes: edges::brakes(estate, &edge.id),
            promises: edges::promises(estate),
        },
        socket: state.join("edge.sock"),
        state_dir: state.join(format!("gateway-{}", edge.id)),
        table_size: ATTEMPTS_TRACKED_MAX,
        tied,
        debug_headers: false,
    }
}

/// Every gateway that runs.
pub(crate) struct Fleet {
    program: PathBuf,
    state: PathBuf,
    tied: bool,
    hub: Hub,
    listens: watch::Sender<Listens>,
    gateways: BTreeMap<EdgeId, Supervised>,
    /// Replacements that did not start after their predecessor had made room. They are not tried again: each attempt would
    /// interrupt the edge.
    given_up: BTreeMap<EdgeId, GatewayConfig>,
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
            listens: watch::channel(Listens::new()).0,
            gateways: BTreeMap::new(),
            given_up: BTreeMap::new(),
        })
    }

    /// This program's own file, as it was found at the start.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Makes the gateways those of an estate: starts (or adopts) what is missing, starts anew what listens or routes
    /// differently, tells the others what to count, and stops what no plan moves any more. What serves is stopped only for a
    /// configuration that compiles and an address that is free; when its replacement does not start all the same, it is
    /// started again as it was.
    ///
    /// # Errors
    /// When a configuration does not compile: nothing was touched then. When a gateway cannot be started: each of the others
    /// is as it should be, and what was to be replaced serves as before.
    pub(crate) async fn follow(&mut self, estate: &Estate) -> anyhow::Result<()> {
        if let Some(reason) = cannot_run(estate) {
            bail!("TG8004: {reason}");
        }
        let wanted: BTreeMap<EdgeId, GatewayConfig> = used(estate)
            .map(|edge| (edge.id.clone(), config(estate, edge, &self.state, self.tied)))
            .collect();
        let gone: Vec<EdgeId> = self
            .gateways
            .keys()
            .filter(|id| !wanted.contains_key(*id))
            .cloned()
            .collect();
        for id in gone {
            self.stop_one(&id).await;
        }
        let mut failed = None;
        for (id, config) in wanted {
            if let Err(error) = self.follow_one(&id, config).await {
                failed = failed.or(Some(error));
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn follow_one(&mut self, id: &EdgeId, config: GatewayConfig) -> anyhow::Result<()> {
        let Some(running) = self.gateways.get_mut(id) else {
            // What an earlier controller left serving is ended only when it is to be another; it is as good a way back.
            let before = earlier(id, &config.state_dir);
            let before = before.filter(|before| !is_told_over_the_link(before, &config));
            return self.start_or_go_back(id, config, before).await;
        };
        if running.config == config || self.given_up.get(id) == Some(&config) {
            return Ok(());
        }
        if is_told_over_the_link(&running.config, &config) {
            self.hub.configure(&config.gateway, config.counting.clone());
            running.config = config;
            return Ok(());
        }
        let listens = running.gateway.address().to_owned();
        is_free(&config.edge.listen, &listens)
            .await
            .with_context(|| format!("TG8004: edge `{id}` stays on {listens}, because {}", config.edge.listen))?;
        self.replace(id, config).await
    }

    async fn replace(&mut self, id: &EdgeId, config: GatewayConfig) -> anyhow::Result<()> {
        let before = self.gateways.get(id).map(|running| running.config.clone());
        self.stop_one(id).await;
        self.start_or_go_back(id, config, before).await
    }

    async fn start_or_go_back(
        &mut self,
        id: &EdgeId,
        config: GatewayConfig,
        before: Option<GatewayConfig>,
    ) -> anyhow::Result<()> {
        let Err(error) = self.start_one(config.clone()).await else {
            self.given_up.remove(id);
            return Ok(());
        };
        let Some(before) = before else {
            return Err(error);
        };
        tracing::error!(
            edge = %id,
            error = format!("{error:#}"),
            "a gateway cannot be replaced; it is started again as it was, until another estate is adopted"
        );
        self.given_up.insert(id.clone(), config);
        self.start_one(before).await
    }

    /// Where each edge listens.
    pub(crate) fn addresses(&self) -> Vec<(EdgeId, String)> {
        let address = |(edge, running): (&EdgeId, &Supervised)| (edge.clone(), running.gateway.address().to_owned());
        self.gateways.iter().map(address).collect()
    }

    /// The ways through the gateways, as they come and go.
    pub(crate) fn doors(&self) -> Doors {
        Doors {
            listens: self.listens.subscribe(),
            passes: self.hub.passes(),
        }
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
        self.tell_doors();
        Ok(())
    }

    async fn stop_one(&mut self, edge: &EdgeId) {
        if let Some(gateway) = self.gateways.remove(edge) {
            self.tell_doors();
            gateway.stop().await;
        }
    }

    fn tell_doors(&self) {
        self.listens.send_replace(self.addresses().into_iter().collect());
    }
}

/// What an earlier controller told the gateway of an edge; none where there was none. One that cannot be read is no way back, and
/// said.
fn earlier(edge: &EdgeId, folder: &Path) -> Option<GatewayConfig> {
    let path = folder.join(CONFIG_FILE);
    if !path.exists() {
        return None;
    }
    match GatewayConfig::read(&path) {
        Ok(before) => Some(before),
        Err(error) => {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                %edge,
                path = %path.display(),
                error,
                "what the gateway was told before cannot be read: there is no way back to it"
            );
            None
        }
    }
}

/// Whether an address can be listened on beside the one that is to be given up. Addresses of one port may exclude each other,
/// so that only giving up the old one tells.
///
/// # Errors
/// When somebody else has it, or it is not of this machine.
async fn is_free(listen: &str, given_up: &str) -> std::io::Result<()> {
    let port = |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned());
    if port(listen) == port(given_up) {
        return Ok(());
    }
    TcpListener::bind(listen).await.map(drop)
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

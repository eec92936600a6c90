//! Starting the gateways of an estate, one for each edge that a plan moves.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use tidegate_gateway::supervise::{Gateway, GatewayEvent};
use tidegate_gateway::{Counting, GatewayConfig};
use tidegate_model::edge::Edge;
use tidegate_model::{EdgeId, Estate, GatewayId, Millis};
use tokio::task::JoinHandle;

use super::{edges, gateway_name, store};

/// Attempts that a gateway follows at once (architecture.md, bounded tracking).
const ATTEMPTS_TRACKED_MAX: usize = 500_000;

/// A gateway with whoever listens to what happens to it.
pub(crate) struct Supervised {
    gateway: Gateway,
    listening: JoinHandle<()>,
}

impl Supervised {
    /// Stops it cleanly.
    pub(crate) async fn stop(self) {
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

/// Starts (or adopts) every gateway.
///
/// # Errors
/// When a configuration cannot be written or a gateway cannot be started.
pub(crate) async fn start(estate: &Estate, state: &Path, tied: bool) -> anyhow::Result<Vec<Supervised>> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut gateways = Vec::new();
    for edge in used(estate) {
        let folder = state.join(format!("gateway-{}", edge.id));
        store::make(&folder)?;
        let config = GatewayConfig {
            gateway: gateway_name(&edge.id),
            edge: edge.clone(),
            flows: estate.flows().values().cloned().collect(),
            counting: Counting {
                meters: edges::meters(estate, &edge.id),
                brakes: edges::brakes(estate, &edge.id),
            },
            socket: state.join("edge.sock"),
            state_dir: folder,
            table_size: ATTEMPTS_TRACKED_MAX,
            tied,
            debug_headers: false,
        };
        let (gateway, mut events) = Gateway::start(&program, &config)
            .await
            .with_context(|| format!("cannot start the gateway of `{}` on {}", edge.id, edge.listen))?;
        let listening = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
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
        });
        gateways.push(Supervised { gateway, listening });
    }
    Ok(gateways)
}

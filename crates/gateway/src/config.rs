//! What a gateway is told at its start: JSON in a file, and the one part of it that may change while it runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tidegate_model::edge::Edge;
use tidegate_model::flow::Flow;
use tidegate_model::seam::{Meter, PromiseMeter};
use tidegate_model::{FlowId, GatewayId, Millis, StageId};

/// Attempts that are tracked at once unless the configuration says otherwise.
pub const TABLE_SIZE_DEFAULT: usize = 500_000;

/// What a stage's emergency brake looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeSpec {
    /// The stage.
    pub stage: StageId,
    /// The flow whose failures count.
    pub flow: FlowId,
    /// The sliding window.
    pub over: Millis,
}

/// What is counted. The controller may replace it while the gateway runs; a change closes the stratum.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counting {
    /// Meters of every stage.
    pub meters: Vec<Meter>,
    /// Brakes of every stage.
    pub brakes: Vec<BrakeSpec>,
    /// What owners promise of flows; counted whether a stage is judged or not.
    #[serde(default)]
    pub promises: Vec<PromiseMeter>,
}

/// The whole configuration of a gateway process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayConfig {
    /// Its name.
    pub gateway: GatewayId,
    /// Listener, upstreams, routes.
    pub edge: Edge,
    /// Flows to follow.
    pub flows: Vec<Flow>,
    /// What is counted at the start.
    #[serde(flatten)]
    pub counting: Counting,
    /// The controller's unix socket.
    pub socket: PathBuf,
    /// Spool, last good snapshot, lock; one gateway each.
    pub state_dir: PathBuf,
    /// Attempts tracked at once.
    #[serde(default = "table_size_default")]
    pub table_size: usize,
    /// Ends when its standard input closes.
    #[serde(default)]
    pub tied: bool,
    /// Tells clients side and rule in `X-Tidegate-Side` and `X-Tidegate-Rule`.
    #[serde(default)]
    pub debug_headers: bool,
}

fn table_size_default() -> usize {
    TABLE_SIZE_DEFAULT
}

/// Why a configuration cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not a configuration.
    #[error("`{path}` is not a gateway configuration: {source}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl GatewayConfig {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigFault`].
    pub fn read(path: &Path) -> Result<Self, ConfigFault> {
        let text = std::fs::read(path).map_err(|source| ConfigFault::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        serde_json::from_slice(&text).map_err(|source| ConfigFault::Malformed {
            path: path.to_owned(),
            source,
        })
    }
}

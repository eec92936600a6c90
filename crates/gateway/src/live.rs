//! Counts for people who watch: requests per side, open carts, orders. Never evidence, never journalled.

use serde::{Deserialize, Serialize};
use tidegate_model::seam::ExposureVersion;
use tidegate_model::{BasisPoints, FlowId, GatewayId, Millis, Timestamp, UnitId};

/// What a gateway saw in the last moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCounts {
    /// Who counted.
    pub gateway: GatewayId,
    /// Its incarnation.
    pub incarnation: u64,
    /// When it looked.
    pub at: Timestamp,
    /// Time since the previous look; requests are counted over it.
    pub over: Millis,
    /// The snapshot it holds.
    pub version: ExposureVersion,
    /// Whether its lease is valid; otherwise it has retreated to what is proven.
    pub leased: bool,
    /// Whether the kill file is there.
    pub glass_broken: bool,
    /// By unit.
    pub units: Vec<UnitLive>,
    /// By flow.
    pub flows: Vec<FlowLive>,
    /// Requests without a visitor id, since the start.
    pub cookieless: u64,
    /// Requests with a forged bucket cookie, since the start.
    pub forged: u64,
    /// Callbacks whose reference is of neither side, since the start.
    pub unknown_callbacks: u64,
    /// Answers whose success predicate stayed undecided, since the start.
    pub undecided: u64,
    /// Connections open now.
    pub connections: u64,
}

/// A unit, live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLive {
    /// Which.
    pub unit: UnitId,
    /// Exposure in force here, lease and break glass applied.
    pub exposure: BasisPoints,
    /// Killed, by snapshot or break glass.
    pub killed: bool,
    /// Since when that is in force.
    pub since: Timestamp,
    /// Requests sent to the old side in this period.
    pub old_requests: u64,
    /// Requests sent to the new side in this period.
    pub new_requests: u64,
    /// Open carts on the old side.
    pub old_open: u64,
    /// Open carts on the new side.
    pub new_open: u64,
    /// When a visitor without an open cart was last sent to the new side; callbacks and second tries of assets do not count.
    pub last_new_without_cart: Option<Timestamp>,
    /// Requests of the new side that the old one served, since the start.
    pub fallbacks: u64,
}

/// A flow, live; totals since the start of the gateway, by the side that served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLive {
    /// Which.
    pub flow: FlowId,
    /// Attempts begun on the old side.
    pub old_begun: u64,
    /// Attempts begun on the new side.
    pub new_begun: u64,
    /// Successful completions on the old side, tracked attempt or not.
    pub old_orders: u64,
    /// Successful completions on the new side, tracked attempt or not.
    pub new_orders: u64,
    /// How long entry requests took on the old side; none before one was answered.
    #[serde(default)]
    pub old_latency: Option<LatencyLive>,
    /// How long entry requests took on the new side.
    #[serde(default)]
    pub new_latency: Option<LatencyLive>,
    /// The same of the last 25 to 30 s alone, on the old side.
    #[serde(default)]
    pub old_recent: Option<LatencyLive>,
    /// And on the new side.
    #[serde(default)]
    pub new_recent: Option<LatencyLive>,
}

/// Quantiles of the first timed request of attempts that count, over the last one to two days unless said otherwise; each is within 0.8 % of a time
/// that was seen. Those of two gateways do not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyLive {
    /// Requests.
    pub n: u64,
    /// Half of them took at most this.
    pub p50: Millis,
    /// 95 of 100.
    pub p95: Millis,
    /// 99 of 100.
    pub p99: Millis,
}

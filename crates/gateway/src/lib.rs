//! The edge: recognises visitors, decides their side, forwards, and counts what becomes of them. A process of its own.
//! It keeps no order, no body and no personal data, and it never decides on exposure: it holds what the controller leases it.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test may panic"))]

pub mod clock;
pub mod complaint;
pub mod log;
pub mod room;
pub mod run;
pub mod supervise;

pub mod config;
pub mod live;
pub mod side;

pub mod arrival;
pub mod callback;
pub mod decision;
pub mod force;
pub mod form;
pub mod headers;
pub mod pass;
pub mod pattern;
pub mod problem;
pub mod proxy;
pub mod roads;
pub mod segment;
pub mod station;
pub mod success;
pub mod upstream;
pub mod visitor;

mod incarnation;
pub mod keepsake;
pub mod measure;
pub mod spool;
pub mod spooling;

pub mod hub;
pub mod link;

#[cfg(test)]
pub(crate) mod sample;

pub use config::{BrakeSpec, Counting, GatewayConfig};
pub use hub::{AckHandle, Hub, Report};
pub use live::{LatencyLive, LiveCounts};
pub use pass::Passes;
pub use roads::{RoadFault, check_config, flows_of};
pub use run::run;
pub use side::Side;
pub use tidegate_model::bucket;

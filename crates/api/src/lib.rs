//! The faces of a controller: JSON API, OFREP, event stream, dashboard, signed links. Everything they change goes through
//! the engine as a command with an actor; they decide nothing themselves.

pub mod access;
mod admission;
mod app;
mod body;
mod chronicle;
mod clock;
mod config;
mod door;
mod json;
pub mod links;
mod ofrep;
mod openapi;
mod origin;
mod own;
mod pace;
mod page;
mod problem;
mod pulse;
mod reads;
mod record;
mod repeat;
mod secret;
mod serve;
mod sight;
mod throttle;
pub mod why;

pub use config::{
    ApiConfig, Candidate, Candidates, Export, JournalRow, JournalRows, Latencies, LatencyView, Panel, PlanFile,
    Quantiles, Record, Slow, Slowed, Sources, Unfit, Verified, Verify,
};
pub use openapi::openapi;
pub use serve::Api;

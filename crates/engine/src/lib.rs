//! The state machine of Tidegate: `decide` turns a command into events, `apply` folds events into state.
//! Pure, total and deterministic: no clock, no input or output, no chance. Effects leave only as data inside events.

mod adopted;
mod aftermath;
mod batches;
mod cause;
mod client;
pub mod command;
pub mod event;
mod incident;
mod kind;
mod lesson;
mod level;
mod opening;
mod origin;
mod paged;
mod promised;
mod promises;
mod reading;
pub mod refusal;
mod runbook;
mod seen;
mod sent;
pub mod state;
mod tally;
mod undelivered;
pub mod words;

pub mod apply;
pub mod deadline;
pub mod decide;
pub mod invariant;
pub mod judge;
pub mod may;

pub mod view;

pub use apply::apply;
pub use command::{Accepted, Command, CommandKey, Decision, Request, Side};
pub use deadline::deadline;
pub use decide::{decide, snapshot};
pub use event::{Body, Event};
pub use refusal::Refusal;
pub use state::State;

/// Version of the statistics that verdicts are given by.
pub use tidegate_stats::STATS_VERSION;

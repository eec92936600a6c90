//! The journal held to its promises, on real files.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod batches;
mod child;
mod conformance;
mod denied;
mod erase;
mod export;
mod full;
mod open;
mod sample;
mod tamper;
mod torn_log;

//! Error rates by seeded simulation, and the laws that hold for any counts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod error_rates;
mod laws;
mod prediction;
mod world;

//! Error rates by seeded simulation, and the laws that hold for any counts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(
    clippy::disallowed_methods,
    reason = "a simulated world need not be the same on every machine"
)]
#![expect(
    clippy::disallowed_types,
    reason = "the second implementation is a program of its own"
)]

mod batches;
mod budgets;
mod detection;
mod drops;
mod error_rates;
mod false_alarms;
mod independent;
mod laws;
mod prediction;
mod quantiles;
mod risk_sets;
mod same_bits;
mod world;

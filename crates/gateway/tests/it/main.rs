//! The gateway as a real process between two toy shops on loopback, under a real hub.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod closing;
mod counts;
mod groups;
mod repeats;
mod routing;
mod segments;
mod shop;
mod surveys;
mod survival;
mod world;

//! The faces before a real loop: who gets in, what answers look like, and what changes nothing.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod described;
mod door;
mod intrusion;
mod links;
mod pages;
mod sides;
mod slow;
mod switches;
mod told;
mod world;

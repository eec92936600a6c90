//! The program as people start it: real processes on loopback, an estate written for the test, two plain upstreams.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod browser;
mod cli;
mod compare;
mod demo;
mod full;
mod fuzz;
mod garbage;
mod gated;
mod harm;
mod lint;
mod looks;
mod no_data;
mod ofrep;
mod postbox;
mod power;
mod readme;
mod reconcile;
mod reports;
mod restart;
mod segments;
mod shoppers;
mod sides;
mod surveyed;
mod traffic;
mod turn;
mod upstream;
mod world;

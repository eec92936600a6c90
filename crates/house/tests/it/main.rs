//! The rules of the house: each test reads the project as it stands and names every place that breaks its rule.
//!
//! Nothing is compiled or run here but `cargo metadata`; what clippy can see, clippy sees.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod breach;
mod metadata;
mod ratchet;
mod scan;
mod source;
mod tree;

mod changelog;
mod codes;
mod dependencies;
mod duplicates;
mod layers;
mod licences;
mod links;
mod lints;
mod marks;
mod names;
mod packages;
mod places;
mod purity;
mod size;
mod sleeps;
mod suites;

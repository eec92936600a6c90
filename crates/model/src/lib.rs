//! The nouns of Tidegate as plain data: what an estate declares, and the types that cross rooms.
//! No clock, no input or output, no asynchronous code: time is an argument everywhere.

#[macro_use]
mod id;

pub mod agreement;
pub mod ask;
pub mod bucket;
pub mod catalogue;
pub mod code;
pub mod declared;
pub mod domain;
pub mod edge;
pub mod entity;
pub mod estate;
pub mod exploration;
pub mod flow;
pub mod hazard;
pub mod integration;
pub mod ladder;
pub mod objective;
pub mod people;
pub mod plan;
pub mod seam;
pub mod severity;
pub mod survey;
pub mod switch;
pub mod units;

pub use estate::{Estate, Fault, Parts};
pub use id::*;
pub use severity::Severity;
pub use units::{BasisPoints, Millis, Money, PartsPerMillion, Timestamp};

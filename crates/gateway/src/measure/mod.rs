//! Measurement: attempts followed from entry to completion, counted by assignment in strata.
//!
//! # What belongs to which stratum
//! `n` and `hits` always speak of the same attempts: those *begun* in the stratum, or, in a later row, those begun under one
//! snapshot before it.
//! - The **prompt** part (split, errors until then) leaves as the stratum closes. An attempt that meets its first error after
//!   that is told by the stratum in which it did, beside how many that were begun under its snapshot could: see [`risk`].
//! - The **timed** part (latency) leaves once every entry request begun in the stratum was answered: a slow or hanging one is
//!   never missing from the count of slow ones.
//! - The **cohort** part (completion, all errors) leaves one window after the stratum closed.
//!
//! Who is counted for stages: visitors who came with an id and an honest bucket cookie and reach an entry route without an open cart.

pub mod attempt;
pub mod brake;
pub mod lane;
pub mod ledger;
pub mod promised;
pub mod risk;
pub mod stratum;
pub mod totals;

pub use attempt::{Attempt, Entrant, Key, Ticket};
pub use ledger::{Ledger, Moment, Setup};

//! Measurement: attempts followed from entry to completion, counted by assignment in strata.
//!
//! # What belongs to which stratum
//! Every count is about the attempts *begun* in a stratum, so `n` and `hits` always speak of the same attempts.
//! - The **prompt** part (errors, latency, split) leaves one more stratum length (at most one window) after the stratum closed
//!   and once every entry request begun in it was answered: a slow or hanging entry request is never missing from the count of
//!   slow ones. An error that an attempt meets later than that shows in its missing completion and in the brake, not in the
//!   error count; both sides are cut off alike.
//! - The **cohort** part (completion) leaves one window after the stratum closed.
//!
//! Who is counted: visitors who came with an id and an honest bucket cookie and reach an entry route without an open cart.

pub mod attempt;
pub mod brake;
pub mod lane;
pub mod ledger;
pub mod stratum;
pub mod totals;

pub use attempt::{Attempt, Entrant, Key, Ticket};
pub use ledger::{Ledger, Moment, Setup};

//! Comparisons of the entities of an estate: what runs, in a process of its own beside `serve` or under a person's hand, and
//! what is said of it. It judges nothing.

mod answer;
mod child;
mod job;
mod kept;
mod run;
mod totals;
mod waiting;
mod watched;

pub(crate) use answer::{Answer, LINE_BYTES_MAX, Order};
pub(crate) use child::obey;
pub(crate) use job::{Address, Job};
pub(crate) use kept::{file_of, findings_of, forgotten};
pub(crate) use run::{digest, ledger, prepared, totals};

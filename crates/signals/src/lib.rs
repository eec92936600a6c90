//! Asks the outside. Whatever does not answer usably is silence with a reason, never a number.

pub mod sql;

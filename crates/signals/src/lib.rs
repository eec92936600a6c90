//! Asks the outside. Whatever does not answer usably is nothing, unusable or silence, with a reason; never a number.
//!
//! A [`Source`] is where an answer comes from, an [`Asker`] puts one criterion's question again and again.

mod asker;
mod fields;
mod log;
mod miss;
mod moment;
mod number;
mod probe;
mod prometheus;
mod source;
pub mod sql;
mod survey;
mod table;
mod web;

pub use asker::Asker;
pub use source::{AddressError, Source, Table};
pub use survey::{Entrance, Pass};
pub use web::WebAddress;

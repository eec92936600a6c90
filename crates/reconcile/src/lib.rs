//! Compares old and new rows across databases and files: every row of both sides, in bounded memory, on live data.
//!
//! An [`Entity`] says what is compared, a [`Source`] gives rows in canonical form, [`Comparison`] reads both sides chunk by
//! chunk and tells what it sees as [`Event`]s. A row that does not agree is a suspect first; it is read again before
//! it counts. Nothing here writes to a database that it compares.

pub mod agree;
mod agreed;
pub mod checkpoint;
mod chunk;
pub mod comparison;
mod cursor;
pub mod decimal;
pub mod difference;
pub mod differing;
pub mod encode;
pub mod entity;
pub mod event;
pub mod fault;
mod json;
mod kept;
pub mod ledger;
mod moment;
mod pace;
mod raw;
pub mod repair;
pub mod report;
pub mod row;
mod run;
mod short;
mod sorted;
pub mod source;
mod sql;
pub mod sum;
mod suspects;
mod throttle;
pub mod totals;
pub mod value;
pub mod verdict;

pub use chunk::SideFault;
pub use comparison::{Comparison, PlanFault};
pub use difference::{Change, Class, Difference};
pub use entity::{Budget, Cmp, Column, Entity, Expression, Relation, Side};
pub use event::{Event, KeyRange, Suspect};
pub use fault::SourceFault;
pub use row::{Key, Row};
pub use run::{Earlier, Stop};
pub use source::Source;
pub use throttle::Throttle;
pub use value::{Kind, Value};
pub use verdict::{Coverage, Verdict};

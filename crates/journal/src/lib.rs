//! The durable, hash-chained, append-only record. It knows bytes and their order, never what they mean.

mod append;
mod chain;
mod error;
mod export;
mod lock;
mod read;
mod schema;
mod settings;
mod side;
mod store;
mod verify;

pub use chain::{Entry, Hash, Head, NewEntry};
pub use error::JournalError;
pub use export::{ExportReport, verify_export};
pub use side::Erasure;
pub use store::{Journal, Options};
pub use verify::{Fault, Report};

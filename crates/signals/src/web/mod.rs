//! HTTP as a client: an address of a source, and one exchange with it.

mod address;
mod exchange;
mod tls;

pub use address::WebAddress;
pub(crate) use exchange::{Answer, ExchangeFault, FORM, JSON, Question, exchange};

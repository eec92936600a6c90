//! Ways to reach a person.

mod smtp;

pub use smtp::Smtp;

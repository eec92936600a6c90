//! The demo's world without Tidegate: real programs, real sockets, real databases.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod feeding;
mod landing;
mod mail_and_oncall;
mod payments;
mod shopping;
mod world;

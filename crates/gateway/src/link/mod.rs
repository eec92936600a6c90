//! The link between a gateway and its controller: newline-delimited JSON over a unix socket, one object a line.
//!
//! The gateway connects and says `hello`; from then on both sides speak when they have something to say.
//!
//! | from | message | meaning |
//! |---|---|---|
//! | gateway | `hello` | who it is, which incarnation, which snapshot it holds |
//! | gateway | `renew` | asks for the lease; validity counts from sending this, on the gateway's monotonic clock |
//! | gateway | `holds` | the snapshot in force now: the acknowledgement of `snapshot` |
//! | gateway | `stratum` | a closed stratum, offered until `taken` |
//! | gateway | `brake`, `live` | looks of the moment; never repeated |
//! | controller | `snapshot` | the exposure to hold; a version that is not higher is ignored and answered with `holds` |
//! | controller | `lease` | grants the renewal of that number |
//! | controller | `taken` | the stratum is journalled, drop it |
//! | controller | `configure` | count these things from now on |
//! | controller | `look` | send `live` at once |
//!
//! A line longer than [`LINE_BYTES_MAX`] or one that cannot be read ends the connection; the gateway connects again.

pub mod client;
pub mod wire;

pub use wire::{Hello, LINE_BYTES_MAX, ToController, ToGateway};

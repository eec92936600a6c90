//! The loop: take input, decide, append, apply, perform - in that order, on one plain thread that owns state and store.
//! It knows no adapter: the world beyond it is one trait.

pub mod handle;
mod heart;
mod inbox;
mod pace;
mod recover;
mod turn;
pub mod world;

pub use handle::{Ailment, Answer, Handle, Snapshot, Unavailable};
pub use heart::STUCK_AFTER;
pub use recover::{RecoverError, Recovered, recover};
pub use turn::{Running, start};
pub use world::{StoreFault, World};

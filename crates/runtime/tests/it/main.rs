//! The loop over a real journal, with hands that write real files: what it promises while it runs, and what is left when it dies.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod aftermath;
mod bench;
mod child;
mod clock;
mod crash;
mod crowd;
mod cut;
mod driver;
mod faults;
mod hands;
mod heart;
mod journals;
mod kill;
mod pauses;
mod point;
mod record;
mod shop;
mod story;
mod turns;
mod world;

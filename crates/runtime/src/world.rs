//! The one seam between the loop and everything that touches the world: clock, store, hands.

use tidegate_engine::event::Event;
use tidegate_model::Timestamp;
use tidegate_model::seam::{Effect, EffectKey};

/// The store did not take or give what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct StoreFault {
    /// What happened, with its cause.
    pub reason: String,
    /// Whether the same append may succeed later.
    pub passing: bool,
}

/// Everything beyond the loop.
pub trait World: Send + 'static {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Appends all events in one transaction, durably, and returns the sequence of the last. On an error none is in.
    ///
    /// # Errors
    /// [`StoreFault`] when the store refused; nothing was written.
    fn append(&mut self, events: &[Event]) -> Result<u64, StoreFault>;

    /// Starts carrying an effect out; its receipt comes back as a command. Called once for each key while it is in the outbox,
    /// and again after a restart.
    fn perform(&mut self, key: &EffectKey, effect: &Effect);

    /// The effect is no longer wanted; its receipt, if it still comes, is ignored.
    fn withdraw(&mut self, key: &EffectKey);
}

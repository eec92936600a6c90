//! An effect inside the event that orders it, and the bytes of events.

use serde::{Deserialize, Serialize};
use tidegate_model::seam::{Effect, EffectKey};

use crate::event::Event;

/// An effect on its way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its key.
    pub key: EffectKey,
    /// The complete order.
    pub effect: Effect,
}

impl Event {
    /// The bytes that the journal keeps.
    ///
    /// # Errors
    /// Only when an event holds a non-finite number, which `decide` never makes.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// Reads bytes of any released version.
    ///
    /// # Errors
    /// Bytes that no released version wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

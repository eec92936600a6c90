//! Rebuilding the state from the journal's bytes.

use tidegate_engine::event::Event;
use tidegate_engine::state::State;

/// An entry that cannot be replayed; the store is then opened for reading only.
#[derive(Debug, thiserror::Error)]
#[error("entry {seq} of the journal cannot be read")]
pub struct RecoverError {
    /// Which entry.
    pub seq: u64,
    /// Why.
    #[source]
    pub source: serde_json::Error,
}

/// A state under reconstruction: feed it every entry in order.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The state so far.
    pub state: State,
}

impl Recovered {
    /// Applies the bytes of one entry.
    ///
    /// # Errors
    /// [`RecoverError`] when no released version wrote these bytes.
    pub fn feed(&mut self, seq: u64, bytes: &[u8]) -> Result<(), RecoverError> {
        let event = Event::decode(bytes).map_err(|source| RecoverError { seq, source })?;
        tidegate_engine::apply(&mut self.state, &event);
        Ok(())
    }
}

/// Replays entries into a state.
///
/// # Errors
/// [`RecoverError`] at the first entry that cannot be read.
pub fn recover<'a>(entries: impl IntoIterator<Item = (u64, &'a [u8])>) -> Result<State, RecoverError> {
    let mut recovered = Recovered::default();
    for (seq, bytes) in entries {
        recovered.feed(seq, bytes)?;
    }
    Ok(recovered.state)
}

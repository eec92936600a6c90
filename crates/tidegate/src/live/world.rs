//! The real world of the loop: the wall clock, the journal on disk, and a queue to the hands.

use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tidegate_engine::event::Event;
use tidegate_journal::{Journal, NewEntry};
use tidegate_model::Timestamp;
use tidegate_model::seam::{Effect, EffectKey};
use tidegate_runtime::{StoreFault, World};
use tokio::sync::mpsc::UnboundedSender;

/// An order to the hands. The queue is bounded by the outbox, which the engine bounds.
#[derive(Debug)]
pub(crate) enum Order {
    /// Carry it out.
    Perform(EffectKey, Box<Effect>),
    /// It is no longer wanted.
    Withdraw(EffectKey),
}

/// The journal, shared between the loop that appends and the faces that read.
pub(crate) type SharedJournal = Arc<Mutex<Journal>>;

/// The real world.
pub(crate) struct LiveWorld {
    pub(crate) journal: SharedJournal,
    pub(crate) orders: UnboundedSender<Order>,
}

/// The wall clock.
pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl LiveWorld {
    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            // The hands end only together with the process; what is left stays in the outbox.
            tracing::debug!("the hands have stopped; the effect stays in the outbox");
        }
    }
}

impl World for LiveWorld {
    fn now(&self) -> Timestamp {
        clock()
    }

    fn append(&mut self, events: &[Event]) -> Result<u64, StoreFault> {
        let mut entries = Vec::with_capacity(events.len());
        for event in events {
            let bytes = event.encode().map_err(|error| StoreFault {
                reason: format!("an event cannot be written: {error}"),
                passing: false,
            })?;
            entries.push(NewEntry {
                at_ms: event.at.0,
                kind: event.body.kind().to_owned(),
                bytes,
            });
        }
        let mut journal = self.journal.lock().expect("no code panics while it holds the journal");
        match journal.append(&entries) {
            Ok(head) => Ok(head.seq),
            Err(error) => Err(StoreFault {
                passing: error.retryable(),
                reason: error.to_string(),
            }),
        }
    }

    fn perform(&mut self, key: &EffectKey, effect: &Effect) {
        self.order(Order::Perform(key.clone(), Box::new(effect.clone())));
    }

    fn withdraw(&mut self, key: &EffectKey) {
        self.order(Order::Withdraw(key.clone()));
    }
}

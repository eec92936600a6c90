//! Sends what is due, several at a time and each order by one runner: who runs it is asked before each attempt.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Feed;
use super::messages::Message;
use crate::fault::Fault;

/// Orders under way at once.
const UNDER_WAY_MAX: usize = 32;
/// Due orders read at once: those under way are still due and are read past.
const DUE_MAX: u32 = 64;
/// Pause before due orders are looked for again.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Sends for as long as the future is polled.
pub(super) async fn send(feed: Arc<Feed>) -> Result<(), Fault> {
    let mut under_way: BTreeSet<String> = BTreeSet::new();
    let mut runners = JoinSet::new();
    loop {
        if under_way.len() < UNDER_WAY_MAX {
            let due = feed.messages().due(DUE_MAX)?;
            for message in due {
                if under_way.len() < UNDER_WAY_MAX && under_way.insert(message.reference.clone()) {
                    runners.spawn(run(Arc::clone(&feed), message));
                }
            }
        }
        tokio::select! {
            Some(ended) = runners.join_next() => match ended {
                Ok((reference, Ok(()))) => { under_way.remove(&reference); }
                Ok((_, Err(error))) => return Err(Fault::Database(error)),
                Err(error) => tracing::error!(%error, "a runner ended badly"),
            },
            () = tokio::time::sleep(LOOK_PAUSE) => {}
        }
    }
}

/// One attempt at one order.
async fn run(feed: Arc<Feed>, message: Message) -> (String, rusqlite::Result<()>) {
    let _sending = feed.sending.read().await;
    // A repair may have found out meanwhile that the ERP has it.
    match feed.messages().is_waiting(&message.reference) {
        Ok(true) => {}
        Ok(false) => return (message.reference, Ok(())),
        Err(error) => return (message.reference, Err(error)),
    }
    let by = match feed.sides.of(&message.reference).await {
        Ok(by) => by,
        Err(untold) => {
            tracing::debug!(error = %untold, "an order waits");
            let waits = feed.messages().wait(&message.reference);
            return (message.reference, waits);
        }
    };
    let noted = match feed.exporters.send(&message, by).await {
        Ok(()) => feed.messages().sent(&message.reference, by),
        Err(unsent) => feed.messages().failed(&message, by, &unsent.to_string()),
    };
    (message.reference, noted)
}

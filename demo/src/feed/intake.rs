//! Reads paid orders from the shops' outboxes, each behind the last position that was taken.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::Feed;
use super::messages::Taken;
use crate::fault::Fault;

/// Pause between two readings.
const READ_PAUSE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct Outbox {
    orders: Vec<Taken>,
}

/// Takes orders in for as long as the future is polled. A shop that does not answer is read the next time.
pub(super) async fn take(feed: Arc<Feed>) -> Result<(), Fault> {
    loop {
        for (shop, url) in (0_u32..).zip(&feed.shops) {
            let position = feed.messages().position(shop)?;
            match read(&feed.client, &format!("{url}/export/orders/{position}")).await {
                Ok(outbox) => feed.messages().take(shop, &outbox.orders)?,
                Err(error) => tracing::debug!(%error, "a shop's outbox cannot be read"),
            }
        }
        tokio::time::sleep(READ_PAUSE).await;
    }
}

async fn read(client: &reqwest::Client, url: &str) -> reqwest::Result<Outbox> {
    client.get(url).send().await?.error_for_status()?.json().await
}

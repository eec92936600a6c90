//! Visitors at a fixed rate: arrivals do not wait for answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Client;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Visitors that look at pages.
const VISITORS: u64 = 2_000;
/// One arrival of this many begins a cart, which one visitor turns into an order a while later.
const CARTS_ONE_OF: u64 = 50;
/// From cart to order.
const CART_OPEN: Duration = Duration::from_millis(1_500);

/// What was sent and what came back.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Requests sent.
    pub(crate) sent: AtomicU64,
    /// Answers of any status.
    pub(crate) answered: AtomicU64,
    /// Requests without an answer.
    pub(crate) broken: AtomicU64,
}

/// The cookie of a visitor: an id that is spread over all buckets.
fn cookie(visitor: u64) -> String {
    let mixed = visitor.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("tg_visitor={mixed:016x}{:016x}", mixed.rotate_left(31))
}

/// Sends until it is dropped.
pub(crate) async fn send(gateway: SocketAddr, rate: u32, counts: Arc<Counts>) {
    let client = Client::builder()
        .pool_max_idle_per_host(512)
        .timeout(Duration::from_secs(5))
        .build()
        .expect("a client without TLS needs nothing");
    let mut arrivals = interval(Duration::from_secs(1) / rate);
    arrivals.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for arrival in 0_u64.. {
        arrivals.tick().await;
        let (client, counts) = (client.clone(), counts.clone());
        if arrival % CARTS_ONE_OF == 0 {
            tokio::spawn(async move {
                // Never one of those that look at pages: their last page is what is measured.
                let cookie = cookie(VISITORS + arrival);
                one(client.post(format!("http://{gateway}/cart")), &cookie, &counts).await;
                sleep(CART_OPEN).await;
                one(client.post(format!("http://{gateway}/order")), &cookie, &counts).await;
            });
        } else {
            tokio::spawn(async move {
                let cookie = cookie(arrival % VISITORS);
                one(client.get(format!("http://{gateway}/page")), &cookie, &counts).await;
            });
        }
    }
}

async fn one(request: reqwest::RequestBuilder, cookie: &str, counts: &Counts) {
    counts.sent.fetch_add(1, Ordering::Relaxed);
    let answer = match request.header("cookie", cookie).send().await {
        Ok(response) => response.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => counts.answered.fetch_add(1, Ordering::Relaxed),
        Err(_) => counts.broken.fetch_add(1, Ordering::Relaxed),
    };
}

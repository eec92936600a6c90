//! An upstream on loopback that can be told to fail, and that knows when it was last asked for what.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};

/// What an upstream has seen. Instants are milliseconds since the Unix epoch, as in the journal.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Pages answer with 500.
    pub(crate) is_failing: AtomicBool,
    /// Pages asked for.
    pub(crate) pages: AtomicU64,
    /// When a page was last asked for.
    pub(crate) last_page_ms: AtomicI64,
    /// When a cart or an order was last asked for.
    pub(crate) last_cart_ms: AtomicI64,
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Starts one; it ends with the runtime.
pub(crate) async fn start() -> anyhow::Result<(SocketAddr, Arc<Seen>)> {
    let seen = Arc::new(Seen::default());
    let routes = Router::new()
        .route("/page", get(page))
        .route("/cart", post(cart))
        .route("/order", post(cart))
        .with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("cannot listen")?;
    let address = listener.local_addr().context("the listener has no address")?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok((address, seen))
}

async fn page(State(seen): State<Arc<Seen>>) -> (StatusCode, &'static str) {
    seen.pages.fetch_add(1, Ordering::Relaxed);
    seen.last_page_ms.fetch_max(now_ms(), Ordering::Relaxed);
    if seen.is_failing.load(Ordering::Relaxed) {
        (StatusCode::INTERNAL_SERVER_ERROR, "failed")
    } else {
        (StatusCode::OK, "a page")
    }
}

async fn cart(State(seen): State<Arc<Seen>>) -> &'static str {
    seen.last_cart_ms.fetch_max(now_ms(), Ordering::Relaxed);
    "taken"
}

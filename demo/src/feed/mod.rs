//! The feed of paid orders to the ERP, in an old and a new exporter. For each order it asks from outside which of them runs it,
//! before each attempt; it never guesses, and an order whose side nobody tells waits.

mod exporter;
mod intake;
mod messages;
mod repair;
mod sending;
mod side;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post};

use crate::fault::Fault;
use crate::flags::Flags;
use crate::lifetime;
use exporter::Exporters;
use messages::Messages;
use side::Sides;

const VALUED: &[&str] = &[
    "port",
    "db",
    "shop",
    "erp",
    "erp-key",
    "sides",
    "sides-key",
    "unit",
    "admin-key",
];
/// How long the shops and Tidegate may take to answer; a sending has its own time.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that the parts of the feed share.
struct Feed {
    messages: Mutex<Messages>,
    shops: Vec<String>,
    sides: Sides,
    exporters: Exporters,
    client: reqwest::Client,
    admin_key: String,
    /// Held for reading while an order is sent, for writing while the exporter is repaired: nothing is under way then.
    sending: tokio::sync::RwLock<()>,
}

/// Takes orders in and sends them on until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(args, VALUED, &["resend-fault"])?;
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .build()
        .map_err(Fault::Client)?;
    let feed = Arc::new(Feed {
        messages: Mutex::new(Messages::open(Path::new(flags.required("db")?))?),
        shops: flags.all("shop").to_vec(),
        sides: Sides::new(&flags, client.clone())?,
        exporters: Exporters::new(&flags, client.clone())?,
        client,
        admin_key: flags.required("admin-key")?.to_owned(),
        sending: tokio::sync::RwLock::new(()),
    });
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/totals", get(totals))
        .route("/admin/repair-exporter", post(repair_exporter))
        .with_state(Arc::clone(&feed));
    let listener = lifetime::listen(flags.number("port", 0)?).await?;
    lifetime::announce(&listener)?;
    tokio::select! {
        served = lifetime::serve(listener, router) => served,
        taken = intake::take(Arc::clone(&feed)) => taken,
        sent = sending::send(feed) => sent,
    }
}

impl Feed {
    fn messages(&self) -> std::sync::MutexGuard<'_, Messages> {
        self.messages
            .lock()
            .expect("no thread panics while it holds the messages")
    }
}

async fn totals(State(feed): State<Arc<Feed>>) -> Response {
    match feed.messages().totals() {
        Ok(totals) => Json(totals).into_response(),
        Err(error) => repair::broken(&error),
    }
}

async fn repair_exporter(State(feed): State<Arc<Feed>>, headers: HeaderMap) -> Response {
    repair::repair(&feed, &headers).await
}

//! A payment provider: takes payments at once, captures them a little later, and tells the shop by signed webhook until
//! the shop has understood.

mod delivery;
mod ledger;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fault::Fault;
use crate::flags::Flags;
use crate::lifetime;
use crate::webhook::Secret;
use delivery::Due;
use ledger::{Accepted, Ledger};

/// Mean time to capture when `--delay-ms` is not given.
const DELAY_MS_DEFAULT: u64 = 120;
/// Payments that may wait for their delivery task; beyond it the provider answers 503.
const QUEUE_MAX: usize = 10_000;
/// Largest amount of one payment, in cents.
const AMOUNT_CENTS_MAX: i64 = 100_000_000;

struct Provider {
    ledger: Arc<Mutex<Ledger>>,
    due: mpsc::Sender<Due>,
    callback: Option<String>,
    delay_ms: u64,
    chance: Mutex<ChaCha8Rng>,
}

#[derive(Deserialize)]
struct Order {
    reference: String,
    amount_cents: i64,
    method: String,
    callback: Option<String>,
}

/// Opens the ledger, goes on with what an earlier start left undelivered, and serves until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(args, &["port", "secret", "callback", "ledger", "delay-ms", "seed"], &[])?;
    let secret = Secret::read("secret", flags.required("secret")?)?;
    let ledger = Ledger::open(Path::new(flags.required("ledger")?))?;
    let left = ledger.undelivered()?;
    let ledger = Arc::new(Mutex::new(ledger));
    let (due, queue) = mpsc::channel(QUEUE_MAX);
    let provider = Provider {
        ledger: Arc::clone(&ledger),
        due,
        callback: flags.text("callback").map(str::to_owned),
        delay_ms: flags.number("delay-ms", DELAY_MS_DEFAULT)?,
        chance: Mutex::new(ChaCha8Rng::seed_from_u64(flags.number("seed", 1)?)),
    };
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/payments", post(pay))
        .route("/ledger", get(whole_ledger))
        .route("/ledger/totals", get(totals))
        .with_state(Arc::new(provider));
    let listener = lifetime::listen(flags.number("port", 0)?).await?;
    lifetime::announce(&listener)?;
    tokio::select! {
        served = lifetime::serve(listener, router) => served,
        delivered = delivery::deliver(ledger, secret, left, queue) => delivered,
    }
}

async fn pay(State(provider): State<Arc<Provider>>, Json(order): Json<Order>) -> Response {
    let Some(callback) = order.callback.or_else(|| provider.callback.clone()) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "no callback address").into_response();
    };
    if order.amount_cents <= 0 || order.amount_cents > AMOUNT_CENTS_MAX || order.reference.is_empty() {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected a reference and an amount of 1 to 100000000 cents",
        )
            .into_response();
    }
    // A place in the queue first: a payment that is accepted is also delivered.
    let Ok(place) = provider.due.try_reserve() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many payments wait").into_response();
    };
    let accepted = lock(&provider.ledger).accept(&order.reference, order.amount_cents, &order.method, &callback);
    match accepted {
        Ok(Accepted::New(payment)) => {
            place.send(Due {
                delay: provider.draw_delay(),
                payment: payment.clone(),
            });
            (StatusCode::CREATED, Json(json!({ "payment": payment }))).into_response()
        }
        Ok(Accepted::Again(payment)) => Json(json!({ "payment": payment })).into_response(),
        Ok(Accepted::OtherAmount) => (StatusCode::CONFLICT, "this reference has another amount").into_response(),
        Err(error) => broken(&error),
    }
}

async fn whole_ledger(State(provider): State<Arc<Provider>>) -> Response {
    let ledger = lock(&provider.ledger);
    match ledger.totals().and_then(|totals| Ok((totals, ledger.rows()?))) {
        Ok((totals, rows)) => Json(json!({ "totals": totals, "rows": rows })).into_response(),
        Err(error) => broken(&error),
    }
}

async fn totals(State(provider): State<Arc<Provider>>) -> Response {
    match lock(&provider.ledger).totals() {
        Ok(totals) => Json::<Value>(json!(totals)).into_response(),
        Err(error) => broken(&error),
    }
}

impl Provider {
    /// Half to one and a half times the mean.
    fn draw_delay(&self) -> Duration {
        let low = self.delay_ms / 2;
        let drawn = lock_chance(&self.chance).random_range(low..=self.delay_ms + low);
        Duration::from_millis(drawn)
    }
}

fn lock(ledger: &Mutex<Ledger>) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().expect("no thread panics while it holds the ledger")
}

fn lock_chance(chance: &Mutex<ChaCha8Rng>) -> std::sync::MutexGuard<'_, ChaCha8Rng> {
    chance.lock().expect("drawing a number does not panic")
}

fn broken(error: &rusqlite::Error) -> Response {
    tracing::error!(%error, "the ledger failed");
    (StatusCode::INTERNAL_SERVER_ERROR, "the ledger failed").into_response()
}

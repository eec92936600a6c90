//! The ERP: books each order that it is sent once under one idempotency key. It fails for a moment now and then, and is
//! sometimes so slow that whoever sent an order no longer waits for the answer.

mod books;

use std::path::Path as File;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::json;

use crate::fault::Fault;
use crate::flags::Flags;
use crate::lifetime;
use books::{Booked, Books};

/// Header under which an order is booked once, however often it is sent.
pub(crate) const ONCE_HEADER: &str = "idempotency-key";
/// Header with the key of `/admin/`.
pub(crate) const ADMIN_HEADER: &str = "x-admin-key";
/// How long a slow answer takes when `--slow-ms` is not given.
const SLOW_MS_DEFAULT: u64 = 1_200;
/// Largest order, in cents.
const AMOUNT_CENTS_MAX: i64 = 100_000_000;

struct Erp {
    books: Mutex<Books>,
    chance: Mutex<ChaCha8Rng>,
    /// Shares of orders that are refused before they are booked, and answered late after it, in basis points.
    failing_bp: u32,
    slow_bp: u32,
    slow: Duration,
    admin_key: String,
}

#[derive(Deserialize)]
struct Order {
    reference: String,
    amount_cents: i64,
    exporter: String,
}

/// What becomes of an order besides its booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Failing,
    Slow,
    Fine,
}

/// Opens the books and serves until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(
        args,
        &["port", "db", "seed", "failing", "slow", "slow-ms", "admin-key"],
        &[],
    )?;
    let erp = Erp {
        books: Mutex::new(Books::open(File::new(flags.required("db")?))?),
        chance: Mutex::new(ChaCha8Rng::seed_from_u64(flags.number("seed", 1)?)),
        failing_bp: flags.share_bp("failing")?.unwrap_or(0),
        slow_bp: flags.share_bp("slow")?.unwrap_or(0),
        slow: Duration::from_millis(flags.number("slow-ms", SLOW_MS_DEFAULT)?),
        admin_key: flags.required("admin-key")?.to_owned(),
    };
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/orders", post(take))
        .route("/orders/{reference}", get(look))
        .route("/totals", get(totals))
        .route("/admin/reverse-repeats", post(reverse))
        .with_state(Arc::new(erp));
    let listener = lifetime::listen(flags.number("port", 0)?).await?;
    lifetime::announce(&listener)?;
    lifetime::serve(listener, router).await
}

impl Erp {
    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        self.books.lock().expect("no thread panics while it holds the books")
    }

    fn draw(&self) -> Mood {
        let drawn = self
            .chance
            .lock()
            .expect("drawing a number does not panic")
            .random_range(0..10_000_u32);
        if drawn < self.failing_bp {
            Mood::Failing
        } else if drawn < self.failing_bp + self.slow_bp {
            Mood::Slow
        } else {
            Mood::Fine
        }
    }
}

async fn take(State(erp): State<Arc<Erp>>, headers: HeaderMap, Json(order): Json<Order>) -> Response {
    let Some(key) = text(&headers, ONCE_HEADER) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "expected an idempotency key").into_response();
    };
    if order.amount_cents <= 0 || order.amount_cents > AMOUNT_CENTS_MAX || order.reference.is_empty() {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            "expected a reference and an amount in cents",
        )
            .into_response();
    }
    let mood = erp.draw();
    if mood == Mood::Failing {
        return (StatusCode::SERVICE_UNAVAILABLE, "locked for a moment").into_response();
    }
    let booked = erp
        .books()
        .book(key, &order.reference, order.amount_cents, &order.exporter);
    if mood == Mood::Slow {
        tokio::time::sleep(erp.slow).await;
    }
    match booked {
        Ok(Booked::New(number)) => (StatusCode::CREATED, Json(json!({ "booking": number }))).into_response(),
        Ok(Booked::Again(number)) => Json(json!({ "booking": number })).into_response(),
        Ok(Booked::OtherOrder) => (StatusCode::CONFLICT, "this key belongs to another order").into_response(),
        Err(error) => broken(&error),
    }
}

async fn look(State(erp): State<Arc<Erp>>, Path(reference): Path<String>) -> Response {
    match erp.books().bookings_of(&reference) {
        Ok(bookings) => Json(json!({ "reference": reference, "bookings": bookings })).into_response(),
        Err(error) => broken(&error),
    }
}

async fn totals(State(erp): State<Arc<Erp>>) -> Response {
    match erp.books().totals() {
        Ok(totals) => Json(totals).into_response(),
        Err(error) => broken(&error),
    }
}

async fn reverse(State(erp): State<Arc<Erp>>, headers: HeaderMap) -> Response {
    if text(&headers, ADMIN_HEADER) != Some(erp.admin_key.as_str()) {
        return (StatusCode::UNAUTHORIZED, "not the key").into_response();
    }
    match erp.books().reverse_repeats() {
        Ok(reversed) => Json(json!({ "reversed": reversed })).into_response(),
        Err(error) => broken(&error),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|text| !text.is_empty())
}

fn broken(error: &rusqlite::Error) -> Response {
    tracing::error!(%error, "the books failed");
    (StatusCode::INTERNAL_SERVER_ERROR, "the books failed").into_response()
}

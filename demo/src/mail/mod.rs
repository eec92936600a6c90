//! A mail sink: takes every message over SMTP, keeps it in memory and shows it over HTTP; it delivers nothing.

mod mailbox;
mod message;
mod smtp;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::{Json, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use crate::fault::Fault;
use crate::flags::Flags;
use crate::lifetime;
use mailbox::Mailbox;

type Shared = Arc<Mutex<Mailbox>>;

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    /// Only messages with a number above this one.
    after: Option<u64>,
}

/// Listens on both ports until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(args, &["smtp-port", "http-port", "port", "seed"], &[])?;
    let mailbox: Shared = Arc::new(Mutex::new(Mailbox::default()));
    let smtp = lifetime::listen(flags.number("smtp-port", 0)?).await?;
    let http = lifetime::listen(flags.number("http-port", flags.number("port", 0)?)?).await?;
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/messages", get(list))
        .route("/messages/{number}", get(one))
        .with_state(Arc::clone(&mailbox));
    lifetime::say(&json!({
        "ready": true,
        "addr": http.local_addr().map_err(Fault::Announce)?.to_string(),
        "smtp": smtp.local_addr().map_err(Fault::Announce)?.to_string(),
    }))?;
    tokio::select! {
        served = lifetime::serve(http, router) => served,
        served = smtp::receive(smtp, mailbox) => served,
    }
}

async fn list(State(mailbox): State<Shared>, Query(wanted): Query<Wanted>) -> Response {
    let mailbox = lock(&mailbox);
    let found: Vec<_> = mailbox.list(wanted.to.as_deref(), wanted.after.unwrap_or(0)).collect();
    Json(json!({ "received": mailbox.received(), "messages": found })).into_response()
}

async fn one(State(mailbox): State<Shared>, Path(number): Path<u64>) -> Response {
    match lock(&mailbox).get(number) {
        Some(message) => Json(json!(message)).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "no such message" }))).into_response(),
    }
}

fn lock(mailbox: &Mutex<Mailbox>) -> MutexGuard<'_, Mailbox> {
    mailbox.lock().expect("no thread panics while it holds the mailbox")
}

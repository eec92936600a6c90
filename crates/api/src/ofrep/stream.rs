//! Announces changes of switches to clients that keep a copy. It carries no value, only that there is a new one.
//!
//! Browsers cannot send a key with an event stream, so its address carries a signed day instead.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde::Serialize;
use serde_json::json;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use crate::app::{App, Shared};
use crate::body::parameter;
use crate::clock;
use crate::door::switch_reader;
use crate::ofrep::failure::Failure;
use crate::ofrep::question::SwitchReader;
use crate::openapi::{Answers, Asks, Operation, Types};
use crate::problem::Problem;
use crate::secret;

/// A silent stream says something this often; below the inactivity that clients are told.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refetch<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    etag: &'a str,
}

/// The path that the bulk answer names; it changes once a day and works until the end of the day after.
pub(crate) fn path(app: &App) -> String {
    let day = clock::now().0.div_euclid(DAY);
    format!("/ofrep/v1/stream?day={day}&key={}", signature(app, day))
}

fn signature(app: &App, day: i64) -> String {
    app.config.links.nonce(&format!("switches on day {day}"))
}

fn is_signed(app: &App, query: Option<&str>) -> bool {
    let today = clock::now().0.div_euclid(DAY);
    let day = parameter(query, "day").and_then(|day| day.parse::<i64>().ok());
    let key = parameter(query, "key");
    match (day, key) {
        (Some(day), Some(key)) => (today - 1..=today).contains(&day) && secret::same(&key, &signature(app, day)),
        _ => false,
    }
}

/// Whether the address or the key lets a client follow, now.
fn may_follow(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<(), Problem> {
    if is_signed(app, query) {
        return Ok(());
    }
    switch_reader(app, headers)
}

/// Whoever may follow, and what let them in.
pub(crate) struct Follower {
    headers: HeaderMap,
    query: Option<String>,
}

impl FromRequestParts<Shared> for Follower {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Failure> {
        let query = parts.uri.query();
        may_follow(app, &parts.headers, query).map_err(|problem| Failure::denied(None, &problem))?;
        Ok(Self {
            headers: parts.headers.clone(),
            query: query.map(str::to_owned),
        })
    }
}

impl Asks for Follower {
    fn ask(operation: &mut Operation, types: &mut Types) {
        SwitchReader::ask(operation, types);
        operation.door(&[]);
        let (day, key) = (json!({ "type": "integer" }), json!({ "type": "string" }));
        operation.parameter("query", "day", false, "The day of a signed address.", day);
        operation.parameter("query", "key", false, "Its signature.", key);
    }
}

impl<S> Answers for Result<Sse<S>, Failure> {
    fn answer(operation: &mut Operation, types: &mut Types) {
        Sse::<S>::answer(operation, types);
    }
}

pub(crate) async fn follow(
    State(app): State<Shared>,
    Follower { headers, query }: Follower,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let mut announced = String::new();
    let beats = WatchStream::new(app.pulse.clone()).take_while({
        let app = app.clone();
        move |_| may_follow(&app, &headers, query.as_deref()).is_ok()
    });
    let changes = beats.filter_map(move |_| {
        let now = app.switches_tagged();
        if now.tag == announced {
            return None;
        }
        announced = now.tag;
        let refetch = Refetch {
            kind: "refetchEvaluation",
            etag: &announced,
        };
        let data = serde_json::to_string(&refetch).expect("texts become JSON");
        Some(Ok::<_, Infallible>(
            Event::default().event("message").id(now.seq.to_string()).data(data),
        ))
    });
    Ok(Sse::new(changes).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

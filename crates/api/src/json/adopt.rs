//! Another version of the estate: compiled and kept first, then asked of the engine like everything else.

use axum::extract::State;
use axum::http::HeaderMap;
use tidegate_engine::command::Request;

use super::ask::{Said200, ask};
use crate::app::Shared;
use crate::body::JsonBody;
use crate::config::{Sources, Unfit};
use crate::door::Person;
use crate::problem::{Code, Problem};

/// Plan files together, in bytes of JSON: room for estates of ten thousand entities.
const SOURCES_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(crate) async fn adopt(
    State(app): State<Shared>,
    person: Person,
    headers: HeaderMap,
    JsonBody(sources): JsonBody<Sources, SOURCES_BYTES_MAX>,
) -> Said200 {
    let candidates = app.config.candidates.clone();
    let compiled = tokio::task::spawn_blocking(move || candidates(sources)).await;
    let candidate = match compiled {
        Ok(Ok(estate)) => estate,
        Ok(Err(Unfit::Wrong(diagnostics))) => return Err(Problem::new(Code::PlanWrong, diagnostics)),
        Ok(Err(Unfit::NotKept(reason))) => return Err(Problem::new(Code::StoreFaulted, reason).retry_after(1)),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    ask(&app, &person.caller, &headers, Request::Adopt { candidate }).await
}

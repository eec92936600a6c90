//! Evaluation of one switch and of all of them.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tidegate_engine::view;

use crate::app::{App, Shared};
use crate::body::{BODY_BYTES_MAX, parameter, read};
use crate::door::switch_reader;
use crate::ofrep::flag::{Bulk, EventStream, Flag, Tagged, is_tag};
use crate::ofrep::stream;
use crate::problem::Problem;

/// A client that heard nothing for so long fetches again by itself.
const INACTIVITY_SECONDS: u32 = 120;

#[derive(Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ErrorCode {
    ParseError,
    InvalidContext,
    FlagNotFound,
    General,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    error_code: ErrorCode,
    error_details: String,
}

/// The body of an evaluation; other fields are the standard's to add.
#[derive(Debug, Deserialize)]
struct Evaluation {
    #[serde(default)]
    context: Option<serde_json::Value>,
}

impl App {
    fn flags(&self) -> Vec<Flag> {
        let snapshot = self.handle.view();
        view::switches(&snapshot.estate, &snapshot.state)
            .into_iter()
            .map(Flag::of)
            .collect()
    }

    /// All switches with their entity tag.
    pub(crate) fn switches_tagged(&self) -> Tagged {
        let events = EventStream {
            kind: "sse",
            url: format!("{}{}", self.config.public_url.trim_end_matches('/'), stream::path(self)),
            inactivity_delay_sec: INACTIVITY_SECONDS,
        };
        Bulk::new(self.flags(), vec![events]).tagged()
    }
}

pub(crate) async fn one(State(app): State<Shared>, Path(key): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = switch_reader(&app, &parts.headers) {
        return denied(Some(key), &problem);
    }
    if let Err((status, failure)) = check_context(Some(&key), body).await {
        return (status, Json(failure)).into_response();
    }
    match app.flags().into_iter().find(|flag| flag.key.as_str() == key) {
        Some(flag) => fresh(Json(flag).into_response()),
        None => {
            let error_details = format!("no switch named `{key}` is declared");
            let failure = Failure {
                key: Some(key),
                error_code: ErrorCode::FlagNotFound,
                error_details,
            };
            (StatusCode::NOT_FOUND, Json(failure)).into_response()
        }
    }
}

pub(crate) async fn all(State(app): State<Shared>, RawQuery(query): RawQuery, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = switch_reader(&app, &parts.headers) {
        return denied(None, &problem);
    }
    if let Err((status, failure)) = check_context(None, body).await {
        return (status, Json(failure)).into_response();
    }
    let Tagged { body, tag, .. } = app.switches_tagged();
    let unchanged = if is_unchanged(&parts.headers, query.as_deref(), &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    let mut response = fresh(unchanged);
    let tag = HeaderValue::from_str(&tag).expect("a tag is hexadecimal in quotes");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// The tag that an event announced may turn a 304 into a 200, never the reverse.
fn is_unchanged(headers: &HeaderMap, query: Option<&str>, tag: &str) -> bool {
    let matches = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|given| is_tag(given, tag));
    let announced = parameter(query, "flagConfigEtag");
    matches && announced.is_none_or(|announced| is_tag(&announced, tag))
}

async fn check_context(key: Option<&str>, body: Body) -> Result<(), (StatusCode, Failure)> {
    let failure = |error_code, error_details: String| Failure {
        key: key.map(str::to_owned),
        error_code,
        error_details,
    };
    let bytes = read(body, BODY_BYTES_MAX).await.map_err(|problem| {
        (
            problem.status_code(),
            failure(ErrorCode::General, problem.detail.clone()),
        )
    })?;
    let evaluation: Evaluation = serde_json::from_slice(&bytes).map_err(|error| {
        (
            StatusCode::BAD_REQUEST,
            failure(
                ErrorCode::ParseError,
                format!("expected `{{\"context\": {{...}}}}`: {error}"),
            ),
        )
    })?;
    match evaluation.context {
        None | Some(serde_json::Value::Object(_) | serde_json::Value::Null) => Ok(()),
        Some(_) => Err((
            StatusCode::BAD_REQUEST,
            failure(ErrorCode::InvalidContext, "expected `context` to be an object".into()),
        )),
    }
}

/// A problem in OFREP's shape; the status is the door's, except that a switch read is never told to come back later.
fn denied(key: Option<String>, problem: &Problem) -> Response {
    let failure = Failure {
        key,
        error_code: ErrorCode::General,
        error_details: problem.detail.clone(),
    };
    let mut response = (problem.status_code(), Json(failure)).into_response();
    if problem.status_code() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"tidegate\""),
        );
    }
    response
}

/// An answer that nothing between may keep.
fn fresh(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

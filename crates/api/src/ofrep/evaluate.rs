//! Evaluation of one switch and of all of them, and of the side of a key: the targeting key of the context.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tidegate_engine::view::{self, SplitView};

use crate::app::{App, Shared};
use crate::body::{BODY_BYTES_MAX, parameter, read};
use crate::door::switch_reader;
use crate::ofrep::flag::{Bulk, EventStream, Flag, Tagged, asks_side, is_tag};
use crate::ofrep::stream;
use crate::problem::Problem;

/// A client that heard nothing for so long fetches again by itself.
const INACTIVITY_SECONDS: u32 = 120;

#[derive(Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ErrorCode {
    ParseError,
    InvalidContext,
    TargetingKeyMissing,
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

    fn splits(&self) -> Vec<SplitView> {
        let snapshot = self.handle.view();
        view::splits(&snapshot.estate, &snapshot.state)
    }

    /// All switches with their entity tag, which changes with every exposure too.
    pub(crate) fn switches_tagged(&self) -> Tagged {
        self.all_tagged(None)
    }

    /// All switches and, for a key, its side in every unit.
    fn all_tagged(&self, key: Option<&str>) -> Tagged {
        let events = EventStream {
            kind: "sse",
            url: format!("{}{}", self.config.public_url.trim_end_matches('/'), stream::path(self)),
            inactivity_delay_sec: INACTIVITY_SECONDS,
        };
        let splits = self.splits();
        let mut flags = self.flags();
        flags.extend(
            key.iter()
                .flat_map(|key| splits.iter().map(|split| Flag::side(split, key))),
        );
        let exposed_seq = splits.iter().map(|split| split.seq).max().unwrap_or(0);
        Bulk::new(flags, exposed_seq, vec![events]).tagged()
    }
}

pub(crate) async fn one(State(app): State<Shared>, Path(key): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = switch_reader(&app, &parts.headers) {
        return denied(Some(key), &problem);
    }
    let targeting_key = match targeting_key(Some(&key), body).await {
        Ok(targeting_key) => targeting_key,
        Err((status, failure)) => return (status, Json(failure)).into_response(),
    };
    let found = match asks_side(&key) {
        Some(unit) => side(&app, unit, targeting_key.as_deref()),
        None => {
            let flag = app.flags().into_iter().find(|flag| flag.key == key);
            flag.ok_or_else(|| (ErrorCode::FlagNotFound, format!("no switch named `{key}` is declared")))
        }
    };
    match found {
        Ok(flag) => fresh(Json(flag).into_response()),
        Err((error_code, error_details)) => {
            let status = match error_code {
                ErrorCode::FlagNotFound => StatusCode::NOT_FOUND,
                ErrorCode::ParseError
                | ErrorCode::InvalidContext
                | ErrorCode::TargetingKeyMissing
                | ErrorCode::General => StatusCode::BAD_REQUEST,
            };
            let failure = Failure {
                key: Some(key),
                error_code,
                error_details,
            };
            (status, Json(failure)).into_response()
        }
    }
}

/// The side of a key in a unit. Without a key there is none: a default would be two runners for one record.
fn side(app: &App, unit: &str, key: Option<&str>) -> Result<Flag, (ErrorCode, String)> {
    let splits = app.splits();
    let Some(split) = splits.iter().find(|split| split.unit.as_str() == unit) else {
        return Err((ErrorCode::FlagNotFound, format!("no edge has a unit named `{unit}`")));
    };
    let key = key.ok_or_else(|| {
        let details = "expected `targetingKey`: the side of a unit depends on whose it is";
        (ErrorCode::TargetingKeyMissing, details.to_owned())
    })?;
    Ok(Flag::side(split, key))
}

pub(crate) async fn all(State(app): State<Shared>, RawQuery(query): RawQuery, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err(problem) = switch_reader(&app, &parts.headers) {
        return denied(None, &problem);
    }
    let targeting_key = match targeting_key(None, body).await {
        Ok(targeting_key) => targeting_key,
        Err((status, failure)) => return (status, Json(failure)).into_response(),
    };
    let announced = app.switches_tagged().tag;
    let Tagged { body, tag, .. } = app.all_tagged(targeting_key.as_deref());
    let unchanged = if is_unchanged(&parts.headers, query.as_deref(), &tag, &announced) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    let mut response = fresh(unchanged);
    let tag = HeaderValue::from_str(&tag).expect("a tag is hexadecimal in quotes");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// The tag that an event announced may turn a 304 into a 200, never the reverse; `newest` is what an event would announce now.
fn is_unchanged(headers: &HeaderMap, query: Option<&str>, tag: &str, newest: &str) -> bool {
    let matches = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|given| is_tag(given, tag));
    let announced = parameter(query, "flagConfigEtag");
    matches && announced.is_none_or(|announced| is_tag(&announced, tag) || is_tag(&announced, newest))
}

/// The context's targeting key. An empty text is none: it would be everybody's.
async fn targeting_key(key: Option<&str>, body: Body) -> Result<Option<String>, (StatusCode, Failure)> {
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
    let invalid = |details: &str| {
        (
            StatusCode::BAD_REQUEST,
            failure(ErrorCode::InvalidContext, details.into()),
        )
    };
    let context = match evaluation.context {
        None | Some(serde_json::Value::Null) => return Ok(None),
        Some(serde_json::Value::Object(context)) => context,
        Some(_) => return Err(invalid("expected `context` to be an object")),
    };
    match context.get("targetingKey") {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(given)) => Ok((!given.is_empty()).then(|| given.clone())),
        Some(_) => Err(invalid("expected `targetingKey` to be a text")),
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

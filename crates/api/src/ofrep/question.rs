//! What a client of OFREP asks: with which key, about which switch or side, for whom, and what it knows already.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{ErrorCode, Failure};
use super::flag::is_tag;
use crate::app::Shared;
use crate::body::{BODY_BYTES_MAX, object, parameter, read};
use crate::door::switch_reader;
use crate::openapi::{Asks, Operation, Types};

/// Whoever may read switches.
pub(crate) struct SwitchReader;

impl FromRequestParts<Shared> for SwitchReader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Failure> {
        let asked = named(parts).await;
        switch_reader(app, &parts.headers).map_err(|problem| Failure::denied(asked.as_deref(), &problem))?;
        Ok(Self)
    }
}

impl Asks for SwitchReader {
    fn ask(operation: &mut Operation, types: &mut Types) {
        for scheme in ["token", "switchesKey", "switchesKeyHeader"] {
            operation.door(&[scheme]);
        }
        for (status, says) in [
            (StatusCode::UNAUTHORIZED, "A key is needed."),
            (StatusCode::FORBIDDEN, "This key is for something else."),
            (StatusCode::SERVICE_UNAVAILABLE, "Nobody can be let in."),
        ] {
            operation.answers_json::<Failure>(status, says, types);
        }
        let often = StatusCode::TOO_MANY_REQUESTS;
        operation.answers_json::<Failure>(often, "Switches are read too often.", types);
        operation.with_header(often, "Retry-After", "Seconds until it is worth asking again.");
    }
}

/// The key of a switch, whether there is one or not.
pub(crate) struct SwitchKey(pub(crate) String);

impl FromRequestParts<Shared> for SwitchKey {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Failure> {
        let unreadable = || {
            let details = "the key of the switch is not UTF-8".to_owned();
            Failure::new(StatusCode::BAD_REQUEST, None, ErrorCode::ParseError, details)
        };
        named(parts).await.map(Self).ok_or_else(unreadable)
    }
}

impl Asks for SwitchKey {
    fn ask(operation: &mut Operation, types: &mut Types) {
        operation.path_parameters("The key of a switch.", &json!({ "type": "string", "minLength": 1 }));
        operation.answers_json::<Failure>(StatusCode::NOT_FOUND, "No such switch is declared.", types);
    }
}

/// The switch that the path names.
async fn named(parts: &mut Parts) -> Option<String> {
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(names) => names.iter().next().map(|(_, name)| name.to_owned()),
        // Without a name it is answered all the same.
        Err(_) => None,
    }
}

/// The body of an evaluation; other fields are the standard's to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Evaluation")]
pub(crate) struct Evaluation {
    /// About whom.
    #[serde(default)]
    #[schemars(with = "Option<Context>")]
    context: Option<Value>,
}

/// About whom. A switch is the same for everybody; the side of a unit is not. Everything else is not read.
#[derive(Debug, JsonSchema)]
struct Context {
    /// Whose side is asked for; an empty text is nobody's.
    #[serde(default)]
    #[schemars(rename = "targetingKey")]
    _targeting_key: Option<String>,
}

/// A body that is an evaluation.
pub(crate) struct Question {
    /// Whose side is asked for. An empty text is none: it would be everybody's.
    pub(super) targeting_key: Option<String>,
}

impl FromRequest<Shared> for Question {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let key = named(&mut parts).await;
        let failed = |status, code, details| Failure::new(status, key.as_deref(), code, details);
        let bytes = read(body, BODY_BYTES_MAX, app.config.slow_after)
            .await
            .map_err(|problem| failed(problem.status_code(), ErrorCode::General, problem.detail.clone()))?;
        let evaluation: Evaluation = object(&bytes).map_err(|error| {
            let details = format!("expected `{{\"context\": {{...}}}}`: {error}");
            failed(StatusCode::BAD_REQUEST, ErrorCode::ParseError, details)
        })?;
        let invalid = |details: &str| failed(StatusCode::BAD_REQUEST, ErrorCode::InvalidContext, details.to_owned());
        let context = match evaluation.context {
            None | Some(Value::Null) => return Ok(Self { targeting_key: None }),
            Some(Value::Object(context)) => context,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                return Err(invalid("expected `context` to be an object"));
            }
        };
        let targeting_key = match context.get("targetingKey") {
            None | Some(Value::Null) => None,
            Some(Value::String(given)) => (!given.is_empty()).then(|| given.clone()),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(invalid("expected `targetingKey` to be a text"));
            }
        };
        Ok(Self { targeting_key })
    }
}

impl Asks for Question {
    fn ask(operation: &mut Operation, types: &mut Types) {
        operation.takes::<Evaluation>(types);
        operation.answers_json::<Failure>(StatusCode::BAD_REQUEST, "This is no evaluation.", types);
        operation.answers_json::<Failure>(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.", types);
        operation.answers_json::<Failure>(StatusCode::REQUEST_TIMEOUT, "The body comes too slowly.", types);
    }
}

/// The entity tags that a client names: of the answer that it has, and of the one that an event announced.
pub(crate) struct Known {
    has: Option<String>,
    announced: Option<String>,
}

impl Known {
    /// Whether it has this answer. The announced tag may turn a 304 into a 200, never the reverse; `newest` is what an event
    /// would announce now.
    pub(super) fn is(&self, tag: &str, newest: &str) -> bool {
        let matches = self.has.as_ref().is_some_and(|given| is_tag(given, tag));
        matches
            && self
                .announced
                .as_ref()
                .is_none_or(|announced| is_tag(announced, tag) || is_tag(announced, newest))
    }
}

impl FromRequestParts<Shared> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        let has = parts
            .headers
            .get(header::IF_NONE_MATCH)
            .and_then(|value| value.to_str().ok());
        Ok(Self {
            has: has.map(str::to_owned),
            announced: parameter(parts.uri.query(), "flagConfigEtag"),
        })
    }
}

impl Asks for Known {
    fn ask(operation: &mut Operation, _: &mut Types) {
        let text = || json!({ "type": "string" });
        operation.parameter(
            "header",
            "If-None-Match",
            false,
            "The `ETag` of the answer that a client has.",
            text(),
        );
        operation.parameter(
            "query",
            "flagConfigEtag",
            false,
            "The tag that an event announced.",
            text(),
        );
        operation.answers(StatusCode::NOT_MODIFIED, "Nothing has changed since.", None);
        operation.with_header(
            StatusCode::NOT_MODIFIED,
            "ETag",
            "The tag of the answer that a client has.",
        );
    }
}

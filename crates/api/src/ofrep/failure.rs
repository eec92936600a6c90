//! Why a switch was not told, in OFREP's shape.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::problem::Problem;

/// The standard's words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "SwitchErrorCode")]
pub(crate) enum ErrorCode {
    /// The body is not what the standard says.
    ParseError,
    /// The context is not an object.
    InvalidContext,
    /// The side of a unit depends on whose it is, and nobody is named.
    TargetingKeyMissing,
    /// No such switch is declared, or no such unit.
    FlagNotFound,
    /// Everything else; the details say what.
    General,
}

/// An answer without a value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SwitchError")]
pub(crate) struct Failure {
    #[serde(skip)]
    status: StatusCode,
    /// The switch that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What is wrong.
    error_code: ErrorCode,
    /// The same in words.
    error_details: String,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, key: Option<&str>, error_code: ErrorCode, error_details: String) -> Self {
        Self {
            status,
            key: key.map(str::to_owned),
            error_code,
            error_details,
            retry_after_seconds: None,
        }
    }

    /// A problem in OFREP's shape; the status is the door's.
    pub(super) fn denied(key: Option<&str>, problem: &Problem) -> Self {
        let details = format!("{}: {}", problem.code, problem.detail);
        Self {
            retry_after_seconds: problem.retry_after_seconds,
            ..Self::new(problem.status_code(), key, ErrorCode::General, details)
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after_seconds);
        let mut response = (status, Json(self)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"tidegate\""),
            );
        }
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

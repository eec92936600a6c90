//! Problem documents: every answer that is not what was asked for says which rule, whose it is, and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;
use tidegate_engine::refusal::{Refusal, Rule};
use tidegate_runtime::Unavailable;

use crate::access::AccessError;

/// Why the faces, not the engine, turned a request away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    NotLoggedIn,
    WrongPurpose,
    FormNotOurs,
    TooManyAttempts,
    WrongMediaType,
    TooLarge,
    NotJson,
    WrongShape,
    UnknownPath,
    WrongMethod,
    UnknownThing,
    Busy,
    StoreFaulted,
    Stopped,
    AccessUnreadable,
    LinkDead,
    PlanWrong,
    Unroutable,
    Stuck,
    KeyReused,
    Changed,
    TooSlow,
    ReadsTooOften,
}

impl Code {
    /// All of them, in the order of their texts.
    pub(crate) const ALL: [Self; 23] = [
        Self::NotLoggedIn,
        Self::WrongPurpose,
        Self::FormNotOurs,
        Self::TooManyAttempts,
        Self::WrongMediaType,
        Self::TooLarge,
        Self::NotJson,
        Self::WrongShape,
        Self::UnknownPath,
        Self::WrongMethod,
        Self::UnknownThing,
        Self::Busy,
        Self::StoreFaulted,
        Self::Stopped,
        Self::AccessUnreadable,
        Self::LinkDead,
        Self::PlanWrong,
        Self::Unroutable,
        Self::Stuck,
        Self::KeyReused,
        Self::Changed,
        Self::TooSlow,
        Self::ReadsTooOften,
    ];

    /// The stable code, `TG81xx`.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NotLoggedIn => "TG8101",
            Self::WrongPurpose => "TG8102",
            Self::FormNotOurs => "TG8103",
            Self::TooManyAttempts => "TG8104",
            Self::WrongMediaType => "TG8105",
            Self::TooLarge => "TG8106",
            Self::NotJson => "TG8107",
            Self::WrongShape => "TG8108",
            Self::UnknownPath => "TG8109",
            Self::WrongMethod => "TG8110",
            Self::UnknownThing => "TG8111",
            Self::Busy => "TG8112",
            Self::StoreFaulted => "TG8113",
            Self::Stopped => "TG8114",
            Self::AccessUnreadable => "TG8115",
            Self::LinkDead => "TG8116",
            Self::PlanWrong => "TG8117",
            Self::Unroutable => "TG8118",
            Self::Stuck => "TG8119",
            Self::KeyReused => "TG8120",
            Self::Changed => "TG8121",
            Self::TooSlow => "TG8122",
            Self::ReadsTooOften => "TG8123",
        }
    }

    /// The status that it comes with.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::WrongPurpose | Self::FormNotOurs | Self::LinkDead => StatusCode::FORBIDDEN,
            Self::TooManyAttempts | Self::ReadsTooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::WrongMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::BAD_REQUEST,
            Self::WrongShape | Self::PlanWrong | Self::Unroutable | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Changed => StatusCode::PRECONDITION_FAILED,
            Self::UnknownPath | Self::UnknownThing => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy | Self::StoreFaulted | Self::Stopped | Self::AccessUnreadable | Self::Stuck => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// What is so, in a few words.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NotLoggedIn => "a login is needed",
            Self::WrongPurpose => "this key is for something else",
            Self::FormNotOurs => "the form did not come from this page",
            Self::TooManyAttempts => "too many wrong attempts",
            Self::WrongMediaType => "the body is not JSON by its type",
            Self::TooLarge => "the body is too large",
            Self::NotJson => "the body is not JSON",
            Self::WrongShape => "the request has the wrong shape",
            Self::UnknownPath => "there is nothing at this path",
            Self::WrongMethod => "this path does not take this method",
            Self::UnknownThing => "no such thing is known",
            Self::Busy => "too many commands wait",
            Self::StoreFaulted => "the journal takes nothing",
            Self::Stopped => "the controller has stopped",
            Self::AccessUnreadable => "nobody can be let in",
            Self::LinkDead => "this link does nothing",
            Self::PlanWrong => "the plan files have errors",
            Self::Unroutable => "no gateway can run this estate",
            Self::Stuck => "the controller does not come round",
            Self::Changed => "what was read is no longer what would happen",
            Self::KeyReused => "this key stands for another request",
            Self::TooSlow => "the other end is too slow",
            Self::ReadsTooOften => "switches are read too often",
        }
    }
}

/// An answer that is not what was asked for; boxed, because it is rare and everything else is small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem(Box<Document>);

impl std::ops::Deref for Problem {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.0
    }
}

/// An RFC 9457 problem document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document {
    /// `urn:tidegate:problem:CODE`.
    #[serde(rename = "type")]
    kind: String,
    /// What is so, in a few words; the same for every problem of one code.
    pub(crate) title: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What was found, and what was expected.
    pub(crate) detail: String,
    /// The stable code, which `tidegate explain` tells more of.
    pub(crate) code: String,
    /// The rule that forbids it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<Rule>,
    /// Whose it is to act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// What would make it allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
    /// Where the refusal stands in the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u64>,
    #[serde(skip)]
    pub(crate) retry_after_seconds: Option<u64>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind: format!("urn:tidegate:problem:{}", code.text()),
            title: code.title().to_owned(),
            status: code.status().as_u16(),
            detail: detail.into(),
            code: code.text().to_owned(),
            rule: None,
            owner: None,
            remedy: None,
            seq: None,
            retry_after_seconds: None,
        }))
    }

    /// A refusal of the engine; journalled under `seq`.
    pub(crate) fn refused(refusal: Refusal, seq: u64) -> Self {
        let code = refusal.rule.code();
        let status = if refusal.rule == Rule::NotAuthorised {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::CONFLICT
        };
        Self(Box::new(Document {
            kind: format!("urn:tidegate:problem:{code}"),
            title: "the rules forbid this now".to_owned(),
            status: status.as_u16(),
            detail: refusal.what,
            code: code.to_owned(),
            rule: Some(refusal.rule),
            owner: refusal.owner.map(|team| team.to_string()),
            remedy: Some(refusal.remedy),
            seq: Some(seq),
            retry_after_seconds: None,
        }))
    }

    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    pub(crate) fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("every problem is made with a valid status")
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        let detail = unavailable.to_string();
        match unavailable {
            Unavailable::Busy { retry_after } => Self::new(Code::Busy, detail).retry_after(retry_after.as_secs()),
            Unavailable::Faulted(_) => Self::new(Code::StoreFaulted, detail).retry_after(1),
            Unavailable::Stopped => Self::new(Code::Stopped, detail).retry_after(1),
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        // The chain names files of the server, which its operator needs and a caller does not.
        tracing::error!(error = &error as &dyn std::error::Error, "nobody can be let in");
        Self::new(
            Code::AccessUnreadable,
            "the access file cannot be used; the server's log says why",
        )
        .retry_after(1)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status_code();
        let retry_after = self.retry_after_seconds;
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"tidegate\""),
            );
        }
        response
    }
}

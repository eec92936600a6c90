//! Under which conditions a request is meant: once under its key, and only while what was seen is still so.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use tidegate_engine::command::CommandKey;

use crate::app::command_key;
use crate::problem::{Code, Problem};

/// Header of the idempotency key.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that is meant once.
pub(crate) struct Once {
    /// Its own, or a new one.
    pub(crate) key: CommandKey,
}

/// A decision that is meant once, and only while what was seen is still so.
pub(crate) struct Conditions {
    /// Meant once.
    pub(crate) once: Once,
    /// What was seen of the stage; none when anything will do.
    pub(crate) seen: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = command_key(text(&parts.headers, &IDEMPOTENCY_KEY)?)?;
        if seen(&parts.headers)?.is_some() {
            // Not even a condition that holds is left unread.
            let detail = "this request is not bound to what was seen; send it without `If-Match`";
            return Err(Problem::new(Code::WrongShape, detail));
        }
        Ok(Self { key })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = command_key(text(&parts.headers, &IDEMPOTENCY_KEY)?)?;
        let seen = seen(&parts.headers)?;
        Ok(Self {
            once: Once { key },
            seen,
        })
    }
}

/// The entity tag that a decision is bound to; none for any.
fn seen(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(given) = text(headers, &IF_MATCH)?.map(str::trim).filter(|given| *given != "*") else {
        return Ok(None);
    };
    let tag = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match tag.filter(|tag| !tag.contains('"')) {
        Some(tag) => Ok(Some(tag.to_owned())),
        None => Err(Problem::new(
            Code::WrongShape,
            format!("expected one entity tag in quotes or `*` as `If-Match`, found `{given}`"),
        )),
    }
}

/// A header that cannot be read is not the same as none: the condition that it sets would be forgotten.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let unreadable = |_| Problem::new(Code::WrongShape, format!("the header `{name}` is not ASCII"));
    headers
        .get(name)
        .map(|value| value.to_str().map_err(unreadable))
        .transpose()
}

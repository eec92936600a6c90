//! Reads request bodies: JSON of an exact shape, or a form; always within one size limit, always with a clear answer.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::app::Shared;
use crate::problem::{Code, Problem};
use crate::secret;

/// The longest body of a request, in bytes, unless its path says otherwise.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// A JSON body of at most `MAX` bytes; unknown fields are errors where the type says so.
pub(crate) struct JsonBody<T, const MAX: usize = BODY_BYTES_MAX>(pub(crate) T);

impl<T: DeserializeOwned, const MAX: usize> FromRequest<Shared> for JsonBody<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is(&parts.headers, "application/json") {
            return Err(Problem::new(
                Code::WrongMediaType,
                "expected `Content-Type: application/json`",
            ));
        }
        let bytes = read(body, MAX, app.config.slow_after).await?;
        object(&bytes).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Problem::new(Code::WrongShape, error.to_string()),
            serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof
            | serde_json::error::Category::Io => Problem::new(Code::NotJson, error.to_string()),
        })
    }
}

/// Reads a JSON object. A list of its values in their order, which derived code takes too, is none.
///
/// # Errors
/// That it is no JSON, or JSON of another shape.
pub(crate) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        let list: Vec<serde_json::Value> = serde_json::from_slice(bytes)?;
        let found = format!("expected an object, found a list of {}", list.len());
        return Err(serde::de::Error::custom(found));
    }
    serde_json::from_slice(bytes)
}

/// A form's fields, in order, decoded.
pub(crate) struct FormBody(Vec<(String, String)>);

impl FormBody {
    /// The first field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// One text for everything that was sent: equal only for equal forms.
    pub(crate) fn digest(&self) -> String {
        let parts: Vec<&str> = self.0.iter().flat_map(|(key, value)| [key.as_str(), value]).collect();
        secret::digest(&parts)
    }

    /// The first field of this name without surrounding space, or nothing when it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.field(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    }
}

impl FromRequest<Shared> for FormBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is(&parts.headers, "application/x-www-form-urlencoded") {
            return Err(Problem::new(
                Code::WrongMediaType,
                "expected `Content-Type: application/x-www-form-urlencoded`",
            ));
        }
        let bytes = read(body, BODY_BYTES_MAX, app.config.slow_after).await?;
        fields(&bytes)
            .map(Self)
            .ok_or_else(|| Problem::new(Code::NotJson, "the form is not UTF-8"))
    }
}

/// Reads a body of at most `max` bytes that comes within a time, however it trickles.
pub(crate) async fn read(body: Body, max: usize, within: Duration) -> Result<Vec<u8>, Problem> {
    match tokio::time::timeout(within, to_bytes(body, max)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Err(_) => Err(Problem::new(
            Code::TooSlow,
            format!("expected the whole body within {} s", within.as_secs()),
        )),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a body was not taken");
            Err(Problem::new(
                Code::TooLarge,
                format!("expected at most {max} bytes, all of them sent"),
            ))
        }
    }
}

/// Whether the body is of a media type.
pub(crate) fn is(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|given| given.trim().eq_ignore_ascii_case(media_type))
}

/// Decodes `a=b&c=d`; nothing when it is not UTF-8.
fn fields(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let cut = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(cut + 1..).unwrap_or_default();
            Some((decode(&pair[..cut])?, decode(value)?))
        })
        .collect()
}

/// The value of a query parameter, decoded.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let fields = fields(query?.as_bytes())?;
    fields.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn decode(bytes: &[u8]) -> Option<String> {
    let digit = |place: usize| char::from(*bytes.get(place)?).to_digit(16);
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        match (bytes[place], digit(place + 1), digit(place + 2)) {
            (b'+', _, _) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits fit a byte"));
                place += 2;
            }
            (byte, _, _) => out.push(byte),
        }
        place += 1;
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str, expected: Option<&str>) {
        assert_eq!(parameter(Some(text), name).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_list_is_no_object() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Nothing {}
        assert_eq!(object::<Nothing>(b" {}").ok(), Some(Nothing {}));
        for (text, is_json) in [(" []", true), ("[{}]", true), ("[", false), ("", false), ("7", true)] {
            let error = object::<Nothing>(text.as_bytes()).expect_err(text);
            assert_eq!(error.is_data(), is_json, "{text}: {error}");
        }
    }

    #[test]
    fn form_fields_are_decoded() {
        check("do=act%3Awallet&lesson=a+b%2Bc", "do", Some("act:wallet"));
        check("do=act%3Awallet&lesson=a+b%2Bc", "lesson", Some("a b+c"));
        check("q=%C3%A9&empty=", "q", Some("é"));
        check("q=100%", "q", Some("100%"));
        check("empty=&x", "empty", Some(""));
        check("q=%FF", "q", None);
    }
}

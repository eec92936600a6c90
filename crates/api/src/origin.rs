//! Forms of other sites are turned away by what the browser itself says of their origin, before anything is read of them.
//! The secret in each form stays what decides where a browser says nothing; the login form has none, and needs this.
//!
//! Source: Fetch metadata request headers (W3C), `Sec-Fetch-Site`; RFC 6454 §7.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::Shared;
use crate::problem::{Code, Problem};

/// Lets a change through unless its browser says that another site made it.
pub(crate) async fn ours_only(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_ours(request.headers(), &app.config.public_url) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "a form of another site was turned away");
    Problem::new(Code::FormNotOurs, "the browser says that another site sent this form").into_response()
}

fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        // A browser that knows the header cannot be made to lie in it. `none` is a person's own doing.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        // Our own forms say `null` too, because no page of ours tells where it was.
        (None, None | Some("null")) => true,
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            origin == origin_of(public_url) || authority.is_some() && authority == text(header::HOST.as_str())
        }
    }
}

/// Scheme and authority of an address.
fn origin_of(url: &str) -> &str {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url[authority..].find('/').map_or(url.len(), |at| authority + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn check(headers: &[(&'static str, &str)], expected: bool) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        assert_eq!(is_ours(&headers, "https://tidegate.example/"), expected, "{headers:?}");
    }

    #[test]
    fn a_form_is_ours_unless_its_browser_says_otherwise() {
        check(&[], true);
        check(&[("origin", "null")], true);
        check(&[("origin", "https://tidegate.example")], true);
        check(&[("origin", "http://10.0.0.1:7420"), ("host", "10.0.0.1:7420")], true);
        check(
            &[("origin", "https://evil.example"), ("host", "tidegate.example")],
            false,
        );
        check(&[("origin", "https://tidegate.example.evil.example")], false);
        check(&[("origin", "evil"), ("host", "tidegate.example")], false);
        for (site, expected) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("", false),
        ] {
            check(&[("sec-fetch-site", site)], expected);
            // An origin does not make up for it, nor spoil it.
            check(
                &[("sec-fetch-site", site), ("origin", "https://tidegate.example")],
                expected,
            );
        }
    }
}

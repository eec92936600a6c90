//! Headers on the way: who asked goes upstream, split pages stay out of shared caches.

use std::net::IpAddr;

use pingora_http::{RequestHeader, ResponseHeader};

use tidegate_model::seam::PASS_HEADER;

use crate::side::Side;

/// Tells upstreams (and, in debugging, clients) the side.
pub const SIDE_HEADER: &str = "x-tidegate-side";
/// Tells clients the deciding rule, in debugging.
pub const RULE_HEADER: &str = "x-tidegate-rule";

/// Headers that only caches in front of the gateway obey, whatever `Cache-Control` says: CDNs by RFC 9213 and before it,
/// nginx, Akamai, LiteSpeed. Vendors put their name before `CDN-Cache-Control`.
const CACHE_ORDERS: [&str; 4] = [
    "surrogate-control",
    "x-accel-expires",
    "edge-control",
    "x-litespeed-cache-control",
];
/// How targeted cache headers end (RFC 9213 §3.1).
const CACHE_ORDER_END: &str = "cdn-cache-control";

/// What a forwarded request must say.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The public `Host`.
    pub host: Option<&'a str>,
    /// The public scheme, as far as the edge's configuration tells.
    pub scheme: &'a str,
}

impl Origin<'_> {
    /// Whether its word about the public address is believed: a TLS edge on this machine. Anybody else could name a host of
    /// their own, to which the shop would then write its links.
    fn is_trusted(self) -> bool {
        self.client.is_some_and(|c| c.to_canonical().is_loopback())
    }
}

/// Writes the forwarding headers. `Host` stays the public one: links that a shop writes must name the public address.
/// What a TLS edge on this machine already said is kept and extended; of others only the chain of addresses is.
///
/// # Errors
/// When a value is no header text.
pub fn forward(request: &mut RequestHeader, origin: Origin<'_>, side: Side) -> pingora_core::Result<()> {
    let told = |request: &RequestHeader, name: &str| {
        let values: Vec<&str> = request
            .headers
            .get_all(name)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    if !origin.is_trusted() {
        forget(request);
    }
    if let Some(client) = origin.client {
        let chain = match told(request, "x-forwarded-for") {
            Some(before) => format!("{before}, {client}"),
            None => client.to_string(),
        };
        request.insert_header("x-forwarded-for", chain)?;
    }
    if told(request, "x-forwarded-host").is_none()
        && let Some(host) = origin.host
    {
        request.insert_header("x-forwarded-host", host)?;
    }
    let proto = told(request, "x-forwarded-proto").unwrap_or_else(|| origin.scheme.to_owned());
    request.insert_header("x-forwarded-proto", &proto)?;
    let element = forwarded_element(origin, &proto);
    let chain = match told(request, "forwarded") {
        Some(before) => format!("{before}, {element}"),
        None => element,
    };
    request.insert_header("forwarded", chain)?;
    // No side can tell a survey by it.
    request.remove_header(PASS_HEADER);
    request.insert_header(SIDE_HEADER, side.word())
}

/// Drops what a stranger says about the public address. The chain of addresses stays: whoever reads it counts from its end.
fn forget(request: &mut RequestHeader) {
    let claims: Vec<String> = request
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .filter(|name| name == "forwarded" || (name.starts_with("x-forwarded-") && name != "x-forwarded-for"))
        .collect();
    for name in claims {
        request.remove_header(name.as_str());
    }
}

/// RFC 7239 §4; an IPv6 address is bracketed and quoted (§6).
fn forwarded_element(origin: Origin<'_>, proto: &str) -> String {
    let mut element = match origin.client {
        Some(IpAddr::V4(v4)) => format!("for={v4}"),
        Some(IpAddr::V6(v6)) => format!("for=\"[{v6}]\""),
        None => "for=unknown".to_owned(),
    };
    if let Some(host) = origin.host.filter(|h| !h.contains('"')) {
        element.push_str(&format!(";host=\"{host}\""));
    }
    let proto = proto.split(',').next_back().unwrap_or("http").trim();
    element.push_str(&format!(";proto={proto}"));
    element
}

/// Keeps an answer out of shared caches: a CDN must not show one side's page to the other side's visitors after a kill.
///
/// # Errors
/// When a value is no header text.
pub fn keep_private(response: &mut ResponseHeader) -> pingora_core::Result<()> {
    let orders: Vec<String> = response
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .filter(|name| CACHE_ORDERS.contains(&name.as_str()) || name.ends_with(CACHE_ORDER_END))
        .collect();
    for name in orders {
        response.remove_header(name.as_str());
    }
    let said: Vec<String> = response
        .headers
        .get_all("cache-control")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(',').map(|d| d.trim().to_ascii_lowercase()))
        .filter(|d| !d.is_empty())
        .collect();
    if said.iter().any(|d| d == "no-store" || d == "private") {
        return Ok(());
    }
    let kept = said.into_iter().filter(|d| d != "public" && !d.starts_with("s-maxage"));
    let value: Vec<String> = std::iter::once("private".to_owned()).chain(kept).collect();
    response.insert_header("cache-control", value.join(", "))
}

/// Whether an answer is a page.
#[must_use]
pub fn is_html(response: &ResponseHeader) -> bool {
    let kind = response.headers.get("content-type").and_then(|v| v.to_str().ok());
    kind.is_some_and(|k| k.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edge_in_front_said_is_kept_and_extended() {
        let mut request = RequestHeader::build("GET", b"/", None).unwrap();
        request.insert_header("x-forwarded-for", "203.0.113.9").unwrap();
        request.insert_header("x-forwarded-proto", "https").unwrap();
        request.insert_header("x-tidegate-side", "new").unwrap();
        request.insert_header("X-Tidegate-Pass", "new").unwrap();
        let origin = Origin {
            client: Some("::1".parse().unwrap()),
            host: Some("shop.test"),
            scheme: "http",
        };
        forward(&mut request, origin, Side::Old).unwrap();
        let value = |name: &str| request.headers[name].to_str().unwrap().to_owned();
        assert_eq!(value("x-forwarded-for"), "203.0.113.9, ::1");
        assert_eq!(value("x-forwarded-host"), "shop.test");
        assert_eq!(value("x-forwarded-proto"), "https");
        assert_eq!(value("forwarded"), "for=\"[::1]\";host=\"shop.test\";proto=https");
        assert_eq!(value("x-tidegate-side"), "old");
        assert!(!request.headers.contains_key("x-tidegate-pass"));
    }

    #[test]
    fn a_stranger_does_not_say_what_the_public_address_is() {
        let mut request = RequestHeader::build("GET", b"/", None).unwrap();
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.9"),
            ("X-Forwarded-Host", "evil.test"),
            ("X-Forwarded-Proto", "gopher"),
            ("X-Forwarded-Port", "666"),
            ("X-Forwarded-Prefix", "/evil"),
            ("Forwarded", "for=203.0.113.9;host=evil.test"),
        ] {
            request.insert_header(name, value).unwrap();
        }
        let origin = Origin {
            client: Some("198.51.100.7".parse().unwrap()),
            host: Some("shop.test"),
            scheme: "https",
        };
        forward(&mut request, origin, Side::New).unwrap();
        let value = |name: &str| request.headers[name].to_str().unwrap().to_owned();
        assert_eq!(value("x-forwarded-host"), "shop.test");
        assert_eq!(value("x-forwarded-proto"), "https");
        assert_eq!(value("forwarded"), "for=198.51.100.7;host=\"shop.test\";proto=https");
        assert_eq!(value("x-forwarded-for"), "203.0.113.9, 198.51.100.7");
        assert!(!request.headers.contains_key("x-forwarded-port"));
        assert!(!request.headers.contains_key("x-forwarded-prefix"));
    }

    #[test]
    fn orders_to_caches_in_front_are_dropped_whatever_else_is_said() {
        for said in ["public, max-age=60", "private", "no-store"] {
            let mut response = ResponseHeader::build(200, None).unwrap();
            response.insert_header("cache-control", said).unwrap();
            for name in [
                "Surrogate-Control",
                "CDN-Cache-Control",
                "Cloudflare-CDN-Cache-Control",
                "X-Accel-Expires",
            ] {
                response.insert_header(name, "max-age=600").unwrap();
            }
            keep_private(&mut response).unwrap();
            let left: Vec<&str> = response.headers.keys().map(|n| n.as_str()).collect();
            assert_eq!(left, ["cache-control"], "{said}");
        }
    }

    #[test]
    fn split_pages_leave_shared_caches() {
        let check = |said: Option<&str>, expected: &str| {
            let mut response = ResponseHeader::build(200, None).unwrap();
            if let Some(said) = said {
                response.insert_header("cache-control", said).unwrap();
            }
            keep_private(&mut response).unwrap();
            assert_eq!(response.headers["cache-control"], expected);
        };
        check(None, "private");
        check(Some("public, max-age=60, s-maxage=600"), "private, max-age=60");
        check(Some("no-store"), "no-store");
        check(Some("Private, max-age=1"), "Private, max-age=1");
    }
}

//! The shop's public host: what its pages and its sitemap name, wherever the shop itself listens behind its edge.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

/// The public host when `--public` is not given.
const HOST_DEFAULT: &str = "http://shop.demo.example";
/// Products whose pages search engines list, from the first one on.
pub(super) const LISTED: std::ops::RangeInclusive<u32> = 1..=100;
/// What robots.txt says: everything may be asked for.
pub(super) const ROBOTS: &str = "User-agent: *\nAllow: /\n";

/// Scheme and host that visitors know.
#[derive(Debug, Clone)]
pub(super) struct Public {
    host: String,
}

impl Public {
    pub(super) fn read(host: Option<&str>) -> Self {
        let host = host.unwrap_or(HOST_DEFAULT).trim_end_matches('/').to_owned();
        Self { host }
    }

    /// A path as visitors write it.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.host)
    }

    /// The sitemap of the listed products; `prefix` is what their addresses begin with.
    pub(super) fn sitemap(&self, prefix: &str) -> Response {
        let lines: String = LISTED
            .map(|number| format!("<url><loc>{}</loc></url>", self.address(&format!("{prefix}{number}"))))
            .collect();
        let sitemap = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{lines}</urlset>"
        );
        ([(CONTENT_TYPE, "application/xml")], sitemap).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_written_with_or_without_its_last_slash() {
        for host in ["http://shop.example", "http://shop.example/"] {
            assert_eq!(
                Public::read(Some(host)).address("/item/7"),
                "http://shop.example/item/7"
            );
        }
    }
}

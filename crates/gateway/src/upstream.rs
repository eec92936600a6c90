//! Where a side lives: `http://host:port`, resolved off the request path and kept fresh when it is a name.

use std::net::SocketAddr;

use arc_swap::ArcSwapOption;
use std::sync::Arc;

/// How often a host name is resolved again.
pub const RESOLVE_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

/// Why a text is not an upstream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// TLS to upstreams is not offered: the gateway stands inside the user's own TLS edge.
    #[error("`http://host:port` was expected, found `{0}`")]
    Shape(String),
}

/// An upstream.
#[derive(Debug)]
pub struct Upstream {
    authority: String,
    address: ArcSwapOption<SocketAddr>,
    is_literal: bool,
}

impl Upstream {
    /// Reads `http://host:port`, without path; port 80 when none is given.
    ///
    /// # Errors
    /// [`AddressError::Shape`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let shape = || AddressError::Shape(text.to_owned());
        let rest = text.strip_prefix("http://").ok_or_else(shape)?;
        let authority: http::uri::Authority = rest.trim_end_matches('/').parse().map_err(|_| shape())?;
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(shape());
        }
        let authority = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let literal: Option<SocketAddr> = authority.parse().ok();
        Ok(Self {
            authority,
            is_literal: literal.is_some(),
            address: ArcSwapOption::from(literal.map(Arc::new)),
        })
    }

    /// `host:port`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The address to connect to; `None` while the name does not resolve.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address.load().as_deref().copied()
    }

    /// Resolves the name again; the last known address stays when that fails. Does nothing for an address.
    pub async fn resolve(&self) {
        if self.is_literal {
            return;
        }
        match tokio::net::lookup_host(&self.authority).await {
            Ok(mut found) => {
                if let Some(address) = found.next() {
                    self.address.store(Some(Arc::new(address)));
                }
            }
            Err(fault) => tracing::warn!(upstream = %self.authority, %fault, "cannot resolve upstream"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_without_a_path_is_an_upstream() {
        assert_eq!(
            Upstream::parse("http://127.0.0.1:8081").unwrap().authority(),
            "127.0.0.1:8081"
        );
        assert_eq!(
            Upstream::parse("http://[::1]:8081/").unwrap().address(),
            Some("[::1]:8081".parse().unwrap())
        );
        assert_eq!(Upstream::parse("http://shop.test").unwrap().authority(), "shop.test:80");
        for text in ["https://a:1", "a:1", "http://", "http://a:1/b", "http://u@a:1"] {
            assert_eq!(Upstream::parse(text).unwrap_err(), AddressError::Shape(text.to_owned()));
        }
    }
}

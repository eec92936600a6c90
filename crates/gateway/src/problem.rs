//! Problem documents (RFC 9457) for what the gateway answers itself.

use bytes::Bytes;
use pingora_http::ResponseHeader;

/// Why the gateway answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The upstream refused the connection, or its name does not resolve.
    UpstreamRefused,
    /// The upstream did not answer in time.
    UpstreamTimeout,
    /// The upstream broke off or did not speak HTTP.
    UpstreamBroken,
    /// A callback's body is longer than what is read to find its order.
    CallbackTooLong,
    /// Neither side has the asset.
    AssetNowhere,
    /// The request is not HTTP as it should be.
    BadRequest,
    /// The gateway itself failed.
    Internal,
}

impl Problem {
    /// Status code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::UpstreamRefused | Self::UpstreamBroken => 502,
            Self::UpstreamTimeout => 504,
            Self::CallbackTooLong => 413,
            Self::AssetNowhere => 404,
            Self::BadRequest => 400,
            Self::Internal => 500,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UpstreamRefused => "upstream-refused",
            Self::UpstreamTimeout => "upstream-timeout",
            Self::UpstreamBroken => "upstream-broken",
            Self::CallbackTooLong => "callback-too-long",
            Self::AssetNowhere => "asset-nowhere",
            Self::BadRequest => "bad-request",
            Self::Internal => "gateway-failed",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::UpstreamRefused => "the shop does not accept connections",
            Self::UpstreamTimeout => "the shop did not answer in time",
            Self::UpstreamBroken => "the shop broke off its answer",
            Self::CallbackTooLong => "the body is too long to find its order",
            Self::AssetNowhere => "neither side has this file",
            Self::BadRequest => "the request cannot be read",
            Self::Internal => "the gateway failed",
        }
    }

    /// Head and body of the answer.
    ///
    /// # Errors
    /// Never in practice: every value is plain ASCII.
    pub fn answer(self) -> pingora_core::Result<(ResponseHeader, Bytes)> {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status(),
            "code": self.code(),
        })
        .to_string();
        let mut head = ResponseHeader::build(self.status(), Some(4))?;
        head.insert_header("content-type", "application/problem+json")?;
        head.insert_header("content-length", body.len())?;
        head.insert_header("cache-control", "no-store")?;
        Ok((head, Bytes::from(body)))
    }
}

//! Signs and checks webhooks with the `v1` scheme of Standard Webhooks (HMAC-SHA256); rotation lists and `v1a` keys
//! are read past, not produced.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::flags::{FlagError, unreadable};

/// Name of the header with the delivery's id, the same on every retry.
pub(crate) const ID: &str = "webhook-id";
/// Name of the header with the attempt's time in unix seconds.
pub(crate) const TIMESTAMP: &str = "webhook-timestamp";
/// Name of the header with the signatures, separated by spaces.
pub(crate) const SIGNATURE: &str = "webhook-signature";

/// How far an attempt's time may lie from ours, in seconds (Standard Webhooks, reference libraries).
const WINDOW_S: u64 = 300;
/// Smallest and largest secret in bytes (Standard Webhooks, "Signature scheme").
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A shared signing secret.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

/// Why a webhook is not believed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Forged {
    /// One of the three headers is absent or unreadable.
    #[error("header `{0}` is missing or unreadable")]
    NoHeader(&'static str),
    /// The attempt's time is too far from now.
    #[error("timestamp is more than {WINDOW_S} s away")]
    OutsideWindow,
    /// No signature in the list fits.
    #[error("no signature fits")]
    NoFit,
}

impl Secret {
    /// Reads `whsec_` and base64, or plain text, of 24 to 64 bytes.
    pub(crate) fn read(name: &'static str, text: &str) -> Result<Self, FlagError> {
        let expected = "a secret of 24 to 64 bytes, plain or `whsec_` and base64";
        let bytes = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD
                .decode(encoded)
                .map_err(|_| unreadable(name, expected, "(not shown)"))?,
            None => text.as_bytes().to_vec(),
        };
        if SECRET_BYTES.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(unreadable(name, expected, "(not shown)"))
        }
    }

    /// The signature header's value for one attempt.
    pub(crate) fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        format!(
            "v1,{}",
            STANDARD.encode(self.digest(id, &timestamp_s.to_string(), body).finalize().into_bytes())
        )
    }

    /// Checks a received webhook against the clock and this secret.
    pub(crate) fn check(&self, headers: &HeaderMap, body: &[u8], now_s: i64) -> Result<(), Forged> {
        let id = header(headers, ID)?;
        let timestamp = header(headers, TIMESTAMP)?;
        let sent_s: i64 = timestamp.parse().map_err(|_| Forged::NoHeader(TIMESTAMP))?;
        if sent_s.abs_diff(now_s) > WINDOW_S {
            return Err(Forged::OutsideWindow);
        }
        for signature in header(headers, SIGNATURE)?.split(' ') {
            let Some(given) = signature
                .strip_prefix("v1,")
                .and_then(|text| STANDARD.decode(text).ok())
            else {
                continue;
            };
            if self.digest(id, timestamp, body).verify_slice(&given).is_ok() {
                return Ok(());
            }
        }
        Err(Forged::NoFit)
    }

    fn digest(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut digest = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            digest.update(part);
        }
        digest
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Forged> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or(Forged::NoHeader(name))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn signed(secret: &Secret, body: &[u8], at_s: i64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ID, "msg_1".parse().unwrap());
        headers.insert(TIMESTAMP, at_s.to_string().parse().unwrap());
        headers.insert(
            SIGNATURE,
            format!("v1a,zzz {}", secret.sign("msg_1", at_s, body)).parse().unwrap(),
        );
        headers
    }

    /// The example of the Standard Webhooks reference libraries.
    #[test]
    fn the_published_example_signs_the_same() {
        let secret = Secret::read("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_changed_body_or_an_old_attempt_is_not_believed() {
        let secret = Secret::read("secret", "a plain secret of enough bytes").unwrap();
        let headers = signed(&secret, b"paid", 1000);
        assert_eq!(secret.check(&headers, b"paid", 1300), Ok(()));
        assert_eq!(secret.check(&headers, b"paid!", 1000), Err(Forged::NoFit));
        assert_eq!(secret.check(&headers, b"paid", 1301), Err(Forged::OutsideWindow));
        assert_eq!(
            secret.check(&HeaderMap::new(), b"paid", 1000),
            Err(Forged::NoHeader(ID))
        );
        assert!(Secret::read("secret", "short").is_err());
    }
}

//! Random secrets, and the hashes and text forms of them. Secrets themselves are never stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Length of every secret in bytes.
const SECRET_BYTES: usize = 32;

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// Makes a secret of 256 random bits as URL-safe text.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn make() -> Result<String, NoRandomness> {
    let mut bytes = [0_u8; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// SHA-256 of texts, each with its length before it, as lower-case hex (64 characters).
#[must_use]
pub(crate) fn digest(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex(&hash.finalize())
}

/// Bytes as lower-case hex.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing into a string cannot fail");
            text
        })
}

/// Compares two texts in a time that depends on their lengths only.
#[must_use]
pub(crate) fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_be_shifted_between_texts() {
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
        assert_eq!(digest(&["a"]).len(), 64);
    }

    #[test]
    fn secrets_differ_and_have_256_bits() {
        let (one, two) = (make().expect("randomness"), make().expect("randomness"));
        assert_ne!(one, two);
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).expect("base64").len(), SECRET_BYTES);
    }
}

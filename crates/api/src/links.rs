//! Signed links in letters: they name an errand, a person and an expiry, and cannot be made up.
//! A link never changes anything by being opened; only the form behind it asks the engine.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tidegate_model::seam::Errand;
use tidegate_model::{IncidentId, PersonId, StageId, Timestamp};

/// A longer token is not looked at.
const TOKEN_BYTES_MAX: usize = 512;
/// Version of the token's shape; signed with it.
const SHAPE: &str = "1";

/// What a genuine link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    /// What it is for.
    pub(crate) errand: Errand,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// It stops working then.
    pub(crate) until: Timestamp,
}

/// Why a link does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// This controller did not sign it.
    #[error("this link is not genuine")]
    Forged,
    /// Its time is over.
    #[error("this link has expired")]
    Expired,
}

/// Makes and reads signed links.
pub struct Links {
    key: Vec<u8>,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

impl Links {
    /// Uses a secret key of at least 32 bytes.
    ///
    /// # Panics
    /// When the key is shorter: such links could be guessed.
    #[must_use]
    pub fn new(key: impl Into<Vec<u8>>) -> Self {
        let key = key.into();
        assert!(key.len() >= 32, "a link key has at least 32 bytes");
        Self { key }
    }

    /// Signs a link; returns its path, such as `/l/TOKEN`.
    #[must_use]
    pub fn sign(&self, errand: &Errand, person: &PersonId, until: Timestamp) -> String {
        let (kind, subject) = match errand {
            Errand::Incident(id) => ("i", id.as_str()),
            Errand::Stage(id) => ("s", id.as_str()),
            Errand::Nothing => ("n", ""),
        };
        let said = format!("{SHAPE}|{kind}|{subject}|{person}|{}", until.0);
        let signature = self.mac("link", said.as_bytes()).finalize().into_bytes();
        format!(
            "/l/{}.{}",
            URL_SAFE_NO_PAD.encode(said),
            URL_SAFE_NO_PAD.encode(signature)
        )
    }

    /// Reads a link's token.
    pub(crate) fn open(&self, token: &str, now: Timestamp) -> Result<Opened, LinkError> {
        let opened = self.read(token).ok_or(LinkError::Forged)?;
        if now < opened.until {
            Ok(opened)
        } else {
            Err(LinkError::Expired)
        }
    }

    /// The nonce that a link's form carries, so that a `POST` without its page does nothing.
    pub(crate) fn nonce(&self, token: &str) -> String {
        crate::secret::hex(&self.mac("form", token.as_bytes()).finalize().into_bytes())
    }

    fn read(&self, token: &str) -> Option<Opened> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (said, signature) = token.split_once('.')?;
        let said = URL_SAFE_NO_PAD.decode(said).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compared in constant time.
        self.mac("link", &said).verify_slice(&signature).ok()?;
        let said = String::from_utf8(said).ok()?;
        let [shape, kind, subject, person, until] = <[&str; 5]>::try_from(said.split('|').collect::<Vec<_>>()).ok()?;
        if shape != SHAPE {
            return None;
        }
        let errand = match kind {
            "i" => Errand::Incident(IncidentId::parse(subject).ok()?),
            "s" => Errand::Stage(StageId::parse(subject).ok()?),
            "n" => Errand::Nothing,
            _ => return None,
        };
        Some(Opened {
            errand,
            person: PersonId::parse(person).ok()?,
            until: Timestamp(until.parse().ok()?),
        })
    }

    fn mac(&self, domain: &str, message: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(message);
        mac
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn links() -> Links {
        Links::new([7; 32])
    }

    fn token(links: &Links) -> String {
        let errand = Errand::Incident(IncidentId::parse("inc-3").unwrap());
        let path = links.sign(&errand, &PersonId::parse("ana").unwrap(), Timestamp(1_000));
        path.strip_prefix("/l/").unwrap().to_owned()
    }

    #[test]
    fn a_signed_link_says_what_it_was_signed_for() {
        let opened = links().open(&token(&links()), Timestamp(999)).unwrap();
        assert_eq!(opened.errand, Errand::Incident(IncidentId::parse("inc-3").unwrap()));
        assert_eq!(opened.person.as_str(), "ana");
    }

    #[test]
    fn a_link_stops_at_its_expiry() {
        assert_eq!(
            links().open(&token(&links()), Timestamp(1_000)),
            Err(LinkError::Expired)
        );
    }

    #[test]
    fn every_changed_byte_makes_it_forged() {
        let token = token(&links());
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(
                links().open(&forged, Timestamp(0)),
                Err(LinkError::Forged),
                "byte {place}"
            );
        }
    }

    #[test]
    fn another_key_signs_nothing_here() {
        let other = Links::new([8; 32]);
        assert_eq!(links().open(&token(&other), Timestamp(0)), Err(LinkError::Forged));
        assert_ne!(links().nonce("t"), other.nonce("t"));
    }
}

//! The chain: each entry's hash covers its place, its time, its kind, its bytes and the hash before it. Stores nothing.

use sha2::{Digest, Sha256};

use crate::error::JournalError;

/// SHA-256.
pub type Hash = [u8; 32];

/// Separates these hashes from every other use of SHA-256.
const ENTRY_DOMAIN: &[u8] = b"tidegate journal entry v1\0";
/// Likewise for the hash before the first entry.
const GENESIS_DOMAIN: &[u8] = b"tidegate journal genesis v1\0";

/// Longest kind of an entry in bytes; a longer one is refused.
const KIND_BYTES_MAX: usize = 64;
/// Longest payload of an entry in bytes (16 MiB); a longer one is refused.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// A word of 1 to 64 bytes for readers of the store; covered by the hash.
    pub kind: String,
    /// The payload, at most 16 MiB, kept as it is.
    pub bytes: Vec<u8>,
}

impl NewEntry {
    /// Holds the entry to the limits of this module.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        if !(1..=KIND_BYTES_MAX).contains(&self.kind.len()) {
            let what = format!(
                "expected a kind of 1 to {KIND_BYTES_MAX} bytes, found {}",
                self.kind.len()
            );
            return Err(JournalError::Unfit { what });
        }
        if self.bytes.len() > PAYLOAD_BYTES_MAX {
            let what = format!(
                "expected a payload of at most {PAYLOAD_BYTES_MAX} bytes, found {}",
                self.bytes.len()
            );
            return Err(JournalError::Unfit { what });
        }
        Ok(())
    }
}

/// An entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1 and up, without gaps.
    pub seq: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// A short word.
    pub kind: String,
    /// The payload.
    pub bytes: Vec<u8>,
    /// Hash of the entry before, or the genesis hash.
    pub prev_hash: Hash,
    /// Its own hash.
    pub hash: Hash,
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Sequence of the last entry, 0 when there is none.
    pub seq: u64,
    /// Its hash, or the genesis hash.
    pub hash: Hash,
}

/// The hash before the first entry of the journal with this random id: SHA-256 over the genesis domain, the id's length as 8
/// bytes big-endian, and the id.
#[must_use]
pub(crate) fn genesis(journal_id: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(GENESIS_DOMAIN);
    hasher.update((journal_id.len() as u64).to_be_bytes());
    hasher.update(journal_id);
    hasher.finalize().into()
}

/// SHA-256 over: domain, previous hash, sequence and time as 8 bytes big-endian, then kind and payload, each after its length
/// as 8 bytes big-endian. The domain names the version of this encoding.
#[must_use]
pub(crate) fn entry_hash(prev: &Hash, seq: u64, at_ms: i64, kind: &str, bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(ENTRY_DOMAIN);
    hasher.update(prev);
    hasher.update(seq.to_be_bytes());
    hasher.update(at_ms.to_be_bytes());
    hasher.update((kind.len() as u64).to_be_bytes());
    hasher.update(kind.as_bytes());
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{entry_hash, genesis};

    fn hex(hash: [u8; 32]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Computed apart from this program, from the encoding in the documentation.
    #[test]
    fn the_encoding_is_the_documented_one() {
        let id: Vec<u8> = (0..16).collect();
        let genesis = genesis(&id);
        assert_eq!(
            hex(genesis),
            "84164452892e3d69119c18cf466554cdc14476b85beecc37a9cce6a535256a04"
        );
        let hash = entry_hash(&genesis, 1, -5, "GateFailed", br#"{"a":1}"#);
        assert_eq!(
            hex(hash),
            "37b021c7891c20295e46f2b734a1196fcbcee9cb7fd157d54461291ff45def8e"
        );
    }

    #[test]
    fn what_moves_from_the_kind_to_the_payload_changes_the_hash() {
        let prev = [7; 32];
        assert_ne!(entry_hash(&prev, 1, 0, "ab", b"c"), entry_hash(&prev, 1, 0, "a", b"bc"));
    }
}

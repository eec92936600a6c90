//! The chain: each entry's hash covers its place, its time, its kind, its bytes and the hash before it.

use sha2::{Digest, Sha256};

/// SHA-256.
pub type Hash = [u8; 32];

/// Separates these hashes from every other use of SHA-256.
const ENTRY_DOMAIN: &[u8] = b"tidegate journal entry v1\0";
/// Likewise for the hash before the first entry.
const GENESIS_DOMAIN: &[u8] = b"tidegate journal genesis v1\0";

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// A short word for readers of the store; covered by the hash.
    pub kind: String,
    /// The payload, kept as it is.
    pub bytes: Vec<u8>,
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

/// The hash before the first entry of the journal with this random id.
#[must_use]
pub(crate) fn genesis(journal_id: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(GENESIS_DOMAIN);
    hasher.update((journal_id.len() as u64).to_be_bytes());
    hasher.update(journal_id);
    hasher.finalize().into()
}

/// SHA-256 over: domain, previous hash, sequence and time as 8 bytes big-endian, then kind and payload, each after its length
/// as 8 bytes big-endian.
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

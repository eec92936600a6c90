//! The bucket of a visitor, or of any other key that is split: a pure function of salt and id, the same on every edge and in
//! every language.
//!
//! `floor(u64_be(SHA-256(salt || 0x00 || unit id)[0..8]) * 100000 / 2^64)`. No modulo bias, no seed. A visitor is on the new
//! side when the bucket is below the exposure; one basis point is ten buckets. Growing exposure only adds buckets, so nobody
//! is moved back by growth.
//!
//! | salt | unit id | bucket |
//! |---|---|---|
//! | (empty) | (empty) | 43048 |
//! | `plan-a` | `00000000000000000000000000000000` | 62268 |
//! | `plan-a` | `00000000000000000000000000000001` | 29834 |
//! | `plan-b` | `00000000000000000000000000000001` | 70978 |
//! | `plan-a` | `ffffffffffffffffffffffffffffffff` | 90335 |
//! | `shop-2027` | `9f86d081884c7d659a2feaa0c55ad015` | 52923 |
//! | `shop-2027` | `0123456789abcdef0123456789abcdef` | 87161 |
//! | `ü` (UTF-8) | `account 42` | 86157 |

use crate::BasisPoints;
use sha2::{Digest, Sha256};

/// Number of buckets; five digits.
pub const BUCKETS: u32 = 100_000;
/// Buckets in one basis point.
pub const BUCKETS_PER_BASIS_POINT: u32 = BUCKETS / 10_000;

/// The two independent numbers that a visitor's hash yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The bucket, 0 to 99,999.
    pub bucket: u32,
    /// The next eight bytes of the hash: decides who is tracked when the attempts table runs full, independently of the side.
    pub lot: u64,
}

/// The bucket of a unit id, 0 to 99,999.
#[must_use]
pub fn bucket(salt: &str, unit_id: &str) -> u32 {
    place(salt, unit_id).bucket
}

/// The bucket and the lot of a unit id.
#[must_use]
pub fn place(salt: &str, unit_id: &str) -> Place {
    let hash = Sha256::new()
        .chain_update(salt.as_bytes())
        .chain_update([0])
        .chain_update(unit_id.as_bytes())
        .finalize();
    let word = |from: usize| {
        let bytes: [u8; 8] = hash[from..from + 8].try_into().expect("SHA-256 has 32 bytes");
        u64::from_be_bytes(bytes)
    };
    let scaled = (u128::from(word(0)) * u128::from(BUCKETS)) >> 64;
    Place {
        bucket: u32::try_from(scaled).expect("below 100,000"),
        lot: word(8),
    }
}

/// Whether a bucket is on the new side under an exposure.
#[must_use]
pub fn is_exposed(bucket: u32, exposure: BasisPoints) -> bool {
    bucket < u32::from(exposure.get()) * BUCKETS_PER_BASIS_POINT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vectors_hold_and_stand_in_the_documentation() {
        let doc = include_str!("bucket.rs");
        let vectors = [
            ("", "", 43048),
            ("plan-a", "00000000000000000000000000000000", 62268),
            ("plan-a", "00000000000000000000000000000001", 29834),
            ("plan-b", "00000000000000000000000000000001", 70978),
            ("plan-a", "ffffffffffffffffffffffffffffffff", 90335),
            ("shop-2027", "9f86d081884c7d659a2feaa0c55ad015", 52923),
            ("shop-2027", "0123456789abcdef0123456789abcdef", 87161),
            ("\u{fc}", "account 42", 86157),
        ];
        for (salt, id, expected) in vectors {
            assert_eq!(bucket(salt, id), expected, "salt `{salt}`, id `{id}`");
            assert!(
                doc.contains(&format!("| {expected} |")),
                "{expected} is not in the table"
            );
        }
    }

    #[test]
    fn the_salt_ends_where_the_id_begins() {
        assert_ne!(bucket("a", "b"), bucket("ab", ""));
        assert_ne!(bucket("plan", "-a1"), bucket("plan-a", "1"));
    }

    #[test]
    fn shares_come_close_to_the_exposure_and_grow_without_moving_anybody_back() {
        let ids: Vec<u32> = (0..3_000_u32).map(|n| bucket("plan-a", &format!("{n:032x}"))).collect();
        let exposed = |bp: u16| -> Vec<bool> {
            let exposure = BasisPoints::new(bp).expect("in range");
            ids.iter().map(|b| is_exposed(*b, exposure)).collect()
        };
        let mut before = exposed(0);
        assert!(before.iter().all(|new| !new));
        for bp in [1_000, 2_500, 5_000, 10_000] {
            let now = exposed(bp);
            assert!(
                before.iter().zip(&now).all(|(was, is)| *is || !*was),
                "growth to {bp} moved somebody back"
            );
            let share = now.iter().filter(|new| **new).count() as f64 / 3_000.0;
            assert!((share - f64::from(bp) / 10_000.0).abs() < 0.03, "share {share} at {bp}");
            before = now;
        }
        assert!(before.iter().all(|new| *new));
    }
}

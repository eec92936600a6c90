//! Entries to append: seeded, so that a failure can be repeated.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tidegate_journal::{Journal, NewEntry};

/// A generator whose seed is printed with a failing test.
pub(crate) fn seeded(seed: u64) -> ChaCha8Rng {
    println!("seed {seed}");
    ChaCha8Rng::seed_from_u64(seed)
}

/// A number below a limit.
pub(crate) fn below(rng: &mut ChaCha8Rng, limit: u64) -> u64 {
    rng.next_u64() % limit
}

/// An entry with a text payload.
pub(crate) fn entry(kind: &str, text: &str) -> NewEntry {
    NewEntry {
        at_ms: 1_700_000_000_000,
        kind: kind.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// A batch of up to `count_max` entries with payloads of up to `bytes_max` bytes, text and not.
pub(crate) fn batch(rng: &mut ChaCha8Rng, count_max: u64, bytes_max: u64) -> Vec<NewEntry> {
    let kinds = ["StratumClosed", "GateFailed", "PageSent", "é"];
    (0..=below(rng, count_max))
        .map(|_| {
            let mut bytes = vec![0; usize::try_from(below(rng, bytes_max)).unwrap()];
            match below(rng, 2) {
                0 => bytes.fill_with(|| b'a' + u8::try_from(below(rng, 26)).unwrap()),
                _ => rng.fill_bytes(&mut bytes),
            }
            let kind = kinds[usize::try_from(below(rng, 4)).unwrap()].to_owned();
            NewEntry {
                at_ms: i64::from_be_bytes(rng.next_u64().to_be_bytes()),
                kind,
                bytes,
            }
        })
        .collect()
}

/// Appends so many entries, one at a time.
pub(crate) fn fill(journal: &mut Journal, count: u64) {
    for number in 1..=count {
        journal.append(&[entry("Told", &format!("number {number}"))]).unwrap();
    }
}

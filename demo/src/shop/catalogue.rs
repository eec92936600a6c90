//! The products of the seed: the same names, categories and prices on both sides before anything is imported.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Products of one category page.
pub(super) const CATEGORY_SIZE: u32 = 50;

const ADJECTIVES: [&str; 8] = ["Amber", "Birch", "Coral", "Dune", "Ember", "Fjord", "Grove", "Harbour"];
const NOUNS: [&str; 8] = [
    "Lamp", "Chair", "Kettle", "Blanket", "Clock", "Basket", "Mirror", "Shelf",
];

/// One product as the seed makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Product {
    /// Number from 1; `id` in the old shop, `sku` in the new one.
    pub(super) sku: u32,
    pub(super) name: String,
    /// Category from 1.
    pub(super) category: u32,
    /// Price in cents.
    pub(super) price_cents: i64,
}

/// The `count` products of `seed`.
pub(super) fn products(seed: u64, count: u32) -> Vec<Product> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    (1..=count)
        .map(|sku| {
            let adjective = ADJECTIVES[chance.random_range(0..ADJECTIVES.len())];
            let noun = NOUNS[chance.random_range(0..NOUNS.len())];
            let tenths = chance.random_range(20_i64..2_000) * 10;
            // Shop prices end in 0, 5 or 9; those in 5 are what a careless rounding changes.
            let last = [0, 5, 5, 9, 9][chance.random_range(0..5_usize)];
            let category = (sku - 1) / CATEGORY_SIZE + 1;
            Product {
                sku,
                name: format!("{adjective} {noun} {sku}"),
                category,
                price_cents: tenths + last,
            }
        })
        .collect()
}

/// The decimal text of an amount, as the old shop stores it.
pub(super) fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The cents of a decimal text with exactly two digits behind the point.
pub(super) fn cents(decimal: &str) -> Option<i64> {
    let (whole, fraction) = decimal.split_once('.')?;
    if fraction.len() != 2 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(whole.parse::<i64>().ok()?.checked_mul(100)? + fraction.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_makes_the_same_products() {
        assert_eq!(products(7, 1_000), products(7, 1_000));
        assert_ne!(products(7, 1_000), products(8, 1_000));
    }

    #[test]
    fn decimal_text_and_cents_agree_on_every_price() {
        for product in products(1, 1_000) {
            assert_eq!(cents(&decimal(product.price_cents)), Some(product.price_cents));
        }
        assert_eq!(cents("12.5"), None);
    }
}

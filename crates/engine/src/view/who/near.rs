//! The nearest names, for whoever mistypes one in the middle of an incident.

use std::collections::BTreeSet;

use super::thing::Thing;

/// The most names that are offered.
const NEAR_MAX: usize = 5;
/// A shorter text is part of too many names to mean one of them.
const PART_LENGTH_MIN: usize = 3;

/// The nearest names as `kind:name`, nearest first.
pub(super) fn names(asked: &str, things: &[Thing]) -> Vec<String> {
    let asked = asked.to_lowercase();
    let bare = asked.split_once(':').map_or(asked.as_str(), |(_, name)| name);
    let bound = (bare.chars().count() / 3).max(1);
    let mut near: BTreeSet<(usize, &str, &str)> = BTreeSet::new();
    for thing in things {
        let name = thing.name.to_lowercase();
        // Whoever asks for the wallet may not know whose switch it is: `checkout.wallet`.
        let last = name.rsplit(['.', '/']).next().unwrap_or(&name);
        let distance = strsim::damerau_levenshtein(bare, &name).min(strsim::damerau_levenshtein(bare, last));
        let is_part = bare.chars().count() >= PART_LENGTH_MIN && name.contains(bare);
        if distance <= bound {
            near.insert((distance, &thing.name, thing.kind));
        } else if is_part {
            near.insert((bound + 1, &thing.name, thing.kind));
        }
    }
    near.into_iter()
        .take(NEAR_MAX)
        .map(|(_, name, kind)| format!("{kind}:{name}"))
        .collect()
}

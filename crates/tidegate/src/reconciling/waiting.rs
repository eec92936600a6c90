//! Keys that wait to be compared, whoever has waited longest first. A key has the number of its changes since it was taken up.
//!
//! # Source
//! Ghostferry's inline verifier: a verified change is taken off that number and not off the list, so that a change during the
//! verification is never lost.

use std::collections::BTreeMap;

use tidegate_reconcile::Key;

/// Keys in turn.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    keys: BTreeMap<Key, Turn>,
    turns: BTreeMap<u64, Key>,
    next: u64,
}

/// A key's place, and how often it has changed.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: u64,
    changes: u64,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// A key has changed once more; one that waits already keeps its place.
    pub(super) fn changed(&mut self, key: Key) {
        self.add(key, 1);
    }

    /// The first keys with their counts as they are now. They go to the end, so that those that keep changing hold up nobody.
    pub(super) fn some(&mut self, most: usize) -> BTreeMap<Key, u64> {
        let mut first = BTreeMap::new();
        for _ in 0..most.min(self.len()) {
            let (_, key) = self.turns.pop_first().expect("each key has a turn");
            let turn = self.keys.get_mut(&key).expect("each turn has a key");
            turn.at = self.next;
            first.insert(key.clone(), turn.changes);
            self.turns.insert(self.next, key);
            self.next += 1;
        }
        first
    }

    /// So many changes of a key were verified; those that came meanwhile are left.
    pub(super) fn verified(&mut self, key: &Key, changes: u64) {
        let Some(turn) = self.keys.get_mut(key) else { return };
        turn.changes = turn.changes.saturating_sub(changes);
        if turn.changes == 0 {
            self.turns.remove(&turn.at);
            self.keys.remove(key);
        }
    }

    /// Puts keys back that were put aside before any of these had changed.
    pub(super) fn put_back(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        for key in later.turns.into_values() {
            let changes = later.keys.get(&key).map_or(0, |turn| turn.changes);
            self.add(key, changes);
        }
    }

    fn add(&mut self, key: Key, changes: u64) {
        if let Some(turn) = self.keys.get_mut(&key) {
            turn.changes += changes;
            return;
        }
        self.turns.insert(self.next, key.clone());
        let at = self.next;
        self.keys.insert(key, Turn { at, changes });
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_reconcile::Value;

    fn key(number: i128) -> Key {
        Key::of(&[Value::Int(number)])
    }

    fn counts(waiting: &Waiting) -> BTreeMap<Key, u64> {
        waiting
            .keys
            .iter()
            .map(|(key, turn)| (key.clone(), turn.changes))
            .collect()
    }

    #[test]
    fn a_change_during_the_verification_is_not_lost() {
        let mut waiting = Waiting::default();
        waiting.changed(key(1));
        waiting.changed(key(1));
        waiting.changed(key(2));
        let taken = waiting.some(1_000);
        assert_eq!(taken, BTreeMap::from([(key(1), 2), (key(2), 1)]));
        // It changes once more while its row is read again.
        waiting.changed(key(1));
        for (key, changes) in &taken {
            waiting.verified(key, *changes);
        }
        assert_eq!(counts(&waiting), BTreeMap::from([(key(1), 1)]));
        waiting.verified(&key(1), 1);
        assert_eq!((waiting.len(), waiting.turns.len()), (0, 0));
    }

    #[test]
    fn keys_that_keep_changing_hold_up_nobody() {
        let mut waiting = Waiting::default();
        (0..5).for_each(|number| waiting.changed(key(number)));
        let mut seen = Vec::new();
        // None of them is ever verified, and the first two change all the time.
        for _ in 0..3 {
            seen.extend(waiting.some(2).into_keys());
            (0..2).for_each(|number| waiting.changed(key(number)));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen, (0..5).map(key).collect::<Vec<_>>());
    }

    #[test]
    fn keys_that_are_put_back_wait_before_the_others_with_all_their_changes() {
        let mut waiting = Waiting::default();
        waiting.changed(key(7));
        waiting.changed(key(3));
        let aside = std::mem::take(&mut waiting);
        waiting.changed(key(1));
        waiting.changed(key(3));
        waiting.put_back(aside);
        assert_eq!(
            counts(&waiting),
            BTreeMap::from([(key(1), 1), (key(3), 2), (key(7), 1)])
        );
        assert_eq!(waiting.some(1), BTreeMap::from([(key(7), 1)]));
    }
}

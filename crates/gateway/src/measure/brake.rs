//! The emergency brake's sliding window: outcomes by side, the first of each attempt or those of answers without a key.

use std::collections::VecDeque;

use tidegate_model::Millis;
use tidegate_model::seam::ArmCounts;

use crate::side::Side;

/// Slots that a window is cut into: what is older than the window leaves with an error of one slot.
pub const SLOTS: u64 = 20;

/// A sliding window of outcomes.
#[derive(Debug)]
pub struct Sliding {
    slot_ms: u64,
    slots: VecDeque<(u64, [ArmCounts; 2])>,
}

impl Sliding {
    /// An empty window.
    #[must_use]
    pub fn over(over: Millis) -> Self {
        Self {
            slot_ms: (over.0 / SLOTS).max(1),
            slots: VecDeque::new(),
        }
    }

    /// Takes one outcome.
    pub fn note(&mut self, now_ms: u64, side: Side, failed: bool) {
        let slot = now_ms / self.slot_ms;
        if self.slots.back().is_none_or(|(at, _)| *at < slot) {
            self.slots.push_back((slot, [ArmCounts::default(); 2]));
        }
        let (_, arms) = self.slots.back_mut().expect("just pushed when it was missing");
        arms[side.index()].n += 1;
        arms[side.index()].hits += u64::from(failed);
        self.trim(now_ms);
    }

    /// The counts in the window, old and new.
    pub fn look(&mut self, now_ms: u64) -> [ArmCounts; 2] {
        self.trim(now_ms);
        let mut sum = [ArmCounts::default(); 2];
        for (_, arms) in &self.slots {
            for (total, arm) in sum.iter_mut().zip(arms) {
                total.n += arm.n;
                total.hits += arm.hits;
            }
        }
        sum
    }

    fn trim(&mut self, now_ms: u64) {
        let oldest = (now_ms / self.slot_ms).saturating_sub(SLOTS);
        while self
            .slots
            .front()
            .is_some_and(|(at, _)| *at <= oldest && *at + SLOTS < now_ms / self.slot_ms + 1)
        {
            self.slots.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_leave_the_window_when_it_has_passed() {
        let mut window = Sliding::over(Millis(1_000));
        window.note(5_000, Side::New, true);
        window.note(5_100, Side::New, false);
        window.note(5_100, Side::Old, false);
        let arms = window.look(5_900);
        assert_eq!(arms[1], ArmCounts { n: 2, hits: 1 });
        assert_eq!(arms[0], ArmCounts { n: 1, hits: 0 });
        assert_eq!(window.look(6_051)[1], ArmCounts { n: 1, hits: 0 });
        assert_eq!(window.look(9_000), [ArmCounts::default(); 2]);
    }

    #[test]
    fn the_window_keeps_at_most_its_slots() {
        let mut window = Sliding::over(Millis(1_000));
        for at in 0..10_000 {
            window.note(at, Side::Old, false);
        }
        assert!(window.slots.len() <= usize::try_from(SLOTS).unwrap() + 1);
    }
}

//! The ledger of alpha: who may be wrong how often, over signals and attempts. It never gives more than the plan's.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Division of a plan's alpha over signals by weight and over attempts by `1 / k^2`, scaled to the attempts that the
/// plan allows.
///
/// The first of three attempts gets 73 %, of unlimited ones it would get 61 %: most plans need one attempt, and equal
/// shares would blunt it to a third, yet every later attempt still has alpha of its own. What an attempt has spent is
/// never given back, whether it alarmed or not; the sum over everything is the plan's alpha (Bonferroni, which is valid
/// under any dependence between signals).
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    alpha: f64,
    weights: Vec<u32>,
    attempts_max: u32,
    spent: BTreeSet<(usize, u32)>,
}

impl Ledger {
    /// A ledger for signals with these weights; `None` unless `0 < alpha < 0.5`, all weights and `attempts_max` are
    /// positive and there is a signal.
    #[must_use]
    pub fn new(alpha: f64, weights: &[u32], attempts_max: u32) -> Option<Self> {
        let is_possible =
            alpha > 0.0 && alpha < 0.5 && attempts_max > 0 && !weights.is_empty() && !weights.contains(&0);
        is_possible.then(|| Self {
            alpha,
            weights: weights.to_vec(),
            attempts_max,
            spent: BTreeSet::new(),
        })
    }

    /// Alpha of one signal in one attempt, counted from 1; `None` for a signal or attempt that the plan does not have.
    #[must_use]
    pub fn share(&self, signal: usize, attempt: u32) -> Option<f64> {
        if attempt == 0 || attempt > self.attempts_max {
            return None;
        }
        let weight = f64::from(*self.weights.get(signal)?);
        let weights: f64 = self.weights.iter().map(|weight| f64::from(*weight)).sum();
        Some(self.alpha * weight / weights * inverse_square(attempt) / attempts_sum(self.attempts_max))
    }

    /// Marks the share as spent and returns it; spending twice costs once, as the same test goes on.
    #[must_use]
    pub fn spend(&mut self, signal: usize, attempt: u32) -> Option<f64> {
        let share = self.share(signal, attempt)?;
        self.spent.insert((signal, attempt));
        Some(share)
    }

    /// Alpha spent so far by all signals and attempts.
    #[must_use]
    pub fn spent(&self) -> f64 {
        self.spent
            .iter()
            .filter_map(|(signal, attempt)| self.share(*signal, *attempt))
            .sum()
    }

    /// Alpha that is left of the plan's.
    #[must_use]
    pub fn left(&self) -> f64 {
        (self.alpha - self.spent()).max(0.0)
    }
}

fn inverse_square(attempt: u32) -> f64 {
    1.0 / (f64::from(attempt) * f64::from(attempt))
}

/// Attempts that are added up one by one; beyond so many the sum no longer changes visibly.
const TERMS_MAX: u32 = 10_000;

/// The sum for more attempts than that. The tail is below 1 / [`TERMS_MAX`]; adding its bound keeps the total at most alpha.
static ENDLESS_SUM: LazyLock<f64> =
    LazyLock::new(|| (1..=TERMS_MAX).map(inverse_square).sum::<f64>() + 1.0 / f64::from(TERMS_MAX));

/// Sum of the inverse squares of all attempts.
fn attempts_sum(attempts_max: u32) -> f64 {
    if attempts_max > TERMS_MAX {
        *ENDLESS_SUM
    } else {
        (1..=attempts_max).map(inverse_square).sum()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn everything_spent_is_the_alpha_of_the_plan() {
        let mut ledger = Ledger::new(0.05, &[3, 1, 1], 4).unwrap();
        for signal in 0..3 {
            for attempt in 1..=4 {
                assert!(ledger.spend(signal, attempt).unwrap() > 0.0);
            }
        }
        assert!((ledger.spent() - 0.05).abs() < 1e-12);
        assert!(ledger.left() < 1e-12);
    }

    #[test]
    fn spent_alpha_carries_over_and_is_spent_once() {
        let mut ledger = Ledger::new(0.05, &[2, 1], 3).unwrap();
        let first = ledger.spend(0, 1).unwrap();
        assert_eq!(ledger.spend(0, 1), Some(first));
        assert!((ledger.spent() - first).abs() < 1e-15);
        let second = ledger.spend(0, 2).unwrap();
        assert!((second - first / 4.0).abs() < 1e-15);
        assert!((ledger.spent() - first - second).abs() < 1e-15);
    }

    #[test]
    fn what_the_plan_does_not_have_gets_nothing() {
        let ledger = Ledger::new(0.05, &[2, 1], 3).unwrap();
        assert_eq!(
            (ledger.share(2, 1), ledger.share(0, 0), ledger.share(0, 4)),
            (None, None, None)
        );
        assert_eq!(Ledger::new(0.05, &[1, 0], 3), None);
        assert_eq!(Ledger::new(f64::NAN, &[1], 3), None);
    }
}

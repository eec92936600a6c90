//! The exact chance that a walk of hits among single units has met a boundary, unit by unit, for predictions where hits
//! are few and no bell curve fits.

/// Chance below which a place of the walk is dropped.
const MASS_MIN: f64 = 1e-13;

/// A boundary in hits: what it takes at each number of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meets {
    /// The walk stops with at least so many hits; by units from 1.
    AtLeast(Vec<Option<u32>>),
    /// The walk stops with at most so many hits; by units from 1.
    AtMost(Vec<Option<u32>>),
}

impl Meets {
    /// Chance that the walk has met the boundary after 1, 2, ... units when each is a hit with chance `share`.
    pub(crate) fn chances(&self, share: f64) -> Vec<f64> {
        let bounds = match self {
            Self::AtLeast(bounds) | Self::AtMost(bounds) => bounds,
        };
        let mut walk = Walking {
            first: 0,
            masses: vec![1.0],
        };
        let mut met = 0.0;
        bounds
            .iter()
            .map(|bound| {
                walk.step(share);
                if let Some(bound) = *bound {
                    met += match self {
                        Self::AtLeast(_) => walk.stop_from(bound),
                        Self::AtMost(_) => walk.stop_to(bound),
                    };
                }
                met
            })
            .collect()
    }
}

/// Chances of the numbers of hits from `first` on, of walks that go on.
struct Walking {
    first: u32,
    masses: Vec<f64>,
}

impl Walking {
    fn step(&mut self, share: f64) {
        self.masses.push(0.0);
        for at in (1..self.masses.len()).rev() {
            self.masses[at] = self.masses[at] * (1.0 - share) + self.masses[at - 1] * share;
        }
        self.masses[0] *= 1.0 - share;
        let light = self.masses.iter().take_while(|mass| **mass < MASS_MIN).count();
        let dropped = light.min(self.masses.len() - 1);
        self.masses.drain(..dropped);
        self.first += dropped as u32;
        while self.masses.len() > 1 && self.masses.last().is_some_and(|mass| *mass < MASS_MIN) {
            self.masses.pop();
        }
    }

    fn stop_from(&mut self, bound: u32) -> f64 {
        let keep = (bound.saturating_sub(self.first) as usize).min(self.masses.len());
        self.masses[keep..].iter_mut().map(core::mem::take).sum()
    }

    fn stop_to(&mut self, bound: u32) -> f64 {
        let stop = ((bound + 1).saturating_sub(self.first) as usize).min(self.masses.len());
        self.masses[..stop].iter_mut().map(core::mem::take).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four units worked by hand: the walk stops at two hits, seen from the second unit on.
    #[test]
    fn chances_follow_the_binomial_until_the_boundary() {
        let up = Meets::AtLeast(vec![None, Some(2), Some(2), Some(2)]).chances(0.25);
        let expected = [0.0, 0.0625, 1.0 - 0.421_875 - 0.421_875, 1.0 - 0.316_406_25 - 0.421_875];
        for (found, expected) in up.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        let down = Meets::AtMost(vec![None, Some(0), None, Some(1)]).chances(0.25);
        let first = 0.5625;
        // One hit in the first two units, none in the next two.
        let second = first + 0.375 * 0.5625;
        for (found, expected) in down.iter().zip([0.0, first, first, second]) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }
}

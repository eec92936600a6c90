//! The alarm for rare bad events: a conditional-binomial e-process, exact for Poisson counts and without a burn-in.
//! For shares above some 5 % it is blind; the stratified alarm is the one to read there.

use crate::rest::Rest;
use crate::special::ln_sum_exp;
use crate::stratum::PairedStratum;
use crate::verdict::Alarm;

/// Alternatives on the grid.
pub const GRID: usize = 60;

/// Nearest alternative, as a logarithm of the rate ratio above the margin: 5 % more events.
const NEAREST: f64 = 0.05;

/// Farthest alternative: over 1,000 times the events, which is an outage at any base rate that is called rare.
const FARTHEST: f64 = 7.0;

/// Log-likelihood sums of the exact alarm over the strata so far; hits are bad events. No alpha is in them, so each may
/// be asked, about every look so far.
///
/// Given an event in a stratum, it is the new side's with chance `rho e^d / (rho e^d + 1 - rho)`. The evidence is a
/// mixture of likelihood ratios over a geometric grid of `d` above the margin, with equal weights: a non-negative
/// martingale at the margin, a supermartingale below it, so it exceeds `1 / alpha` with chance `alpha` at most (Ville).
///
/// # Source
/// Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 2022.
#[derive(Debug, Clone, PartialEq)]
pub struct RareSums {
    margin_ratio: f64,
    ratios: [f64; GRID],
    ln_likelihood: [f64; GRID],
    ln_evidence: f64,
    ln_evidence_max: f64,
    events_new: u64,
    events_old: u64,
    is_comparable: bool,
    is_sound: bool,
}

impl RareSums {
    /// Sums of nothing against "the new side has at most `1 + margin` times the events per unit"; `None` unless
    /// `margin >= 0` is finite.
    #[must_use]
    pub fn new(margin: f64) -> Option<Self> {
        if !(margin >= 0.0 && margin.is_finite()) {
            return None;
        }
        Some(Self {
            margin_ratio: 1.0 + margin,
            ratios: ratios(margin),
            ln_likelihood: [0.0; GRID],
            ln_evidence: 0.0,
            ln_evidence_max: 0.0,
            events_new: 0,
            events_old: 0,
            is_comparable: false,
            is_sound: true,
        })
    }

    /// Takes one stratum, as [`RareSums::add`] does, and looks.
    pub fn push(&mut self, stratum: PairedStratum) {
        self.add(stratum);
        self.look(None);
    }

    /// Takes one stratum. One with an empty side or without events changes nothing; one with more hits than units
    /// silences the sums for good.
    pub fn add(&mut self, stratum: PairedStratum) {
        if !stratum.is_sound() {
            self.is_sound = false;
            return;
        }
        if !stratum.is_comparable() {
            return;
        }
        self.is_comparable = true;
        let (x, y) = (stratum.new.hits, stratum.old.hits);
        if x == 0 && y == 0 {
            return;
        }
        self.events_new = self.events_new.saturating_add(x);
        self.events_old = self.events_old.saturating_add(y);
        let odds = stratum.new.units() / stratum.old.units();
        let events = stratum.new.hits_f() + stratum.old.hits_f();
        let at_margin = libm::log1p(odds * self.margin_ratio);
        let ln_margin = libm::log(self.margin_ratio);
        for (sum, ratio) in self.ln_likelihood.iter_mut().zip(self.ratios) {
            // x ln(q/q0) + y ln((1-q)/(1-q0)) with the shared denominator taken out.
            *sum += stratum.new.hits_f() * (libm::log(ratio) - ln_margin)
                + events * (at_margin - libm::log1p(odds * ratio));
        }
    }

    /// Looks at what was taken so far, as if the old side had met its rest already: never more evidence than without it
    /// since more events of the old side speak against harm.
    pub fn look(&mut self, rest: Option<Rest>) {
        let ln_mean = |sums: &[f64; GRID]| ln_sum_exp(sums) - libm::log(GRID as f64);
        self.ln_evidence = match rest {
            None => ln_mean(&self.ln_likelihood),
            Some(rest) => {
                let (events, odds) = (rest.events(), rest.odds());
                let at_margin = libm::log1p(odds * self.margin_ratio);
                let mut sums = self.ln_likelihood;
                for (sum, ratio) in sums.iter_mut().zip(self.ratios) {
                    *sum += events * (at_margin - libm::log1p(odds * ratio));
                }
                ln_mean(&sums)
            }
        };
        self.ln_evidence_max = self.ln_evidence_max.max(self.ln_evidence);
    }

    /// Harm once the evidence reached `1 / alpha` at any look; an alpha out of `(0, 1)` cannot speak.
    pub fn alarm(&self, alpha: f64) -> Alarm {
        if !self.is_sound || !self.is_comparable || !is_alpha(alpha) {
            Alarm::CannotSpeak
        } else if self.ln_evidence_max >= -libm::log(alpha) {
            Alarm::Harm
        } else {
            Alarm::Quiet
        }
    }

    /// Logarithm of the evidence at this look.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.ln_evidence
    }

    /// Logarithm of the largest evidence at any look.
    #[must_use]
    pub fn ln_evidence_max(&self) -> f64 {
        self.ln_evidence_max
    }

    /// Bad events counted on the new side, in strata where both sides had units.
    #[must_use]
    pub fn events_new(&self) -> u64 {
        self.events_new
    }

    /// Bad events counted on the old side, in strata where both sides had units.
    #[must_use]
    pub fn events_old(&self) -> u64 {
        self.events_old
    }
}

/// Accumulator of the exact alarm: [`RareSums`] with the alpha they are asked at.
#[derive(Debug, Clone, PartialEq)]
pub struct RareAlarm {
    sums: RareSums,
    alpha: f64,
}

impl RareAlarm {
    /// An alarm that sounds with chance `alpha` at most while the new side has at most `1 + margin` times the events
    /// per unit; `None` unless `0 < alpha < 1` and `margin >= 0` is finite.
    #[must_use]
    pub fn new(margin: f64, alpha: f64) -> Option<Self> {
        let sums = RareSums::new(margin)?;
        is_alpha(alpha).then_some(Self { sums, alpha })
    }

    /// The alarm after these strata.
    #[must_use]
    pub fn fold(margin: f64, alpha: f64, strata: &[PairedStratum]) -> Option<Self> {
        let mut alarm = Self::new(margin, alpha)?;
        strata.iter().for_each(|stratum| alarm.push(*stratum));
        Some(alarm)
    }

    /// As [`RareSums::push`].
    pub fn push(&mut self, stratum: PairedStratum) {
        self.sums.push(stratum);
    }

    /// As [`RareSums::add`].
    pub fn add(&mut self, stratum: PairedStratum) {
        self.sums.add(stratum);
    }

    /// As [`RareSums::look`].
    pub fn look(&mut self, rest: Option<Rest>) {
        self.sums.look(rest);
    }

    /// Harm once the evidence reached `1 / alpha` at any look.
    pub fn alarm(&self) -> Alarm {
        self.sums.alarm(self.alpha)
    }

    /// The sums without the alpha.
    #[must_use]
    pub fn sums(&self) -> &RareSums {
        &self.sums
    }

    /// Logarithm of the evidence at this look.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.sums.ln_evidence
    }

    /// Logarithm of the largest evidence at any look.
    #[must_use]
    pub fn ln_evidence_max(&self) -> f64 {
        self.sums.ln_evidence_max
    }

    /// Logarithm of the evidence that means harm.
    #[must_use]
    pub fn ln_evidence_needed(&self) -> f64 {
        -libm::log(self.alpha)
    }

    /// As [`RareSums::events_new`].
    #[must_use]
    pub fn events_new(&self) -> u64 {
        self.sums.events_new
    }

    /// As [`RareSums::events_old`].
    #[must_use]
    pub fn events_old(&self) -> u64 {
        self.sums.events_old
    }
}

/// Rate ratios of the grid above the margin.
fn ratios(margin: f64) -> [f64; GRID] {
    let d0 = libm::log1p(margin);
    let step = libm::log(FARTHEST / NEAREST) / (GRID - 1) as f64;
    core::array::from_fn(|j| libm::exp(d0 + NEAREST * libm::exp(step * j as f64)))
}

/// Events on the new side that sound the alarm among 1, 2, ... `events_max` events on both at constant `odds` of units,
/// without a margin; for predictions.
pub(crate) fn events_until_alarm(odds: f64, alpha: f64, events_max: usize) -> Vec<Option<u32>> {
    let ratios = ratios(0.0);
    let needed = -libm::log(alpha) + libm::log(GRID as f64);
    let per_new = ratios.map(libm::log);
    let per_event = ratios.map(|ratio| libm::log1p(odds) - libm::log1p(odds * ratio));
    let mut least = 0_u32;
    (1..=events_max)
        .map(|events| {
            let reaches = |new: u32| {
                let sums: [f64; GRID] =
                    core::array::from_fn(|j| f64::from(new) * per_new[j] + events as f64 * per_event[j]);
                ln_sum_exp(&sums) >= needed
            };
            while (least as usize) <= events && !reaches(least) {
                least += 1;
            }
            ((least as usize) <= events).then_some(least)
        })
        .collect()
}

fn is_alpha(alpha: f64) -> bool {
    alpha > 0.0 && alpha < 1.0
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test may take another road to the same number"
    )]
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::stratum::ArmCounts;

    fn stratum(n: u64, x: u64, m: u64, y: u64) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(m, y), ArmCounts::new(n, x))
    }

    /// Exactness: summed over every outcome of five events at the margin, the evidence has expectation one.
    #[test]
    fn evidence_is_fair_at_the_margin() {
        let (n, m, margin) = (300_u64, 700_u64, 0.25);
        let q0: f64 = 0.3 * 1.25 / (0.3 * 1.25 + 0.7);
        let choose = [1.0, 5.0, 10.0, 10.0, 5.0, 1.0];
        let mut mean = 0.0;
        for x in 0..=5_u64 {
            let alarm = RareAlarm::fold(margin, 0.05, &[stratum(n, x, m, 5 - x)]).unwrap();
            let chance = choose[x as usize] * q0.powi(x as i32) * (1.0 - q0).powi(5 - x as i32);
            mean += chance * alarm.ln_evidence().exp();
        }
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn an_outage_is_seen_after_few_events_and_old_trouble_is_not() {
        let outage = RareAlarm::fold(0.0, 0.05, &[stratum(10, 2, 1000, 0); 2]).unwrap();
        assert_eq!(outage.alarm(), Alarm::Harm);
        let old_only = RareAlarm::fold(0.0, 0.05, &[stratum(1000, 0, 1000, 50); 9]).unwrap();
        assert_eq!(old_only.alarm(), Alarm::Quiet);
    }

    #[test]
    fn empty_and_absurd_counts_cannot_speak() {
        assert_eq!(RareAlarm::new(0.0, 0.05).unwrap().alarm(), Alarm::CannotSpeak);
        assert_eq!(
            RareAlarm::fold(0.0, 0.05, &[stratum(9, 9, 0, 0)]).unwrap().alarm(),
            Alarm::CannotSpeak
        );
        assert_eq!(
            RareAlarm::fold(0.0, 0.05, &[stratum(9, 10, 9, 0)]).unwrap().alarm(),
            Alarm::CannotSpeak
        );
        assert_eq!(RareAlarm::new(f64::NAN, 0.05), None);
        assert_eq!(RareAlarm::new(0.0, f64::NAN), None);
    }
}

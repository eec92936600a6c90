//! The stratified harm alarm: a sequential one-sided Cochran-Mantel-Haenszel test. It compares the sides inside each
//! stratum only, so neither a ramp nor a moving base rate can deceive it. It never says "pass".

use crate::boundary::Boundary;
use crate::rest::Rest;
use crate::stratum::{Hits, PairedStratum};
use crate::verdict::{Alarm, Difference};

/// Variance at which the alarm's boundary is narrowest.
pub const V_STAR: f64 = 400.0;

/// Sums of the stratified test over the strata so far. No alpha is in them, so any may be asked about the present look;
/// what an earlier look saw is the [`HarmAlarm`]'s to remember, as it depends on the alpha.
///
/// # Source
/// Mantel & Haenszel, "Statistical aspects of the analysis of data from retrospective studies of disease", Journal of the
/// National Cancer Institute 22, 1959: `S = sum (E_t - a_t)`, `V = sum n m k (N - k) / (N^2 (N - 1))`. Interval:
/// Mantel-Haenszel risk difference with the variance of Sato, Greenland and Robins (Biometrics 45, 1989), consistent
/// for sparse and for large strata alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmSums {
    hits: Hits,
    lost: f64,
    variance: f64,
    weight: f64,
    sato_slope: f64,
    sato_level: f64,
    units_new: u64,
    units_old: u64,
    is_sound: bool,
}

impl HarmSums {
    /// Sums of nothing.
    #[must_use]
    pub fn new(hits: Hits) -> Self {
        Self {
            hits,
            lost: 0.0,
            variance: 0.0,
            weight: 0.0,
            sato_slope: 0.0,
            sato_level: 0.0,
            units_new: 0,
            units_old: 0,
            is_sound: true,
        }
    }

    /// Takes one stratum. One with an empty side says nothing about a difference and changes nothing; one with more hits
    /// than units silences the sums for good.
    pub fn push(&mut self, stratum: PairedStratum) {
        if !stratum.is_sound() {
            self.is_sound = false;
            return;
        }
        self.units_new = self.units_new.saturating_add(stratum.new.n);
        self.units_old = self.units_old.saturating_add(stratum.old.n);
        if !stratum.is_comparable() {
            return;
        }
        let (n, a) = (stratum.new.units(), stratum.new.hits_f());
        let (m, b) = (stratum.old.units(), stratum.old.hits_f());
        let total = n + m;
        let (lost, variance) = self.deviation((n, a), (m, b));
        self.lost += lost;
        self.variance += variance;
        self.weight += n * m / total;
        self.sato_slope += (n * n * b - m * m * a + n * m * (m - n) / 2.0) / (total * total);
        self.sato_level += (a * (m - b) + b * (n - a)) / (2.0 * total);
    }

    /// Takes a risk set of a stratum that was pushed before: units of it that were still without an event, and those of them
    /// that have met one since. Its units count as seen already, so the difference becomes that of all events so far per
    /// unit of its stratum. Mantel 1966, Cancer Chemother. Rep. 50:163.
    pub fn push_later(&mut self, at_risk: PairedStratum) {
        if !at_risk.is_sound() {
            self.is_sound = false;
            return;
        }
        if !at_risk.is_comparable() {
            return;
        }
        let (n, a) = (at_risk.new.units(), at_risk.new.hits_f());
        let (m, b) = (at_risk.old.units(), at_risk.old.hits_f());
        let (lost, variance) = self.deviation((n, a), (m, b));
        self.lost += lost;
        self.variance += variance;
        // The risk set has a difference of its own, so its variance is taken as it is and not as Sato's of a common one.
        let total = n + m;
        self.sato_level += (m * m * a * (n - a) / n + n * n * b * (m - b) / m) / (total * total);
    }

    /// Hits lost on the new side against the old one's share, and their variance if the sides are equal.
    fn deviation(&self, (n, a): (f64, f64), (m, b): (f64, f64)) -> (f64, f64) {
        let total = n + m;
        let k = a + b;
        let short = (n * b - m * a) / total;
        let lost = match self.hits {
            Hits::Good => short,
            Hits::Bad => -short,
        };
        (lost, (n / total) * (m / total) * k * (total - k) / (total - 1.0))
    }

    /// True when the counts are sound and both sides had units in the same stratum.
    #[must_use]
    pub fn can_speak(&self) -> bool {
        self.is_sound && self.weight > 0.0
    }

    /// `S`: successes lost so far (or bad events too many) against what the old side did in the same strata; negative
    /// when the new side is better.
    #[must_use]
    pub fn lost_so_far(&self) -> f64 {
        self.lost
    }

    /// The same as if the old side had met its rest already, which takes it off what is held against the new side. Only bad
    /// hits are told before all of them are known.
    #[must_use]
    pub fn lost_beyond(&self, rest: Option<Rest>) -> f64 {
        let taken_off = match self.hits {
            Hits::Bad => rest.map_or(0.0, Rest::taken_off),
            Hits::Good => 0.0,
        };
        self.lost - taken_off
    }

    /// `V`: variance of `S` if the sides are equal.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.variance
    }

    /// Units seen on the new side.
    #[must_use]
    pub fn units_new(&self) -> u64 {
        self.units_new
    }

    /// Units seen on the old side.
    #[must_use]
    pub fn units_old(&self) -> u64 {
        self.units_old
    }

    /// Share of hits, new less old, with an interval that holds at every look with chance `1 - alpha`; `None` while
    /// nothing can be compared, or for an alpha out of `(0, 0.5)`.
    #[must_use]
    pub fn difference(&self, alpha: f64) -> Option<Difference> {
        self.difference_within(&Boundary::tuned(alpha, V_STAR)?)
    }

    /// The difference with an interval of so many standard deviations, the variance taken as `floor` at least.
    pub(crate) fn difference_at(&self, deviations: f64, floor: f64) -> Option<Difference> {
        let point = self.point()?;
        let half = deviations * libm::sqrt(self.spread(point).max(floor)) / self.weight;
        Difference::from_shares(point, point - half, point + half)
    }

    fn ln_evidence(&self, boundary: &Boundary, rest: Option<Rest>) -> f64 {
        boundary.ln_evidence(self.lost_beyond(rest), self.variance)
    }

    fn difference_within(&self, boundary: &Boundary) -> Option<Difference> {
        let point = self.point()?;
        let half = boundary.two_sided_at(self.spread(point)) / self.weight;
        Difference::from_shares(point, point - half, point + half)
    }

    fn point(&self) -> Option<f64> {
        if !self.can_speak() {
            return None;
        }
        let worse = self.lost / self.weight;
        Some(match self.hits {
            Hits::Good => -worse,
            Hits::Bad => worse,
        })
    }

    fn spread(&self, point: f64) -> f64 {
        (point * self.sato_slope + self.sato_level).max(self.variance)
    }
}

/// Accumulator of the stratified harm alarm: [`HarmSums`], the boundary of one alpha and the largest evidence so far.
///
/// The boundary is taken at variance [`crate::boundary::VARIANCE_MIN`] at least: below it the alarm needs the distance
/// that it would need there (4.5 standard deviations or more), which early harm reaches and chance does not; and a
/// harmless unit that carries the variance past the limit can never be what sounds the alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmAlarm {
    sums: HarmSums,
    boundary: Boundary,
    ln_evidence_max: f64,
}

impl HarmAlarm {
    /// An alarm that sounds with chance `alpha` at most when the new side is not worse; `None` unless
    /// `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(hits: Hits, alpha: f64) -> Option<Self> {
        Some(Self {
            sums: HarmSums::new(hits),
            boundary: Boundary::tuned(alpha, V_STAR)?,
            ln_evidence_max: f64::NEG_INFINITY,
        })
    }

    /// The alarm after these strata.
    #[must_use]
    pub fn fold(hits: Hits, alpha: f64, strata: &[PairedStratum]) -> Option<Self> {
        let mut alarm = Self::new(hits, alpha)?;
        strata.iter().for_each(|stratum| alarm.push(*stratum));
        Some(alarm)
    }

    /// Takes one stratum and looks. A stratum with an empty side says nothing about a difference and changes nothing;
    /// one with more hits than units silences the alarm for good.
    pub fn push(&mut self, stratum: PairedStratum) {
        self.sums.push(stratum);
        if stratum.is_sound() && stratum.is_comparable() {
            self.look(None);
        }
    }

    /// Takes what is told of one stratum before all of it is known: the risk sets of those before it, as
    /// [`HarmSums::push_later`] does, and its own counts; and looks with what the old side is still to meet.
    pub fn push_young(&mut self, own: PairedStratum, later: &[PairedStratum], rest: Option<Rest>) {
        later.iter().for_each(|at_risk| self.sums.push_later(*at_risk));
        self.sums.push(own);
        if self.sums.can_speak() {
            self.look(rest);
        }
    }

    fn look(&mut self, rest: Option<Rest>) {
        self.ln_evidence_max = self.ln_evidence_max.max(self.sums.ln_evidence(&self.boundary, rest));
    }

    /// Harm once the boundary was reached at any look, this one or an earlier one.
    pub fn alarm(&self) -> Alarm {
        if !self.sums.can_speak() {
            Alarm::CannotSpeak
        } else if self.ln_evidence_max >= self.boundary.ln_evidence_needed() {
            Alarm::Harm
        } else {
            Alarm::Quiet
        }
    }

    /// The sums without the alpha.
    #[must_use]
    pub fn sums(&self) -> &HarmSums {
        &self.sums
    }

    /// As [`HarmSums::lost_so_far`].
    #[must_use]
    pub fn lost_so_far(&self) -> f64 {
        self.sums.lost
    }

    /// As [`HarmSums::variance`].
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.sums.variance
    }

    /// Logarithm of the evidence at this look.
    #[must_use]
    pub fn ln_evidence(&self) -> f64 {
        self.sums.ln_evidence(&self.boundary, None)
    }

    /// Logarithm of the largest evidence at any look.
    #[must_use]
    pub fn ln_evidence_max(&self) -> f64 {
        self.ln_evidence_max
    }

    /// Logarithm of the evidence that means harm.
    #[must_use]
    pub fn ln_evidence_needed(&self) -> f64 {
        self.boundary.ln_evidence_needed()
    }

    /// Units seen on the new side.
    #[must_use]
    pub fn units_new(&self) -> u64 {
        self.sums.units_new
    }

    /// Units seen on the old side.
    #[must_use]
    pub fn units_old(&self) -> u64 {
        self.sums.units_old
    }

    /// Share of hits, new less old, with an interval that holds at every look with chance `1 - alpha`; `None` while
    /// nothing can be compared.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        self.sums.difference_within(&self.boundary)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::stratum::ArmCounts;

    fn stratum(n: u64, a: u64, m: u64, b: u64) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a))
    }

    /// One 2x2 table worked by hand: n=10 a=4, m=30 b=18; E = 5.5, V = 10*30*22*18/(1600*39).
    #[test]
    fn sums_follow_the_formula() {
        let alarm = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(10, 4, 30, 18)]).unwrap();
        assert!((alarm.lost_so_far() - 1.5).abs() < 1e-12);
        assert!((alarm.variance() - 118_800.0 / 62_400.0).abs() < 1e-12);
        let point = alarm.difference().unwrap().point_pp;
        assert!((point + 20.0).abs() < 1e-9, "{point}");
    }

    /// 30 of 100 against 0 of 900, all of them later: the difference is 0.3, Sato's slope 36 and the risk set's own level
    /// `900^2 * 30 * 70 / 100 / 1000^2`. Where only one side errs that is far above the variance of equal sides.
    #[test]
    fn a_risk_set_widens_the_interval_by_its_own_variance() {
        let mut sums = HarmSums::new(Hits::Bad);
        sums.push(stratum(100, 0, 900, 0));
        sums.push_later(stratum(100, 30, 900, 0));
        let point = sums.point().unwrap();
        assert!((point - 0.3).abs() < 1e-12, "{point}");
        assert!((sums.spread(point) - (0.3 * 36.0 + 17.01)).abs() < 1e-9);
        assert!(sums.spread(point) > 10.0 * sums.variance());
    }

    /// A stratum of 100 and 300 with 2 and 3 errors, then its 90 and 290 at risk with 3 and 1: each by hand.
    #[test]
    fn a_risk_set_adds_its_events_and_no_units() {
        let mut alarm = HarmAlarm::fold(Hits::Bad, 0.05, &[stratum(100, 2, 300, 3)]).unwrap();
        alarm.sums.push_later(stratum(90, 3, 290, 1));
        let lost = (2.0 - 100.0 * 5.0 / 400.0) + (3.0 - 90.0 * 4.0 / 380.0);
        assert!((alarm.lost_so_far() - lost).abs() < 1e-12);
        let variance = 100.0 * 300.0 * 5.0 * 395.0 / (400.0 * 400.0 * 399.0)
            + 90.0 * 290.0 * 4.0 * 376.0 / (380.0 * 380.0 * 379.0);
        assert!((alarm.variance() - variance).abs() < 1e-12);
        let point = alarm.difference().unwrap().point_pp;
        assert!((point - 100.0 * lost / 75.0).abs() < 1e-9, "{point}");
        assert_eq!((alarm.sums().units_new(), alarm.sums().units_old()), (100, 300));
        alarm.sums.push_later(stratum(5, 6, 9, 0));
        assert_eq!(alarm.alarm(), Alarm::CannotSpeak, "more events than units");
    }

    #[test]
    fn bad_hits_are_the_mirror_of_good_ones() {
        let good = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(50, 30, 70, 60); 9]).unwrap();
        let bad = HarmAlarm::fold(Hits::Bad, 0.05, &[stratum(50, 20, 70, 10); 9]).unwrap();
        assert!((good.lost_so_far() - bad.lost_so_far()).abs() < 1e-9);
        assert!((good.ln_evidence_max() - bad.ln_evidence_max()).abs() < 1e-9);
    }

    #[test]
    fn a_crossing_is_remembered() {
        let mut alarm = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(100, 0, 100, 90)]).unwrap();
        assert_eq!(alarm.alarm(), Alarm::Harm);
        (0..50).for_each(|_| alarm.push(stratum(100, 100, 100, 50)));
        assert!(alarm.lost_so_far() < 0.0);
        assert_eq!(alarm.alarm(), Alarm::Harm);
    }

    #[test]
    fn nothing_to_compare_cannot_speak() {
        let alarm = HarmAlarm::new(Hits::Good, 0.05).unwrap();
        assert_eq!(alarm.alarm(), Alarm::CannotSpeak);
        let one_sided = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(100, 3, 0, 0)]).unwrap();
        assert_eq!(one_sided.alarm(), Alarm::CannotSpeak);
        assert_eq!(one_sided.difference(), None);
        let absurd = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(10, 11, 10, 3)]).unwrap();
        assert_eq!(absurd.alarm(), Alarm::CannotSpeak);
    }

    #[test]
    fn single_units_and_all_successes_stay_finite() {
        let alarm = HarmAlarm::fold(Hits::Good, 0.05, &[stratum(1, 1, 1, 1), stratum(1, 0, 1, 1)]).unwrap();
        let shown = alarm.difference().unwrap();
        assert!(shown.low_pp >= -100.0 && shown.high_pp <= 100.0 && shown.point_pp.is_finite());
        assert_eq!(alarm.alarm(), Alarm::Quiet);
    }
}

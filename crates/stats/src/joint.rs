//! The alarms of one criterion together: each of its tests has a part of the criterion's alpha, and harm in any of them
//! is harm. The parts add up to the whole (Bonferroni), whatever the tests have to do with each other.

use crate::bernoulli::ShareTest;
use crate::cmh::HarmAlarm;
use crate::rare::RareAlarm;
use crate::stratum::{ArmCounts, Hits, PairedStratum};
use crate::verdict::Alarm;

/// Part of a completion criterion's alpha for each of its two tests.
pub const COMPLETION_PART: f64 = 1.0 / 2.0;

/// Part of an error criterion's alpha for its limit; the other half is the comparison's.
pub const LIMIT_PART: f64 = 1.0 / 2.0;

/// Part of an error criterion's alpha for each of the two tests of its comparison.
pub const COMPARISON_PART: f64 = 1.0 / 4.0;

/// Frozen thresholds of a slow-share comparison: the old side's P50, P95 and P99 of a clean day.
pub const THRESHOLDS: usize = 3;

/// Part of a latency comparison's alpha for each threshold.
pub const THRESHOLD_PART: f64 = 1.0 / THRESHOLDS as f64;

/// The harm alarm of a completion; hits are successes. The stratified test sees small and lasting losses, the exact one,
/// which reads the failures, sees outages at once.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionAlarm {
    stratified: HarmAlarm,
    exact: RareAlarm,
}

impl CompletionAlarm {
    /// An alarm that sounds with chance `alpha` at most when the new side is not worse; `None` unless `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(alpha: f64) -> Option<Self> {
        Some(Self {
            stratified: HarmAlarm::new(Hits::Good, alpha * COMPLETION_PART)?,
            exact: RareAlarm::new(0.0, alpha * COMPLETION_PART)?,
        })
        .filter(|_| alpha < 0.5)
    }

    /// Takes one stratum and looks with both tests.
    pub fn push(&mut self, stratum: PairedStratum) {
        self.stratified.push(stratum);
        self.exact.push(failures(stratum));
    }

    /// Harm once either test found it at any look.
    pub fn alarm(&self) -> Alarm {
        either(self.stratified.alarm(), self.exact.alarm())
    }

    /// The stratified test, for the difference and what was lost.
    #[must_use]
    pub fn stratified(&self) -> &HarmAlarm {
        &self.stratified
    }

    /// The exact test of the failures.
    #[must_use]
    pub fn exact(&self) -> &RareAlarm {
        &self.exact
    }
}

/// The harm alarm of an error share; hits are errors. Half of the alpha is the limit's, a quarter is each comparison's.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorAlarm {
    stratified: HarmAlarm,
    exact: RareAlarm,
    limit: LimitAlarm,
}

impl ErrorAlarm {
    /// An alarm that sounds with chance `alpha` at most while the new side has no more errors than the old one and no more
    /// than `limit` of its units; a limit of 0 is broken by the first error. `None` unless `0 <= limit < 1` and
    /// `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(limit: f64, alpha: f64) -> Option<Self> {
        Some(Self {
            stratified: HarmAlarm::new(Hits::Bad, alpha * COMPARISON_PART)?,
            exact: RareAlarm::new(0.0, alpha * COMPARISON_PART)?,
            limit: LimitAlarm::new(limit, alpha * LIMIT_PART)?,
        })
        .filter(|_| alpha < 0.5)
    }

    /// Takes one stratum and looks with all tests.
    pub fn push(&mut self, stratum: PairedStratum) {
        self.stratified.push(stratum);
        self.exact.push(stratum);
        self.limit.push(stratum.new);
    }

    /// Harm once any test found it at any look.
    pub fn alarm(&self) -> Alarm {
        either(either(self.stratified.alarm(), self.exact.alarm()), self.limit.alarm())
    }

    /// The limit's alarm alone, for when there is no old side to compare with.
    #[must_use]
    pub fn limit(&self) -> &LimitAlarm {
        &self.limit
    }

    /// The stratified test, for the difference.
    #[must_use]
    pub fn stratified(&self) -> &HarmAlarm {
        &self.stratified
    }

    /// The exact comparison.
    #[must_use]
    pub fn exact(&self) -> &RareAlarm {
        &self.exact
    }
}

/// The alarm for "slower than the old side": the stratified test at each frozen threshold; hits are units above it. The
/// thresholds are frozen before the step, as those from the same counts would break the error rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowAlarm {
    at: [HarmAlarm; THRESHOLDS],
}

impl SlowAlarm {
    /// An alarm that sounds with chance `alpha` at most while the new side has no more slow units at any threshold; `None`
    /// unless `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(alpha: f64) -> Option<Self> {
        let one = HarmAlarm::new(Hits::Bad, alpha * THRESHOLD_PART)?;
        (alpha < 0.5).then_some(Self { at: [one; THRESHOLDS] })
    }

    /// Takes one stratum, with the units above each threshold, and looks at each.
    pub fn push(&mut self, above: [PairedStratum; THRESHOLDS]) {
        for (alarm, stratum) in self.at.iter_mut().zip(above) {
            alarm.push(stratum);
        }
    }

    /// Harm once any threshold found it at any look.
    pub fn alarm(&self) -> Alarm {
        self.at.iter().map(HarmAlarm::alarm).fold(Alarm::CannotSpeak, either)
    }

    /// The test at each threshold, for the differences.
    #[must_use]
    pub fn at(&self) -> &[HarmAlarm; THRESHOLDS] {
        &self.at
    }
}

/// The alarm of a limit on the new side's share. A limit of nothing needs no statistics: the first event is one too many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LimitAlarm {
    /// A share above 0 is tested.
    Share(ShareTest),
    /// Nothing is allowed.
    Nothing(ArmCounts),
}

impl LimitAlarm {
    /// An alarm for "at most `limit` of the units"; `None` unless `0 <= limit < 1` and `0 < alpha < 0.5`.
    #[must_use]
    pub fn new(limit: f64, alpha: f64) -> Option<Self> {
        if limit == 0.0 && alpha > 0.0 && alpha < 0.5 {
            return Some(Self::Nothing(ArmCounts::default()));
        }
        ShareTest::new(limit, alpha).map(Self::Share)
    }

    /// Takes one stratum of the new side and looks.
    pub fn push(&mut self, stratum: ArmCounts) {
        match self {
            Self::Share(test) => test.push(stratum),
            Self::Nothing(counts) => *counts = *counts + stratum,
        }
    }

    /// Harm once the limit was found broken; nothing is said before the first unit.
    pub fn alarm(&self) -> Alarm {
        match self {
            Self::Share(test) => test.alarm(),
            Self::Nothing(counts) if !counts.is_sound() || counts.n == 0 => Alarm::CannotSpeak,
            Self::Nothing(counts) if counts.hits > 0 => Alarm::Harm,
            Self::Nothing(_) => Alarm::Quiet,
        }
    }
}

/// The louder of two alarms: harm in one is harm, and one that cannot speak leaves the word to the other.
pub fn either(one: Alarm, other: Alarm) -> Alarm {
    match (one, other) {
        (Alarm::Harm, _) | (_, Alarm::Harm) => Alarm::Harm,
        (Alarm::Quiet, _) | (_, Alarm::Quiet) => Alarm::Quiet,
        (Alarm::CannotSpeak, Alarm::CannotSpeak) => Alarm::CannotSpeak,
    }
}

fn failures(stratum: PairedStratum) -> PairedStratum {
    // Counts with more hits than units stay what they are, so that they silence this test as they do the other.
    let of = |arm: ArmCounts| ArmCounts::new(arm.n, arm.n.checked_sub(arm.hits).unwrap_or(arm.hits));
    PairedStratum::new(of(stratum.old), of(stratum.new))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn stratum(n: u64, a: u64, m: u64, b: u64) -> PairedStratum {
        PairedStratum::new(ArmCounts::new(m, b), ArmCounts::new(n, a))
    }

    #[test]
    fn either_test_is_enough() {
        let mut outage = CompletionAlarm::new(0.05).unwrap();
        (0..3).for_each(|_| outage.push(stratum(2, 0, 400, 400)));
        assert_eq!((outage.exact().alarm(), outage.alarm()), (Alarm::Harm, Alarm::Harm));
        assert_eq!(outage.stratified().alarm(), Alarm::Quiet);

        let mut loss = CompletionAlarm::new(0.05).unwrap();
        (0..200).for_each(|_| loss.push(stratum(50, 8, 50, 10)));
        assert_eq!((loss.stratified().alarm(), loss.alarm()), (Alarm::Harm, Alarm::Harm));
        assert_eq!(loss.exact().alarm(), Alarm::Quiet);
    }

    #[test]
    fn a_limit_speaks_without_an_old_side() {
        let mut alarm = ErrorAlarm::new(0.01, 0.05).unwrap();
        assert_eq!(alarm.alarm(), Alarm::CannotSpeak);
        (0..20).for_each(|_| alarm.push(stratum(100, 8, 0, 0)));
        assert_eq!(alarm.stratified().alarm(), Alarm::CannotSpeak);
        assert_eq!((alarm.limit().alarm(), alarm.alarm()), (Alarm::Harm, Alarm::Harm));
    }

    #[test]
    fn a_slower_tail_is_enough() {
        let mut alarm = SlowAlarm::new(0.05).unwrap();
        let same = stratum(1_000, 500, 1_000, 500);
        (0..60).for_each(|_| alarm.push([same, stratum(1_000, 70, 1_000, 50), stratum(1_000, 10, 1_000, 10)]));
        assert_eq!(alarm.alarm(), Alarm::Harm);
        let each = alarm.at().each_ref().map(HarmAlarm::alarm);
        assert_eq!(each, [Alarm::Quiet, Alarm::Harm, Alarm::Quiet]);
        assert_eq!(SlowAlarm::new(0.5), None);
    }

    #[test]
    fn a_limit_of_nothing_is_broken_by_the_first_event() {
        let mut alarm = ErrorAlarm::new(0.0, 0.05).unwrap();
        alarm.push(stratum(100_000, 0, 0, 0));
        assert_eq!(alarm.alarm(), Alarm::Quiet);
        alarm.push(stratum(1, 1, 0, 0));
        assert_eq!(alarm.alarm(), Alarm::Harm);
    }

    #[test]
    fn counts_that_contradict_themselves_silence_every_test() {
        let mut alarm = CompletionAlarm::new(0.05).unwrap();
        alarm.push(stratum(10, 11, 10, 3));
        assert_eq!(alarm.alarm(), Alarm::CannotSpeak);
    }

    #[test]
    fn senseless_settings_are_refused() {
        assert_eq!(CompletionAlarm::new(0.5), None);
        assert_eq!(ErrorAlarm::new(1.0, 0.05), None);
        assert_eq!(ErrorAlarm::new(0.01, f64::NAN), None);
        assert_eq!(LimitAlarm::new(0.0, 0.0), None);
    }
}

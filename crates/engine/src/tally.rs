//! What the counts of one criterion add up to: the sums of its tests, kept up to date stratum by stratum, so that a verdict
//! costs the same after a month as after a minute. No alpha and no margin is in them; they say nothing by themselves.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tidegate_model::seam::ArmCounts;
use tidegate_model::{Millis, Timestamp};
use tidegate_stats::blocks::Blocks;
use tidegate_stats::cmh::HarmSums;
use tidegate_stats::rare::RareSums;
use tidegate_stats::{Hits, PairedStratum, Rest, SrmTest};

use crate::state::Cell;

mod young;

use young::Young;

/// Strata in a row in which both sides are the same series before that is called invalid.
pub(crate) const IDENTICAL_STRATA: usize = 30;
/// Chance of calling a true split a mismatch, per attempt of a stage.
pub(crate) const SPLIT_ALPHA: f64 = 0.001;

/// Which events of a criterion's counts the exact alarm reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RareEvents {
    /// Hits: they are what one fears.
    Hits,
    /// What is no hit: hits are what one hopes for.
    Failures,
    /// None: there is no exact alarm.
    Neither,
}

/// Counts added up over a span of strata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Strata.
    pub strata: u64,
    /// The old side.
    pub old: ArmCounts,
    /// The new side.
    pub new: ArmCounts,
    /// When counts last came.
    pub received: Option<Timestamp>,
    /// When counts of anybody on the new side last came.
    pub counted: Option<Timestamp>,
    /// Whether some stratum had more hits than attempts.
    pub is_impossible: bool,
}

impl Totals {
    fn push(&mut self, cell: &Cell) {
        self.strata += 1;
        self.old = add(self.old, cell.old);
        self.new = add(self.new, cell.new);
        self.received = self.received.max(Some(cell.received));
        if cell.new.n > 0 {
            self.counted = self.counted.max(Some(cell.received));
        }
        self.is_impossible |= cell.old.hits > cell.old.n || cell.new.hits > cell.new.n;
    }

    /// Hits of attempts that are counted already, or were before the sums began anew: never more of them than attempts.
    fn push_later(&mut self, old: ArmCounts, new: ArmCounts) {
        let sum = |sum: ArmCounts, later: ArmCounts| ArmCounts {
            hits: sum.hits.saturating_add(later.hits).min(sum.n),
            ..sum
        };
        self.old = sum(self.old, old);
        self.new = sum(self.new, new);
        self.is_impossible |= old.hits > old.n || new.hits > new.n;
    }

    /// Attempts and hits of the old side.
    #[must_use]
    pub fn old_pair(&self) -> (u64, u64) {
        (self.old.n, self.old.hits)
    }

    /// Attempts and hits of the new side.
    #[must_use]
    pub fn new_pair(&self) -> (u64, u64) {
        (self.new.n, self.new.hits)
    }
}

/// Sums of one criterion since the attempt or the last restart, and since the step began.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Counts of the attempt.
    pub attempt: Totals,
    /// Counts of the step.
    pub step: Totals,
    /// Those of them to which nothing will be added, which alone may pass.
    pub grown: Totals,
    /// Those of the attempt to which nothing will be added.
    pub ended: Totals,
    /// Whether something was told before all of it was known.
    pub is_told_young: bool,
    young: Option<Young>,
    /// The stratified comparison over the attempt; hits are taken as bad, which only decides the sign.
    pub stratified: HarmSums,
    /// The exact comparison of hits over the attempt.
    pub rare_hits: Option<RareSums>,
    /// The exact comparison of what is no hit, over the attempt.
    pub rare_failures: Option<RareSums>,
    /// Whether visitors are split as planned, over the attempt; where the split is counted.
    pub split: Option<SrmTest>,
    /// The comparison of the pass test, over the step.
    pub blocks: Blocks,
    /// Attempts of the step's last strata, while both sides are the same.
    pub same: VecDeque<u64>,
}

impl Tally {
    /// Sums of nothing. Of events that an older journal does not tell, both kinds are kept.
    #[must_use]
    pub fn new(rare: Option<RareEvents>) -> Self {
        let (hits, failures) = match rare {
            Some(RareEvents::Hits) => (true, false),
            Some(RareEvents::Failures) => (false, true),
            Some(RareEvents::Neither) => (false, false),
            None => (true, true),
        };
        let sums = |is_kept: bool| is_kept.then(|| RareSums::new(0.0).expect("a margin of nothing is one"));
        Self {
            attempt: Totals::default(),
            step: Totals::default(),
            grown: Totals::default(),
            ended: Totals::default(),
            is_told_young: false,
            young: None,
            stratified: HarmSums::new(Hits::Bad),
            rare_hits: sums(hits),
            rare_failures: sums(failures),
            split: None,
            blocks: Blocks::default(),
            same: VecDeque::new(),
        }
    }

    /// The same of attempts that are told as they happen: their end is told within `horizon`, or never.
    #[must_use]
    pub fn ending_within(self, horizon: Millis) -> Self {
        Self {
            young: Some(Young::within(horizon)),
            ..self
        }
    }

    /// Sums of nothing, where the split of visitors is counted.
    #[must_use]
    pub fn of_split() -> Self {
        Self {
            split: SrmTest::new(SPLIT_ALPHA),
            ..Self::new(Some(RareEvents::Neither))
        }
    }

    /// Takes one stratum, to which nothing will be added; whether it may help the step to pass is for the caller to say.
    pub fn push(&mut self, cell: &Cell, belongs: Belongs) {
        self.push_told(cell, belongs);
        self.look();
        if let Some(rare) = &mut self.rare_failures {
            rare.push(failures(paired(cell)));
        }
        self.push_grown(cell, belongs);
    }

    /// Takes one stratum for its alarms. What is known of it so far may show harm, since later hits are no fewer; of what is
    /// no hit yet nothing is known.
    pub fn push_young(&mut self, cell: &Cell, belongs: Belongs) {
        self.is_told_young = true;
        if let Some(young) = &mut self.young {
            young.push(cell);
        }
        self.push_told(cell, belongs);
        self.look();
    }

    fn push_told(&mut self, cell: &Cell, belongs: Belongs) {
        let stratum = paired(cell);
        self.attempt.push(cell);
        self.stratified.push(stratum);
        if let Some(rare) = &mut self.rare_hits {
            rare.add(stratum);
        }
        if let Some(split) = &mut self.split {
            split.push(u32::from(cell.share.get()), cell.new.n, cell.old.n);
        }
        match belongs {
            Belongs::ToStep => {
                self.step.push(cell);
                self.notice_sameness(cell);
            }
            Belongs::ToAttempt => {}
        }
    }

    /// Lets the exact alarm look, which keeps the most that it has seen.
    fn look(&mut self) {
        let rest = self.rest();
        if let Some(rare) = &mut self.rare_hits {
            rare.look(rest);
        }
    }

    /// Hits that the old side's open attempts are expected to meet still.
    #[must_use]
    pub fn rest(&self) -> Option<Rest> {
        let sums = |totals: &Totals| PairedStratum::new(arm(totals.old), arm(totals.new));
        let open_at_most = self.young.as_ref().map_or((u64::MAX, u64::MAX), Young::at_most);
        let rest = || Rest::expected(sums(&self.attempt), sums(&self.ended), open_at_most);
        self.is_told_young.then(rest).flatten()
    }

    /// Takes one stratum for its pass tests.
    pub fn push_grown(&mut self, cell: &Cell, belongs: Belongs) {
        self.ended.push(cell);
        match belongs {
            Belongs::ToStep => {
                self.grown.push(cell);
                // When a block fills does not matter to those who ask at any time.
                let _filled = self.blocks.push(paired(cell));
            }
            Belongs::ToAttempt => {}
        }
    }

    /// Takes the first hits of attempts whose stratum was pushed young before, beside those of them that were at risk.
    pub fn push_later(&mut self, old: ArmCounts, new: ArmCounts, belongs: Belongs) {
        let at_risk = PairedStratum::new(arm(old), arm(new));
        self.stratified.push_later(at_risk);
        if let Some(rare) = &mut self.rare_hits {
            rare.add(at_risk);
        }
        self.attempt.push_later(old, new);
        match belongs {
            Belongs::ToStep => self.step.push_later(old, new),
            Belongs::ToAttempt => {}
        }
        self.look();
    }

    fn notice_sameness(&mut self, cell: &Cell) {
        if cell.old != cell.new {
            self.same.clear();
        } else if cell.new.n > 0 {
            self.same.push_back(cell.new.n);
            if self.same.len() > IDENTICAL_STRATA {
                self.same.pop_front();
            }
        }
    }

    /// A step begins: what passes starts at zero, what alarms does not.
    pub fn begin_step(&mut self) {
        self.step = Totals::default();
        self.grown = Totals::default();
        self.blocks = Blocks::default();
        self.same.clear();
    }

    /// Attempts of the step, old side and new, to which something may still be added: their window is not over.
    #[must_use]
    pub fn open_of_step(&self) -> (u64, u64) {
        let open = |told: ArmCounts, grown: ArmCounts| told.n.saturating_sub(grown.n);
        match self.is_told_young {
            true => (open(self.step.old, self.grown.old), open(self.step.new, self.grown.new)),
            false => (0, 0),
        }
    }

    /// Hits lost against the old side's pace: good ones too few, or bad ones too many.
    #[must_use]
    pub fn lost(&self, hits: Hits) -> f64 {
        match hits {
            Hits::Bad => self.stratified.lost_so_far(),
            Hits::Good => 0.0 - self.stratified.lost_so_far(),
        }
    }
}

/// What a stratum is evidence for, beside the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belongs {
    /// Also for the step to pass.
    ToStep,
    /// For the alarm alone: it was counted before the step was in force.
    ToAttempt,
}

/// One cell as the statistics take it.
pub(crate) fn paired(cell: &Cell) -> PairedStratum {
    PairedStratum::new(arm(cell.old), arm(cell.new))
}

/// Counts of one side as the statistics take them.
pub(crate) fn arm(counts: ArmCounts) -> tidegate_stats::ArmCounts {
    tidegate_stats::ArmCounts::new(counts.n, counts.hits)
}

/// The same stratum with what is no hit as the hits. Counts that contradict themselves stay so.
pub(crate) fn failures(stratum: PairedStratum) -> PairedStratum {
    let of = |arm: tidegate_stats::ArmCounts| {
        tidegate_stats::ArmCounts::new(arm.n, arm.n.checked_sub(arm.hits).unwrap_or(arm.hits))
    };
    PairedStratum::new(of(stratum.old), of(stratum.new))
}

/// Both together; counts stop at the largest integer.
pub(crate) fn add(a: ArmCounts, b: ArmCounts) -> ArmCounts {
    ArmCounts {
        n: a.n.saturating_add(b.n),
        hits: a.hits.saturating_add(b.hits),
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::BasisPoints;
    use tidegate_model::seam::ExposureVersion;
    use tidegate_stats::{Alarm, HarmAlarm};

    use super::*;

    fn cell(old: (u64, u64), new: (u64, u64)) -> Cell {
        let arm = |(n, hits)| ArmCounts { n, hits };
        Cell {
            began: Timestamp(0),
            received: Timestamp(1),
            version: ExposureVersion::default(),
            share: BasisPoints::FULL,
            old: arm(old),
            new: arm(new),
        }
    }

    #[test]
    fn what_is_lost_is_what_the_alarm_of_either_kind_of_hits_counts() {
        let cells = [cell((90, 80), (40, 30)), cell((70, 20), (60, 31))];
        let strata: Vec<PairedStratum> = cells.iter().map(paired).collect();
        let mut tally = Tally::new(None);
        for cell in &cells {
            tally.push(cell, Belongs::ToStep);
        }
        for hits in [Hits::Good, Hits::Bad] {
            let alarm = HarmAlarm::fold(hits, 0.01, &strata).expect("an alpha");
            assert_eq!(tally.lost(hits).to_bits(), alarm.lost_so_far().to_bits());
            assert_eq!(tally.stratified.difference(0.01), alarm.difference());
        }
    }

    #[test]
    fn the_exact_alarm_hears_later_hits_beyond_what_the_old_side_is_still_to_meet() {
        let begun = |n| cell((9 * n, 0), (n, 0));
        let arm = |n, hits| ArmCounts { n, hits };
        let later = (arm(8_800, 0), arm(980, 12));
        let mut tally = Tally::new(Some(RareEvents::Hits));
        tally.push_young(&begun(1_000), Belongs::ToStep);
        tally.push_later(later.0, later.1, Belongs::ToStep);
        let says = |tally: &Tally| tally.rare_hits.as_ref().map(|rare| rare.alarm(0.001));
        assert_eq!(
            says(&tally),
            Some(Alarm::Quiet),
            "no old attempt has ended: all of them may still fail"
        );
        // The same after as many have ended with one error.
        let mut tally = Tally::new(Some(RareEvents::Hits));
        tally.push(&cell((9_000, 1), (1_000, 0)), Belongs::ToStep);
        tally.push_young(&begun(1_000), Belongs::ToStep);
        tally.push_later(later.0, later.1, Belongs::ToStep);
        let rest = tally.rest().expect("open attempts");
        let share = (2.0 + 3.0 * f64::sqrt(2.0)) / 9_001.0;
        assert!((rest.events() - 9_000.0 * share).abs() < 1e-9);
        assert_eq!(says(&tally), Some(Alarm::Harm));
    }

    /// A gateway that starts anew never tells how its open attempts ended.
    #[test]
    fn attempts_whose_end_will_not_be_told_are_open_for_a_time_only() {
        let mut tally = Tally::new(Some(RareEvents::Hits)).ending_within(Millis::minutes(16));
        let mut told = |minute: i64, n: u64| {
            let cell = Cell {
                received: Timestamp(minute * 60_000),
                ..cell((9 * n, 0), (n, 0))
            };
            tally.push_young(&cell, Belongs::ToStep);
            tally.rest().map(|rest| rest.events())
        };
        assert_eq!(told(0, 1_000), Some(9_000.0));
        assert_eq!(told(10, 10), Some(9_090.0));
        assert_eq!(told(17, 1), Some(99.0));
        assert_eq!(told(60, 2), Some(18.0));
    }

    #[test]
    fn a_step_begins_with_nothing_that_passes_and_all_that_alarms() {
        let mut tally = Tally::new(Some(RareEvents::Failures));
        tally.push(&cell((50, 50), (50, 50)), Belongs::ToStep);
        tally.push(&cell((50, 50), (50, 40)), Belongs::ToAttempt);
        assert_eq!((tally.step.new.n, tally.attempt.new.n, tally.same.len()), (50, 100, 1));
        tally.begin_step();
        assert_eq!((tally.step, tally.blocks), (Totals::default(), Blocks::default()));
        assert_eq!((tally.attempt.new.hits, tally.same.len()), (90, 0));
    }
}

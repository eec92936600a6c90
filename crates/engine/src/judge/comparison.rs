//! What is counted: the harm alarm over the whole attempt, the pass test over this step alone.

use tidegate_model::ask::{Cadence, Looks};
use tidegate_model::plan::{Criterion, Measure, Plan};
use tidegate_model::seam::Verdict;
use tidegate_model::{Millis, Timestamp};
use tidegate_stats::Hits;
use tidegate_stats::batch::BatchTest;
use tidegate_stats::sample_ratio::Split;

use super::alpha::harm_alpha;
use super::numbers::in_words;
use super::test::{self, Least, Says, Test};
use super::tested::{By, Comparison, Tested};
use super::{Judged, is_full, validity};
use crate::event::Reading;
use crate::state::{RareEvents, StageState, Tally};

pub(super) fn judge(plan: &Plan, known: &StageState, criterion: &Criterion, tested: &Tested, now: Timestamp) -> Judged {
    let untold = Tally::new(Some(RareEvents::Neither));
    let tally = known.tallies.get(&criterion.id).map_or(&untold, |tally| tally.as_ref());
    let mut reading = Reading {
        old: Some(tally.step.old_pair()),
        new: Some(tally.step.new_pair()),
        strata: tally.step.strata,
        ..Reading::default()
    };
    let mut valid = validity::possible(tally);
    if let Some((verdict, why)) = valid.verdict.take() {
        return Judged {
            verdict,
            reading: Reading { why, ..reading },
            tests: Vec::new(),
            checks: valid.checks,
        };
    }
    let case = Case {
        plan,
        known,
        criterion,
        tested,
        tally,
        now,
    };
    let compares = compares(known, tested);
    let mut tests = case.alarms(compares, &mut reading);
    let is_harm = tests.iter().any(|test| test.says == Says::Harm);
    if is_harm || known.harmed.contains(&criterion.id) {
        // The interval belongs to the stratified test. When the exact one spoke first, it would only contradict the verdict.
        reading.interval = reading.interval.filter(|(low, high)| *low > 0.0 || *high < 0.0);
        let new = in_words(new_or(&reading, tally));
        reading.why = harmful(&criterion.measure, compares, &new, &in_words(tally.step.old_pair()));
        if !is_harm {
            reading.why = format!("harm was found under this attempt; {}", case.counts());
        }
        return Judged {
            verdict: Verdict::Harm,
            reading,
            tests,
            checks: valid.checks,
        };
    }
    let stale_after = cadence(&criterion.measure).map(|cadence| cadence.stale_after);
    validity::usable(&mut valid, tested, known, criterion, tally, stale_after, now);
    let passes = case.passes();
    let (verdict, reading) = match valid.verdict.take() {
        Some((verdict, why)) => (verdict, Reading { why, ..reading }),
        None => case.pass(&passes, reading),
    };
    tests.extend(passes);
    Judged {
        verdict,
        reading,
        tests,
        checks: valid.checks,
    }
}

/// What the harm alarm of a criterion may look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    /// Both sides, and limits of the new one.
    Sides,
    /// Limits of the new side only.
    Nothing,
}

fn compares(known: &StageState, tested: &Tested) -> Compares {
    use super::tested::CountedBy;
    match (tested.counted, validity::split_of(known)) {
        _ if is_full(known.exposure) => Compares::Nothing,
        // Sides that hold other visitors than planned cannot be compared; a limit of the new side alone still stands.
        (CountedBy::Gateway, Split::Mismatch) => Compares::Nothing,
        (CountedBy::Gateway, Split::Plausible | Split::CannotSpeak) | (CountedBy::Source, _) => Compares::Sides,
    }
}

fn cadence(measure: &Measure) -> Option<&Cadence> {
    match measure {
        Measure::Level { cadence, .. } | Measure::Counted { cadence, .. } => Some(cadence),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}

/// What harm is: beyond a limit, or worse than the old side.
fn harmful(measure: &Measure, compares: Compares, new: &str, old: &str) -> String {
    match measure {
        Measure::Latency { quantile, limit, .. } => {
            let allowed = 100.0 * (1.0 - quantile.ratio());
            format!("new {new} take longer than {limit}, {allowed:.1} % may: beyond chance")
        }
        Measure::Errors { at_most, .. } if compares == Compares::Nothing => {
            format!("new {new} fail, {at_most} may: beyond chance")
        }
        Measure::Counted {
            at_most: Some(at_most),
            not_worse_by,
            ..
        } if compares == Compares::Nothing || not_worse_by.is_none() => {
            format!("new {new}, {at_most} may be bad: beyond chance")
        }
        Measure::Errors { .. }
        | Measure::Completion { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => format!("new {new}, old {old}: worse beyond chance"),
    }
}

/// When the step itself has no counts of the new side yet, what the attempt has.
fn new_or(reading: &Reading, tally: &Tally) -> (u64, u64) {
    match reading.new {
        Some((n, hits)) if n > 0 => (n, hits),
        Some(_) | None => tally.attempt.new_pair(),
    }
}

/// A criterion before its judge.
struct Case<'a> {
    plan: &'a Plan,
    known: &'a StageState,
    criterion: &'a Criterion,
    tested: &'a Tested,
    tally: &'a Tally,
    now: Timestamp,
}

impl Case<'_> {
    /// The alarms; also fills in difference, interval and lost orders.
    fn alarms(&self, compares: Compares, reading: &mut Reading) -> Vec<Test> {
        let alpha = harm_alpha(self.plan, self.criterion, self.known);
        let mut tests = Vec::new();
        if let Some(comparison) = self.tested.comparison.filter(|_| compares == Compares::Sides) {
            self.compare(comparison, alpha, &mut tests, reading);
        }
        if let Some(limit) = self.tested.limit {
            let part = alpha / limit.part;
            let (test, interval) = test::limit_alarm(&self.tally.attempt, self.tested.hits, limit.at_most, part);
            if self.tested.comparison.is_none() {
                reading.interval = interval;
            }
            tests.push(test);
        }
        tests
    }

    fn compare(&self, comparison: Comparison, alpha: f64, tests: &mut Vec<Test>, reading: &mut Reading) {
        let hits = self.tested.hits;
        let part = alpha / comparison.by.part();
        let shown = match comparison.by {
            By::Stratified { .. } => {
                tests.push(test::stratified_alarm(self.tally, hits, part));
                self.tally.stratified.difference(part)
            }
            By::StratifiedAndExact { .. } => {
                tests.push(test::stratified_alarm(self.tally, hits, part));
                tests.push(test::exact_alarm(self.tally, hits, part));
                self.tally.stratified.difference(part)
            }
            By::Batches { .. } => {
                let told = self.known.batches.get(&self.criterion.id);
                let told = told.and_then(|batches| batches.alarm.as_ref());
                let totals = &self.tally.attempt;
                tests.push(test::batches(told, totals, comparison.margin, part, test::Asks::Harm));
                told.and_then(BatchTest::difference)
            }
        };
        if let Some(difference) = shown {
            reading.difference = Some(difference.point_pp / 100.0);
            reading.interval = Some((difference.low_pp / 100.0, difference.high_pp / 100.0));
            reading.lost = (hits == Hits::Good).then(|| self.tally.lost(hits));
        }
    }

    /// The pass tests that must all say so.
    fn passes(&self) -> Vec<Test> {
        let alpha = self.plan.alpha.ratio();
        let hits = self.tested.hits;
        let comparison = self.tested.comparison.filter(|_| !is_full(self.known.exposure));
        let mut tests = Vec::new();
        if let Some(limit) = self.tested.limit {
            let least = self.least(comparison);
            tests.push(test::limit_pass(&self.tally.grown, hits, limit.at_most, alpha, least));
        }
        if let Some(comparison) = comparison {
            match comparison.by {
                By::Stratified { .. } | By::StratifiedAndExact { .. } => {
                    tests.push(test::pass(self.tally, hits, comparison.margin, alpha));
                }
                By::Batches { .. } => {
                    let told = self.known.batches.get(&self.criterion.id);
                    let told = told.and_then(|batches| batches.pass.as_ref());
                    let totals = &self.tally.step;
                    tests.push(test::batches(told, totals, comparison.margin, alpha, test::Asks::Pass));
                }
            }
        }
        tests
    }

    /// What a limit of nothing needs to be passed.
    fn least(&self, comparison: Option<Comparison>) -> Least {
        match (comparison, &self.criterion.measure) {
            (Some(_), _) => Least::Compared,
            (
                None,
                Measure::Counted {
                    looks: Looks::Batches { planned },
                    ..
                },
            ) => Least::Batches(*planned),
            (None, _) => Least::Stream,
        }
    }

    fn counts(&self) -> String {
        // A pass asks for attempts to which nothing will be added; harm, and who reads along, has heard of more.
        let (counted, ended) = if self.tally.is_told_young {
            (&self.tally.grown, " of those whose window is over")
        } else {
            (&self.tally.step, "")
        };
        let new = in_words(counted.new_pair());
        if is_full(self.known.exposure) || self.is_alone() {
            format!("new {new}{ended}")
        } else {
            format!("new {new}, old {}{ended}", in_words(counted.old_pair()))
        }
    }

    /// Whether nobody asked for an old side.
    fn is_alone(&self) -> bool {
        matches!(self.criterion.measure, Measure::Counted { old: None, .. })
    }

    fn pass(&self, tests: &[Test], mut reading: Reading) -> (Verdict, Reading) {
        let counts = self.counts();
        let claim = self.claim();
        if !tests.is_empty() && tests.iter().all(|test| test.says == Says::Pass) {
            reading.why = format!("{counts}: {claim} is excluded");
            return (Verdict::Pass, reading);
        }
        let needed = tests
            .iter()
            .try_fold(0_u64, |most, test| test.needed.map(|needed| most.max(needed)))
            .filter(|_| !tests.is_empty());
        let seen = self.tally.step.new.n;
        let within = self.now.since(self.known.step_since_at);
        // Those that have begun already need no traffic, only the end of their window.
        let (_, open) = self.tally.open_of_step();
        reading.speaks_in = needed.and_then(|needed| wait_for(needed.saturating_sub(open), seen, within));
        reading.why = format!("{counts}: {claim} is not excluded yet");
        (Verdict::NotYet { needed }, reading)
    }

    /// What a pass excludes.
    fn claim(&self) -> String {
        match &self.criterion.measure {
            Measure::Completion { .. } => {
                let margin = self.tested.comparison.and_then(|comparison| comparison.margin);
                format!("a loss of {:.1} %", 100.0 * margin.map_or(0.0, test::ratio))
            }
            Measure::Errors { at_most, .. } => format!("more than {at_most} errors"),
            Measure::Latency { quantile, limit, .. } => format!("P{:.0} above {limit}", 100.0 * quantile.ratio()),
            Measure::Slower {
                quantile,
                threshold,
                not_worse_by,
                ..
            } => format!(
                "a share above {threshold} (P{:.0} of the old side) larger by more than {not_worse_by} of itself",
                100.0 * quantile.ratio()
            ),
            Measure::Counted {
                at_most, not_worse_by, ..
            } => match (at_most, not_worse_by) {
                (Some(at_most), Some(worse)) => {
                    format!("more than {at_most} bad, or {worse} more than on the old side,")
                }
                (Some(at_most), None) => format!("more than {at_most} bad"),
                (None, Some(worse)) => format!("a difference of {worse} for the worse"),
                (None, None) => "anything".to_owned(),
            },
            Measure::Level { .. }
            | Measure::SqlEqual { .. }
            | Measure::Reconcile { .. }
            | Measure::Survey { .. }
            | Measure::Incidents { .. }
            | Measure::Load { .. }
            | Measure::Manual { .. } => String::new(),
        }
    }
}

/// Time until so many more attempts have come at the pace of this step.
fn wait_for(needed: u64, seen: u64, within: Millis) -> Option<Millis> {
    let time = u128::from(needed)
        .checked_mul(u128::from(within.0))?
        .checked_div(u128::from(seen))?;
    u64::try_from(time).ok().map(Millis)
}

//! Completion, errors and latency: the harm alarm over the whole attempt, the pass test over this step alone.

use tidegate_model::plan::{Criterion, Measure, Plan, Stage};
use tidegate_model::seam::{InvalidReason, SPLIT, Verdict};
use tidegate_model::{BasisPoints, Millis, Timestamp};
use tidegate_stats::sample_ratio::Split;
use tidegate_stats::{
    Alarm, HarmAlarm, Hits, Ledger, Margin, PairedStratum, PassTest, Passing, RareAlarm, ShareTest, SrmTest,
};

use super::numbers::{arm, in_words, is_of_step, paired, totals};
use super::{invalid, is_full, silence};
use crate::event::Reading;
use crate::state::{Cell, StageState};

/// Chance of calling a true split a mismatch, per attempt of a stage.
const SPLIT_ALPHA: f64 = 0.001;
/// Strata in a row in which both sides are the same series before that is called invalid (gates.md 1).
const IDENTICAL_STRATA: usize = 30;
/// Expected attempts from which their absence is no chance: nothing comes by chance with less than 1 in 10^8.
const EXPECTED_AT_LEAST: u64 = 20;
/// Attempts that those strata must hold together; small equal counts are chance.
const IDENTICAL_ATTEMPTS: u64 = 300;
/// Fallbacks above this share of the new side's attempts make its counts invalid: 1 in 100.
const FALLBACKS_ONE_IN: u64 = 100;
/// Alpha of a test whose share the ledger does not know; it never speaks.
const NO_ALPHA: f64 = 1e-9;

pub(super) fn judge(
    plan: &Plan,
    stage: &Stage,
    known: &StageState,
    criterion: &Criterion,
    now: Timestamp,
) -> (Verdict, Reading) {
    let cells: &[Cell] = known.cells.get(&criterion.id).map_or(&[], |cells| cells.as_slice());
    let of_step: Vec<Cell> = cells.iter().filter(|cell| is_of_step(known, cell)).copied().collect();
    let (old, new) = totals(of_step.iter());
    let mut reading = Reading {
        old: Some(old),
        new: Some(new),
        strata: u64::try_from(of_step.len()).unwrap_or(u64::MAX),
        ..Reading::default()
    };
    if cells
        .iter()
        .any(|cell| cell.old.hits > cell.old.n || cell.new.hits > cell.new.n)
    {
        return invalid(InvalidReason::Impossible, reading);
    }
    let alpha = harm_alpha(plan, stage, criterion, known);
    let all: Vec<PairedStratum> = cells.iter().map(paired).collect();
    let split = split(known);
    let compares = match split {
        _ if is_full(known.exposure) => Compares::Nothing,
        // Sides that hold other visitors than planned cannot be compared; a limit of the new side alone still stands.
        Split::Mismatch => Compares::Nothing,
        Split::Plausible | Split::CannotSpeak => Compares::Sides,
    };
    let harm = harm(&criterion.measure, alpha, &all, cells, compares, &mut reading);
    if harm == Alarm::Harm {
        // The interval belongs to the stratified test. When the exact one spoke first, it would only contradict the verdict.
        reading.interval = reading.interval.filter(|(low, high)| *low > 0.0 || *high < 0.0);
        let new = in_words(new_or(&reading, cells));
        reading.why = harmful(&criterion.measure, compares, &new, &in_words(old));
        return (Verdict::Harm, reading);
    }
    if let Some(silent) = silence::of(known, &criterion.id, now) {
        reading.why = format!("nothing was counted since {silent}");
        return (Verdict::NoData { since: silent }, reading);
    }
    if !is_full(known.exposure) {
        match split {
            Split::Mismatch => return invalid(InvalidReason::SampleRatio, reading),
            Split::CannotSpeak if old.0 > 0 || new.0 > 0 => {
                reading.why = "the split of visitors is not counted yet".into();
                return (Verdict::NotYet { needed: None }, reading);
            }
            Split::CannotSpeak | Split::Plausible => {}
        }
        if is_one_sided(old.0, new.0, known.exposure) {
            return invalid(InvalidReason::ZeroDenominator, reading);
        }
        if is_identical(&of_step) {
            return invalid(InvalidReason::Identical, reading);
        }
        let split = known.cells.get(SPLIT).map_or(&[][..], |cells| cells.as_slice());
        let new_attempts = totals(split.iter().filter(|cell| is_of_step(known, cell))).1.0;
        if known.fallbacks.saturating_mul(FALLBACKS_ONE_IN) > new_attempts.max(FALLBACKS_ONE_IN) {
            return invalid(InvalidReason::Fallbacks, reading);
        }
    }
    pass(plan, stage, known, criterion, &of_step, now, reading)
}

/// What the harm alarm of a criterion may look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compares {
    /// Both sides, and limits of the new one.
    Sides,
    /// Limits of the new side only.
    Nothing,
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
        Measure::Errors { .. }
        | Measure::Completion { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. } => format!("new {new}, old {old}: worse beyond chance"),
    }
}

/// When the step itself has no counts of the new side yet, what the attempt has.
fn new_or(reading: &Reading, cells: &[Cell]) -> (u64, u64) {
    match reading.new {
        Some((n, hits)) if n > 0 => (n, hits),
        Some(_) | None => totals(cells.iter()).1,
    }
}

/// This try's share of the plan's alpha. An attempt and a restart of its evidence are a try each, and what a try has spent
/// is spent; as nobody knows how many there will be, the ledger is one without an end.
pub(crate) fn harm_alpha(plan: &Plan, stage: &Stage, criterion: &Criterion, known: &StageState) -> f64 {
    let this_try = known.attempt.max(1).saturating_add(known.restarts);
    let weights: Vec<u32> = plan
        .stages
        .iter()
        .flat_map(|stage| stage.gate.criteria.iter().map(|c| c.weight))
        .collect();
    let before: usize = plan
        .stages
        .iter()
        .take_while(|other| other.id != stage.id)
        .map(|other| other.gate.criteria.len())
        .sum();
    let within = stage
        .gate
        .criteria
        .iter()
        .position(|other| other.id == criterion.id)
        .unwrap_or(0);
    let ledger = Ledger::new(plan.alpha.ratio(), &weights, u32::MAX);
    ledger
        .and_then(|ledger| ledger.share(before + within, this_try))
        .unwrap_or(NO_ALPHA)
}

/// The harm alarm; also fills in difference, interval and lost orders.
fn harm(
    measure: &Measure,
    alpha: f64,
    all: &[PairedStratum],
    cells: &[Cell],
    compares: Compares,
    reading: &mut Reading,
) -> Alarm {
    let new_side: Vec<_> = cells.iter().map(|cell| arm(cell.new)).collect();
    match measure {
        Measure::Completion { .. } if compares == Compares::Nothing => Alarm::CannotSpeak,
        Measure::Completion { .. } => {
            // Both the stratified test and the exact one, half of the alpha each (gates.md 3.3).
            let stratified = HarmAlarm::fold(Hits::Good, alpha / 2.0, all);
            show(stratified.as_ref(), reading);
            let failures: Vec<PairedStratum> = all.iter().map(|stratum| failures_of(*stratum)).collect();
            let exact = RareAlarm::fold(0.0, alpha / 2.0, &failures).map(|test| test.alarm());
            either(stratified.map(|test| test.alarm()), exact)
        }
        Measure::Errors { at_most, .. } => {
            let share = limit_alarm(at_most.ratio(), alpha / 2.0, &new_side);
            if compares == Compares::Nothing {
                return share.unwrap_or(Alarm::CannotSpeak);
            }
            let stratified = HarmAlarm::fold(Hits::Bad, alpha / 4.0, all);
            show(stratified.as_ref(), reading);
            reading.lost = None;
            let exact = RareAlarm::fold(0.0, alpha / 4.0, all).map(|test| test.alarm());
            either(Some(either(stratified.map(|test| test.alarm()), exact)), share)
        }
        Measure::Latency { quantile, .. } => {
            let share = ShareTest::fold(1.0 - quantile.ratio(), alpha, &new_side);
            reading.interval = share
                .as_ref()
                .and_then(|test| test.interval().map(|range| (range.low, range.high)));
            share.map_or(Alarm::CannotSpeak, |test| test.alarm())
        }
        Measure::Slower { .. } if compares == Compares::Nothing => Alarm::CannotSpeak,
        Measure::Slower { .. } => {
            let stratified = HarmAlarm::fold(Hits::Bad, alpha, all);
            show(stratified.as_ref(), reading);
            reading.lost = None;
            stratified.map_or(Alarm::CannotSpeak, |test| test.alarm())
        }
        Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. } => Alarm::CannotSpeak,
    }
}

/// The one-sample alarm of a limit. A limit of nothing needs no statistics: the first event is one too many (gates.md 3.3).
fn limit_alarm(limit: f64, alpha: f64, new_side: &[tidegate_stats::ArmCounts]) -> Option<Alarm> {
    if limit > 0.0 {
        return ShareTest::fold(limit, alpha, new_side).map(|test| test.alarm());
    }
    let has_event = new_side.iter().any(|arm| arm.hits > 0);
    Some(if has_event { Alarm::Harm } else { Alarm::Quiet })
}

/// The one-sample pass test of a limit. No number of attempts shows that nothing ever happens: at a limit of nothing,
/// attempts without an event are all that can be asked for, and the comparison with the old side asks for the rest.
fn limit_passing(limit: f64, alpha: f64, new_side: &[tidegate_stats::ArmCounts]) -> Option<Passing> {
    if limit > 0.0 {
        return ShareTest::fold(limit, alpha, new_side).map(|test| test.passing());
    }
    let (n, hits) = new_side.iter().fold((0_u64, 0_u64), |(n, hits), arm| {
        (n.saturating_add(arm.n), hits.saturating_add(arm.hits))
    });
    Some(if n > 0 && hits == 0 {
        Passing::Pass
    } else {
        Passing::NotYet { units_needed: None }
    })
}

fn failures_of(stratum: PairedStratum) -> PairedStratum {
    let failures =
        |arm: tidegate_stats::ArmCounts| tidegate_stats::ArmCounts::new(arm.n, arm.n.saturating_sub(arm.hits));
    PairedStratum {
        old: failures(stratum.old),
        new: failures(stratum.new),
    }
}

fn either(one: Option<Alarm>, other: Option<Alarm>) -> Alarm {
    let alarms = [one.unwrap_or(Alarm::CannotSpeak), other.unwrap_or(Alarm::CannotSpeak)];
    if alarms.contains(&Alarm::Harm) {
        Alarm::Harm
    } else if alarms.contains(&Alarm::Quiet) {
        Alarm::Quiet
    } else {
        Alarm::CannotSpeak
    }
}

fn show(test: Option<&HarmAlarm>, reading: &mut Reading) {
    let Some(test) = test else { return };
    if let Some(difference) = test.difference() {
        reading.difference = Some(difference.point_pp / 100.0);
        reading.interval = Some((difference.low_pp / 100.0, difference.high_pp / 100.0));
        reading.lost = Some(test.lost_so_far());
    }
}

/// Whether visitors are split as planned, since the attempt or its last change began; missing counts are not a plausible split.
fn split(known: &StageState) -> Split {
    let (Some(cells), Some(mut test)) = (known.cells.get(SPLIT), SrmTest::new(SPLIT_ALPHA)) else {
        return Split::CannotSpeak;
    };
    for cell in cells.iter() {
        test.push(u32::from(cell.share.get()), cell.new.n, cell.old.n);
    }
    test.split()
}

/// Whether a side has no attempts at all where the other's and the exposure let expect [`EXPECTED_AT_LEAST`].
fn is_one_sided(old: u64, new: u64, exposure: BasisPoints) -> bool {
    let (share_new, share_old) = (u64::from(exposure.get()), u64::from(10_000 - exposure.get()));
    let lacks = |none: u64, share: u64, other: u64, of_other: u64| {
        none == 0 && other.saturating_mul(share) >= EXPECTED_AT_LEAST.saturating_mul(of_other)
    };
    lacks(old, share_old, new, share_new) || lacks(new, share_new, old, share_old)
}

fn is_identical(of_step: &[Cell]) -> bool {
    let counted: Vec<&Cell> = of_step.iter().filter(|cell| cell.old.n > 0 || cell.new.n > 0).collect();
    let Some(last) = counted
        .len()
        .checked_sub(IDENTICAL_STRATA)
        .and_then(|from| counted.get(from..))
    else {
        return false;
    };
    last.iter().all(|cell| cell.old == cell.new)
        && last.iter().map(|cell| cell.new.n).sum::<u64>() >= IDENTICAL_ATTEMPTS
}

fn pass(
    plan: &Plan,
    stage: &Stage,
    known: &StageState,
    criterion: &Criterion,
    of_step: &[Cell],
    now: Timestamp,
    mut reading: Reading,
) -> (Verdict, Reading) {
    let strata: Vec<PairedStratum> = of_step.iter().map(paired).collect();
    let new_side: Vec<_> = of_step.iter().map(|cell| arm(cell.new)).collect();
    let alpha = plan.alpha.ratio();
    let at_full = is_full(known.exposure);
    let step = known.step.and_then(|step| stage.steps.get(usize::try_from(step).ok()?));
    let (tests, claim): (Vec<Passing>, String) = match &criterion.measure {
        Measure::Completion { .. } => {
            let margin = step.map_or(0.0, |step| step.margin.ratio());
            let test = PassTest::fold(Hits::Good, Margin::Relative(margin), alpha, &strata);
            (
                vec![speak(test.map(|test| test.passing()))],
                format!("a loss of {:.1} %", 100.0 * margin),
            )
        }
        Measure::Errors {
            at_most, not_worse_by, ..
        } => {
            let share = limit_passing(at_most.ratio(), alpha, &new_side);
            let mut tests = vec![speak(share)];
            if !at_full {
                let test = PassTest::fold(Hits::Bad, Margin::Absolute(not_worse_by.ratio()), alpha, &strata);
                tests.push(speak(test.map(|test| test.passing())));
            }
            (tests, format!("more than {at_most} errors"))
        }
        Measure::Latency { quantile, limit, .. } => {
            let share = ShareTest::fold(1.0 - quantile.ratio(), alpha, &new_side).map(|test| test.passing());
            (
                vec![speak(share)],
                format!("P{:.0} above {limit}", 100.0 * quantile.ratio()),
            )
        }
        Measure::Slower {
            quantile,
            threshold,
            not_worse_by,
            ..
        } => {
            let test = PassTest::fold(Hits::Bad, Margin::Relative(not_worse_by.ratio()), alpha, &strata);
            (
                vec![speak(test.map(|test| test.passing()))],
                format!(
                    "a share above {threshold} (P{:.0} of the old side) larger by more than {not_worse_by} of itself",
                    100.0 * quantile.ratio()
                ),
            )
        }
        Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. } => (vec![Passing::CannotSpeak], String::new()),
    };
    let new = in_words(reading.new.unwrap_or_default());
    let old = in_words(reading.old.unwrap_or_default());
    let counts = if at_full {
        format!("new {new}")
    } else {
        format!("new {new}, old {old}")
    };
    if tests.iter().all(|test| *test == Passing::Pass) {
        reading.why = format!("{counts}: {claim} is excluded");
        return (Verdict::Pass, reading);
    }
    let needed = tests
        .iter()
        .map(|test| match test {
            Passing::Pass => Some(0),
            Passing::NotYet { units_needed } => *units_needed,
            Passing::CannotSpeak => None,
        })
        .try_fold(0_u64, |most, needed| needed.map(|needed| most.max(needed)));
    reading.speaks_in = needed.and_then(|needed| wait_for(needed, reading.new?.0, now.since(known.step_since_at)));
    reading.why = format!("{counts}: {claim} is not excluded yet");
    (Verdict::NotYet { needed }, reading)
}

fn speak(passing: Option<Passing>) -> Passing {
    passing.unwrap_or(Passing::CannotSpeak)
}

/// Time until so many more attempts have come at the pace of this step.
fn wait_for(needed: u64, seen: u64, within: Millis) -> Option<Millis> {
    let time = u128::from(needed)
        .checked_mul(u128::from(within.0))?
        .checked_div(u128::from(seen))?;
    u64::try_from(time).ok().map(Millis)
}

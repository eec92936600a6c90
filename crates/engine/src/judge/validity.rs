//! Whether counts can be believed at all: what makes them invalid, or nothing, before any test is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::plan::Criterion;
use tidegate_model::seam::{InvalidReason, Observation, SPLIT, Verdict};
use tidegate_model::{BasisPoints, Millis, Timestamp};
use tidegate_stats::sample_ratio::Split;

use super::answer::answer;
use super::silence;
use super::tested::{CountedBy, Tested};
use crate::state::{StageState, Tally, Totals};
use crate::tally::IDENTICAL_STRATA;

/// Expected attempts from which their absence is no chance: nothing comes by chance with less than 1 in 10^8.
const EXPECTED_AT_LEAST: u64 = 20;
/// Attempts that identical strata must hold together; small equal counts are chance.
const IDENTICAL_ATTEMPTS: u64 = 300;
/// Fallbacks above this share of the new side's attempts make its counts invalid: 1 in 100.
const FALLBACKS_ONE_IN: u64 = 100;

/// A condition of believing the counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Of counts: `counts`, `source`, `silence`, `split`, `both sides`, `series` or `fallbacks`. Of a number: `bound`, `lasting`
    /// or `fresh`. Of rows: `coverage`, `read again`, `fresh` or `asked`. Of a survey: `coverage`, `enough`, `fresh` or `asked`.
    pub name: String,
    /// Whether it holds.
    pub holds: bool,
    /// Its numbers, in words.
    pub detail: String,
}

/// The checks in the order in which they decide, and the verdict of the first that does.
#[derive(Default)]
pub(super) struct Validity {
    /// Every check.
    pub(super) checks: Vec<Check>,
    /// The verdict of the first that fails, and its sentence.
    pub(super) verdict: Option<(Verdict, String)>,
}

impl Validity {
    fn check(&mut self, name: &str, holds: bool, detail: String, otherwise: impl FnOnce() -> (Verdict, String)) {
        if !holds && self.verdict.is_none() {
            self.verdict = Some(otherwise());
        }
        self.checks.push(Check {
            name: name.to_owned(),
            holds,
            detail,
        });
    }
}

/// The words of a reason.
pub(super) fn words(reason: &InvalidReason) -> &'static str {
    match reason {
        InvalidReason::SampleRatio => "visitors are not split as planned",
        InvalidReason::Identical => "both sides are the same series; one of them is probably not measured",
        InvalidReason::Impossible => "more hits than attempts were reported",
        InvalidReason::Fallbacks => "too many attempts of the new side were served by the old one",
        InvalidReason::ZeroDenominator => "one side had no attempts at all",
        InvalidReason::Stale => "the newest answer is about a moment too long ago",
        InvalidReason::NotANumber => "the answer is not a number",
        InvalidReason::Infinite => "the answer is infinite",
        InvalidReason::Null => "the answer is null",
        InvalidReason::SeveralSeries => "several answers came where one was asked for",
        InvalidReason::Shape => "the answer has another shape than was asked for",
    }
}

fn invalid(reason: InvalidReason) -> (Verdict, String) {
    let why = words(&reason).to_owned();
    (Verdict::Invalid { reason }, why)
}

/// No stratum has more hits than attempts; nothing can be said otherwise, not even harm.
pub(super) fn possible(tally: &Tally) -> Validity {
    let mut found = Validity::default();
    let holds = !tally.attempt.is_impossible;
    let detail = if holds {
        "no stratum has more hits than attempts"
    } else {
        "a stratum has more hits than attempts"
    };
    found.check("counts", holds, detail.to_owned(), || {
        invalid(InvalidReason::Impossible)
    });
    found
}

/// Everything else that must hold before a pass is asked for; harm has been looked for already.
pub(super) fn usable(
    found: &mut Validity,
    tested: &Tested,
    known: &StageState,
    criterion: &Criterion,
    tally: &Tally,
    stale_after: Option<Millis>,
    now: Timestamp,
) {
    let is_full = known.exposure == BasisPoints::FULL;
    if tested.counted == CountedBy::Source {
        answered(found, known, criterion, stale_after, now);
    }
    silent(found, tested, known, criterion, now);
    match tested.counted {
        CountedBy::Gateway if is_full => {}
        CountedBy::Gateway => {
            split(found, known, &tally.step);
            both_sides(found, &tally.step, known.exposure);
            series(found, tally);
            fallbacks(found, known);
        }
        CountedBy::Source => {
            if tested.comparison.is_some() && !is_full {
                both_counted(found, known, criterion, &tally.step, now);
                series(found, tally);
            }
        }
    }
}

/// What the source said last.
fn answered(
    found: &mut Validity,
    known: &StageState,
    criterion: &Criterion,
    stale_after: Option<Millis>,
    now: Timestamp,
) {
    let counted = answer(known, criterion, "the answer is no count", |said| {
        let Observation::Counts { at, .. } = said else {
            return None;
        };
        Some(*at)
    });
    let (detail, otherwise) = match counted {
        Ok(None) => ("no answer yet".to_owned(), None),
        Ok(Some(at)) => {
            let is_stale = stale_after.is_some_and(|bound| now.since(at) > bound);
            let reason = InvalidReason::Stale;
            let verdict = is_stale.then_some(Verdict::Invalid { reason });
            (format!("last counted at {at}"), verdict)
        }
        Err((verdict, why)) => (why, Some(verdict)),
    };
    let why = detail.clone();
    found.check("source", otherwise.is_none(), detail, || {
        let since = silence::since(known, &criterion.id);
        (otherwise.unwrap_or(Verdict::NoData { since }), why)
    });
}

/// Something was counted lately enough.
fn silent(found: &mut Validity, tested: &Tested, known: &StageState, criterion: &Criterion, now: Timestamp) {
    let last = silence::since(known, &criterion.id);
    let silent = silence::of(known, &criterion.id, now);
    // A source that answers and has counted nobody is not silent: it has nothing below the line.
    let counts_nobody = tested.counted == CountedBy::Source
        && matches!(
            known.observations.get(&criterion.id),
            Some(Observation::Counts { batch: None, .. })
        );
    let detail = format!("something was counted at {last}");
    found.check("silence", silent.is_none(), detail, || match silent {
        Some(_) if counts_nobody => {
            let (verdict, _) = invalid(InvalidReason::ZeroDenominator);
            (verdict, format!("the new side had no attempts since {last}"))
        }
        Some(since) => (Verdict::NoData { since }, format!("nothing was counted since {since}")),
        None => (Verdict::NoData { since: last }, String::new()),
    });
}

/// Whether visitors are split as planned, since the attempt or its last change began; missing counts are not a plausible split.
pub(super) fn split_of(known: &StageState) -> Split {
    let split = known.tallies.get(SPLIT).and_then(|tally| tally.split.as_ref());
    split.map_or(Split::CannotSpeak, tidegate_stats::SrmTest::split)
}

fn split(found: &mut Validity, known: &StageState, step: &Totals) {
    let split = known.tallies.get(SPLIT).and_then(|tally| tally.split.as_ref());
    let counted = known.tallies.get(SPLIT).map(|tally| tally.attempt).unwrap_or_default();
    let numbers = match split {
        Some(test) => format!(
            "{} began on the new side, {} on the old; ln of the evidence against the planned split {:.2}, mismatch at 6.91",
            counted.new.n,
            counted.old.n,
            test.ln_evidence()
        ),
        None => "the split of visitors is not counted yet".to_owned(),
    };
    match split_of(known) {
        Split::Mismatch => found.check("split", false, numbers, || invalid(InvalidReason::SampleRatio)),
        Split::CannotSpeak if step.old.n > 0 || step.new.n > 0 => found.check("split", false, numbers, || {
            let why = "the split of visitors is not counted yet".to_owned();
            (Verdict::NotYet { needed: None }, why)
        }),
        Split::CannotSpeak | Split::Plausible => {
            found.check("split", true, numbers, || invalid(InvalidReason::SampleRatio))
        }
    }
}

/// No side lacks attempts where the other's and the exposure let expect [`EXPECTED_AT_LEAST`].
fn both_sides(found: &mut Validity, step: &Totals, exposure: BasisPoints) {
    let (share_new, share_old) = (u64::from(exposure.get()), u64::from(10_000 - exposure.get()));
    let (old, new) = (step.old.n, step.new.n);
    let lacks = |none: u64, share: u64, other: u64, of_other: u64| {
        none == 0 && other.saturating_mul(share) >= EXPECTED_AT_LEAST.saturating_mul(of_other)
    };
    let is_one_sided = lacks(old, share_old, new, share_new) || lacks(new, share_new, old, share_old);
    found.check(
        "both sides",
        !is_one_sided,
        format!("{new} attempts on the new side, {old} on the old"),
        || invalid(InvalidReason::ZeroDenominator),
    );
}

/// As [`both_sides`] for a source outside, whose sides have no planned split: neither lacks all attempts for as long as silence
/// may last.
fn both_counted(found: &mut Validity, known: &StageState, criterion: &Criterion, step: &Totals, now: Timestamp) {
    let (old, new) = (step.old.n, step.new.n);
    let is_one_sided = (old == 0) != (new == 0) && now.since(known.step_since_at) >= criterion.max_silence;
    found.check(
        "both sides",
        !is_one_sided,
        format!("{new} attempts on the new side, {old} on the old"),
        || invalid(InvalidReason::ZeroDenominator),
    );
}

fn series(found: &mut Validity, tally: &Tally) {
    let same: u64 = tally.same.iter().fold(0, |sum, n| sum.saturating_add(*n));
    let is_identical = tally.same.len() >= IDENTICAL_STRATA && same >= IDENTICAL_ATTEMPTS;
    let detail = format!("the last {} strata are the same on both sides", tally.same.len());
    found.check("series", !is_identical, detail, || invalid(InvalidReason::Identical));
}

fn fallbacks(found: &mut Validity, known: &StageState) {
    let began = known.tallies.get(SPLIT).map_or(0, |tally| tally.step.new.n);
    let are_many = known.fallbacks.saturating_mul(FALLBACKS_ONE_IN) > began.max(FALLBACKS_ONE_IN);
    let detail = format!("{} of {began} attempts were served by the old side", known.fallbacks);
    found.check("fallbacks", !are_many, detail, || invalid(InvalidReason::Fallbacks));
}

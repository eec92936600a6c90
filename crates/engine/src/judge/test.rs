//! One test of a criterion: its question, its numbers, and what it says. A verdict is made of these and of nothing else, so
//! that whoever shows them shows what was judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_stats::batch::BatchTest;
use tidegate_stats::boundary::Boundary;
use tidegate_stats::{Alarm, Hits, Margin, Passing, Rest, ShareTest, cmh, noninferior};

use crate::state::{Tally, Totals};
use crate::tally::arm;

/// What a test is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asks {
    /// Whether the new side is worse, over the whole attempt.
    Harm,
    /// Whether it is not worse than declared, over the present step.
    Pass,
}

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Worse, beyond chance.
    Harm,
    /// The alarm is quiet, which is no pass.
    Quiet,
    /// Worse than declared is excluded.
    Pass,
    /// Not decided.
    NotYet,
    /// Nothing to compare.
    CannotSpeak,
}

/// A test with its numbers. A number that is not there is not computable, or is none of this test's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// `stratified`, `exact`, `limit` or `batches`.
    pub name: String,
    /// What it is asked.
    pub asks: Asks,
    /// What it says.
    pub says: Says,
    /// Its chance of being wrong at any look.
    pub alpha: f64,
    /// Old side: attempts and hits that it has seen; none when it looks at the new side alone.
    pub old: Option<(u64, u64)>,
    /// New side: attempts and hits.
    pub new: (u64, u64),
    /// The margin or limit, a ratio.
    pub against: Option<f64>,
    /// `S` of the alarm, in hits lost; `Z` of the pass test, in hits above the margin; the share for a limit.
    pub statistic: Option<f64>,
    /// What was taken off `S`: hits that the old side's open attempts are expected to meet still; none where none are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<f64>,
    /// Its variance, `V`.
    pub variance: Option<f64>,
    /// What the statistic must reach.
    pub boundary: Option<f64>,
    /// Logarithm of the evidence, for the exact alarm of the largest so far.
    pub ln_evidence: Option<f64>,
    /// What that must reach: the logarithm of 1 / alpha.
    pub ln_needed: Option<f64>,
    /// Attempts on the new side until it passes, when computable.
    pub needed: Option<u64>,
}

impl Test {
    fn new(name: &str, asks: Asks, says: Says, alpha: f64, totals: &Totals) -> Self {
        Self {
            name: name.to_owned(),
            asks,
            says,
            alpha,
            old: Some(totals.old_pair()),
            new: totals.new_pair(),
            against: None,
            statistic: None,
            rest: None,
            variance: None,
            boundary: None,
            ln_evidence: None,
            ln_needed: None,
            needed: None,
        }
    }
}

fn says_alarm(alarm: Alarm) -> Says {
    match alarm {
        Alarm::CannotSpeak => Says::CannotSpeak,
        Alarm::Quiet => Says::Quiet,
        Alarm::Harm => Says::Harm,
    }
}

fn says_passing(passing: Passing) -> (Says, Option<u64>) {
    match passing {
        Passing::CannotSpeak => (Says::CannotSpeak, None),
        Passing::NotYet { units_needed } => (Says::NotYet, units_needed),
        Passing::Pass => (Says::Pass, Some(0)),
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// The stratified alarm at this look.
pub(super) fn stratified_alarm(tally: &Tally, hits: Hits, alpha: f64) -> Test {
    let mut test = Test::new("stratified", Asks::Harm, Says::CannotSpeak, alpha, &tally.attempt);
    let Some(boundary) = Boundary::tuned(alpha, cmh::V_STAR) else {
        return test;
    };
    // Only what one fears is told before all of it is known.
    let rest = tally.rest().filter(|_| hits == Hits::Bad).map(Rest::taken_off);
    let lost = tally.lost(hits) - rest.unwrap_or(0.0);
    let variance = tally.stratified.variance();
    let (evidence, needed) = (boundary.ln_evidence(lost, variance), boundary.ln_evidence_needed());
    test.rest = rest.and_then(finite);
    if tally.stratified.can_speak() {
        test.says = if evidence >= needed { Says::Harm } else { Says::Quiet };
        test.statistic = finite(lost);
        test.variance = finite(variance);
        test.boundary = finite(boundary.at(variance));
        test.ln_evidence = finite(evidence);
    }
    test.ln_needed = finite(needed);
    test
}

/// The exact alarm of bad events, at the look at which it saw most.
pub(super) fn exact_alarm(tally: &Tally, hits: Hits, alpha: f64) -> Test {
    let mut test = Test::new("exact", Asks::Harm, Says::CannotSpeak, alpha, &tally.attempt);
    let rare = match hits {
        Hits::Good => &tally.rare_failures,
        Hits::Bad => &tally.rare_hits,
    };
    if let Some(rare) = rare {
        test.says = says_alarm(rare.alarm(alpha));
        test.ln_evidence = finite(rare.ln_evidence_max());
        test.ln_needed = Boundary::tuned(alpha, cmh::V_STAR).and_then(|boundary| finite(boundary.ln_evidence_needed()));
    }
    test
}

/// Bad events of the new side, and its attempts.
fn bad(totals: &Totals, hits: Hits) -> tidegate_stats::ArmCounts {
    let new = arm(totals.new);
    match hits {
        Hits::Bad => new,
        Hits::Good => tidegate_stats::ArmCounts::new(new.n, new.n.checked_sub(new.hits).unwrap_or(new.hits)),
    }
}

fn limit_test(totals: &Totals, hits: Hits, limit: f64, alpha: f64, asks: Asks) -> (Test, Option<ShareTest>) {
    let mut test = Test::new("limit", asks, Says::CannotSpeak, alpha, totals);
    test.old = None;
    test.against = finite(limit);
    let counts = bad(totals, hits);
    if counts.n > 0 {
        test.statistic = super::numbers::share((counts.n, counts.hits));
    }
    let mut share = ShareTest::new(limit, alpha);
    if let Some(share) = &mut share {
        share.push(counts);
        test.ln_evidence = (counts.n > 0).then(|| share.ln_evidence()).and_then(finite);
        test.ln_needed = finite(share.ln_evidence_needed());
    }
    (test, share)
}

/// The one-sample alarm of a limit. A limit of nothing needs no statistics: the first event is one too many.
pub(super) fn limit_alarm(totals: &Totals, hits: Hits, limit: f64, alpha: f64) -> (Test, Option<(f64, f64)>) {
    let (mut test, share) = limit_test(totals, hits, limit, alpha, Asks::Harm);
    test.says = match &share {
        Some(share) => says_alarm(share.alarm()),
        None if limit > 0.0 => Says::CannotSpeak,
        None if bad(totals, hits).hits > 0 => Says::Harm,
        None => Says::Quiet,
    };
    let interval = share.and_then(|share| share.interval());
    (test, interval.map(|range| (range.low, range.high)))
}

/// What a limit of nothing asks for beside that no event was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// Some attempt: a comparison with the old side asks for the rest.
    Compared,
    /// [`LEAST_ATTEMPTS`] of the step.
    Stream,
    /// So many batches of the step.
    Batches(u32),
}

/// Attempts without an event that a limit of nothing asks for at least. Where none of n is bad, a share of more than 3 / n is
/// excluded at 95 %, so that 300 exclude more than 1 %: Hanley & Lippman-Hand 1983, JAMA 249:1743.
const LEAST_ATTEMPTS: u64 = 300;

/// The one-sample pass test of a limit. No number of attempts shows that nothing ever happens: at a limit of nothing,
/// so many attempts without an event are all that can be asked for.
pub(super) fn limit_pass(totals: &Totals, hits: Hits, limit: f64, alpha: f64, least: Least) -> Test {
    let (mut test, share) = limit_test(totals, hits, limit, alpha, Asks::Pass);
    let passing = match share {
        Some(share) => share.passing(),
        None if limit > 0.0 => Passing::CannotSpeak,
        None => nothing_seen(totals, hits, least),
    };
    (test.says, test.needed) = says_passing(passing);
    test
}

fn nothing_seen(totals: &Totals, hits: Hits, least: Least) -> Passing {
    let counts = bad(totals, hits);
    let (is_enough, missing) = match least {
        Least::Compared => (true, None),
        Least::Stream => {
            let missing = LEAST_ATTEMPTS.saturating_sub(counts.n);
            (missing == 0, Some(missing))
        }
        Least::Batches(planned) => (totals.strata >= u64::from(planned), None),
    };
    if counts.hits > 0 {
        Passing::NotYet { units_needed: None }
    } else if counts.n > 0 && is_enough {
        Passing::Pass
    } else {
        Passing::NotYet { units_needed: missing }
    }
}

/// The pass test of a comparison, at this look.
pub(super) fn pass(tally: &Tally, hits: Hits, margin: Option<Margin>, alpha: f64) -> Test {
    let mut test = Test::new("stratified", Asks::Pass, Says::CannotSpeak, alpha, &tally.grown);
    let Some(margin) = margin else { return test };
    test.against = Some(ratio(margin));
    let blocks = &tally.blocks;
    (test.says, test.needed) = says_passing(blocks.passing(hits, margin, alpha));
    if let Some(boundary) = Boundary::tuned(alpha, noninferior::V_STAR) {
        let variance = blocks.variance(hits, margin);
        if variance > 0.0 {
            test.statistic = finite(blocks.distance(hits, margin));
            test.variance = finite(variance);
            test.boundary = finite(boundary.at(variance));
            test.ln_evidence = finite(boundary.ln_evidence(blocks.distance(hits, margin), variance));
        }
        test.ln_needed = finite(boundary.ln_evidence_needed());
    }
    test
}

/// A margin as a ratio.
pub(super) fn ratio(margin: Margin) -> f64 {
    match margin {
        Margin::Relative(ratio) | Margin::Absolute(ratio) => ratio,
    }
}

/// What the test of batches says that has looked at each of them.
pub(super) fn batches(
    told: Option<&BatchTest>,
    totals: &Totals,
    margin: Option<Margin>,
    alpha: f64,
    asks: Asks,
) -> Test {
    let untold = match asks {
        Asks::Harm => Says::CannotSpeak,
        Asks::Pass => Says::NotYet,
    };
    let mut test = Test::new("batches", asks, untold, alpha, totals);
    test.against = margin.map(ratio);
    let Some(told) = told else { return test };
    match asks {
        Asks::Harm => {
            test.says = says_alarm(told.alarm());
            test.statistic = finite(told.lost_so_far());
        }
        Asks::Pass => (test.says, test.needed) = says_passing(told.passing()),
    }
    test
}

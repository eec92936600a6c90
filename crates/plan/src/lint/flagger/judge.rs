//! What Flagger makes of each cell of one check: its provider's answer and the range (`pkg/controller/scheduler_metrics.go`).

use super::super::cell::{Cell, Outcome, Verdict};
use super::provider::{Answer, Provider, Several};

/// Where numbers meet their range.
const RANGE: &str = "pkg/controller/scheduler_metrics.go runMetricChecks";
/// Where a restart of the analysis is decided.
const RESTART: &str = "pkg/controller/scheduler.go hasCanaryRevisionChanged";
/// Where the analysis is left out.
const SKIP: &str = "pkg/controller/scheduler.go shouldSkipAnalysis";

/// The range of a check.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Range {
    /// Both bounds may be missing.
    Between(Option<f64>, Option<f64>),
    /// The canaries that set it are not in the file.
    Elsewhere,
}

impl Range {
    /// Whether a number passes: the tool asks whether it is outside, so NaN passes. Nothing when the range is elsewhere.
    fn passes(self, number: f64) -> Option<bool> {
        match self {
            Self::Between(min, max) => {
                Some(!(min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max)))
            }
            Self::Elsewhere if number.is_nan() => Some(true),
            Self::Elsewhere => None,
        }
    }
}

/// A check and what decides it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    pub(super) provider: Provider,
    pub(super) range: Range,
    /// How many failed checks roll the release back; nothing for a template, whose canary says it.
    pub(super) threshold: Option<i64>,
    pub(super) is_skipped: bool,
}

/// An outcome, and the number that passed if one did.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) passed: Option<f64>,
}

/// Every cell, in order.
pub(super) fn judge(check: &Check) -> Vec<Judged> {
    Cell::ALL.iter().map(|cell| cell_of(check, *cell)).collect()
}

fn cell_of(check: &Check, cell: Cell) -> Judged {
    let provider = &check.provider;
    match cell {
        Cell::Empty => answered(check, cell, provider.empty),
        Cell::NotANumber => answered(check, cell, provider.not_a_number),
        Cell::Infinite => answered(check, cell, provider.infinite),
        Cell::Null => answered(check, cell, provider.null),
        Cell::ZeroDenominator => answered(check, cell, provider.zero_denominator),
        Cell::ProviderDown | Cell::JudgeError => answered(check, cell, provider.down),
        Cell::SeveralSeries => several(check),
        Cell::Stale => fixed(
            cell,
            Verdict::NotSeen,
            "the age of an answer is not looked at",
            provider.place,
        ),
        Cell::Identical => fixed(
            cell,
            Verdict::NotSeen,
            "a range sees one answer, not an old and a new side",
            RANGE,
        ),
        Cell::Terminated => fixed(
            cell,
            Verdict::Holds,
            "a new revision starts the analysis again at weight 0",
            RESTART,
        ),
        Cell::Skipped if check.is_skipped => passes(
            cell,
            "`skipAnalysis`, or no `analysis`, promotes at once".to_owned(),
            SKIP,
            None,
        ),
        Cell::Skipped => fixed(cell, Verdict::CannotHappen, "`skipAnalysis` is not set", SKIP),
    }
}

fn fixed(cell: Cell, verdict: Verdict, because: &str, decided_in: &'static str) -> Judged {
    Judged {
        outcome: Outcome {
            cell,
            verdict,
            word: word(verdict),
            because: because.to_owned(),
            decided_in,
            by_file: false,
        },
        passed: None,
    }
}

/// A verdict in the tool's own word.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CannotHappen => "cannot happen",
        Verdict::Holds => "starts again",
        Verdict::Errors | Verdict::Fails => "failed check",
        Verdict::Inconclusive => "waits",
        Verdict::NotSeen => "not seen",
        Verdict::NotKnown => "not known",
        Verdict::Passes => "passes",
    }
}

fn answered(check: &Check, cell: Cell, answer: Answer) -> Judged {
    let place = check.provider.place;
    match answer {
        Answer::Number(number, words) => match check.range.passes(number) {
            Some(true) => passes(
                cell,
                format!("{words}, and the range lets it pass"),
                place,
                Some(number),
            ),
            Some(false) => fails(check, cell, &format!("{words}, outside of the range"), place),
            // A number that was made of nothing passes some range whatever it is.
            None if number == 0.0 => passes(
                cell,
                format!("{words}, which every range with only a `max` lets pass"),
                place,
                Some(number),
            ),
            None => fixed(
                cell,
                Verdict::NotKnown,
                &format!("{words}; a range without a `max` lets it pass, and the range is not in this file"),
                place,
            ),
        },
        Answer::Fails(words) => fails(check, cell, words, place),
        Answer::Never(words) => fixed(cell, Verdict::CannotHappen, words, place),
        Answer::NotKnown(words) => fixed(cell, Verdict::NotKnown, words, place),
    }
}

fn fails(check: &Check, cell: Cell, words: &str, place: &'static str) -> Judged {
    let then = match check.threshold {
        None => "it counts against the canary's `threshold`".to_owned(),
        Some(1) => "the first one rolls back".to_owned(),
        Some(threshold) => format!("{threshold} of them roll back"),
    };
    fixed(cell, Verdict::Fails, &format!("{words}; {then}"), place)
}

fn passes(cell: Cell, because: String, place: &'static str, number: Option<f64>) -> Judged {
    let mut judged = fixed(cell, Verdict::Passes, &because, place);
    judged.outcome.by_file = true;
    judged.passed = number;
    judged
}

fn several(check: &Check) -> Judged {
    let cell = Cell::SeveralSeries;
    let place = check.provider.place;
    match check.provider.several {
        Several::One(which) => passes(cell, format!("{which} is judged, the others are dropped"), place, None),
        Several::Fails(words) => fails(check, cell, words, place),
        Several::Never(words) => fixed(cell, Verdict::CannotHappen, words, place),
        Several::NotKnown(words) => fixed(cell, Verdict::NotKnown, words, place),
    }
}

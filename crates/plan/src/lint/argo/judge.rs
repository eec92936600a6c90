//! What Argo Rollouts makes of each cell of one metric: its provider's answer, its conditions, its limits.

use super::super::cell::{Cell, Outcome, Verdict};
use super::super::condition::Fault;
use super::super::value::Value;
use super::limits::End;
use super::provider::{Answer, Provider};
use super::several::several;
use super::template::{Asked, Written};

/// Where conditions are evaluated.
pub(super) const EVALUATE: &str = "utils/evaluate/evaluate.go EvaluateResult";
/// Where a metric's end is decided.
const ASSESS: &str = "analysis/analysis.go assessMetricStatus";
/// Where a dry run is left out of the end.
const DRY: &str = "analysis/analysis.go assessRunStatus";
/// Where a job is deleted.
const DELETE: &str = "metricproviders/job/job.go Terminate";
/// Where a release leaves its analyses out.
const SKIP: &str = "rollout/analysis.go reconcileAnalysisRuns";

/// A measurement's phase, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Successful(&'static str),
    Failed(&'static str),
    Inconclusive(&'static str),
    Error(String),
    NotKnown(String),
}

/// How a cell came to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The metric has no condition.
    NoCondition,
    /// The metric has a failure condition only, and it is not true.
    NotFailed,
    /// The success condition is true.
    Succeeded,
    /// A limit allows what fails.
    Limit(&'static str),
    /// It is a dry run.
    DryRun,
}

/// An outcome, and how it came to pass if it did.
pub(super) struct Judged {
    pub(super) outcome: Outcome,
    pub(super) way: Option<Way>,
    /// Whether the provider made a number of nothing.
    pub(super) is_zero: bool,
    /// Whether the provider made nil of it.
    pub(super) is_nil: bool,
}

/// Every cell, in order.
pub(super) fn judge(asked: &Asked) -> Vec<Judged> {
    Cell::ALL.iter().map(|cell| cell_of(asked, *cell)).collect()
}

fn cell_of(asked: &Asked, cell: Cell) -> Judged {
    let judged = match cell {
        Cell::SeveralSeries => several(asked),
        Cell::Stale => fixed(cell, Verdict::NotSeen, SEEN_STALE, asked.provider.place()),
        Cell::Identical => fixed(cell, Verdict::NotSeen, SEEN_IDENTICAL, EVALUATE),
        Cell::Terminated if asked.provider == Provider::Job => {
            let deleted = Phase::Inconclusive("a job that is running is deleted");
            ended(asked, cell, deleted, "", DELETE)
        }
        Cell::Terminated => fixed(cell, Verdict::Passes, TERMINATED, ASSESS),
        Cell::Skipped => fixed(cell, Verdict::Passes, SKIPPED, SKIP),
        Cell::JudgeError if asked.provider.has_conditions() && has_none(asked) => fixed(
            cell,
            Verdict::Errors,
            "only the query can fail; asked again, then aborted",
            asked.provider.place(),
        ),
        Cell::Empty
        | Cell::NotANumber
        | Cell::Infinite
        | Cell::Null
        | Cell::ProviderDown
        | Cell::JudgeError
        | Cell::ZeroDenominator => {
            let answers = asked.provider.answers(cell).into_iter();
            answers
                .map(|answer| answered(asked, cell, answer))
                .max_by_key(|judged| judged.outcome.verdict)
                .expect("every provider makes something of each of these cells")
        }
    };
    dry(asked, judged)
}

const SEEN_STALE: &str = "the age of an answer is not looked at";
const SEEN_IDENTICAL: &str = "a condition sees one answer, not an old and a new side";
const TERMINATED: &str = "a run that is stopped with nothing measured, or below its limits, is Successful";
const SKIPPED: &str = "a full promotion and a way back inside the rollback window cancel the analysis";

pub(super) fn has_none(asked: &Asked) -> bool {
    asked.success.is_none() && asked.failure.is_none()
}

pub(super) fn fixed(cell: Cell, verdict: Verdict, because: &str, decided_in: &'static str) -> Judged {
    Judged {
        outcome: Outcome {
            cell,
            verdict,
            word: word(verdict),
            because: because.to_owned(),
            decided_in,
            by_file: false,
        },
        way: None,
        is_zero: false,
        is_nil: false,
    }
}

/// A verdict in the tool's own word.
fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::CannotHappen => "cannot happen",
        Verdict::Holds => "holds",
        Verdict::Errors => "Error",
        Verdict::Fails => "Failed",
        Verdict::Inconclusive => "Inconclusive",
        Verdict::NotSeen => "not seen",
        Verdict::NotKnown => "not known",
        Verdict::Passes => "Successful",
    }
}

fn answered(asked: &Asked, cell: Cell, answer: Answer) -> Judged {
    let place = asked.provider.place();
    match answer {
        Answer::Value(value, words) => {
            let phase = phase(asked, &value);
            let mut judged = ended(asked, cell, phase, words, EVALUATE);
            judged.is_zero = value == Value::Float(0.0);
            judged.is_nil = value == Value::Nil;
            judged
        }
        Answer::Error(words) => ended(asked, cell, Phase::Error(words.to_owned()), "", place),
        Answer::Inconclusive(words) => ended(asked, cell, Phase::Inconclusive(words), "", place),
        Answer::Never(words) => fixed(cell, Verdict::CannotHappen, words, place),
        Answer::NotKnown(words) => fixed(cell, Verdict::NotKnown, words, place),
    }
}

/// The phase of a measurement of a value; with an argument without a value, only what holds for each number tried.
pub(super) fn phase(asked: &Asked, value: &Value) -> Phase {
    let tried = [&asked.success, &asked.failure]
        .into_iter()
        .flatten()
        .map(|written| written.readings.len())
        .max()
        .unwrap_or(1);
    let mut phases = (0..tried).map(|attempt| phase_once(asked, attempt, value));
    let first = phases.next().expect("at least one reading");
    let is_same = |other: Phase| std::mem::discriminant(&other) == std::mem::discriminant(&first);
    if phases.all(is_same) {
        return first;
    }
    let argument = [&asked.success, &asked.failure]
        .into_iter()
        .flatten()
        .find_map(|written| written.argument.as_deref())
        .unwrap_or_default();
    Phase::NotKnown(format!(
        "it depends on argument `{argument}`, which has no value in this file"
    ))
}

/// `EvaluateResult` of the tool.
fn phase_once(asked: &Asked, attempt: usize, value: &Value) -> Phase {
    let holds = |written: &Option<Written>, name: &str| -> Result<Option<bool>, Phase> {
        let Some(written) = written else {
            return Ok(None);
        };
        let reading = written.readings.get(attempt).or_else(|| written.readings.first());
        let condition = match reading {
            Some(Ok(condition)) => condition,
            Some(Err(words)) => return Err(Phase::NotKnown(format!("`{name}` was not understood here: {words}"))),
            None => return Ok(None),
        };
        match condition.holds(value) {
            Ok(holds) => Ok(Some(holds)),
            Err(Fault::Type(words) | Fault::Run(words)) => Err(Phase::Error(words)),
            Err(Fault::NotKnown(words)) => Err(Phase::NotKnown(format!("`{name}` was not understood here: {words}"))),
        }
    };
    let success = match holds(&asked.success, "successCondition") {
        Ok(holds) => holds,
        Err(phase) => return phase,
    };
    let failure = match holds(&asked.failure, "failureCondition") {
        Ok(holds) => holds,
        Err(phase) => return phase,
    };
    match (success, failure) {
        (None, None) => Phase::Successful("without a condition everything is Successful"),
        (_, Some(true)) => Phase::Failed("`failureCondition` is true"),
        (Some(true), _) => Phase::Successful("`successCondition` is true"),
        (Some(false), None) => Phase::Failed("`successCondition` is not true"),
        (Some(false), Some(false)) => Phase::Inconclusive("neither condition is true"),
        (None, Some(false)) => Phase::Successful("`failureCondition` is not true"),
    }
}

/// How the metric ends when every measurement has this phase.
pub(super) fn ended(asked: &Asked, cell: Cell, phase: Phase, value: &str, place: &'static str) -> Judged {
    let because = |words: &str| match value {
        "" => words.to_owned(),
        value => format!("{value}: {words}"),
    };
    let end = match &phase {
        Phase::NotKnown(words) => return fixed(cell, Verdict::NotKnown, &because(words), place),
        Phase::Successful(words) => {
            let way = if has_none(asked) {
                Way::NoCondition
            } else if asked.success.is_none() {
                Way::NotFailed
            } else {
                Way::Succeeded
            };
            return passes(cell, because(words), place, way);
        }
        Phase::Error(_) => asked.limits.all_errors(),
        Phase::Failed(_) => asked.limits.all_failed(),
        Phase::Inconclusive(_) => asked.limits.all_inconclusive(),
    };
    let words = match &phase {
        Phase::Successful(words) | Phase::Failed(words) | Phase::Inconclusive(words) => because(words),
        Phase::Error(words) | Phase::NotKnown(words) => because(words),
    };
    match end {
        End::Error(times) => fixed(
            cell,
            Verdict::Errors,
            &format!("{words}; asked again, {times} in a row abort the release"),
            place,
        ),
        End::Failed(times) => fixed(
            cell,
            Verdict::Fails,
            &format!("{words}; {} the release", aborts(times)),
            place,
        ),
        End::Inconclusive(_) => fixed(
            cell,
            Verdict::Inconclusive,
            &format!("{words}; the release pauses"),
            place,
        ),
        End::Allowed(field) => passes(
            cell,
            format!("{words}, and `{field}` allows as many as are measured"),
            ASSESS,
            Way::Limit(field),
        ),
        End::Endless => fixed(
            cell,
            Verdict::Holds,
            &format!("{words}, without an end until the run is terminated"),
            ASSESS,
        ),
        End::NotKnown(field) => fixed(
            cell,
            Verdict::NotKnown,
            &format!("{words}; `{field}` is an argument without a value in this file"),
            ASSESS,
        ),
    }
}

fn aborts(times: i64) -> String {
    match times {
        1 => "aborts".to_owned(),
        times => format!("{times} of them abort"),
    }
}

pub(super) fn passes(cell: Cell, because: String, place: &'static str, way: Way) -> Judged {
    let mut judged = fixed(cell, Verdict::Passes, &because, place);
    judged.outcome.by_file = true;
    judged.way = Some(way);
    judged
}

/// A dry run decides nothing, whatever it measures.
fn dry(asked: &Asked, mut judged: Judged) -> Judged {
    let outcome = &judged.outcome;
    let is_measured = !matches!(outcome.verdict, Verdict::CannotHappen | Verdict::NotSeen);
    let is_run = !matches!(outcome.cell, Cell::Terminated | Cell::Skipped);
    if asked.dry_run.is_some() && is_measured && is_run && outcome.verdict != Verdict::Passes {
        let because = "a dry run decides nothing, whatever it measures".to_owned();
        judged = passes(outcome.cell, because, DRY, Way::DryRun);
    }
    judged
}

//! The cells of the no-data table: the ways in which a source says nothing, and what a tool makes of each.

use serde::Serialize;

/// One way in which a metric has nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// The answer has no series, no row, no point.
    Empty,
    /// The answer is not a number.
    NotANumber,
    /// The answer is plus infinity.
    Infinite,
    /// The answer holds a null where a number is expected.
    Null,
    /// The answer has several series where one is meant.
    SeveralSeries,
    /// The source does not answer.
    ProviderDown,
    /// The answer cannot be judged: the query or the condition fails.
    JudgeError,
    /// A share of nothing: the denominator is zero.
    ZeroDenominator,
    /// The answer is from before the release.
    Stale,
    /// Old and new side answer exactly alike.
    Identical,
    /// The judging is stopped before it has judged.
    Terminated,
    /// The judging is left out.
    Skipped,
}

impl Cell {
    /// Every cell, in the order in which they are shown.
    pub const ALL: &[Self] = &[
        Self::Empty,
        Self::NotANumber,
        Self::Infinite,
        Self::Null,
        Self::SeveralSeries,
        Self::ProviderDown,
        Self::JudgeError,
        Self::ZeroDenominator,
        Self::Stale,
        Self::Identical,
        Self::Terminated,
        Self::Skipped,
    ];

    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotANumber => "NaN",
            Self::Infinite => "infinite",
            Self::Null => "null",
            Self::SeveralSeries => "several series",
            Self::ProviderDown => "provider down",
            Self::JudgeError => "judge error",
            Self::ZeroDenominator => "zero denominator",
            Self::Stale => "stale",
            Self::Identical => "identical",
            Self::Terminated => "terminated",
            Self::Skipped => "skipped",
        }
    }
}

/// What a tool makes of a cell; the later, the more dangerous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// This source cannot answer so.
    CannotHappen,
    /// The tool does not advance and decides nothing.
    Holds,
    /// Argo Rollouts' `Error`: asked again, and after too many in a row the release is aborted.
    Errors,
    /// Argo Rollouts' `Failed`, or a failed check of Flagger.
    Fails,
    /// Argo Rollouts' `Inconclusive`: the release pauses until somebody decides.
    Inconclusive,
    /// The tool does not look at it: the value is judged like any other.
    NotSeen,
    /// What is read here does not decide it.
    NotKnown,
    /// The release goes on.
    Passes,
}

/// What a tool makes of a cell of one metric, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The cell.
    pub cell: Cell,
    /// What the tool makes of it.
    pub verdict: Verdict,
    /// The verdict in the tool's own word.
    pub word: &'static str,
    /// Why, in a fragment.
    pub because: String,
    /// The file and function of the tool that decide it.
    pub decided_in: &'static str,
    /// Whether this file makes it so; otherwise the tool does it whatever the file says.
    pub by_file: bool,
}

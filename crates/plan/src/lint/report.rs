//! What `lint` says of a file: each metric with its cells, and the findings.

use serde::Serialize;

use super::Tool;
use super::cell::{Cell, Outcome, Verdict};
use crate::diagnostic::{Level, Span};

/// Everything said of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The tool whose file it is.
    pub tool: Tool,
    /// The version of the tool's code that was read for it.
    pub as_of: &'static str,
    /// Path of the file.
    pub file: String,
    /// The metrics, in the order of the file.
    pub metrics: Vec<Metric>,
    /// What lets a release pass on nothing, sorted by position.
    pub findings: Vec<Finding>,
}

/// One metric and what the tool makes of each cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Kind and name of the document that holds it.
    pub of: String,
    /// Where its numbers come from.
    pub source: String,
    /// Where its name stands.
    pub span: Span,
    /// One outcome for each cell, in the order of [`Cell::ALL`].
    pub outcomes: Vec<Outcome>,
    /// The criterion of a Tidegate plan in its place.
    pub criterion: Criterion,
}

/// A criterion of a plan in place of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// One entry of `criteria`, as YAML.
    pub yaml: String,
    /// What to put right in it.
    pub help: String,
}

/// Why something passes on nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The stable name of the rule.
    pub rule: &'static str,
    /// An error passes on nothing; a warning judges less than it seems to.
    pub severity: Level,
    /// A lower-case fragment that says what passes on what.
    pub message: String,
    /// Path of the file.
    pub file: String,
    /// Where.
    pub span: Span,
    /// Why, beside the underlined text.
    pub because: String,
    /// What to write instead.
    pub help: String,
    /// The cells that it is about; none when it is about the whole document.
    pub cells: Vec<Cell>,
}

impl Report {
    /// Whether anything in the file would pass on nothing.
    #[must_use]
    pub fn passes_on_nothing(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Level::Error)
    }

    /// How many metrics would pass on nothing by what the file says.
    #[must_use]
    pub fn passing(&self) -> usize {
        self.metrics.iter().filter(|metric| metric.passes_on_nothing()).count()
    }

    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report is plain text and numbers")
    }
}

impl Metric {
    /// What the tool makes of a cell.
    #[must_use]
    pub fn outcome(&self, cell: Cell) -> Option<&Outcome> {
        self.outcomes.iter().find(|outcome| outcome.cell == cell)
    }

    /// Whether a cell in which nothing is known passes by what the file says. One series out of several is not nothing.
    #[must_use]
    pub fn passes_on_nothing(&self) -> bool {
        self.outcomes
            .iter()
            .any(|outcome| outcome.verdict == Verdict::Passes && outcome.by_file && outcome.cell != Cell::SeveralSeries)
    }
}

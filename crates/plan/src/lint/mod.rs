//! Judges the metrics of other tools: would a release of Argo Rollouts or Flagger pass when there is nothing to judge?
//! It reads their files as they read them and follows their code; it asks no cluster and no provider.

mod argo;
mod cell;
mod condition;
mod criterion;
mod document;
mod flagger;
mod promql;
mod read;
mod report;
mod show;
mod value;

use serde::Serialize;

pub use cell::{Cell, Outcome, Verdict};
pub use report::{Criterion, Finding, Metric, Report};

use crate::diagnostic::Diagnostic;
use read::Reading;

/// A tool whose files are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// Argo Rollouts: analysis templates.
    Argo,
    /// Flagger: canaries and metric templates.
    Flagger,
}

/// Judges the metrics of a file; `path` is its name in messages.
///
/// # Errors
/// Every reason why the file cannot be judged: not YAML, not a kind of the tool, or a value that the tool refuses.
pub fn lint(tool: Tool, path: &str, text: &str) -> Result<Report, Vec<Diagnostic>> {
    let mut reading = Reading::new(path, text);
    let report = match tool {
        Tool::Argo => argo::report(path, &mut reading),
        Tool::Flagger => flagger::report(path, &mut reading),
    };
    if reading.has_error() {
        return Err(reading.diagnostics());
    }
    Ok(report)
}

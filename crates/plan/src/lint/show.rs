//! A report for people: the findings with the text underlined, then every metric with its cells and its criterion.

use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Level as Mark, Renderer, Snippet};

use super::cell::Verdict;
use super::report::{Finding, Metric, Report};
use crate::diagnostic::Level;

impl Report {
    /// For people; `text` is the file's text, `colour` writes a terminal's escape sequences.
    #[must_use]
    pub fn human(&self, text: &str, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for finding in &self.findings {
            out.push_str(&render(finding, text, &renderer));
            out.push_str("\n\n");
        }
        for metric in &self.metrics {
            out.push_str(&cells(metric));
            out.push('\n');
        }
        out.push_str(&self.total());
        out.push('\n');
        out
    }

    fn total(&self) -> String {
        let metrics = match self.metrics.len() {
            1 => "1 metric".to_owned(),
            count => format!("{count} metrics"),
        };
        let passing = match self.passing() {
            0 if self.passes_on_nothing() => "the release would pass on nothing".to_owned(),
            0 => "none would pass on nothing".to_owned(),
            count => format!("{count} would pass on nothing"),
        };
        format!("{metrics}, {passing} (as of {})", self.as_of)
    }
}

fn render(finding: &Finding, text: &str, renderer: &Renderer) -> String {
    let mark = match finding.severity {
        Level::Error => Mark::ERROR,
        Level::Warning => Mark::WARNING,
    };
    let group = mark
        .primary_title(finding.message.as_str())
        .id(finding.rule)
        .element(
            Snippet::source(text).path(finding.file.as_str()).annotation(
                AnnotationKind::Primary
                    .span(finding.span.start..finding.span.end)
                    .label(finding.because.as_str()),
            ),
        )
        .element(Mark::HELP.message(finding.help.as_str()));
    renderer.render(&[group])
}

fn cells(metric: &Metric) -> String {
    let mut out = format!(
        "metric `{}` of {}, asked of {}\n",
        metric.name, metric.of, metric.source
    );
    for outcome in &metric.outcomes {
        let mark = if outcome.verdict == Verdict::Passes && outcome.by_file {
            "!"
        } else {
            " "
        };
        let cell = outcome.cell.words();
        writeln!(out, "{mark} {cell:<17} {:<13} {}", outcome.word, outcome.because).expect("writing to a text");
    }
    for (at, line) in metric.criterion.yaml.lines().enumerate() {
        let head = if at == 0 { "in Tidegate" } else { "" };
        writeln!(out, "  {head:<17} {line}").expect("writing to a text");
    }
    writeln!(out, "                    {}", metric.criterion.help).expect("writing to a text");
    out
}

//! The sink: gathers every finding of a compilation with byte places, and turns them into sorted diagnostics at the end.

use crate::bundle::Bundle;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Level, Related, Span};

/// The most diagnostics of one compilation; the rest is counted and said.
pub(crate) const DIAGNOSTICS_MAX: usize = 1_000;

/// A stretch of a file, before lines and columns are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub(crate) file: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A diagnostic of which everything but related places is known.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    level: Level,
    message: String,
    place: Place,
    expected: String,
    found: String,
    help: String,
    related: Vec<(Place, String)>,
}

/// What is wrong and where; no finding until it is said what was expected and what was found.
#[must_use]
pub(crate) struct Claim {
    code: Code,
    level: Level,
    message: String,
    place: Place,
}

/// A claim with what was expected and found; no finding until it is said what to do.
#[must_use]
pub(crate) struct Contrast {
    claim: Claim,
    expected: String,
    found: String,
}

impl Claim {
    /// What would have been accepted, and what stands there.
    pub(crate) fn expected(self, expected: impl Into<String>, found: impl Into<String>) -> Contrast {
        Contrast {
            claim: self,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl Contrast {
    /// What to do next.
    pub(crate) fn help(self, help: impl Into<String>) -> Finding {
        let Self { claim, expected, found } = self;
        Finding {
            code: claim.code,
            level: claim.level,
            message: claim.message,
            place: claim.place,
            expected,
            found,
            help: help.into(),
            related: Vec::new(),
        }
    }
}

impl Finding {
    /// An error that says `message` about `place`.
    pub(crate) fn error(code: Code, place: Place, message: impl Into<String>) -> Claim {
        Claim {
            code,
            level: Level::Error,
            message: message.into(),
            place,
        }
    }

    /// A warning that says `message` about `place`.
    pub(crate) fn warning(code: Code, place: Place, message: impl Into<String>) -> Claim {
        Claim {
            level: Level::Warning,
            ..Self::error(code, place, message)
        }
    }

    /// Another place that belongs to it.
    pub(crate) fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    findings: Vec<Finding>,
    beyond: usize,
}

impl Sink {
    /// Adds a finding; beyond [`DIAGNOSTICS_MAX`] it is only counted.
    pub(crate) fn add(&mut self, finding: Finding) {
        if self.is_full() {
            self.beyond += 1;
        } else {
            self.findings.push(finding);
        }
    }

    /// Whether any error has been found.
    pub(crate) fn has_error(&self) -> bool {
        self.beyond > 0 || self.findings.iter().any(|finding| finding.level == Level::Error)
    }

    /// Whether further findings are only counted, so that their help need not be computed.
    pub(crate) fn is_full(&self) -> bool {
        self.findings.len() >= DIAGNOSTICS_MAX
    }

    /// How many findings there are.
    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    /// Turns errors of rules into warnings from the finding `first` on; what an estate cannot be assembled without stays. A
    /// character that nobody sees is a rule too, although reading tells it.
    pub(crate) fn soften_after(&mut self, first: usize) {
        for (at, finding) in self.findings.iter_mut().enumerate() {
            let is_rule = at >= first && !finding.code.is_structural();
            if is_rule || finding.code == Code::Unseen {
                finding.level = Level::Warning;
            }
        }
    }

    /// The diagnostics: what was not read first, then by file, position and code.
    pub(crate) fn finish(mut self, bundle: &Bundle) -> Vec<Diagnostic> {
        if self.beyond > 0 {
            let place = self.findings.last().map(|finding| finding.place).unwrap_or_default();
            self.findings.push(
                Finding::error(
                    Code::Limit,
                    place,
                    format!("{} more diagnostics are not shown", self.beyond),
                )
                .expected(
                    format!("at most {DIAGNOSTICS_MAX} diagnostics"),
                    format!("{} beyond them", self.beyond),
                )
                .help("repair the ones above first"),
            );
        }
        let lines: Vec<Vec<usize>> = bundle.files.iter().map(|file| line_starts(&file.text)).collect();
        let span = |place: Place| span_of(bundle, &lines, place);
        let path = |place: Place| bundle.path_at(place.file).unwrap_or("tidegate.yaml").to_owned();
        let mut diagnostics: Vec<Diagnostic> = self
            .findings
            .into_iter()
            .map(|finding| Diagnostic {
                code: finding.code,
                severity: finding.level,
                message: finding.message,
                file: path(finding.place),
                span: span(finding.place),
                expected: finding.expected,
                found: finding.found,
                help: finding.help,
                related: finding
                    .related
                    .into_iter()
                    .map(|(place, label)| Related {
                        file: path(place),
                        span: span(place),
                        label,
                    })
                    .collect(),
            })
            .collect();
        // What was not read comes first: the rest may follow from it.
        let order = |one: &Diagnostic| !one.code.hides_the_rest();
        diagnostics.sort_by(|a, b| {
            (order(a), &a.file, a.span, a.code, &a.message).cmp(&(order(b), &b.file, b.span, b.code, &b.message))
        });
        diagnostics.dedup();
        diagnostics
    }
}

/// Where each line of a text begins.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at + 1),
        )
        .collect()
}

fn span_of(bundle: &Bundle, lines: &[Vec<usize>], place: Place) -> Span {
    let (Some(file), Some(starts)) = (bundle.files.get(place.file), lines.get(place.file)) else {
        return Span {
            start: 0,
            end: 0,
            line: 1,
            column: 1,
        };
    };
    let start = floor(&file.text, place.start);
    let end = floor(&file.text, place.end).max(start);
    let line = starts.partition_point(|begin| *begin <= start);
    let begin = line
        .checked_sub(1)
        .and_then(|index| starts.get(index))
        .copied()
        .unwrap_or(0);
    Span {
        start,
        end,
        line,
        column: file.text.get(begin..start).map_or(0, |lead| lead.chars().count()) + 1,
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

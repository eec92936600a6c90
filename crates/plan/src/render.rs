//! Rendering of diagnostics: for people with the offending text underlined, and as JSON.

use annotate_snippets::{AnnotationKind, Group, Level as Mark, Renderer, Snippet};

use crate::bundle::Bundle;
use crate::diagnostic::{Diagnostic, Level, Related, Span};
use crate::syntax::is_unseen;

/// Renders diagnostics for people, with a closing line of totals; `colour` writes a terminal's escape sequences; empty when there are none.
#[must_use]
pub fn render_human(diagnostics: &[Diagnostic], bundle: &Bundle, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let shown = shown(diagnostic);
        out.push_str(&renderer.render(&[group(&shown, bundle, diagnostic)]));
        out.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        out.push_str(&totals(diagnostics));
        out.push('\n');
    }
    out
}

/// Renders diagnostics as a JSON array, one object each.
#[must_use]
pub fn render_json(diagnostics: &[Diagnostic]) -> String {
    serde_json::to_string_pretty(diagnostics).expect("diagnostics are plain text and numbers")
}

fn totals(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.severity == Level::Error).count();
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    format!(
        "{}, {}; `tidegate explain {}` says more",
        count(errors, "error"),
        count(diagnostics.len() - errors, "warning"),
        diagnostics.first().map_or("CODE", |first| first.code.text()),
    )
}

/// The diagnostic with what a terminal would obey written out; the text of a file is escaped where it is quoted.
fn shown(diagnostic: &Diagnostic) -> Diagnostic {
    let related = diagnostic.related.iter().map(|one| Related {
        file: visible(&one.file),
        label: visible(&one.label),
        ..one.clone()
    });
    Diagnostic {
        message: visible(&diagnostic.message),
        file: visible(&diagnostic.file),
        expected: visible(&diagnostic.expected),
        found: visible(&diagnostic.found),
        help: visible(&diagnostic.help),
        related: related.collect(),
        ..diagnostic.clone()
    }
}

fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unseen(c) || c == '\n' || c == '\r' {
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}

/// One diagnostic as it is shown, over the text of the files that `named` names.
fn group<'a>(diagnostic: &'a Diagnostic, bundle: &'a Bundle, named: &'a Diagnostic) -> Group<'a> {
    let mark = match diagnostic.severity {
        Level::Error => Mark::ERROR,
        Level::Warning => Mark::WARNING,
    };
    let mut group = mark
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.text())
        .element(
            Snippet::source(text(bundle, &named.file))
                .path(diagnostic.file.as_str())
                .annotation(
                    AnnotationKind::Primary
                        .span(range(diagnostic.span))
                        .label(label(diagnostic)),
                )
                .annotations(
                    diagnostic
                        .related
                        .iter()
                        .filter(|related| related.file == diagnostic.file)
                        .map(|related| {
                            AnnotationKind::Context
                                .span(range(related.span))
                                .label(related.label.as_str())
                        }),
                ),
        );
    let others = diagnostic.related.iter().zip(&named.related);
    for (related, named) in others.filter(|(related, _)| related.file != diagnostic.file) {
        group = group.element(
            Snippet::source(text(bundle, &named.file))
                .path(related.file.as_str())
                .annotation(
                    AnnotationKind::Context
                        .span(range(related.span))
                        .label(related.label.as_str()),
                ),
        );
    }
    group.element(Mark::HELP.message(diagnostic.help.as_str()))
}

fn label(diagnostic: &Diagnostic) -> String {
    format!("expected {}, found {}", diagnostic.expected, diagnostic.found)
}

fn text<'a>(bundle: &'a Bundle, path: &str) -> &'a str {
    bundle
        .files
        .iter()
        .find(|file| file.path == path)
        .map_or("", |file| file.text.as_str())
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start..span.end
}

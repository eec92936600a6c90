//! Diagnostics as SARIF, the format that code hosts and editors show beside the lines they are about.

use serde::Serialize;

use crate::bundle::Bundle;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Level, Span};

/// The published schema of the format.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    help: Help,
}

#[derive(Serialize)]
struct Help {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: usize,
    byte_length: usize,
}

/// Renders diagnostics as one run of SARIF. Columns are in characters; files are named as the diagnostics name them, and code
/// hosts look for a relative one from the root of the repository.
///
/// # Source
/// OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0.
#[must_use]
pub fn render_sarif(diagnostics: &[Diagnostic], bundle: &Bundle) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "tidegate",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: codes.iter().map(|code| rule(*code)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: diagnostics.iter().map(|one| found(one, &codes, bundle)).collect(),
        }],
    };
    serde_json::to_string_pretty(&log).expect("diagnostics are plain text and numbers")
}

fn rule(code: Code) -> Rule {
    Rule {
        id: code.text(),
        short_description: Message {
            text: code.title().to_owned(),
        },
        help: Help {
            text: code.page(),
            markdown: code.page(),
        },
    }
}

fn found<'a>(one: &'a Diagnostic, codes: &[Code], bundle: &Bundle) -> Found<'a> {
    Found {
        rule_id: one.code.text(),
        rule_index: codes.binary_search(&one.code).expect("every code found is a rule"),
        level: match one.severity {
            Level::Error => "error",
            Level::Warning => "warning",
        },
        message: Message {
            text: format!(
                "{}: expected {}, found {}. {}",
                one.message, one.expected, one.found, one.help
            ),
        },
        locations: [Location {
            physical_location: physical(&one.file, one.span, bundle),
            message: None,
        }],
        related_locations: one
            .related
            .iter()
            .map(|related| Location {
                physical_location: physical(&related.file, related.span, bundle),
                message: Some(Said { text: &related.label }),
            })
            .collect(),
    }
}

fn physical(file: &str, span: Span, bundle: &Bundle) -> Physical {
    let text = bundle
        .files
        .iter()
        .find(|known| known.path == file)
        .and_then(|known| known.text.get(span.start..span.end))
        .unwrap_or_default();
    let (lines, column) = match text.rsplit_once('\n') {
        None => (0, span.column + text.chars().count()),
        Some((above, last)) => (above.matches('\n').count() + 1, last.chars().count() + 1),
    };
    Physical {
        artifact_location: Artifact { uri: uri(file) },
        region: Region {
            start_line: span.line,
            start_column: span.column,
            end_line: span.line + lines,
            end_column: column,
            byte_offset: span.start,
            byte_length: text.len(),
        },
    }
}

/// A path as a relative reference (RFC 3986 §4.2), or a whole one as a `file:` address (RFC 8089): what a reference cannot
/// hold is written in hexadecimal.
fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://" } else { "" }.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

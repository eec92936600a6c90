//! Canaries and metric templates of Flagger.

mod canary;
mod judge;
mod provider;
mod rule;

use std::collections::BTreeMap;

use super::Tool;
use super::cell::{Cell, Verdict};
use super::criterion::{Hint, criterion};
use super::document::{Document, Wanted, wanted};
use super::read::{METRICS_MAX, Reading};
use super::report::{Finding, Metric, Report};
use crate::code::Code;
use crate::diagnostic::Level;
use crate::sink::Place;
use canary::{Asked, Canary, Template, canary, template};
use judge::{Check, Judged, Range, judge};
use rule::{Rule, rule};

/// The code that was read.
const AS_OF: &str = "flagger v1.44.0 (15bd6ad5)";

const WANTED: Wanted = Wanted {
    group: "flagger.app",
    kinds: &["Canary", "MetricTemplate"],
    option: "--flagger",
    other: (&["AnalysisTemplate", "ClusterAnalysisTemplate"], "--argo"),
};

/// Judges the canaries and templates of a file; what is wrong with it stays in `reading`.
pub(super) fn report(path: &str, reading: &mut Reading<'_>) -> Report {
    let mut report = Report {
        tool: Tool::Flagger,
        as_of: AS_OF,
        file: path.to_owned(),
        metrics: Vec::new(),
        findings: Vec::new(),
    };
    let trees = reading.trees();
    if reading.has_error() {
        return report;
    }
    let documents = wanted(&trees, &WANTED, reading);
    let of_kind = |kind: &'static str| documents.iter().filter(move |document| document.kind == kind);
    let templates: Vec<(Template, &Document<'_>)> = of_kind("MetricTemplate")
        .filter_map(|document| Some((template(document, reading)?, document)))
        .collect();
    let (known, of): (Vec<Template>, Vec<&Document<'_>>) = templates.into_iter().unzip();
    let mut used: Vec<(String, String)> = Vec::new();
    for document in of_kind("Canary") {
        let Some(canary) = canary(document, &known, reading) else {
            continue;
        };
        whole(&canary, document, path, reading, &mut report.findings);
        for asked in &canary.metrics {
            used.extend(asked.template.clone());
            let judged = judge(&asked.check);
            findings(
                &asked.name,
                (asked.place, asked.range_place),
                &asked.check,
                &judged,
                path,
                reading,
                &mut report.findings,
            );
            report.metrics.push(metric(asked, judged, document, reading));
        }
    }
    for (template, document) in known.iter().zip(of) {
        if !used.contains(&(template.name.clone(), template.namespace.clone())) {
            alone(template, document, path, reading, &mut report);
        }
    }
    if report.metrics.len() > METRICS_MAX {
        reading.wrong(
            Code::Limit,
            Place::default(),
            "the file has too many metrics",
            format!("at most {METRICS_MAX}"),
            report.metrics.len().to_string(),
            "split the file",
        );
    }
    report
        .findings
        .sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
    report
}

fn metric(asked: &Asked, judged: Vec<Judged>, document: &Document<'_>, reading: &Reading<'_>) -> Metric {
    let (min, max) = asked.bounds;
    Metric {
        name: asked.name.clone(),
        of: document.words(),
        source: asked.check.provider.words.to_owned(),
        span: reading.span(asked.place),
        outcomes: judged.into_iter().map(|judged| judged.outcome).collect(),
        criterion: criterion(
            &Hint::of_range(&asked.name, &asked.query, min, max).of_prometheus(asked.check.provider.is_prometheus()),
        ),
    }
}

/// A template that no canary of the file uses: its range is not known.
fn alone(template: &Template, document: &Document<'_>, path: &str, reading: &mut Reading<'_>, report: &mut Report) {
    let check = Check {
        provider: template.provider,
        range: Range::Elsewhere,
        threshold: None,
        is_skipped: false,
    };
    let judged = judge(&check);
    findings(
        &template.name,
        (template.type_place, template.type_place),
        &check,
        &judged,
        path,
        reading,
        &mut report.findings,
    );
    report.metrics.push(Metric {
        name: template.name.clone(),
        of: document.words(),
        source: template.provider.words.to_owned(),
        span: reading.span(template.place),
        outcomes: judged.into_iter().map(|judged| judged.outcome).collect(),
        criterion: criterion(&Hint::of_range(&template.name, &template.query, None, None)),
    });
}

/// What is said of a canary as a whole.
fn whole(canary: &Canary, document: &Document<'_>, path: &str, reading: &Reading<'_>, out: &mut Vec<Finding>) {
    let name = document.words();
    let mut add = |rule, severity, place: Place, message: String, because: &str, help: &str| {
        out.push(Finding {
            rule,
            severity,
            message,
            file: path.to_owned(),
            span: reading.span(place),
            because: because.to_owned(),
            help: help.to_owned(),
            cells: vec![Cell::Skipped],
        });
    };
    if let Some(place) = canary.skipped {
        add(
            "flagger/analysis-skipped",
            Level::Error,
            place,
            format!("{name} is promoted without any check"),
            "the new revision gets all traffic as soon as it is ready",
            "give it an `analysis` with metrics, and leave `skipAnalysis` out",
        );
    } else if let Some(place) = canary.without_metrics {
        if canary.has_webhook {
            add(
                "flagger/webhook-only",
                Level::Warning,
                place,
                format!("{name} is judged by its webhooks alone"),
                "an answer of status 202 or below passes, whatever the webhook has seen",
                "add metrics, or make sure that the webhook answers 500 when it has nothing to judge",
            );
        } else {
            add(
                "flagger/no-metrics",
                Level::Error,
                place,
                format!("{name} passes every check without a metric"),
                "without metrics and webhooks every check passes",
                "add `metrics`",
            );
        }
    }
}

fn findings(
    name: &str,
    (place, range_place): (Place, Place),
    check: &Check,
    judged: &[Judged],
    path: &str,
    reading: &Reading<'_>,
    out: &mut Vec<Finding>,
) {
    let mut found: BTreeMap<&str, (Rule, Vec<Cell>)> = BTreeMap::new();
    for judged in judged {
        let is_by_file = judged.outcome.verdict == Verdict::Passes && judged.outcome.by_file;
        // What is left out as a whole is said of the canary.
        if is_by_file && judged.outcome.cell != Cell::Skipped {
            let rule = rule(judged, place, range_place);
            let entry = found.entry(rule.name).or_insert_with(|| (rule, Vec::new()));
            entry.1.push(judged.outcome.cell);
        }
    }
    let mut rules: Vec<(Rule, Vec<Cell>)> = found.into_values().collect();
    if check.range == Range::Between(None, None) {
        let rule = Rule {
            name: "flagger/no-bound",
            severity: Level::Warning,
            place: range_place,
            because: "without `min` and `max` every number passes",
            help: "write `min`, `max`, or both",
        };
        rules.push((rule, Vec::new()));
    }
    for (rule, cells) in rules {
        let words: Vec<&str> = cells.iter().map(|cell| cell.words()).collect();
        let message = match rule.severity {
            Level::Error => format!("metric `{name}` passes on {}", words.join(", ")),
            Level::Warning if words.is_empty() => format!("metric `{name}` passes on every number"),
            Level::Warning => format!("metric `{name}` may pass on {}", words.join(", ")),
        };
        out.push(Finding {
            rule: rule.name,
            severity: rule.severity,
            message,
            file: path.to_owned(),
            span: reading.span(rule.place),
            because: rule.because.to_owned(),
            help: rule.help.to_owned(),
            cells,
        });
    }
}

//! Analysis templates of Argo Rollouts.

mod judge;
mod limits;
mod provider;
mod rule;
mod several;
mod template;

use std::collections::BTreeMap;

use super::Tool;
use super::cell::{Cell, Verdict};
use super::criterion::{Hint, criterion};
use super::document::{Document, Wanted, wanted};
use super::read::{METRICS_MAX, Reading, key_place};
use super::report::{Finding, Metric, Report};
use crate::code::Code;
use crate::diagnostic::Level;
use crate::sink::Place;
use judge::{Judged, judge};
use provider::Provider;
use rule::{Rule, rule, stopped};
use template::{Asked, metrics};

/// The code that was read.
const AS_OF: &str = "argo-rollouts v1.10.0-rc1-70-g9f8d111d8";

const WANTED: Wanted = Wanted {
    group: "argoproj.io",
    kinds: &["AnalysisTemplate", "ClusterAnalysisTemplate"],
    option: "--argo",
    other: (&["Canary", "MetricTemplate"], "--flagger"),
};

/// Judges the templates of a file; what is wrong with it stays in `reading`.
pub(super) fn report(path: &str, reading: &mut Reading<'_>) -> Report {
    let trees = reading.trees();
    let mut report = Report {
        tool: Tool::Argo,
        as_of: AS_OF,
        file: path.to_owned(),
        metrics: Vec::new(),
        findings: Vec::new(),
    };
    if reading.has_error() {
        return report;
    }
    for document in wanted(&trees, &WANTED, reading) {
        let asked = metrics(&document, reading);
        if report.metrics.len() + asked.len() > METRICS_MAX {
            reading.wrong(
                Code::Limit,
                document.node.place,
                "the file has too many metrics",
                format!("at most {METRICS_MAX}"),
                format!("{} or more", report.metrics.len() + asked.len()),
                "split the file",
            );
            break;
        }
        if asked.is_empty() && !reading.has_error() {
            report.findings.push(elsewhere(&document, path, reading));
        }
        for asked in asked {
            let judged = judge(&asked);
            findings(&asked, &judged, path, reading, &mut report.findings);
            report.metrics.push(metric(&asked, judged, &document, reading));
        }
    }
    report
        .findings
        .sort_by(|a, b| (a.span, a.rule, &a.message).cmp(&(b.span, b.rule, &b.message)));
    report
}

fn metric(asked: &Asked, judged: Vec<Judged>, document: &Document<'_>, reading: &Reading<'_>) -> Metric {
    let conditions = |written: &Option<template::Written>| {
        let reading = written.as_ref().filter(|written| written.argument.is_none());
        reading.and_then(|written| written.readings.first()?.clone().ok())
    };
    let hint = Hint::of_conditions(
        &asked.name,
        &asked.query,
        conditions(&asked.success).as_ref(),
        conditions(&asked.failure).as_ref(),
    );
    Metric {
        name: asked.name.clone(),
        of: document.words(),
        source: asked.provider.words().to_owned(),
        span: reading.span(asked.place),
        outcomes: judged.into_iter().map(|judged| judged.outcome).collect(),
        criterion: criterion(&hint.of_prometheus(matches!(asked.provider, Provider::Prometheus { .. }))),
    }
}

/// A template that only refers to others.
fn elsewhere(document: &Document<'_>, path: &str, reading: &Reading<'_>) -> Finding {
    let spec = document.node.get("spec");
    let place = spec.and_then(|spec| key_place(spec, "templates"));
    Finding {
        rule: "argo/other-templates",
        severity: Level::Warning,
        message: format!("{} has no metrics of its own", document.words()),
        file: path.to_owned(),
        span: reading.span(place.unwrap_or(document.node.place)),
        because: "the metrics are in these templates".to_owned(),
        help: "judge the files of those templates as well".to_owned(),
        cells: Vec::new(),
    }
}

fn findings(asked: &Asked, judged: &[Judged], path: &str, reading: &Reading<'_>, out: &mut Vec<Finding>) {
    let mut found: BTreeMap<(&str, Place), (Rule, Vec<Cell>)> = BTreeMap::new();
    for judged in judged {
        let is_by_file = judged.outcome.verdict == Verdict::Passes && judged.outcome.by_file;
        if let Some(way) = judged.way.filter(|_| is_by_file) {
            let rule = rule(asked, judged, way);
            found
                .entry((rule.name, rule.place))
                .or_insert_with(|| (rule, Vec::new()))
                .1
                .push(judged.outcome.cell);
        }
    }
    let mut rules: Vec<(Rule, Vec<Cell>)> = found.into_values().collect();
    rules.extend(stopped(asked).map(|rule| (rule, vec![Cell::Terminated])));
    for (rule, cells) in rules {
        let words: Vec<&str> = cells.iter().map(|cell| cell.words()).collect();
        let message = match rule.severity {
            Level::Error => format!("metric `{}` passes on {}", asked.name, words.join(", ")),
            Level::Warning => format!("metric `{}` may pass on {}", asked.name, words.join(", ")),
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

//! Analysis templates of Argo Rollouts.

mod judge;
mod limits;
mod provider;
mod template;

use std::collections::BTreeMap;

use super::Tool;
use super::cell::{Cell, Verdict};
use super::criterion::{Hint, criterion};
use super::read::{Document, METRICS_MAX, Reading, Wanted, key_place, wanted};
use super::report::{Finding, Metric, Report};
use crate::code::Code;
use crate::diagnostic::Level;
use crate::sink::Place;
use judge::{Judged, Way, judge};
use provider::Provider;
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

/// A rule of what passes on nothing.
struct Rule {
    name: &'static str,
    severity: Level,
    place: Place,
    because: &'static str,
    help: &'static str,
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

/// What makes a run that is stopped early worth less than it seems.
fn stopped(asked: &Asked) -> Option<Rule> {
    let key = |name: &str| asked.keys.get(name).copied();
    if let Some(place) = key("initialDelay") {
        return Some(Rule {
            name: "argo/initial-delay",
            severity: Level::Warning,
            place,
            because: "a background run that is stopped before this delay is over is Successful with nothing measured",
            help: "make the steps last longer than the delay, or analyse in a step of its own with a `count`",
        });
    }
    let place = key("interval").filter(|_| asked.limits.is_endless())?;
    Some(Rule {
        name: "argo/endless",
        severity: Level::Warning,
        place,
        because: "without a `count` it can only end well by being stopped, which is Successful whatever was measured",
        help: "give it a `count`, and make the steps last until it is reached",
    })
}

fn rule(asked: &Asked, judged: &Judged, way: Way) -> Rule {
    let success = asked.success.as_ref();
    let condition = success.or(asked.failure.as_ref());
    let place = condition.map_or(asked.place, |written| written.place);
    let error = |name, place, because, help| Rule {
        name,
        severity: Level::Error,
        place,
        because,
        help,
    };
    let calls_default = condition.is_some_and(|written| {
        let mut readings = written.readings.iter().flatten();
        readings.any(|condition| condition.calls("default"))
    });
    if let Way::DryRun = way {
        return error(
            "argo/dry-run",
            asked.dry_run.unwrap_or(asked.place),
            "what a dry run measures decides nothing",
            "take the metric out of `dryRun` before a release depends on it",
        );
    }
    if let Way::Limit(field) = way {
        return error(
            "argo/limit-not-reached",
            asked.keys.get(field).copied().unwrap_or(asked.place),
            "the limit is not below the `count`, so every measurement may be bad",
            "make the limit smaller than the `count`",
        );
    }
    if let Way::NoCondition = way {
        return error(
            "argo/no-condition",
            asked.place,
            "without a condition every answer is Successful",
            "give it a `successCondition` and a `failureCondition`",
        );
    }
    let cell = judged.outcome.cell;
    if cell == Cell::SeveralSeries {
        return Rule {
            name: "argo/one-of-several",
            severity: Level::Warning,
            place,
            because: "one series is judged, the others may say anything",
            help: "let the query give one series, and add `len(result) == 1` where the answer is a list",
        };
    }
    if judged.is_zero {
        return error(
            "argo/nothing-is-zero",
            place,
            "the provider reads nothing as 0, and 0 passes here",
            "ask for the number of requests as well, and fail when it is 0",
        );
    }
    if judged.is_nil && calls_default {
        return error(
            "argo/default-value",
            place,
            "no data becomes the default, and the default passes here",
            "choose a default that fails, or leave `default` out: nil is then an Error",
        );
    }
    if way == Way::NotFailed {
        return error(
            "argo/failure-condition-only",
            place,
            "without a `successCondition`, what does not fail is Successful, and no comparison with NaN is true",
            "add a `successCondition`; what meets neither is then Inconclusive, which pauses the release",
        );
    }
    if cell == Cell::Infinite {
        return error(
            "argo/infinity-passes",
            place,
            "infinity is larger than every limit from below",
            "bound it on both sides, for example `result[0] >= 0.95 && result[0] <= 1`",
        );
    }
    error(
        "argo/condition-holds",
        place,
        "the condition is true when there is nothing to judge",
        "write a condition that is true for a number only, for example with `len(result) == 1 && ...`",
    )
}

//! Each rule where it is broken.

use std::collections::BTreeSet;
use std::path::Path;

use tidegate_plan::lint::{Report, Tool};

use super::{CANARY, TEMPLATE, canary, report, template};

fn rules(report: &Report) -> BTreeSet<&'static str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

/// Metrics of Argo Rollouts, each with the rules that it breaks.
fn of_argo() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        (
            "count: 1, provider: { prometheus: { query: q } }",
            vec!["argo/no-condition"],
        ),
        (
            "successCondition: 'len(result) == 0 || result[0] < 1', provider: { prometheus: { query: q } }",
            vec!["argo/condition-holds", "argo/one-of-several"],
        ),
        (
            "successCondition: 'all(result, # < 1)', provider: { prometheus: { query: q } }",
            vec!["argo/condition-holds"],
        ),
        (
            "successCondition: 'default(result, 0) < 1', provider: { datadog: { apiVersion: v2, query: q } }",
            vec!["argo/default-value"],
        ),
        (
            "successCondition: 'result < 1', provider: { datadog: { query: q } }",
            vec!["argo/nothing-is-zero", "argo/one-of-several"],
        ),
        (
            "failureCondition: 'result < 1', provider: { wavefront: { query: q } }",
            vec![],
        ),
        (
            "successCondition: 'result[0] > 1', interval: 1m, provider: { prometheus: { query: q } }",
            vec!["argo/endless", "argo/infinity-passes", "argo/one-of-several"],
        ),
        (
            "successCondition: 'max(result) < 1', initialDelay: 5m, provider: { prometheus: { query: q } }",
            vec!["argo/initial-delay"],
        ),
        (
            "successCondition: 'max(result) < 1', interval: 1m, count: 2, failureLimit: 2, provider: { prometheus: { query: q } }",
            vec!["argo/limit-not-reached"],
        ),
        (
            "successCondition: 'max(result) < 1', failureCondition: 'max(result) > 2', interval: 1m, count: 2, \
             inconclusiveLimit: '2', provider: { prometheus: { query: q } }",
            vec!["argo/limit-not-reached"],
        ),
        (
            "failureCondition: 'max(result) > 2', provider: { prometheus: { query: q } }",
            vec!["argo/failure-condition-only"],
        ),
        (
            "successCondition: 'max(result) < 1', provider: { prometheus: { query: q } }",
            vec![],
        ),
        (
            "successCondition: 'result[0] < 0.05', provider: { prometheus: { query: 'sum(rate(bad[2m])) / sum(rate(all[2m]))' } }",
            vec![],
        ),
        ("provider: { job: { spec: {} } }", vec![]),
        ("provider: { kayenta: { threshold: { pass: 90 } } }", vec![]),
    ]
}

/// Analyses of Flagger, each with the rules that it breaks.
fn of_flagger() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("threshold: 1", vec!["flagger/no-metrics"]),
        (
            "threshold: 1, webhooks: [{ name: load, url: 'http://load.example' }]",
            vec!["flagger/webhook-only"],
        ),
        (
            "webhooks: [{ name: gate, type: confirm-rollout, url: 'http://gate.example' }]",
            vec!["flagger/no-metrics"],
        ),
        (
            "metrics: [{ name: request-success-rate, thresholdRange: { min: 99 } }]",
            vec![],
        ),
        (
            "metrics: [{ name: request-duration, thresholdRange: {} }]",
            vec!["flagger/no-bound"],
        ),
        ("metrics: [{ name: nothing }]", vec![]),
        (
            "metrics: [{ name: own, query: q, threshold: 5 }]",
            vec!["flagger/one-of-several"],
        ),
        (
            "metrics: [{ name: own, query: 'sum(q)', thresholdRange: { min: 5 } }]",
            vec!["flagger/infinity-passes"],
        ),
        (
            "metrics: [{ name: own, query: q, thresholdRange: { min: 5 } }]",
            vec!["flagger/infinity-passes", "flagger/one-of-several"],
        ),
    ]
}

#[test]
fn each_rule_is_found_where_it_is_broken_and_is_on_the_page() {
    let mut found: BTreeSet<&str> = rules(&report(Tool::Argo, TEMPLATE));
    found.extend(rules(&report(Tool::Flagger, CANARY)));
    for (fields, expected) in of_argo() {
        let text = template(&format!("    - {{ name: m, {fields} }}\n"));
        let report = report(Tool::Argo, &text);
        let broken: Vec<&str> = rules(&report).into_iter().collect();
        assert_eq!(broken, expected, "{fields}");
        found.extend(broken);
    }
    for (analysis, expected) in of_flagger() {
        let report = report(Tool::Flagger, &canary(analysis));
        let broken: Vec<&str> = rules(&report).into_iter().collect();
        assert_eq!(broken, expected, "{analysis}");
        found.extend(broken);
    }
    let others = template("").replace("metrics:", "templates: [{ templateName: other }]");
    found.extend(rules(&report(Tool::Argo, &others)));
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/no-data.md")).unwrap();
    let listed: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|first| first.starts_with("argo/") || first.starts_with("flagger/"))
        .collect();
    assert_eq!(found, listed);
}

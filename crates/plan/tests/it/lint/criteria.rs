//! The criteria in place of metrics are ones of plans.

use insta::assert_snapshot;
use tidegate_plan::lint::Tool;
use tidegate_plan::render_human;

use super::{CANARY, TEMPLATE, canary, report};
use crate::{compiled, edited};

#[test]
fn every_criterion_is_one_of_a_plan_that_checks_clean() {
    let duration = canary("metrics: [{ name: request-duration, thresholdRange: { max: 500 } }]");
    let range =
        canary("metrics: [{ name: depth, query: 'sum(depth{queue=\"orders\"})', thresholdRange: { min: 1, max: 9 } }]");
    let reports = [
        report(Tool::Argo, TEMPLATE),
        report(Tool::Flagger, CANARY),
        report(Tool::Flagger, &duration),
        report(Tool::Flagger, &range),
    ];
    let mut written = Vec::new();
    for metric in reports.iter().flat_map(|report| &report.metrics) {
        for line in metric.criterion.yaml.lines() {
            let after = "          - { flow: order, completion: not worse, on-harm: rollback }\n";
            let bundle = edited("plan.yaml", after, &format!("{after}          {line}\n"));
            let shown = render_human(&compiled(&bundle).diagnostics, &bundle, false);
            // The estate of the scaffold is too quiet for some; that is said of the plan, not of the criterion's text.
            let is_read = shown.is_empty() || shown.contains("TG0513");
            assert!(is_read, "{line}\n{shown}");
            written.push(format!("{}: {line}", metric.name));
        }
    }
    assert_snapshot!(written.join("\n"), @r###"
success-rate: - { errors: order, at-most: 5%, not-worse-by: 1pp, on-harm: rollback }
error-share: - { errors: order, at-most: 5%, not-worse-by: 1pp, on-harm: rollback }
strict-rate: - { errors: order, at-most: 5%, not-worse-by: 1pp, on-harm: rollback }
saturation: - { level: { on: metrics, prometheus: "saturation{service=\"{{args.service}}\"}" }, at-most: 0.8, owner: shop }
error-rate: - { errors: order, at-most: 5%, not-worse-by: 1pp, on-harm: rollback }
smoke-test: - { manual: "does smoke-test allow the next step?" }
request-success-rate: - { errors: order, at-most: 1%, not-worse-by: 1pp, on-harm: rollback }
error-share: - { errors: order, at-most: 1%, not-worse-by: 1pp, on-harm: rollback }
latency: - { manual: "does latency allow the next step?" }
request-duration: - { latency: order, p99: 500ms }
depth: - { level: { on: metrics, prometheus: "sum(depth{queue=\"orders\"})" }, at-least: 1, owner: shop }
depth: - { level: { on: metrics, prometheus: "sum(depth{queue=\"orders\"})" }, at-most: 9, owner: shop }
"###);
}

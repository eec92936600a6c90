//! Which metrics would pass.

use tidegate_plan::lint::{Cell, Tool, Verdict};

use super::{CANARY, TEMPLATE, report, template};

#[test]
fn a_real_template_is_judged_metric_by_metric() {
    let report = report(Tool::Argo, TEMPLATE);
    let passing: Vec<(&str, bool)> = report
        .metrics
        .iter()
        .map(|metric| (metric.name.as_str(), metric.passes_on_nothing()))
        .collect();
    let expected = [
        ("success-rate", true),
        ("error-share", true),
        ("strict-rate", false),
        ("saturation", true),
        ("error-rate", true),
        ("smoke-test", false),
    ];
    assert_eq!(passing, expected);
    assert!(report.passes_on_nothing());
    let sources: Vec<&str> = report.metrics.iter().map(|metric| metric.source.as_str()).collect();
    assert_eq!(sources[4..], ["datadog (v2)", "job"]);
}

#[test]
fn a_real_canary_is_judged_with_the_templates_of_its_file() {
    let report = report(Tool::Flagger, CANARY);
    let verdicts: Vec<(&str, Verdict)> = report
        .metrics
        .iter()
        .map(|metric| (metric.source.as_str(), metric.outcome(Cell::Empty).unwrap().verdict))
        .collect();
    let expected = [
        ("prometheus (built in)", Verdict::Fails),
        ("influxdb", Verdict::Passes),
        ("a template that is not in this file", Verdict::NotKnown),
    ];
    assert_eq!(verdicts, expected);
    assert!(report.passes_on_nothing());
}

#[test]
fn a_strict_template_passes_on_nothing_of_its_own() {
    let text = template(
        "    - name: strict\n      count: 1\n      successCondition: len(result) == 1 && result[0] >= 0.95 && result[0] <= 1\n      \
         provider: { prometheus: { query: q } }\n",
    );
    let report = report(Tool::Argo, &text);
    assert!(!report.passes_on_nothing() && report.findings.is_empty(), "{report:#?}");
    let only = &report.metrics[0];
    assert_eq!(only.outcome(Cell::Terminated).unwrap().verdict, Verdict::Passes);
    assert!(!only.outcome(Cell::Terminated).unwrap().by_file);
}

#[test]
fn a_template_without_its_canary_is_judged_as_far_as_its_provider_goes() {
    let of = |kind: &str| {
        let text = format!(
            "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata: {{ name: t }}\n\
             spec: {{ provider: {{ type: {kind} }}, query: q }}\n"
        );
        report(Tool::Flagger, &text)
    };
    assert!(of("influxdb").passes_on_nothing());
    let prometheus = of("prometheus");
    assert!(!prometheus.passes_on_nothing(), "{prometheus:#?}");
    let infinite = prometheus.metrics[0].outcome(Cell::Infinite).unwrap();
    assert_eq!(infinite.verdict, Verdict::NotKnown);
    // What Flagger does not know it asks like Prometheus.
    assert_eq!(of("prometheuss").metrics[0].source, "prometheus");
}

#[test]
fn an_argument_is_filled_in_and_one_without_a_value_is_not_guessed() {
    let verdict = |arguments: &str, condition: &str, cell: Cell| {
        let metric =
            format!("    - {{ name: m, successCondition: '{condition}', provider: {{ datadog: {{ query: q }} }} }}\n");
        let text = template(&metric).replace("spec:\n", &format!("spec:\n  args: [{arguments}]\n"));
        let report = report(Tool::Argo, &text);
        let outcome = report.metrics[0].outcome(cell).unwrap();
        (outcome.verdict, outcome.because.clone())
    };
    let condition = "default(result, 0) < {{ args.most }}";
    assert_eq!(
        verdict("{ name: most, value: \"5\" }", condition, Cell::Empty).0,
        Verdict::Passes
    );
    assert_eq!(
        verdict("{ name: most, value: \"0\" }", condition, Cell::Empty).0,
        Verdict::Fails
    );
    let (unknown, because) = verdict("{ name: most }", condition, Cell::Empty);
    assert_eq!(unknown, Verdict::NotKnown);
    assert!(because.contains("`most`"), "{because}");
    // Whatever the number is, nil is no number.
    let nil = verdict("{ name: most }", "result < {{args.most}}", Cell::Empty);
    assert_eq!(nil.0, Verdict::Errors);
}

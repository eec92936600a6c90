//! Which metrics would pass.

use tidegate_plan::lint::{Cell, Tool, Verdict};

use super::{CANARY, TEMPLATE, canary, report, template};

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
    let stopped = |at: usize| report.metrics[at].outcome(Cell::Terminated).unwrap().word;
    assert_eq!((stopped(4), stopped(5)), ("Successful", "Inconclusive"));
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

#[test]
fn what_is_skipped_passes_whatever_its_metrics_are() {
    let metrics = "metrics: [{ name: request-success-rate, thresholdRange: { min: 99 } }]";
    let strict = canary(metrics);
    let skipped = strict.replace("spec:\n", "spec:\n  skipAnalysis: true\n");
    let verdict = |text: &str| {
        let report = report(Tool::Flagger, text);
        let outcome = report.metrics[0].outcome(Cell::Skipped).unwrap().verdict;
        (outcome, report.passing(), report.passes_on_nothing())
    };
    assert_eq!(verdict(&strict), (Verdict::CannotHappen, 0, false));
    assert_eq!(verdict(&skipped), (Verdict::Passes, 1, true));
}

#[test]
fn one_series_out_of_several_is_not_nothing() {
    let text =
        template("    - { name: m, successCondition: 'result[0] < 0.05', provider: { prometheus: { query: q } } }\n");
    let report = report(Tool::Argo, &text);
    assert_eq!(
        report.metrics[0].outcome(Cell::SeveralSeries).unwrap().verdict,
        Verdict::Passes
    );
    assert_eq!((report.passing(), report.passes_on_nothing()), (0, false));
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn an_empty_condition_is_none() {
    let text = template("    - { name: m, successCondition: '', provider: { prometheus: { query: q } } }\n");
    assert_eq!(report(Tool::Argo, &text).findings[0].rule, "argo/no-condition");
}

#[test]
fn a_query_with_a_shell_variable_is_kept_whole_and_not_repeated() {
    let criterion = |query: &str| {
        let metric = format!(
            "    - {{ name: depth, successCondition: 'result[0] < 5', provider: {{ prometheus: {{ query: '{query}' }} }} }}\n"
        );
        report(Tool::Argo, &template(&metric)).metrics[0].criterion.yaml.clone()
    };
    assert!(criterion("depth{of=\"x\"}").contains("level:"));
    assert!(criterion("depth{of=\"${QUEUE:-x}\"}").contains("manual:"));
}

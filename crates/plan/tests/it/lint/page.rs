//! The page of what tools do with nothing: its columns of Argo Rollouts and Flagger are what `lint` says.

use std::path::Path;

use tidegate_plan::lint::{Cell, Metric, Tool, lint};

/// The reference metrics of the page.
const ARGO: &str = "prometheus: { query: up }";
const SUCCESS: &str = "result[0] >= 0.95";
const FLAGGER: &str = "prometheus";
const RANGE: &str = "max: 5";

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/no-data.md")).unwrap()
}

/// A metric of Argo Rollouts with these fields and this provider.
fn argo(fields: &str, provider: &str) -> Metric {
    let text = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{ name: t }}\n\
         spec:\n  metrics:\n    - name: m\n{fields}      provider: {{ {provider} }}\n"
    );
    let report = lint(Tool::Argo, "t.yaml", &text).unwrap_or_else(|wrong| panic!("{text}\n{wrong:#?}"));
    report.metrics.into_iter().next().unwrap()
}

/// A check of Flagger by a template of this provider, within this range.
fn flagger(provider: &str, range: &str) -> Metric {
    let text = format!(
        "apiVersion: flagger.app/v1beta1\nkind: MetricTemplate\nmetadata: {{ name: t }}\n\
         spec: {{ provider: {{ type: {provider} }}, query: q }}\n---\n\
         apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {{ name: c }}\nspec:\n  analysis:\n    threshold: 3\n    \
         metrics: [{{ name: m, templateRef: {{ name: t }}, thresholdRange: {{ {range} }} }}]\n"
    );
    let report = lint(Tool::Flagger, "t.yaml", &text).unwrap_or_else(|wrong| panic!("{text}\n{wrong:#?}"));
    report.metrics.into_iter().next().unwrap()
}

fn success(condition: &str) -> String {
    format!("      successCondition: {condition}\n")
}

/// Cells of a table's row.
fn row(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The rows under the first table whose head begins with these words.
fn table<'a>(page: &'a str, head: &str) -> Vec<Vec<&'a str>> {
    let rest = page.split_once(head).unwrap_or_else(|| panic!("no table `{head}`")).1;
    rest.lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(row)
        .collect()
}

/// A whole table as the page must hold it.
fn holds(page: &str, head: &str, rows: &[String]) {
    let line = vec!["---"; row(head).len()].join("|");
    let table = format!("{head}\n|{line}|\n{}\n", rows.join("\n"));
    assert!(page.contains(&table), "the page must hold\n\n{table}");
}

/// Cells in which an answer differs from provider to provider.
const OF_PROVIDERS: [Cell; 6] = [
    Cell::Empty,
    Cell::NotANumber,
    Cell::Infinite,
    Cell::Null,
    Cell::SeveralSeries,
    Cell::ZeroDenominator,
];

fn words(metric: &Metric, cells: &[Cell]) -> String {
    let words: Vec<&str> = cells.iter().map(|cell| metric.outcome(*cell).unwrap().word).collect();
    words.join(" | ")
}

#[test]
fn the_first_table_says_of_both_tools_what_lint_says() {
    let page = page();
    let rows = table(&page, "| cell | Argo Rollouts | Flagger |");
    let (argo, flagger) = (argo(&success(SUCCESS), ARGO), flagger(FLAGGER, RANGE));
    let cells: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let expected: Vec<&str> = Cell::ALL.iter().map(|cell| cell.words()).collect();
    assert_eq!(cells, expected);
    for (row, cell) in rows.iter().zip(Cell::ALL) {
        assert_eq!(
            row[1],
            argo.outcome(*cell).unwrap().word,
            "Argo Rollouts: {}",
            cell.words()
        );
        assert_eq!(
            row[2],
            flagger.outcome(*cell).unwrap().word,
            "Flagger: {}",
            cell.words()
        );
        assert!(row[1..].iter().all(|word| !word.is_empty()), "{row:?}");
    }
}

#[test]
fn each_tool_has_a_table_of_why_and_where() {
    let page = page();
    for (head, metric) in [
        (
            "| Argo Rollouts | outcome | why | decided in |",
            argo(&success(SUCCESS), ARGO),
        ),
        ("| Flagger | outcome | why | decided in |", flagger(FLAGGER, RANGE)),
    ] {
        let rows: Vec<String> = metric
            .outcomes
            .iter()
            .map(|outcome| {
                format!(
                    "| {} | {} | {} | {} |",
                    outcome.cell.words(),
                    outcome.word,
                    outcome.because,
                    outcome.decided_in
                )
            })
            .collect();
        holds(&page, head, &rows);
    }
    let expected: Vec<&str> = Cell::ALL.iter().map(|cell| cell.words()).collect();
    for tool in ["Kayenta", "Keptn"] {
        let rows = table(&page, &format!("| {tool} | outcome | why | decided in |"));
        let cells: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(cells, expected, "{tool}");
        let first: Vec<&str> = table(&page, "| cell | Argo Rollouts | Flagger |")
            .iter()
            .map(|row| row[if tool == "Kayenta" { 3 } else { 4 }])
            .collect();
        let outcomes: Vec<&str> = rows.iter().map(|row| row[1]).collect();
        assert_eq!(outcomes, first, "{tool}");
    }
}

#[test]
fn the_table_of_conditions_is_what_lint_says() {
    let cells = [Cell::Empty, Cell::NotANumber, Cell::Infinite, Cell::SeveralSeries];
    let forms = [
        ("", ""),
        ("result[0] >= 0.95", ""),
        ("result[0] < 0.05", ""),
        ("", "result[0] >= 0.05"),
        ("result[0] < 0.01", "result[0] >= 0.05"),
        ("all(result, # < 0.05)", ""),
        ("default(result, 0) < 0.05", ""),
        ("len(result) == 0 || result[0] < 0.05", ""),
        ("len(result) == 1 && result[0] >= 0.95 && result[0] <= 1", ""),
    ];
    let rows: Vec<String> = forms
        .iter()
        .map(|(success, failure)| {
            let shown = |text: &str| match text {
                "" => "-".to_owned(),
                // A bar would end the cell.
                text => format!("`{}`", text.replace("||", "or")),
            };
            let mut fields = String::new();
            for (field, text) in [("successCondition", success), ("failureCondition", failure)] {
                if !text.is_empty() {
                    fields.push_str(&format!("      {field}: '{text}'\n"));
                }
            }
            format!(
                "| {} | {} | {} |",
                shown(success),
                shown(failure),
                words(&argo(&fields, ARGO), &cells)
            )
        })
        .collect();
    let head = "| successCondition | failureCondition | empty | NaN | infinite | several series |";
    holds(&page(), head, &rows);
}

#[test]
fn the_table_of_argo_providers_is_what_lint_says() {
    let providers = [
        (ARGO, "result[0] < 5"),
        ("datadog: { query: q }", "default(result, 0) < 5"),
        ("datadog: { apiVersion: v2, query: q }", "default(result, 0) < 5"),
        ("newRelic: { query: q }", "result.rate < 5"),
        ("web: { url: u, jsonPath: \"{$.rate}\" }", "result < 5"),
        ("web: { url: u, jsonPath: \"{$.rate}\" }", "asFloat(result) < 5"),
        ("wavefront: { query: q }", "result < 5"),
        ("graphite: { query: q }", "result[0] < 5"),
        ("influxdb: { query: q }", "result[0] < 5"),
        ("cloudWatch: { metricDataQueries: [] }", "result[0].Values[0] < 5"),
        ("skywalking: { query: q }", "result.rate < 5"),
        ("job: { spec: {} }", ""),
        ("kayenta: { address: a }", ""),
        ("plugin: { some/plugin: {} }", "result < 5"),
    ];
    let rows: Vec<String> = providers
        .iter()
        .map(|(provider, condition)| {
            let fields = if condition.is_empty() {
                String::new()
            } else {
                success(condition)
            };
            let metric = argo(&fields, provider);
            let shown = if condition.is_empty() {
                "-".to_owned()
            } else {
                format!("`{condition}`")
            };
            format!("| {} | {shown} | {} |", metric.source, words(&metric, &OF_PROVIDERS))
        })
        .collect();
    let head =
        "| Argo Rollouts asks | successCondition | empty | NaN | infinite | null | several series | zero denominator |";
    holds(&page(), head, &rows);
}

#[test]
fn the_table_of_flagger_providers_is_what_lint_says() {
    let providers = [
        "prometheus",
        "datadog",
        "cloudwatch",
        "newrelic",
        "graphite",
        "stackdriver",
        "influxdb",
        "dynatrace",
        "keptn",
        "splunk",
        "externalmetrics",
    ];
    let rows: Vec<String> = providers
        .iter()
        .flat_map(|provider| {
            ["max: 5", "min: 95"].map(|range| {
                let metric = flagger(provider, range);
                format!("| {provider} | `{range}` | {} |", words(&metric, &OF_PROVIDERS))
            })
        })
        .collect();
    let head = "| Flagger asks | range | empty | NaN | infinite | null | several series | zero denominator |";
    holds(&page(), head, &rows);
}

//! Files that cannot be judged.

use insta::assert_snapshot;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidegate_plan::lint::{Tool, lint};
use tidegate_plan::{Bundle, SourceFile, render_human};

use super::{CANARY, canary, report, template};

/// What a person sees of a file that cannot be judged.
fn unreadable(tool: Tool, text: &str) -> String {
    let wrong = lint(tool, "given.yaml", text).expect_err("the file can be judged");
    let file = SourceFile {
        path: "given.yaml".into(),
        text: text.into(),
    };
    render_human(
        &wrong,
        &Bundle {
            files: vec![file],
            ..Bundle::default()
        },
        false,
    )
}

#[test]
fn what_is_of_another_kind_is_told_which_option_reads_it() {
    assert_snapshot!(unreadable(Tool::Argo, CANARY), @r###"
error[TG0005]: there is nothing to judge in this file
 --> given.yaml:2:7
  |
2 | kind: MetricTemplate
  |       ^^^^^^^^^^^^^^ expected a document of kind `AnalysisTemplate` or `ClusterAnalysisTemplate`, found `Canary`, `Deployment`, `MetricTemplate`
  |
  = help: give this file with `--flagger`

1 error, 0 warnings; `tidegate explain TG0005` says more
"###);
    assert_snapshot!(unreadable(Tool::Flagger, "kind: Deployment\nmetadata: { name: shop }\n"), @r###"
error[TG0005]: there is nothing to judge in this file
 --> given.yaml:1:7
  |
1 | kind: Deployment
  |       ^^^^^^^^^^ expected a document of kind `Canary` or `MetricTemplate`, found `Deployment`
  |
  = help: `--flagger` reads `Canary` and `MetricTemplate`

1 error, 0 warnings; `tidegate explain TG0005` says more
"###);
}

#[test]
fn what_the_tool_refuses_is_told() {
    let text = template(
        "    - name: m\n      count: 2\n      failureLimit: 5\n      interval: 1m\n      successCondition: true\n      \
         provider: { prometheus: { query: q }, web: { url: u } }\n    - name: m\n      count: many\n      provider: {}\n",
    );
    assert_snapshot!(unreadable(Tool::Argo, &text), @r###"
error[TG0008]: the tool refuses metric `m`
 --> given.yaml:7:14
  |
7 |       count: 2
  |              ^ expected at least 5, the limits together, found `2`
  |
  = help: a refused template makes the analysis an error, which aborts the release

error[TG0008]: `successCondition` is no text
  --> given.yaml:10:25
   |
10 |       successCondition: true
   |                         ^^^^ expected a text, found `true`
   |
   = help: put it in quotes

error[TG0008]: metric `m` has not one provider
  --> given.yaml:11:7
   |
11 |       provider: { prometheus: { query: q }, web: { url: u } }
   |       ^^^^^^^^ expected one of `prometheus`, `job`, `kayenta`, `web`, `datadog`, `wavefront`, `newRelic`, `cloudWatch`, `graphite`, `influxdb`, `skywalking`, `plugin`, found `prometheus` and `web`
   |
   = help: the tool refuses such a metric; give it one provider

error[TG0008]: `count` is no whole number
  --> given.yaml:13:14
   |
13 |       count: many
   |              ^^^^ expected a whole number, found `many`
   |
   = help: write for example `count: 3`

error[TG0008]: metric `m` has not one provider
  --> given.yaml:14:7
   |
14 |       provider: {}
   |       ^^^^^^^^ expected one of `prometheus`, `job`, `kayenta`, `web`, `datadog`, `wavefront`, `newRelic`, `cloudWatch`, `graphite`, `influxdb`, `skywalking`, `plugin`, found an empty mapping
   |
   = help: the tool refuses such a metric; give it one provider

5 errors, 0 warnings; `tidegate explain TG0008` says more
"###);
}

#[test]
fn bad_input_is_told_and_never_judged() {
    let deep = format!("{}x{}", "[".repeat(5_000), "]".repeat(5_000));
    let long = format!("{}: y", "x".repeat(17 * 1024 * 1024));
    let many = template(&"    - { name: m, provider: { job: {} } }\n".repeat(1_001));
    for (text, code) in [
        ("", "TG0005"),
        ("---\n---\n", "TG0005"),
        ("just words", "TG0005"),
        ("[1, 2]", "TG0005"),
        ("kind: [AnalysisTemplate", "TG0001"),
        ("kind: AnalysisTemplate\nkind: AnalysisTemplate\n", "TG0003"),
        ("kind: AnalysisTemplate\napiVersion: v1\n", "TG0005"),
        ("kind: AnalysisTemplate\napiVersion: argoproj.io/v1alpha1\n", "TG0007"),
        ("a: &x { b: 1 }\nc: *x\n", "TG0004"),
        (&template("    - []\n"), "TG0007"),
        (&template("    - { name: m }\n"), "TG0007"),
        (&template("").replace("metrics:", "metrics: 5"), "TG0008"),
        (&template(""), "TG0007"),
        (&deep, "TG0002"),
        (&long, "TG0002"),
        (&many, "TG0002"),
    ] {
        let wrong = lint(Tool::Argo, "given.yaml", text).expect_err("it is judged");
        let codes: Vec<&str> = wrong.iter().map(|one| one.code.text()).collect();
        let begin: String = text.chars().take(80).collect();
        assert!(codes.contains(&code), "{begin}: {wrong:#?}");
        assert!(wrong.iter().all(|one| !one.help.contains("plan")), "{wrong:#?}");
    }
    for (analysis, code) in [
        ("threshold: many", "TG0008"),
        ("metrics: {}", "TG0008"),
        ("metrics: [{ interval: 1m }]", "TG0007"),
        (
            "metrics: [{ name: m, query: q, thresholdRange: { max: high } }]",
            "TG0008",
        ),
    ] {
        let wrong = lint(Tool::Flagger, "given.yaml", &canary(analysis)).expect_err(analysis);
        assert!(
            wrong.iter().any(|one| one.code.text() == code),
            "{analysis}: {wrong:#?}"
        );
    }
}

#[test]
fn a_list_of_documents_and_shell_variables_are_read() {
    let text = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: argoproj.io/v1alpha1\n    kind: AnalysisTemplate\n    \
                metadata: { name: t }\n    spec:\n      metrics:\n        - { name: m, provider: { job: { spec: \"${A} ${B:-c}\" } } }\n";
    assert_eq!(report(Tool::Argo, text).metrics[0].name, "m");
}

/// Fixed, so that a failure is the same for everybody.
const SEED: [u8; 32] = *b"tidegate-plan lint of words  001";

#[test]
fn any_words_are_judged_or_refused() {
    println!("seed {:?}", std::str::from_utf8(&SEED).unwrap());
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &SEED));
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..24);
    let any = |words: Vec<&str>| {
        let condition = words.join(" ").replace('\'', "\"");
        let metric =
            format!("    - {{ name: m, successCondition: '{condition}', provider: {{ web: {{ url: u }} }} }}\n");
        let judged = lint(Tool::Argo, "given.yaml", &template(&metric));
        prop_assert!(judged.is_ok(), "{condition}: {judged:?}");
        for tool in [Tool::Argo, Tool::Flagger] {
            for text in [words.join(" "), words.join("\n")] {
                let wrong = lint(tool, "given.yaml", &text).err().unwrap_or_default();
                let lacks = wrong.iter().find(|one| one.expected.is_empty() || one.help.is_empty());
                prop_assert!(lacks.is_none(), "{lacks:?}");
            }
        }
        Ok(())
    };
    runner.run(&words, any).unwrap();
}

/// Words of conditions, and of the files that hold them.
const WORDS: &[&str] = &[
    "result",
    "[0]",
    "[-1]",
    ".rate",
    "(",
    ")",
    "all(result,",
    "max(",
    "len(",
    "default(",
    "isNaN(",
    "asFloat(",
    "asInt(",
    "#",
    ",",
    "&&",
    "||",
    "!",
    "==",
    "<",
    ">=",
    "+",
    "-",
    "/",
    "%",
    "**",
    "?",
    ":",
    "??",
    "in",
    "0",
    "0.95",
    "1e308",
    "9223372036854775807",
    "nil",
    "true",
    "\"NaN\"",
    "{{args.x}}",
    "kind: AnalysisTemplate",
    "kind: Canary",
    "apiVersion: argoproj.io/v1alpha1",
    "apiVersion: flagger.app/v1beta1",
    "metadata: { name: a }",
    "spec:",
    "  metrics:",
    "  analysis:",
    "    metrics: [{ name: b }]",
    "---",
    "- ",
    "\t",
    "é",
];

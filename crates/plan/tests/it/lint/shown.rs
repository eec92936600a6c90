//! What a person sees, and a program.

use insta::assert_snapshot;
use tidegate_plan::lint::Tool;

use super::{TEMPLATE, canary, report, template};

#[test]
fn a_person_sees_the_line_the_cells_and_the_criterion() {
    let text = template(
        "    - name: error-share\n      count: 3\n      interval: 1m\n      failureCondition: result[0] >= 0.05\n      \
         provider: { prometheus: { query: errors } }\n",
    );
    assert_snapshot!(report(Tool::Argo, &text).human(&text, false), @r###"
error[argo/failure-condition-only]: metric `error-share` passes on NaN, zero denominator
 --> given.yaml:9:25
  |
9 |       failureCondition: result[0] >= 0.05
  |                         ^^^^^^^^^^^^^^^^^ without a `successCondition`, what does not fail is Successful, and no comparison with NaN is true
  |
  = help: add a `successCondition`; what meets neither is then Inconclusive, which pauses the release

warning[argo/one-of-several]: metric `error-share` may pass on several series
 --> given.yaml:9:25
  |
9 |       failureCondition: result[0] >= 0.05
  |                         ^^^^^^^^^^^^^^^^^ one series is judged, the others may say anything
  |
  = help: let the query give one series, and add `len(result) == 1` where the answer is a list

metric `error-share` of AnalysisTemplate `health`, asked of prometheus
  empty             Error         an empty list: an empty list has no element 0; asked again, 5 in a row abort the release
! NaN               Successful    NaN: `failureCondition` is not true
  infinite          Failed        +Inf: `failureCondition` is true; aborts the release
  null              cannot happen Prometheus answers with numbers only
! several series    Successful    a series that passes hides one that would not
  provider down     Error         the query fails; asked again, 5 in a row abort the release
  judge error       Error         the query or the condition fails; asked again, 5 in a row abort the release
! zero denominator  Successful    0/0 is NaN: `failureCondition` is not true
  stale             not seen      the age of an answer is not looked at
  identical         not seen      a condition sees one answer, not an old and a new side
  terminated        Successful    a run that is stopped with nothing measured, or below its limits, is Successful
  skipped           Successful    a full promotion and a way back inside the rollback window cancel the analysis
  in Tidegate       - { errors: order, at-most: 5%, not-worse-by: 1pp, on-harm: rollback }
                    put your flow in place of `order`; the requests are counted at the gateway on both sides, none is `no data`, never 0 %

1 metric, 1 would pass on nothing (as of argo-rollouts v1.10.0-rc1-70-g9f8d111d8)
"###);
}

#[test]
fn a_person_sees_what_a_canary_lets_pass() {
    let text = canary("threshold: 2, metrics: [{ name: share, query: errors, thresholdRange: { min: 1 } }]");
    assert_snapshot!(report(Tool::Flagger, &text).human(&text, false), @r###"
warning[flagger/one-of-several]: metric `share` may pass on several series
 --> given.yaml:5:47
  |
5 |   analysis: { threshold: 2, metrics: [{ name: share, query: errors, thresholdRange: { min: 1 } }] }
  |                                               ^^^^^ one series is judged, the others may say anything
  |
  = help: let the query give one series

error[flagger/infinity-passes]: metric `share` passes on infinite
 --> given.yaml:5:69
  |
5 |   analysis: { threshold: 2, metrics: [{ name: share, query: errors, thresholdRange: { min: 1 } }] }
  |                                                                     ^^^^^^^^^^^^^^ without a `max`, infinity is inside of the range
  |
  = help: write a `max` as well

metric `share` of Canary `shop`, asked of prometheus
  empty             failed check  no values found; 2 of them roll back
  NaN               failed check  NaN counts as no values found; 2 of them roll back
! infinite          passes        +Inf, and the range lets it pass
  null              failed check  a value that is no text is left out: no values found; 2 of them roll back
! several series    passes        the last series is judged, the others are dropped
  provider down     failed check  the query fails; 2 of them roll back
  judge error       failed check  the query fails; 2 of them roll back
  zero denominator  failed check  0/0 is NaN, which counts as no values found; 2 of them roll back
  stale             not seen      the age of an answer is not looked at
  identical         not seen      a range sees one answer, not an old and a new side
  terminated        starts again  a new revision starts the analysis again at weight 0
  skipped           cannot happen `skipAnalysis` is not set
  in Tidegate       - { level: { on: metrics, prometheus: "errors" }, at-least: 1, owner: shop }
                    put your domain in place of `shop`; no series are `no data`, several, NaN and infinity are `invalid`, and none of them passes

1 metric, 1 would pass on nothing (as of flagger v1.44.0 (15bd6ad5))
"###);
}

#[test]
fn a_program_reads_the_same_as_a_person() {
    let report = report(Tool::Argo, TEMPLATE);
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["tool"], "argo");
    assert_eq!(json["metrics"].as_array().unwrap().len(), 6);
    let infinite = &json["metrics"][0]["outcomes"][2];
    assert_eq!(infinite["cell"], "infinite");
    assert_eq!(
        (&infinite["verdict"], &infinite["by_file"]),
        (&"passes".into(), &true.into())
    );
    assert_eq!(json["findings"][0]["span"]["line"], 11);
    assert_eq!(json["findings"][0]["severity"], "error");
}

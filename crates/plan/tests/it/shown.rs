//! What a person sees, one case per family.

use insta::assert_snapshot;
use tidegate_plan::{Bundle, SourceFile, power, render_human, render_json, schedule};

use crate::{compiled, edited};

fn shown(bundle: &Bundle) -> String {
    render_human(&compiled(bundle).diagnostics, bundle, false)
}

fn beside(text: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    bundle.files.push(SourceFile {
        path: "more.yaml".into(),
        text: text.into(),
    });
    bundle
}

#[test]
fn torn_yaml_is_shown_where_it_tears_and_later_documents_are_still_read() {
    assert_snapshot!(shown(&beside("kind: [Runbook\n---\napiVersion: tidegate/v1alpha1\nkind: Runbok\n")), @r###"
error[TG0001]: not YAML: unclosed bracket '['
 --> more.yaml:1:7
  |
1 | kind: [Runbook
  |       ^ expected well-formed YAML, found `[Runbook`
  |
  = help: look at indentation, tabs, quotes and brackets before this point

error[TG0005]: kind `Runbok` is not known
 --> more.yaml:4:7
  |
4 | kind: Runbok
  |       ^^^^^^ expected a kind of `tidegate/v1alpha1`, found `Runbok`
  |
  = help: did you mean `Runbook`?

2 errors, 0 warnings; `tidegate explain TG0001` says more
"###);
}

#[test]
fn a_tab_is_shown() {
    assert_snapshot!(shown(&beside("apiVersion: tidegate/v1alpha1\nkind:\n\t- Domain\n")), @r###"
error[TG0001]: not YAML: tabs disallowed within this context (block indentation)
 --> more.yaml:3:2
  |
3 |     - Domain
  |     ^ expected well-formed YAML, found a tab before `- Domain`
  |
  = help: look at indentation, tabs, quotes and brackets before this point

1 error, 0 warnings; `tidegate explain TG0001` says more
"###);
}

#[test]
fn every_wrong_field_of_a_document_is_shown_at_once() {
    let text = "apiVersion: tidegate/v1alpha1\nkind: Runbook\nmetadata: { name: -x, titel: X }\n---\n\
                apiVersion: tidegate/v1alpha1\nkind: Roster\nmetadata: { name: night }\nspec: { team: shop-taem, oncall: [ana] }\n";
    assert_snapshot!(shown(&beside(text)), @r###"
error[TG0009]: the name breaks the name rule
 --> more.yaml:3:19
  |
3 | metadata: { name: -x, titel: X }
  |                   ^^ expected 1 to 63 letters, digits, `-`, `_` and `.`, the first and the last of them a letter or digit, found `-x`
  |
  = help: write for example `x`

error[TG0006]: the metadata of a runbook has no field `titel`
 --> more.yaml:3:23
  |
3 | metadata: { name: -x, titel: X }
  |                       ^^^^^ expected one of `name`, `title`, `description`, found `titel`
  |
  = help: did you mean `title`?

error[TG0012]: team `shop-taem` is not declared
 --> more.yaml:8:15
  |
8 | spec: { team: shop-taem, oncall: [ana] }
  |               ^^^^^^^^^ expected a declared team: `platform`, `shop-team`, found `shop-taem`
  |
  = help: did you mean `shop-team`?

error[TG0006]: roster `night` has no field `oncall`
 --> more.yaml:8:26
  |
8 | spec: { team: shop-taem, oncall: [ana] }
  |                          ^^^^^^ expected one of `team`, `on-call`, found `oncall`
  |
  = help: did you mean `on-call`?

4 errors, 0 warnings; `tidegate explain TG0009` says more
"###);
}

/// Expectation, finding and help of the only diagnostic.
fn contrast(bundle: &Bundle) -> [String; 3] {
    let found = compiled(bundle).diagnostics;
    assert_eq!(found.len(), 1, "{found:#?}");
    let only = found.into_iter().next().unwrap();
    [only.expected, only.found, only.help]
}

#[test]
fn a_value_of_another_form_is_shown_with_what_to_write() {
    let [expected, found, help] = contrast(&edited("plan.yaml", "soak: 4h", "soak: four hours"));
    assert!(expected.contains("a duration"), "{expected}");
    assert_eq!(found, "`four hours`");
    assert_eq!(help, "write it like one of `250ms`, `90s`, `1m30s`, `4h`, `7d`");
    let [_, found, help] = contrast(&edited("edge.yaml", "secure: true", "secure: tru"));
    assert_eq!((found.as_str(), help.as_str()), ("`tru`", "did you mean `true`?"));
}

#[test]
fn a_criterion_cannot_take_the_name_of_what_every_stage_counts() {
    for name in ["split", "brake", "explore.payment.card"] {
        let to = format!("incidents: sev2, name: {name}");
        let [expected, found, _] = contrast(&edited("plan.yaml", "incidents: sev2", &to));
        assert_eq!(
            expected,
            "a name beside `split`, `brake`, and none that begins with `explore.`"
        );
        assert_eq!(found, format!("`{name}`"));
    }
}

#[test]
fn two_owners_across_files_show_both_places() {
    let text = "apiVersion: tidegate/v1alpha1\nkind: Domain\nmetadata: { name: shop }\nspec: { owner: platform, ladder: standard }\n";
    assert_snapshot!(shown(&beside(text)), @r###"
error[TG0104]: domain `shop` has two owners
 --> more.yaml:4:16
  |
4 | spec: { owner: platform, ladder: standard }
  |                ^^^^^^^^ expected one team, `shop-team`, found `platform` beside it
  |
 ::: domains.yaml:5:10
  |
5 |   owner: shop-team
  |          --------- first owner declared here
  |
  = help: keep the team that is paged and decides; the other may be named in `escalation-contact`

1 error, 0 warnings; `tidegate explain TG0104` says more
"###);
}

#[test]
fn a_rung_that_reaches_nobody_is_shown() {
    assert_snapshot!(shown(&edited("people.yaml", "displayName: Cem, email: cem@example.com", "displayName: Cem Ö")), @r###"
error[TG0202]: rung 3 of ladder `standard` reaches nobody
  --> people.yaml:49:46
   |
49 |     - { title: platform lead,       reaches: "group:platform", answer-within: 10m, decides: platform }
   |                                              ^^^^^^^^^^^^^^^^ expected a person with a contact method, found team `platform` without one
   |
   = help: add `reaches: [group:<team>]` with people whose profile has an `email`

1 error, 0 warnings; `tidegate explain TG0202` says more
"###);
}

#[test]
fn an_unknown_switch_is_shown_with_the_nearest() {
    assert_snapshot!(shown(&edited("domains.yaml", "sets: { shop.orders: off }", "sets: { shop.order: off }")), @r###"
error[TG0302]: switch `shop.order` is not declared
  --> domains.yaml:13:40
   |
13 |     - { action: orders-off,    sets: { shop.order: off }, expires: 2h }
   |                                        ^^^^^^^^^^ expected a declared switch: `shop.orders`, found `shop.order`
   |
   = help: did you mean `shop.orders`?

1 error, 0 warnings; `tidegate explain TG0302` says more
"###);
}

#[test]
fn a_hazard_without_a_runbook_is_shown() {
    assert_snapshot!(shown(&edited("hazards.yaml", "  runbook: shop-rollback\n", "")), @r###"
error[TG0402]: failure mode `orders-lost` has no runbook
 --> hazards.yaml:3:19
  |
3 | metadata: { name: orders-lost, title: Orders do not complete on the new side }
  |                   ^^^^^^^^^^^ expected `runbook` with a declared runbook, found only `domain`, `severity`, `detectability`, `signals`
  |
  = help: add `runbook: <runbook>`: what the person who is paged does

1 error, 0 warnings; `tidegate explain TG0402` says more
"###);
}

#[test]
fn a_decorative_gate_names_the_time_it_needs() {
    assert_snapshot!(shown(&edited("plan.yaml", "at-most: 3d, margin: 30%", "at-most: 3d, margin: 4%")), @r###"
error[TG0513]: criterion `order-completion` has less than 80 % chance to pass at step 1 of stage `shop` on the declared night traffic
  --> plan.yaml:14:11
   |
14 |         - { to: 5%,  soak: 4h, at-most: 3d, margin: 4%, at-risk: 4200 EUR }
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected `at-most` of 12d or more, found 3d
...
22 |           - { flow: order, completion: not worse, on-harm: rollback }
   |             --------------------------------------------------------- the criterion
   |
   = help: write `at-most: 12d`, widen the margin, expose more, or drop a criterion that never decides

1 error, 0 warnings; `tidegate explain TG0513` says more
"###);
}

#[test]
fn json_has_spans_in_bytes_and_lines() {
    let bundle = edited("domains.yaml", "owner: shop-team", "owner: [shop-team, platform]");
    assert_snapshot!(render_json(&compiled(&bundle).diagnostics), @r###"
[
  {
    "code": "TG0104",
    "severity": "error",
    "message": "domain `shop` has two owners",
    "file": "domains.yaml",
    "span": {
      "start": 108,
      "end": 116,
      "line": 5,
      "column": 22
    },
    "expected": "one team, `shop-team`",
    "found": "`platform` beside it",
    "help": "keep the team that is paged and decides; the other may be named in `escalation-contact`",
    "related": [
      {
        "file": "domains.yaml",
        "span": {
          "start": 97,
          "end": 106,
          "line": 5,
          "column": 11
        },
        "label": "first owner declared here"
      }
    ]
  }
]
"###);
}

#[test]
fn colours_are_written_only_when_asked_for() {
    let bundle = edited("domains.yaml", "owner: shop-team", "owner: nobody");
    let diagnostics = compiled(&bundle).diagnostics;
    assert!(render_human(&diagnostics, &bundle, true).contains("\u{1b}["));
    assert!(!render_human(&diagnostics, &bundle, false).contains('\u{1b}'));
}

#[test]
fn the_schedule_shows_every_step_and_the_sum() {
    let compiled = compiled(&tidegate_plan::scaffold("shop"));
    assert_snapshot!(schedule(&compiled.estate.unwrap(), &compiled.shares).to_string(), @r###"
stage                    step       to     soak seen in soak in longest    needs   expected
shop                        1      5 %       4h      -72.6 %    -10.1 %    1d21h      1d15h
shop                        2     25 %       1d       -8.8 %     -4.0 %      12h         1d
shop                        3     50 %       1d       -7.7 %     -3.0 %     1d8h         1d
shop                        4    100 %       0s            -          -      57m       7d1h
plan shop: any false halt 5 %, a false pass of a criterion 5 %; `tidegate power FOLDER shop` has them all
expected: 10d16h in all, approvals by people not counted
"###);
}

#[test]
fn power_is_shown_per_step_and_criterion() {
    let compiled = compiled(&tidegate_plan::scaffold("shop"));
    let plan = tidegate_model::PlanId::parse("shop").unwrap();
    let found = power(&compiled.estate.unwrap(), &compiled.shares, &plan, 1).unwrap();
    assert_snapshot!(found.to_string(), @r###"
plan shop, try 1: chance of any false halt 5 %, over all stages, criteria and tries

shop step 1: to 5 %, soak 4h, at most 3d
  criterion          night     day   seen in soak     in longest false halt false pass        margin     needs
  order-completion     400    1900        -72.6 %        -10.1 %    1.013 %    5.000 %         -30 %        7h  OK
  order-errors         400    1900  0.5 to 12.6 %   0.5 to 1.8 %    1.013 %    5.000 %    5 %, +2 pp     1d21h  OK
  incidents-sev2         -       -              -              -          -          -     at most 0         -  not forecast

shop step 2: to 25 %, soak 1d, at most 5d
  criterion          night     day   seen in soak     in longest false halt false pass        margin     needs
  order-completion     400    1900         -8.8 %         -4.0 %    1.013 %    5.000 %         -10 %       11h  OK
  order-errors         400    1900   0.5 to 1.6 %   0.5 to 0.9 %    1.013 %    5.000 %    5 %, +2 pp       12h  OK
  incidents-sev2         -       -              -              -          -          -     at most 0         -  not forecast

shop step 3: to 50 %, soak 1d, at most 7d
  criterion          night     day   seen in soak     in longest false halt false pass        margin     needs
  order-completion     400    1900         -7.7 %         -3.0 %    1.013 %    5.000 %          -5 %      1d8h  OK
  order-errors         400    1900   0.5 to 1.4 %   0.5 to 0.8 %    1.013 %    5.000 %    5 %, +2 pp        9h  OK
  incidents-sev2         -       -              -              -          -          -     at most 0         -  not forecast

shop step 4: to 100 %, soak 0s, at most 7d
  criterion          night     day   seen in soak     in longest false halt false pass        margin     needs
  order-completion     400    1900              -              -          -          -             -         -  not compared
  order-errors         400    1900              -   5.0 to 5.4 %    1.013 %    5.000 %    5 %, +2 pp       57m  OK
  incidents-sev2         -       -              -              -          -          -     at most 0         -  not forecast

order-errors: failures and slow answers are taken to be a tenth of what is allowed

night, day: attempts an hour on both sides; forecasts use the night's
seen: smallest change for the worse that the harm alarm finds with 80 % chance, in the soak and in the longest time
false halt: share of the plan's alpha in this try; try k has 1/k² of the first's; false pass: chance of passing at exactly the margin
needs: time after which the margin is excluded with 80 % chance when both sides are equal
"###);
}

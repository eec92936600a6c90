//! Fields that nobody knows: told by name with the nearest one, and nothing is told that follows from them alone.

use tidegate_plan::{Bundle, Code, Diagnostic};

use crate::clean::example;
use crate::{compiled, edited};

fn with(mut bundle: Bundle, path: &str, from: &str, to: &str) -> Vec<Diagnostic> {
    let file = bundle.files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(from), "`{from}` is not in {path}");
    file.text = file.text.replacen(from, to, 1);
    compiled(&bundle).diagnostics
}

fn lines(found: &[Diagnostic]) -> Vec<String> {
    found
        .iter()
        .map(|one| format!("{}: {} | {}", one.code, one.message, one.help))
        .collect()
}

#[test]
fn a_mistyped_field_of_a_criterion_is_all_that_is_told() {
    let found = with(example("shop"), "plan.yaml", "frozen: {", "frozn: {");
    assert_eq!(
        lines(&found),
        ["TG0006: a criterion of stage `catalogue` has no field `frozn` | did you mean `frozen`?"]
    );
}

#[test]
fn a_mistyped_measure_is_all_that_is_told() {
    let found = with(
        example("shop"),
        "plan.yaml",
        "- { errors: browse,",
        "- { erors: browse,",
    );
    assert_eq!(
        lines(&found),
        ["TG0006: a criterion of stage `catalogue` has no field `erors` | did you mean `errors`?"]
    );
}

#[test]
fn a_measure_that_nobody_knows_is_told_alone_though_failure_modes_name_the_criterion() {
    let found = with(
        example("shop"),
        "plan.yaml",
        "- { errors: browse,",
        "- { quality: browse,",
    );
    let first = &lines(&found)[0];
    assert!(
        first.starts_with("TG0006: a criterion of stage `catalogue` has no field `quality`"),
        "{first}"
    );
    assert_eq!(found.len(), 1, "{:#?}", lines(&found));
}

#[test]
fn what_stands_under_a_mistyped_field_is_read_as_the_field() {
    let found = edited("plan.yaml", "watch: 7d", "wach: seven days");
    assert_eq!(
        lines(&compiled(&found).diagnostics),
        [
            "TG0006: a stage has no field `wach` | did you mean `watch`?",
            "TG0008: `watch` is not a duration such as `250ms`, `90s`, `1m30s`, `4h` or `7d` | write it like one of `250ms`, `90s`, `1m30s`, `4h`, `7d`",
        ]
    );
}

#[test]
fn a_field_of_another_measure_is_told_with_those_of_this_one() {
    let found = edited(
        "plan.yaml",
        "{ incidents: sev2, at-most: 0 }",
        "{ incidents: sev2, p95: 300ms }",
    );
    let found = compiled(&found).diagnostics;
    assert_eq!(found.len(), 1, "{:#?}", lines(&found));
    assert_eq!(found[0].code, Code::UnknownField);
    assert!(found[0].message.ends_with("has no field `p95`"), "{}", found[0].message);
}

//! What must hold when a stage is entered: what is read, and what is refused.

use tidegate_model::ask::Decimal;
use tidegate_model::plan::{EntryCondition, Measure};
use tidegate_model::{Millis, Severity};
use tidegate_plan::{Bundle, Code};

use crate::clean::example;
use crate::{compiled, edited};

fn entering(conditions: &str) -> Bundle {
    let steps = "      steps:\n";
    edited("plan.yaml", steps, &format!("      enter: {conditions}\n{steps}"))
}

#[track_caller]
fn is_refused(bundle: &Bundle, code: Code, words: &str) {
    let found = compiled(bundle).diagnostics;
    let told: Vec<String> = found
        .iter()
        .map(|one| format!("{} {} {}", one.code, one.message, one.help))
        .collect();
    assert!(
        told.len() == 1 && told[0].starts_with(code.text()) && told[0].contains(words),
        "{code} `{words}`: {told:#?}"
    );
}

#[test]
fn conditions_are_read_as_they_are_said() {
    let bundle = entering(
        "[{ incidents: none open at sev3 or worse }, { rollback-drilled: within 14d }, { contact-verified: within 30d }]",
    );
    let estate = compiled(&bundle).estate.unwrap();
    let (_, stage) = estate.stages().next().unwrap();
    let day = 24 * 60;
    assert_eq!(
        stage.enter,
        [
            EntryCondition::NoIncident {
                at_least: Severity::Sev3
            },
            EntryCondition::RollbackDrilled {
                within: Millis::minutes(14 * day)
            },
            EntryCondition::ContactVerified {
                within: Millis::minutes(30 * day)
            },
        ]
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (conditions, words) in [
        ("[{ incidents: none open at sev9 or worse }]", "`incidents`"),
        ("[{ incidents: sev2 }]", "`incidents`"),
        ("[{ rollback-drilled: 14d }]", "`rollback-drilled`"),
        ("[{ rollback-drilled: within 0d }]", "`rollback-drilled`"),
        ("[{ contact-verified: soon }]", "`contact-verified`"),
        ("[{ passes: order-errors }]", "`passes`"),
        ("[{ objective: orders, burn: \"< 1\" }]", "`objective`"),
        ("[{ objective: shop/orders, burn: \"<= 1\" }]", "`burn`"),
        ("[{ objective: shop/orders, burn: \"< 0\" }]", "`burn`"),
    ] {
        is_refused(&entering(conditions), Code::WrongValue, words);
    }
    is_refused(&entering("[{}]"), Code::EntryAsks, "one thing");
    for alone in [
        "[{ burn: \"< 1\" }]",
        "[{ incidents: none open at sev2 or worse, burn: \"< 1\" }]",
        "[{ objective: shop/orders }]",
    ] {
        is_refused(
            &entering(alone),
            Code::EntryAsks,
            "an entry condition of stage `shop` does not",
        );
    }
    is_refused(
        &entering("[{ passes: other/errors }]"),
        Code::EntryNotMeasured,
        "add `other` to `after`",
    );
}

#[test]
fn a_criterion_that_an_entry_waits_for_is_one_of_that_gate() {
    let mut bundle = example("shop");
    let plan = bundle.files.iter_mut().find(|file| file.path == "plan.yaml").unwrap();
    plan.text = plan
        .text
        .replacen("passes: catalogue/browse-errors", "passes: catalogue/browse-eror", 1);
    is_refused(
        &bundle,
        Code::UnknownReference,
        "did you mean `catalogue/browse-errors`?",
    );
}

/// The earlier stage is at 100 % by then, with no old side to compare with.
#[test]
fn an_entry_waits_for_no_criterion_that_compares_two_sides() {
    let mut bundle = example("shop");
    let plan = bundle.files.iter_mut().find(|file| file.path == "plan.yaml").unwrap();
    plan.text = plan.text.replacen(
        "passes: catalogue/browse-errors",
        "passes: catalogue/browse-completion",
        1,
    );
    is_refused(
        &bundle,
        Code::EntryNotMeasured,
        "`catalogue/browse-completion` compares two sides, and `catalogue` is at 100 % when stage `checkout` is entered",
    );
}

/// The scaffold, whose owner has promised orders, and whose stage waits for them to be kept.
fn waiting(objective: &str, promised: &str) -> Bundle {
    let mut bundle = entering(&format!("[{{ objective: {objective}, burn: \"< 1.5\" }}]"));
    let domains = bundle
        .files
        .iter_mut()
        .find(|file| file.path == "domains.yaml")
        .unwrap();
    let before = "{ name: placing, p95: 500ms, of: { flow: order } }";
    assert!(domains.text.contains(before), "{}", domains.text);
    let after = format!("{{ name: orders, {promised} }}");
    domains.text = domains.text.replacen(before, &after, 1);
    bundle
}

#[test]
fn an_objective_that_an_entry_waits_for_is_declared_and_measured() {
    let measured = "at-least: 95%, of: { flow: order }";
    let estate = compiled(&waiting("shop/orders", measured)).estate.unwrap();
    let (_, stage) = estate.stages().next().unwrap();
    assert_eq!(
        stage.enter,
        [EntryCondition::Burns {
            domain: "shop".parse().unwrap(),
            objective: "orders".parse().unwrap(),
            below: Decimal(1_500_000),
        }]
    );
    is_refused(
        &waiting("shop/order", measured),
        Code::UnknownReference,
        "did you mean `shop/orders`?",
    );
    is_refused(&waiting("shap/orders", measured), Code::UnknownReference, "`shap`");
    let unmeasured = compiled(&waiting("shop/orders", "at-least: 10/h, of: { flow: order }"));
    let codes: Vec<Code> = unmeasured.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [Code::NotMeasured, Code::EntryNotMeasured],
        "{:#?}",
        unmeasured.diagnostics
    );
}

#[test]
fn an_entry_waits_for_no_budget_that_cannot_burn_so_fast_and_for_no_rate() {
    let with = |rate: &str, promised: &str| {
        let mut bundle = waiting("shop/orders", promised);
        let plan = bundle.files.iter_mut().find(|file| file.path == "plan.yaml").unwrap();
        plan.text = plan.text.replacen("< 1.5", &format!("< {rate}"), 1);
        bundle
    };
    let promised = "at-least: 95%, of: { flow: order }";
    assert!(compiled(&with("19.9", promised)).diagnostics.is_empty());
    is_refused(
        &with("20", promised),
        Code::EntryAlwaysHolds,
        "stage `shop` waits for what always holds",
    );
    // One bad answer of 355 burns the budget of 1 % at 0.28.
    let source = "p95: 300ms, of: { on: metrics, prometheus: p95_ms }";
    assert!(compiled(&with("0.29", source)).diagnostics.is_empty());
    is_refused(
        &with("0.28", source),
        Code::EntryNeverOpens,
        "`shop/orders` has 355 answers in six hours",
    );
    assert!(
        compiled(&with("0.01", promised)).diagnostics.is_empty(),
        "a flow may count more"
    );
    let rate = compiled(&with("1", "at-least: 10/h, of: { on: metrics, prometheus: done }"));
    let told: Vec<String> = rate
        .diagnostics
        .iter()
        .map(|one| format!("{} {}", one.code, one.message))
        .collect();
    assert_eq!(
        told,
        [
            "TG0907 objective `orders` of domain `shop` is shown and pages nobody",
            "TG0528 `shop/orders` is a rate, which has no budget that could burn"
        ]
    );
}

#[test]
fn a_load_is_a_bound_over_a_time() {
    let last = "- { incidents: sev2, at-most: 0 }";
    let with = |criterion: &str| edited("plan.yaml", last, criterion);
    let estate = compiled(&with("- { load: { pages-per-oncall-hour: \"<= 0.5\" } }"))
        .estate
        .unwrap();
    let (_, stage) = estate.stages().next().unwrap();
    assert_eq!(
        stage.gate.criteria.last().unwrap().measure,
        Measure::Load {
            at_most: Decimal(500_000),
            over: Millis::minutes(240),
        }
    );
    for (load, words) in [
        ("{ pages-per-oncall-hour: 0.5 }", "`pages-per-oncall-hour`"),
        ("{ pages-per-oncall-hour: \"<= -1\" }", "`pages-per-oncall-hour`"),
        ("{ pages-per-oncall-hour: \"<= 1\", over: 8d }", "`over`"),
        ("{ pages-per-oncall-hour: \"<= 1\", over: 0s }", "`over`"),
    ] {
        is_refused(&with(&format!("- {{ load: {load} }}")), Code::WrongValue, words);
    }
    // No step of it lasts so long.
    let long = with("- { load: { pages-per-oncall-hour: \"<= 1\", over: 6d } }");
    let found = compiled(&long).diagnostics;
    assert!(
        found.iter().all(|one| one.code == Code::Decorative) && !found.is_empty(),
        "{found:#?}"
    );
}

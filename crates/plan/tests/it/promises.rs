//! What `check` says of promises: what can page, what cannot, and how many there may be.

use tidegate_plan::{Bundle, Code};

use crate::{compiled, edited};

const BEFORE: &str = "{ name: placing, p95: 500ms, of: { flow: order } }";

fn promising(objectives: &str) -> Bundle {
    edited("domains.yaml", BEFORE, objectives)
}

/// Codes and messages of an estate whose owner promises this.
fn said(promised: &str) -> Vec<String> {
    let found = compiled(&promising(&format!("{{ name: one, {promised} }}"))).diagnostics;
    found
        .iter()
        .map(|one| format!("{} {}", one.code, one.message))
        .collect()
}

#[test]
fn a_promise_that_can_page_nobody_is_told_apart_at_the_published_shares() {
    let nobody = "TG0906 objective `one` of domain `shop` pages nobody, even if everything fails";
    let late = "TG0906 objective `one` of domain `shop` pages nobody within the hour, even if everything fails";
    for (share, expected) in [
        ("83.3333%", vec![nobody]),
        ("83.3334%", vec![late]),
        ("93.0555%", vec![late]),
        ("93.0556%", vec![]),
    ] {
        assert_eq!(
            said(&format!("at-least: {share}, of: {{ flow: order }}")),
            expected,
            "{share}"
        );
    }
    assert_eq!(said("p90: 300ms, of: { flow: order }"), [late]);
    assert_eq!(said("p75: 300ms, of: { flow: order }"), [nobody]);
    assert!(said("p95: 300ms, of: { flow: order }").is_empty());
}

#[test]
fn a_query_of_an_objective_looks_back_for_minutes() {
    let asking = |target: &str, range: &str| {
        said(&format!(
            "{target}, of: {{ on: metrics, prometheus: \"sum(rate(good[{range}])) / sum(rate(all[1m]))\" }}"
        ))
    };
    assert!(asking("at-least: 99%", "60s").is_empty());
    assert_eq!(
        asking("at-least: 99%", "61s"),
        ["TG0908 objective `one` of domain `shop` asks about 1m1s at once"]
    );
    assert_eq!(
        asking("p95: 300ms", "30d"),
        ["TG0908 objective `one` of domain `shop` asks about 30d at once"]
    );
    assert_eq!(
        asking("at-least: 1000/h", "1h"),
        ["TG0907 objective `one` of domain `shop` is shown and pages nobody"],
        "a number an hour is asked of an hour"
    );
}

#[test]
fn no_more_is_promised_than_is_kept() {
    let many = |n: usize| {
        let one = |at: usize| format!("{{ name: one-{at}, p95: 500ms, of: {{ flow: order }} }}");
        let all: Vec<String> = (0..n).map(one).collect();
        compiled(&promising(&all.join(", "))).diagnostics
    };
    assert!(many(1_000).is_empty());
    let found = many(1_001);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].code, found[0].found.as_str()), (Code::Limit, "1001"));
}

#[test]
fn an_invariant_is_asked_about_every_ten_seconds_at_most() {
    let with = |every: &str| {
        let mut bundle = tidegate_plan::scaffold("shop");
        let domains = bundle
            .files
            .iter_mut()
            .find(|file| file.path == "domains.yaml")
            .unwrap();
        domains.text.push_str(&format!(
            "---\napiVersion: tidegate/v1alpha1\nkind: Invariant\nmetadata: {{ name: once, title: Once }}\nspec: {{ domain: shop, violations: {{ on: ledger, sql: SELECT 0 }}, every: {every} }}\n"
        ));
        let found = compiled(&bundle).diagnostics;
        found.iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(with("10s"), []);
    assert_eq!(with("9999ms"), [Code::AskedTooOften]);
    assert_eq!(with("1ms"), [Code::AskedTooOften]);
}

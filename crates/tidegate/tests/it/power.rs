//! What a plan can see, told before it starts, and by `check` and `power` alike.

use tidegate_engine::judge::alpha_of_try;
use tidegate_model::PlanId;
use tidegate_plan::{Mode, Settings, compile, power, scaffold};

use crate::world::{ESTATE, Options, World};

#[test]
fn power_tells_what_each_criterion_sees_and_agrees_with_check() {
    let world = World::quiet(Options::default());
    let told = world.run(&["power", "toy-move", "shop"]).fine().to_owned();
    for words in [
        "shop step 1: to 10 %",
        "shop step 3: to 100 %",
        "seen in soak",
        "false halt",
        "OK",
        "not compared",
    ] {
        assert!(told.contains(words), "`{words}` is not in {told}");
    }

    let strict = ESTATE.replacen("margin: ", "margin: 0.", 1);
    assert_ne!(strict, ESTATE);
    std::fs::write(world.estate().join("tidegate.yaml"), strict).unwrap();
    let checked = world.run(&["check", "shop"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("[TG0513]"), "{}", checked.stdout);
    let json = world.run(&["power", "toy-move", "shop", "--json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let first = &told["steps"][0]["criteria"][0];
    assert_eq!(
        (&first["outcome"], &first["code"]),
        (&"too-short".into(), &"TG0513".into()),
        "{first:#}"
    );
    assert!(
        first["needs_s"].as_f64() > told["steps"][0]["at_most"].as_f64().map(|ms| ms / 1_000.0),
        "{first:#}"
    );

    let unknown = world.run(&["power", "toy-mvoe", "shop"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.stderr.contains("did you mean `toy-move`?"), "{unknown:?}");
}

#[test]
fn what_is_forecast_and_what_judges_have_the_same_alpha() {
    let mut bundle = scaffold("shop");
    for file in &mut bundle.files {
        let written = "- { incidents: sev2, at-most: 0 }";
        let frozen =
            "- { latency: order, not-worse-by: 50%, frozen: { p50: 90ms, p90: 300ms, p95: 500ms }, weight: 2 }";
        file.text = file.text.replace(written, frozen);
    }
    let compiled = compile(&bundle, &Settings::new(), Mode::Author);
    let estate = compiled.estate.unwrap();
    let id = PlanId::parse("shop").unwrap();
    let found = power(&estate, &compiled.shares, &id, 2).unwrap();
    let plan = &estate.plans()[&id];
    let stage = &plan.stages[0];
    assert_eq!(stage.gate.criteria.len(), 5);
    for (criterion, told) in stage.gate.criteria.iter().zip(&found.steps[0].criteria) {
        assert_eq!(
            told.false_harm,
            Some(alpha_of_try(plan, criterion, 2)),
            "{}",
            criterion.id
        );
    }
}

//! Fixed baskets and the load of whoever is on call, as criteria of a gate that a real `serve` decides.

use crate::shoppers::Crowd;
use crate::world::{ESTATE, Options, World};

/// The usual estate with this criterion in its gate, exposed to a tenth of a crowd.
fn served(criterion: &str, prepare: impl FnOnce(&mut World)) -> (World, String, Crowd) {
    let line = "          - { incidents:";
    let estate = ESTATE.replace(line, &format!("          - {criterion}\n{line}"));
    assert!(estate.contains(criterion));
    let mut world = World::quiet(Options::default());
    std::fs::write(world.estate().join("tidegate.yaml"), estate).unwrap();
    prepare(&mut world);
    world.serve();
    let ana = world.token("ana");
    let crowd = Crowd::at(world.edge());
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    (world, ana, crowd)
}

/// Waits until the criterion says so.
#[track_caller]
fn says(world: &World, ana: &str, criterion: &str, verdict: &str) {
    world.until_stage(ana, &format!("{criterion} says {verdict}"), |stage| {
        let mut criteria = stage["criteria"].as_array().unwrap().iter();
        criteria.any(|one| one["id"] == criterion && one["verdict"] == verdict)
    });
}

#[test]
fn a_basket_that_costs_more_on_the_new_side_holds_the_stage() {
    let request = |on: &str| {
        format!(
            "{{ on: {on}, path: /total, form: \"{{lines}}\", line: \"{{item}}={{quantity}}\", total: /total, currency: EUR }}"
        )
    };
    let criterion = format!(
        "{{ quote: {{ old: {}, new: {}, baskets: {{ one-mug: {{ MUG-01: 1 }} }} }}, equal: totals, name: baskets-equal, every: 1s, owner: shop }}",
        request("old-cart"),
        request("new-cart")
    );
    let (world, ana, _crowd) = served(&criterion, |world| {
        for (name, upstream) in [("old-cart", &world.old), ("new-cart", &world.new)] {
            upstream.put("/total", "{\"total\":\"19.90\"}");
            let source = format!("--source={name}={}", upstream.url());
            world.options.arguments.push(source);
        }
    });
    says(&world, &ana, "baskets-equal", "pass");
    world.new.put("/total", "{\"total\":\"19.91\"}");
    says(&world, &ana, "baskets-equal", "harm");
    world.until_stage(&ana, "held by it", |stage| {
        !stage["holds"].as_array().unwrap().is_empty()
    });
    let why = world.run(&["why", "shop/baskets-equal"]).fine();
    assert!(why.contains("19.91"), "{why}");
}

#[test]
fn a_page_too_many_for_whoever_is_on_call_is_harm() {
    let criterion = "{ load: { pages-per-oncall-hour: \"<= 0.5\", over: 2s }, name: load-on-call }";
    let (world, ana, _crowd) = served(criterion, |_| {});
    says(&world, &ana, "load-on-call", "pass");
    let open = ["open", "shop", "sev3", "a banner is missing"];
    world.run_with(&open, &[("TIDEGATE_TOKEN", &ana)]).fine();
    says(&world, &ana, "load-on-call", "harm");
}

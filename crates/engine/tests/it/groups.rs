//! Groups of routes: flipped by a step of their own, in the snapshot of that step, and taken back in that of the rollback.

use tidegate_engine::view::status;
use tidegate_model::Millis;

use crate::script::run;
use crate::shop::flipping;
use crate::world::World;

fn world() -> World {
    World::shop_with(|parts| {
        flipping(parts);
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
        }
    })
}

/// What the gateways are asked to hold of the catalogue, and what people see of its groups.
fn seen(world: &mut World, script: &str) -> Vec<String> {
    let mut lines = run(world, script);
    lines.retain(|line| line.starts_with('='));
    let of_catalogue = |line: &String| line.split(": ").nth(1).unwrap().split(", ").next().unwrap().to_owned();
    lines.iter().map(of_catalogue).collect()
}

fn groups(world: &World) -> String {
    let status = status(&world.estate, &world.state, world.now);
    let stages = status.plans.iter().flat_map(|plan| &plan.stages);
    let catalogue = stages.clone().find(|stage| stage.id.as_str() == "catalogue").unwrap();
    let words = catalogue.groups.iter().map(|group| {
        let side = if group.is_flipped { "new" } else { "old" };
        let proven = if group.is_proven { " proven" } else { "" };
        let step = group.flips_at.map_or("-".to_owned(), |step| step.to_string());
        format!("{} {side}{proven} {step}", group.id)
    });
    words.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_step_flips_its_groups_and_its_gate_proves_them() {
    let mut world = world();
    let half = "cleo approve catalogue\nconfirm\nshow exposure\ncounts catalogue well 12";
    assert_eq!(seen(&mut world, half), ["catalogue 50 % proven 0 % measured"]);
    assert_eq!(groups(&world), "lists old 1, products old -");
    let flip = "cleo approve catalogue\nshow exposure\nconfirm\nshow exposure";
    let asked = "catalogue 50 % proven 50 % with lists measured";
    assert_eq!(seen(&mut world, flip), [asked, asked]);
    assert_eq!(groups(&world), "lists new 1, products old -");
    let proven = "counts catalogue well 12\nshow exposure\ncleo approve catalogue\nshow exposure\nconfirm";
    assert_eq!(
        seen(&mut world, proven),
        [
            "catalogue 50 % proven 50 % with lists proven measured",
            "catalogue 100 % proven 50 % with lists proven measured",
        ]
    );
    assert_eq!(groups(&world), "lists new proven 1, products old -");
    assert!(world.violations.is_empty(), "{:?}", world.violations);
}

#[test]
fn a_rollback_takes_groups_back_in_its_own_snapshot_and_a_new_attempt_begins_without_them() {
    let mut world = world();
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue well 12\ncleo approve catalogue\nconfirm",
    );
    let back = seen(
        &mut world,
        "cleo rollback catalogue it smells\nshow exposure\nconfirm\nshow exposure",
    );
    assert_eq!(back, ["catalogue 0 % proven 0 %", "catalogue 0 % proven 0 %"]);
    assert_eq!(groups(&world), "lists old 1, products old -");
    let again = "cleo change catalogue new repaired\ncleo approve catalogue\nconfirm\nshow exposure";
    assert_eq!(seen(&mut world, again), ["catalogue 50 % proven 0 % measured"]);
    assert!(world.violations.is_empty(), "{:?}", world.violations);
}

#[test]
fn harm_takes_groups_back_with_everybody() {
    let mut world = world();
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue well 12\ncleo approve catalogue\nconfirm",
    );
    assert_eq!(groups(&world), "lists new 1, products old -");
    run(&mut world, "counts catalogue worse 30");
    assert_eq!(world.phase("catalogue"), "rolling back");
    assert_eq!(groups(&world), "lists old 1, products old -");
    assert!(world.violations.is_empty(), "{:?}", world.violations);
}

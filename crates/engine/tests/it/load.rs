//! How often people on call are paged, as a gate sees it.

use tidegate_engine::judge::judge;
use tidegate_model::Millis;
use tidegate_model::ask::Decimal;
use tidegate_model::plan::{Measure, OnHarm};

use crate::script::run;
use crate::shop::name;
use crate::world::World;

/// At most this many pages an hour and person, in millionths, over a minute. Ana alone is on call for checkout.
fn watched(at_most: i64) -> World {
    World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(600);
        }
        let criteria = &mut parts.plans[0].stages[2].gate.criteria;
        let mut load = criteria[3].clone();
        load.id = name("load");
        load.measure = Measure::Load {
            at_most: Decimal(at_most * Decimal::ONE),
            over: Millis::seconds(60),
        };
        load.on_harm = OnHarm::Hold;
        criteria.push(load);
    })
}

fn said(world: &World) -> String {
    let (_, stage) = world.estate.stage(&name("checkout")).unwrap();
    let load = stage.gate.criteria.last().unwrap();
    let (verdict, reading) = judge(&world.estate, &world.state, &stage.id, load, world.now);
    format!("{}: {}", verdict.word(), reading.why)
}

#[test]
fn few_pages_over_the_whole_time_pass_and_not_before() {
    let mut world = watched(60);
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 30\nmax open checkout sev3 slow\nana ack inc-1",
    );
    assert_eq!(
        said(&world),
        "not yet: 1 pages to 1 on call for checkout in 1m: 60 an hour and person, at most 60; watched for 30s under this step"
    );
    run(&mut world, "counts checkout well 30");
    assert_eq!(
        said(&world),
        "pass: 1 pages to 1 on call for checkout in 1m: 60 an hour and person, at most 60"
    );
}

#[test]
fn more_pages_than_the_time_allows_are_harm_at_once_and_stop_growth() {
    let mut world = watched(60);
    run(
        &mut world,
        "ana approve checkout\nconfirm\nmax open checkout sev3 slow\nana ack inc-1",
    );
    let seen = run(&mut world, "max open checkout sev4 slower\nana ack inc-2");
    assert!(seen.iter().any(|line| line.contains("holds checkout")), "{seen:#?}");
    // Its own page adds nothing to what it counts.
    assert_eq!(
        said(&world),
        "harm: 2 pages to 1 on call for checkout in 1m: 120 an hour and person, at most 60"
    );
}

#[test]
fn pages_of_others_and_of_before_are_not_counted() {
    let mut world = watched(1);
    run(
        &mut world,
        "max open checkout sev3 slow\nana ack inc-1\nwait 1s\nana approve checkout\nconfirm",
    );
    run(&mut world, "max open catalogue sev3 odd\ncleo ack inc-2");
    assert_eq!(
        said(&world),
        "not yet: 0 pages to 1 on call for checkout in 1m: 0 an hour and person, at most 1; watched for 0s under this step"
    );
}

#[test]
fn nobody_on_call_is_no_quiet_time() {
    let mut world = watched(60);
    run(&mut world, "ana approve checkout\nconfirm");
    let mut parts = crate::shop::parts();
    parts.ladders[0].rungs[0].targets.clear();
    parts.plans[0].stages[2].gate.criteria = world.estate.stage(&name("checkout")).unwrap().1.gate.criteria.clone();
    world.estate = std::sync::Arc::new(tidegate_model::Estate::assemble(parts).unwrap());
    assert_eq!(said(&world), "invalid: nobody is on call for checkout");
}

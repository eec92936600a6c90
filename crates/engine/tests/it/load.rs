//! How often people on call are paged, as a gate sees it.

use tidegate_engine::Request;
use tidegate_engine::judge::judge;
use tidegate_engine::state::{PAGED_MAX, Paged};
use tidegate_model::Millis;
use tidegate_model::ask::Decimal;
use tidegate_model::plan::{Measure, OnHarm};

use crate::script::run;
use crate::shop::name;
use crate::world::{World, by};

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

/// Two of them would else keep each other alive.
#[test]
fn a_page_about_one_load_is_none_of_another() {
    let mut world = World::shop_with(|parts| {
        let criteria = &mut parts.plans[0].stages[2].gate.criteria;
        for (id, over) in [("short", 60_i64), ("long", 120)] {
            let mut load = criteria[3].clone();
            load.id = name(id);
            load.measure = Measure::Load {
                at_most: Decimal(61 * Decimal::ONE * 60 / over),
                over: Millis::seconds(over.unsigned_abs()),
            };
            load.on_harm = OnHarm::Hold;
            criteria.push(load);
        }
    });
    let seen = run(
        &mut world,
        "ana approve checkout\nconfirm\nmax open checkout sev4 slow\nana ack inc-1\nmax open checkout sev4 slower\nana ack inc-2",
    );
    assert!(seen.iter().any(|line| line.contains("short of checkout")), "{seen:#?}");
    let (_, stage) = world.estate.stage(&name("checkout")).unwrap();
    let long = stage.gate.criteria.last().unwrap();
    let (_, reading) = judge(&world.estate, &world.state, &stage.id, long, world.now);
    assert!(
        reading.why.starts_with("2 pages to 1 on call for checkout in 2m"),
        "{}",
        reading.why
    );
}

/// What was forgotten is not quiet.
#[test]
fn as_many_pages_as_are_kept_are_too_many_by_any_bound() {
    let mut world = watched(1_000_000);
    run(&mut world, "ana approve checkout\nconfirm\nwait 1s");
    let page = Paged {
        at: world.now,
        about: None,
    };
    world.state.paged.insert(name("ana"), vec![page.clone(); PAGED_MAX - 1]);
    assert!(said(&world).starts_with("not yet"), "{}", said(&world));
    world.state.paged.insert(name("ana"), vec![page; PAGED_MAX]);
    assert!(said(&world).starts_with("harm"), "{}", said(&world));
}

/// Somebody new without pages would turn harm into a pass.
#[test]
fn whoever_is_counted_does_not_change_under_a_running_stage_by_anybody() {
    let mut world = watched(60);
    run(&mut world, "ana approve checkout\nconfirm");
    let mut parts = crate::shop::parts();
    parts.digest = "2".repeat(64);
    parts.plans[0].stages = world.estate.stages().map(|(_, stage)| stage.clone()).collect();
    parts.teams[0].on_call.push(name("bea"));
    let candidate = std::sync::Arc::new(tidegate_model::Estate::assemble(parts).unwrap());
    let refusal = world
        .ask(
            by("pat"),
            Request::Adopt {
                candidate: candidate.clone(),
            },
        )
        .unwrap_err();
    assert!(
        refusal
            .what
            .ends_with("the new estate changes who decides about it or when it may grow"),
        "{}",
        refusal.what
    );
    world.must(by("ana"), Request::Adopt { candidate });
}

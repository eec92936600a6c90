//! A source that tells nothing calls its owner; a promise about another's flow stops whoever moves it.

use tidegate_engine::state::Phase;

use super::*;

/// A world in which one source is asked about one invariant of checkout.
fn asking_one() -> World {
    World::shop_with(only)
}

fn only(parts: &mut Parts) {
    promise(parts, Vec::new());
    for domain in &mut parts.domains {
        domain.objectives.retain(|one| one.id.as_str() == "orders");
    }
}

/// The open incidents about the silence of checkout's source.
fn silent(world: &World) -> Vec<(Severity, String)> {
    let origin = Origin::PromiseSilent(name("checkout"), name("numbers"));
    let all = world.state.open_incidents();
    all.filter(|(_, one)| one.origin == origin)
        .map(|(_, one)| (one.severity, one.summary.clone()))
        .collect()
}

/// It cannot be asked at this moment.
fn fails(world: &mut World, promise: &Promise) {
    let gone = Observation::Silent(Silence {
        since: world.now,
        reason: "password refused".to_owned(),
    });
    tell(world, promise, gone);
}

fn ana() -> Actor {
    Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    }
}

#[test]
fn a_source_that_never_tells_calls_its_owner_once_and_is_over_with_its_first_number() {
    let mut world = asking_one();
    fails(&mut world, &paid_once());
    world.wait(Millis::minutes(6));
    assert_eq!(silent(&world), []);
    // Nothing but the clock says so.
    world.wait(Millis::minutes(2));
    let [(severity, summary)] = &silent(&world)[..] else {
        panic!("one is open")
    };
    assert_eq!(*severity, Severity::Sev3);
    let begins = "numbers tells nothing, so that nobody knows whether these hold: paid-once - its source is silent";
    assert!(summary.starts_with(begins), "{summary}");
    assert!(summary.ends_with("password refused"), "{summary}");
    world.must(Actor::Controller, Request::StartController);
    assert_eq!(silent(&world).len(), 1, "a start is no answer");
    world.wait(Millis::minutes(60));
    assert_eq!(silent(&world).len(), 1);
    told(&mut world, &paid_once(), 0);
    assert_eq!(silent(&world), [], "it tells again");
    for _ in 0..30 {
        told(&mut world, &paid_once(), 0);
    }
    world.wait(Millis::minutes(8));
    assert_eq!(silent(&world), [], "nobody has looked");
    world.wait(Millis::minutes(7));
    assert_eq!(silent(&world).len(), 1, "and nobody does");
    world.expect_kept("silent sources");
}

#[test]
fn one_answer_that_is_lost_is_no_silence_and_starts_do_not_hide_one() {
    let mut world = asking_one();
    for _ in 0..30 {
        for _ in 0..4 {
            told(&mut world, &paid_once(), 0);
        }
        world.wait(Millis::minutes(4));
        fails(&mut world, &paid_once());
        world.wait(Millis::seconds(50));
    }
    assert_eq!(silent(&world), []);
    for _ in 0..4 {
        world.wait(Millis::seconds(110));
        world.must(Actor::Controller, Request::StartController);
    }
    assert_eq!(silent(&world), [], "it has two minutes after a start");
    world.wait(Millis::seconds(130));
    assert_eq!(silent(&world).len(), 1);
    world.expect_kept("starts");
}

#[test]
fn promises_of_one_source_are_one_silence_until_all_of_them_are_told_of() {
    let mut world = promising();
    for promise in [paid_once(), captured(), answers(), worked_off()] {
        fails(&mut world, &promise);
    }
    world.wait(Millis::minutes(8));
    let [(_, summary)] = &silent(&world)[..] else {
        panic!("one is open")
    };
    let names = "checkout/answers, checkout/captured, checkout/worked-off, paid-once";
    assert!(summary.contains(names), "{summary}");
    told(&mut world, &paid_once(), 0);
    shared(&mut world, 1_000_000);
    told(&mut world, &answers(), 1);
    assert_eq!(silent(&world).len(), 1, "the rate is not told yet");
    told(&mut world, &worked_off(), 1);
    assert_eq!(silent(&world), []);
    world.expect_kept("a source of many promises");
}

#[test]
fn who_closes_a_silence_is_called_again_when_it_goes_on_and_nobody_when_nobody_promises_any_more() {
    let mut world = asking_one();
    fails(&mut world, &paid_once());
    world.wait(Millis::minutes(8));
    let origin = Origin::PromiseSilent(name("checkout"), name("numbers"));
    let found = world.state.open_incidents().find(|(_, one)| one.origin == origin);
    let incident = found.unwrap().0.clone();
    let request = Request::Resolve {
        incident,
        lesson: "none, because somebody is at it".to_owned(),
    };
    world.must(ana(), request);
    world.wait(Millis::minutes(6));
    assert_eq!(silent(&world), []);
    world.wait(Millis::minutes(2));
    assert_eq!(silent(&world).len(), 1);
    let candidate = std::sync::Arc::new(crate::shop::estate_with(|parts| {
        only(parts);
        parts.invariants.clear();
        parts.digest = "2".repeat(64);
    }));
    world.must(ana(), Request::Adopt { candidate });
    assert_eq!(silent(&world), []);
    world.expect_kept("a silence that was closed");
}

#[test]
fn what_burns_of_anothers_promise_stops_the_stage_that_moves_its_flow() {
    let calm = |parts: &mut Parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = Millis::minutes(6_000);
        }
    };
    let mut world = World::shop_with(|parts| {
        calm(parts);
        let catalogue = parts.domains.iter_mut().find(|one| one.id.as_str() == "catalogue");
        catalogue.unwrap().objectives.push(Objective {
            id: name("orders"),
            title: "orders of catalogue".to_owned(),
            target: Target::AtLeast(PartsPerMillion::new(999_000).unwrap()),
            of: Some(MeasuredOn::Flow(name("buy"))),
        });
    });
    let of = meter("catalogue", "orders");
    counted(&mut world, 0, of, (1_000, 900));
    let promise = Promise::Objective(name("catalogue"), name("orders"));
    assert_eq!(open(&world, &promise).len(), 1);
    let stage = || name("checkout");
    let approved = world.ask(ana(), Request::Approve { stage: stage() });
    assert_eq!(world.state.stages[&stage()].phase, Phase::Ready, "{approved:?}");
    // What is promised no more has burned all the same.
    let candidate = std::sync::Arc::new(crate::shop::estate_with(|parts| {
        calm(parts);
        parts.digest = "2".repeat(64);
    }));
    world.must(ana(), Request::Adopt { candidate });
    let approved = world.ask(ana(), Request::Approve { stage: stage() });
    assert_eq!(world.state.stages[&stage()].phase, Phase::Ready, "{approved:?}");
    world.expect_kept("a burning promise of another domain");
}

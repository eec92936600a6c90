//! A promise that asks for something else is another promise: nothing that was measured of the one is held against the other, or
//! in its favour.

use std::sync::Arc;

use super::*;

/// The estate as somebody edits it.
fn edit(world: &mut World, change: impl FnOnce(&mut Parts)) {
    let digits = format!("{}", world.journal.len());
    let candidate = crate::shop::estate_with(|parts| {
        promise(parts, Vec::new());
        change(parts);
        parts.digest = format!("{digits:2<64}");
    });
    let ana = Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    let candidate = Arc::new(candidate);
    world.must(ana, Request::Adopt { candidate });
}

fn objective<'a>(parts: &'a mut Parts, id: &str) -> &'a mut Objective {
    let mut all = parts.domains.iter_mut().flat_map(|domain| &mut domain.objectives);
    all.find(|one| one.id.as_str() == id).unwrap()
}

fn counted_of(world: &World, promise: &Promise) -> (u64, u64) {
    let count = world.state.promises.of(promise).unwrap().within(world.now, 3_600_000);
    (count.total, count.bad)
}

#[test]
fn a_looser_promise_begins_anew_and_an_edit_of_anything_else_does_not() {
    let mut world = promising();
    minute(&mut world, 0, 1_000, 1);
    shared(&mut world, 0);
    edit(&mut world, |parts| {
        objective(parts, "orders").title = "orders, edited".to_owned()
    });
    assert_eq!(counted_of(&world, &orders()), (1_000, 1));
    assert_eq!(counted_of(&world, &captured()), (1_000_000, 1_000_000));
    edit(&mut world, |parts| {
        objective(parts, "orders").target = Target::AtLeast(PartsPerMillion::new(500_000).unwrap());
        objective(parts, "captured").of = Some(MeasuredOn::Source(LevelAsk {
            question: LevelQuestion::Prometheus {
                query: "other".to_owned(),
            },
            ..ask()
        }));
    });
    assert_eq!(counted_of(&world, &orders()), (0, 0));
    assert_eq!(counted_of(&world, &captured()), (0, 0));
    assert_eq!(kept(&world, "captured").told, None);
    world.expect_kept("another promise");
}

#[test]
fn counts_and_answers_of_what_is_no_longer_asked_are_not_taken() {
    let mut world = promising();
    let late = asking(
        &world,
        &paid_once(),
        Observation::Level {
            at: world.now,
            value: Decimal(5 * Decimal::ONE),
        },
    );
    world.wait(MINUTE);
    edit(&mut world, |parts| {
        objective(parts, "orders").target = Target::Within {
            quantile: PartsPerMillion::new(990_000).unwrap(),
            limit: Millis(300),
        };
        parts.invariants[0].violations.question = LevelQuestion::Prometheus {
            query: "other".to_owned(),
        };
    });
    let before = world.journal.len();
    world.must(Actor::Controller, late);
    minute(&mut world, 0, 1_000, 900);
    counted(&mut world, 1, meter("nowhere", "orders"), (10, 10));
    assert_eq!(world.journal.len(), before, "nothing of it is written either");
    // As it is counted now, but from before it was promised so.
    let now = || PromiseMeter {
        within: Some(Millis(300)),
        ..meter("checkout", "orders")
    };
    let spooled = Stratum {
        began: Timestamp(world.now.0 - 4 * 60_000),
        ..stratum(&world, 2, now(), (1_000, 900))
    };
    world.must(Actor::Gateway { id: name("shop") }, Request::Evidence(spooled));
    assert_eq!(counted_of(&world, &orders()), (0, 0));
    counted(&mut world, 3, now(), (100, 0));
    assert_eq!(counted_of(&world, &orders()), (100, 0));
    assert_eq!(open(&world, &orders()).len() + open(&world, &paid_once()).len(), 0);
    world.expect_kept("late counts");
}

#[test]
fn what_was_excused_of_one_invariant_is_not_excused_of_another() {
    let mut world = promising();
    told(&mut world, &paid_once(), 5);
    close(&mut world, &paid_once());
    edit(&mut world, |parts| {
        parts.invariants[0].violations.question = LevelQuestion::Prometheus {
            query: "other".to_owned(),
        };
    });
    told(&mut world, &paid_once(), 3);
    assert_eq!(open(&world, &paid_once()).len(), 1);
}

#[test]
fn a_journal_that_knows_of_no_promises_learns_of_them_at_the_next_start() {
    let mut world = promising();
    world.state.promises = Default::default();
    let started = world.journal.len();
    world.must(Actor::Controller, Request::StartController);
    let told = |event: &tidegate_engine::Event| match &event.body {
        tidegate_engine::Body::ControllerStarted { promises, .. } => promises.as_ref().map(Vec::len),
        _ => None,
    };
    assert_eq!(told(&world.journal[started]), Some(5));
    assert!(world.state.promises.of(&paid_once()).is_some());
    let again = world.journal.len();
    world.must(Actor::Controller, Request::StartController);
    assert_eq!(
        told(&world.journal[again]),
        None,
        "as they stand, they are not told again"
    );
}

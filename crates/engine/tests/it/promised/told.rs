//! What sources tell: shares are added up as shares, what cannot be is none, and what is known is not written again.

use tidegate_model::objective::{UNSAID_MAX, Unsaid};

use super::*;

/// Minutes of failure until somebody is called, after an hour in which all was well.
fn minutes_until_called(world: &mut World, promise: &Promise, mut bad: impl FnMut(&mut World)) -> Option<u64> {
    (1..=30).find(|_| {
        bad(world);
        open(world, promise).iter().any(|one| one.severity == Severity::Sev2)
    })
}

#[test]
fn a_share_that_is_a_little_too_low_calls_nobody_and_one_that_is_gone_calls_as_soon_as_attempts_do() {
    let mut world = promising();
    for _ in 0..7 * 60 {
        shared(&mut world, 998_500);
    }
    assert_eq!(open(&world, &captured()).len(), 0, "one and a half times the budget");
    let spent = kept(&world, "captured").spent.unwrap();
    assert!(
        spent.burns.iter().all(|burn| (burn.rate.unwrap() - 1.5).abs() < 1e-9),
        "{spent:?}"
    );
    assert_eq!((spent.total, spent.bad, spent.budget), (420, 420, 0.001));
    assert_eq!(kept(&world, "captured").standing, PromiseStanding::Overspent);

    let mut world = promising();
    for index in 0..60 {
        shared(&mut world, 1_000_000);
        minute_of(&mut world, index, 1, 0);
    }
    let of_source = minutes_until_called(&mut world, &captured(), |world| shared(world, 0));
    let mut index = 60;
    let of_flow = minutes_until_called(&mut world, &orders(), |world| {
        minute(world, index, 1, 1);
        index += 1;
    });
    assert_eq!((of_source, of_flow), (Some(6), Some(2)), "the least evidence of each");
    let opened = open(&world, &captured());
    let summary = &opened[0].summary;
    assert!(summary.contains("10.00 % bad within 1h"), "{summary}");
    world.expect_kept("shares");
}

/// What a gateway counted, at this very moment.
fn minute_of(world: &mut World, index: u64, total: u64, bad: u64) {
    world.now = Timestamp(world.now.0 - i64::try_from(MINUTE.0).unwrap());
    minute(world, index, total, bad);
}

#[test]
fn what_cannot_be_is_no_answer() {
    let mut world = promising();
    for (promise, id, value) in [
        (captured(), "captured", 1_000_001),
        (captured(), "captured", -1),
        (paid_once(), "paid-once", -Decimal::ONE),
        (answers(), "answers", -1),
    ] {
        let at = world.now;
        let value = Decimal(value);
        tell(&mut world, &promise, Observation::Level { at, value });
        let kept = kept(&world, id);
        assert_eq!(
            (kept.standing, kept.told, kept.spent),
            (PromiseStanding::NoData, None, None)
        );
        let why = kept.why.unwrap();
        assert!(why.ends_with("was told, which cannot be"), "{why}");
    }
    world.expect_kept("what cannot be");
}

#[test]
fn a_rate_is_shown_and_calls_nobody() {
    let mut world = promising();
    for _ in 0..120 {
        told(&mut world, &worked_off(), 1);
    }
    let kept = kept(&world, "worked-off");
    assert_eq!((kept.standing, kept.spent), (PromiseStanding::Missed, None));
    assert_eq!(kept.told.map(|(_, value)| value).as_deref(), Some("1"));
    assert_eq!(open(&world, &worked_off()).len(), 0);
}

#[test]
fn answers_that_were_not_told_one_by_one_are_counted_where_their_time_is() {
    let mut world = promising();
    world.wait(Millis::minutes(30));
    let unsaid = |world: &World, answers, missing| Unsaid {
        since: Timestamp(world.now.0 - 4 * 60_000),
        answers,
        missing,
    };
    let observation = Observation::Level {
        at: world.now,
        value: Decimal(0),
    };
    let Request::ObservePromise { promise, asked, .. } = asking(&world, &captured(), observation.clone()) else {
        unreachable!()
    };
    let request = Request::ObservePromise {
        promise,
        asked,
        unsaid: Some(unsaid(&world, 4, 10_000)),
        observation,
    };
    world.must(Actor::Controller, request);
    let of_captured = world.state.promises.of(&captured()).unwrap();
    let last = |minutes: u64| {
        let count = of_captured.within(world.now, minutes * 60_000);
        (count.total, count.bad, count.told_bad)
    };
    assert_eq!(last(1), (1_000_000, 1_000_000, 1));
    assert_eq!(last(3), (3_000_000, 1_005_000, 3));
    assert_eq!(last(60), (5_000_000, 1_010_000, 5));

    // More than there can be are not taken, and of what is no slice none.
    let many = |promise: &Promise, world: &World, value| {
        let Request::ObservePromise { promise, asked, .. } = asking(
            world,
            promise,
            Observation::Level {
                at: world.now,
                value: Decimal(value),
            },
        ) else {
            unreachable!()
        };
        Request::ObservePromise {
            promise,
            asked,
            unsaid: Some(unsaid(world, u32::MAX, u64::MAX)),
            observation: Observation::Level {
                at: world.now,
                value: Decimal(value),
            },
        }
    };
    let request = many(&answers(), &world, 0);
    world.must(Actor::Controller, request);
    let request = many(&paid_once(), &world, 0);
    world.must(Actor::Controller, request);
    let count = world
        .state
        .promises
        .of(&answers())
        .unwrap()
        .within(world.now, 3_600_000);
    assert_eq!((count.total, count.bad), (u64::from(UNSAID_MAX) + 1, 0));
    assert!(world.state.promises.of(&paid_once()).unwrap().history.is_empty());
    world.expect_kept("answers that were not told one by one");
}

#[test]
fn nothing_is_written_of_what_is_known() {
    let mut world = promising();
    let before = world.journal.len();
    for minutes in 0..12 * 60 {
        world.wait(MINUTE);
        let at = world.now;
        // Nobody pays twice; nobody asks for anything, so that a share is none; one source is gone, and says so otherwise each time;
        // one tells the same moment for ever.
        tell(&mut world, &paid_once(), Observation::Level { at, value: Decimal(0) });
        let none = Observation::Unusable {
            at,
            reason: InvalidReason::NotANumber,
            detail: format!("NaN at {at}"),
        };
        tell(&mut world, &captured(), none);
        let gone = Observation::Silent(Silence {
            since: at,
            reason: format!("connection {minutes} refused"),
        });
        tell(&mut world, &answers(), gone);
        tell(
            &mut world,
            &worked_off(),
            Observation::Level {
                at,
                value: Decimal(minutes),
            },
        );
    }
    let written = &world.journal[before..];
    let of = |promise: &Promise| {
        let about = |event: &&tidegate_engine::Event| matches!(&event.body, tidegate_engine::Body::PromiseObserved(told) if &told.promise == promise);
        written.iter().filter(about).count()
    };
    // A sign of life of each source each five minutes, and that the others say nothing.
    assert_eq!(of(&paid_once()), 12 * 12);
    assert_eq!(of(&worked_off()), 12 * 12);
    assert_eq!((of(&captured()), of(&answers())), (1, 1));
    assert_eq!(kept(&world, "paid-once").standing, PromiseStanding::Kept);
    world.expect_kept("half a day in which nothing happens");
}

#[test]
fn of_violations_the_larger_number_of_one_moment_counts_and_a_smaller_one_is_late() {
    let mut world = promising();
    told(&mut world, &paid_once(), 0);
    let at = world.now;
    let mut again = |value: i64| {
        let value = Decimal(value * Decimal::ONE);
        tell(&mut world, &paid_once(), Observation::Level { at, value });
        open(&world, &paid_once()).len()
    };
    assert_eq!(again(3), 1, "a late correction");
    assert_eq!(again(1), 1);
    assert_eq!(kept(&world, "paid-once").told.unwrap().1, "3");
}

#[test]
fn closing_excuses_as_many_violations_as_people_were_told_of_and_growth_calls_them_again() {
    let mut world = promising();
    told(&mut world, &paid_once(), 2);
    told(&mut world, &paid_once(), 3);
    assert_eq!(open(&world, &paid_once()).len(), 1);
    close(&mut world, &paid_once());
    let next = open(&world, &paid_once());
    assert_eq!(next.len(), 1, "nobody was told of the third");
    assert!(
        next[0].summary.ends_with("; 2 of them were known"),
        "{}",
        next[0].summary
    );
    told(&mut world, &paid_once(), 6);
    let grown = open(&world, &paid_once());
    assert_eq!(grown.len(), 1, "one incident for one breach");
    assert!(grown[0].summary.contains("6 violations"), "{}", grown[0].summary);
    world.expect_kept("violations that grow");
}

//! An entry waits for a budget that burns slowly enough, and what nobody can tell lets nobody in.

use super::*;

/// Checkout waits for a burn below one of this promise, and is approved.
fn waiting(objective: &str) -> World {
    let condition = EntryCondition::Burns {
        domain: name("checkout"),
        objective: name(objective),
        below: Decimal(Decimal::ONE),
    };
    let mut world = promising_with(vec![condition]);
    world.wait(Millis::minutes(60));
    let ana = Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    let stage = name("checkout");
    world.must(ana, Request::Approve { stage });
    assert_eq!(
        world.phase("checkout"),
        "ready",
        "nothing was counted, so nobody enters"
    );
    world
}

#[test]
fn a_stage_is_entered_while_the_budget_that_it_waits_for_burns_slowly_enough() {
    let mut world = waiting("orders");
    // One of a thousand spends the budget exactly.
    minute(&mut world, 0, 2_000, 2);
    assert_eq!(world.phase("checkout"), "ready", "exactly is not below");
    minute(&mut world, 1, 1_000, 0);
    assert_eq!(world.phase("checkout"), "exposing");
    world.expect_kept("an entry by burn");
}

#[test]
fn a_burst_within_the_hour_keeps_a_stage_shut_however_good_six_hours_were_and_so_does_a_trend_of_six() {
    let condition = EntryCondition::Burns {
        domain: name("checkout"),
        objective: name("orders"),
        below: Decimal(Decimal::ONE),
    };
    let mut world = promising_with(vec![condition]);
    for index in 0..300 {
        minute(&mut world, index, 1_000, 0);
    }
    minute(&mut world, 300, 10_000, 100);
    let ana = Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    let stage = name("checkout");
    world.must(ana, Request::Approve { stage });
    assert_eq!(
        world.phase("checkout"),
        "ready",
        "a third of the budget over six hours, more than all over one"
    );
    for index in 301..362 {
        minute(&mut world, index, 1_000, 0);
    }
    assert_eq!(world.phase("checkout"), "exposing", "an hour later");

    let mut world = waiting("orders");
    minute(&mut world, 0, 1_000, 2);
    for index in 1..=70 {
        minute(&mut world, index, 10, 0);
    }
    assert_eq!(world.phase("checkout"), "ready", "a trend of six hours");
    world.expect_kept("bursts and trends");
}

#[test]
fn an_edit_takes_no_burst_out_of_the_hour() {
    let condition = || EntryCondition::Burns {
        domain: name("checkout"),
        objective: name("orders"),
        below: Decimal(Decimal::ONE),
    };
    let ana = || Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    let mut world = promising_with(vec![condition()]);
    for index in 0..70 {
        minute(&mut world, index, 1_000, 0);
    }
    minute(&mut world, 70, 10_000, 100);
    let candidate = std::sync::Arc::new(crate::shop::estate_with(|parts| {
        promise(parts, vec![condition()]);
        let mut objectives = parts.domains.iter_mut().flat_map(|domain| &mut domain.objectives);
        let orders = objectives.find(|one| one.id.as_str() == "orders").unwrap();
        orders.target = Target::AtLeast(PartsPerMillion::new(998_999).unwrap());
        parts.digest = "2".repeat(64);
    }));
    world.must(ana(), Request::Adopt { candidate });
    let stage = name("checkout");
    world.must(ana(), Request::Approve { stage });
    for index in 71..131 {
        minute(&mut world, index, 5_000, 0);
        let phase = if index < 130 { "ready" } else { "exposing" };
        assert_eq!(world.phase("checkout"), phase, "{index}");
    }
    world.expect_kept("an edit");
}

#[test]
fn too_few_to_tell_let_nobody_in() {
    let mut world = waiting("orders");
    for index in 0..5 {
        minute(&mut world, index, 200, 0);
    }
    assert_eq!(
        world.phase("checkout"),
        "ready",
        "one bad one of a thousand would spend it all"
    );
    minute(&mut world, 5, 1, 0);
    assert_eq!(world.phase("checkout"), "exposing");

    let mut world = waiting("captured");
    for _ in 0..29 {
        shared(&mut world, 1_000_000);
    }
    assert_eq!(world.phase("checkout"), "ready", "half an hour of shares is asked for");
    shared(&mut world, 1_000_000);
    assert_eq!(world.phase("checkout"), "exposing");
    world.expect_kept("too few");
}

#[test]
fn what_was_once_known_lets_nobody_in() {
    let hold = Request::Hold {
        stage: name("checkout"),
        reason: None,
    };
    let lift = Request::Resume {
        stage: name("checkout"),
        reason: "looked at it".to_owned(),
    };
    let ana = || Actor::Person {
        id: name("ana"),
        door: tidegate_model::seam::Door::Token,
    };
    for (objective, is_silent) in [("orders", false), ("captured", false), ("captured", true)] {
        let mut world = waiting(objective);
        world.must(ana(), hold.clone());
        for index in 0..40 {
            minute(&mut world, index, 1_000, 0);
            let at = world.now;
            tell(
                &mut world,
                &captured(),
                Observation::Level {
                    at,
                    value: Decimal(Decimal::ONE),
                },
            );
        }
        if is_silent {
            let silent = Observation::Silent(Silence {
                since: world.now,
                reason: "connection refused".to_owned(),
            });
            tell(&mut world, &captured(), silent);
        } else {
            world.wait(Millis::minutes(8));
        }
        world.must(ana(), lift.clone());
        assert_eq!(world.phase("checkout"), "ready", "{objective}, silent: {is_silent}");
        world.expect_kept("an entry in the dark");
        minute(&mut world, 40, 1_000, 0);
        let at = world.now;
        tell(
            &mut world,
            &captured(),
            Observation::Level {
                at,
                value: Decimal(Decimal::ONE),
            },
        );
        assert_eq!(world.phase("checkout"), "exposing", "{objective} is known again");
    }
}

#[test]
fn a_rate_lets_nobody_in_and_a_clock_that_is_wrong_is_named() {
    let mut world = waiting("worked-off");
    for _ in 0..60 {
        told(&mut world, &worked_off(), 5_000);
    }
    assert_eq!(world.phase("checkout"), "ready");
    let behind = Stratum {
        began: Timestamp(world.now.0 - 20 * 60_000),
        ..stratum(&world, 0, meter("checkout", "orders"), (1_000, 0))
    };
    world.must(Actor::Gateway { id: name("shop") }, Request::Evidence(behind));
    let kept = kept(&world, "orders");
    assert_eq!(kept.standing, PromiseStanding::NoData);
    let why = kept.why.unwrap();
    assert!(why.contains("by their clock"), "{why}");
}

//! Criteria that ask somebody: two databases that must agree, and a person who looks.

use tidegate_engine::Request;
use tidegate_model::Millis;
use tidegate_model::seam::{Actor, EqualityCounts, Observation};

use crate::script::{check_in, run};
use crate::shop::name;
use crate::world::World;

/// Pricing is exposed to half of the visitors.
const PRICING_EXPOSED: &str = "
    cleo approve catalogue
    confirm
    counts catalogue well 6
    cleo approve catalogue
    confirm
    pat approve pricing
    gus approve pricing
    confirm
    ";

#[test]
fn data_that_differs_holds_until_a_change_repairs_it() {
    let mut world = World::shop();
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        sql pricing prices differs
        pat attest pricing look yes
        wait 5s
        show pricing
        sql pricing prices clean
        show pricing
        pat approve pricing
        pat change pricing new repair-1
        confirm
        show pricing
        wait 5s
        sql pricing prices clean
        pat attest pricing look yes
        show pricing
        pat approve pricing
        gus approve pricing
        ",
        "
        09:00:06 prices of pricing says harm: 1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice
        09:00:06 prices found harm in pricing; growth stops
        09:00:06 the gate (prices) holds pricing: this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice)
        09:00:06 inc-1 opened (sev3, pricing, by prices of pricing): pricing is held because this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice)
        09:00:06 rung 1 of inc-1 reaches nobody
        09:00:06 called gus for inc-1 (rung 2, call 2); next at 09:01:06
        09:00:06 pat says that look of pricing holds: looked
        09:00:06 look of pricing says pass
        09:00:11 the soak of pricing step 1 is over; its gate decides
        = pricing is gating at 50 %, attempt 1; it waits for: held by the gate, for prices since 09:00:06: this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice); prices says harm
        09:00:11 prices of pricing says pass
        09:00:11 inc-1 is over by itself; lesson: none, because the criterion passes again
        09:00:11 the gate of pricing step 1 passed on 2 criteria
        09:00:11 asked gil, gus and pat to approve step 2 of pricing, until 09:01:41
        = pricing is gating at 50 %, attempt 1; it waits for: held by the gate, for prices since 09:00:06: this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice); the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        09:00:11 pat approved step 2 of pricing
        09:00:11 pat changed the new side of pricing (repair-1); its evidence starts anew
        09:00:11 step 1 of pricing is in force; it soaks until 09:00:16
        = pricing is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:16; prices says not yet; look says not yet
        09:00:16 asked cleo to approve the finalisation of catalogue, until 09:01:46
        09:00:16 the soak of pricing step 1 is over; its gate decides
        09:00:16 prices of pricing says pass
        09:00:16 pat says that look of pricing holds: looked
        09:00:16 look of pricing says pass
        09:00:16 the gate of pricing step 1 passed on 2 criteria
        09:00:16 asked gil, gus and pat to approve step 2 of pricing, until 09:01:46
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        09:00:16 pat approved step 2 of pricing
        09:00:16 gus approved step 2 of pricing
        09:00:16 exposed pricing to 100 % (step 2), as the gate before it passed
        ",
    );
}

#[test]
fn data_that_differs_is_not_accepted_as_a_risk() {
    let mut world = World::shop();
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        sql pricing prices differs
        wait 5s
        gus accept-risk pricing nobody looks at prices
        ",
        "
        09:00:06 prices of pricing says harm: 1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice
        09:00:06 prices found harm in pricing; growth stops
        09:00:06 the gate (prices) holds pricing: this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice)
        09:00:06 inc-1 opened (sev3, pricing, by prices of pricing): pricing is held because this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice)
        09:00:06 rung 1 of inc-1 reaches nobody
        09:00:06 called gus for inc-1 (rung 2, call 2); next at 09:01:06
        09:00:11 the soak of pricing step 1 is over; its gate decides
        refused TG9011: `prices` says harm (risk can be accepted on `not yet` only)
        ",
    );
}

#[test]
fn data_that_differs_rolls_back_where_the_plan_says_so() {
    let mut world = World::shop_with(|parts| {
        let pricing = parts.plans[0]
            .stages
            .iter_mut()
            .find(|stage| stage.id.as_str() == "pricing");
        pricing.unwrap().gate.criteria[0].on_harm = tidegate_model::plan::OnHarm::Rollback;
    });
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        sql pricing prices differs
        show pricing
        ",
        "
        09:00:06 prices of pricing says harm: 1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice
        09:00:06 prices found harm in pricing; exposure falls at once
        09:00:06 rolling pricing back from 50 % to 0 %, because prices found harm
        09:00:06 inc-1 opened (sev2, pricing, by prices of pricing): pricing was rolled back because this failed: prices (1000 rows compared with 1000: 10 differ, 0 on one side only, 0 twice)
        09:00:06 rung 1 of inc-1 reaches nobody
        09:00:06 called gus for inc-1 (rung 2, call 2); next at 09:01:06
        = pricing is rolling back at 0 %, attempt 1; it waits for: not every gateway holds 0 % yet; inc-1 is open
        ",
    );
}

#[test]
fn what_was_compared_and_looked_at_under_one_step_proves_nothing_at_the_next() {
    let mut world = World::shop_with(|parts| {
        let stages = parts.plans[0].stages.iter_mut();
        for stage in stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
            if stage.id.as_str() == "pricing" {
                let mut first = stage.steps[0].clone();
                first.to = tidegate_model::BasisPoints::new(2_000).unwrap();
                stage.steps.insert(0, first);
            }
        }
    });
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        wait 5s
        pat attest pricing look yes
        sql pricing prices clean
        pat approve pricing
        gus approve pricing
        wait 1s
        confirm
        show pricing
        ",
        "
        09:00:11 the soak of pricing step 1 is over; its gate decides
        09:00:11 pat says that look of pricing holds: looked
        09:00:11 look of pricing says pass
        09:00:11 prices of pricing says pass
        09:00:11 the gate of pricing step 1 passed on 2 criteria
        09:00:11 asked gil, gus and pat to approve step 2 of pricing, until 19:00:11
        09:00:11 pat approved step 2 of pricing
        09:00:11 gus approved step 2 of pricing
        09:00:11 exposed pricing to 50 % (step 2), as the gate before it passed
        09:00:12 step 2 of pricing is in force; it soaks until 09:00:17
        = pricing is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:17; prices says not yet; look says not yet
        ",
    );
}

#[test]
fn a_persons_word_goes_stale() {
    let mut world = World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
            stage.gate.fresh_for = tidegate_model::Millis::seconds(15);
        }
    });
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        pat attest pricing look yes
        wait 15s
        sql pricing prices clean
        show pricing
        wait 1s
        sql pricing prices clean
        show pricing
        ",
        "
        09:00:06 pat says that look of pricing holds: looked
        09:00:06 look of pricing says pass
        09:00:11 the soak of pricing step 1 is over; its gate decides
        09:00:16 asked cleo to approve the finalisation of catalogue, until 19:00:16
        09:00:21 prices of pricing says pass
        09:00:21 the gate of pricing step 1 passed on 2 criteria
        09:00:21 asked gil, gus and pat to approve step 2 of pricing, until 19:00:21
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing; look says not yet
        ",
    );
}

#[test]
fn an_old_side_that_has_fallen_short_is_no_harm_of_the_new_one() {
    let mut world = World::shop();
    run(&mut world, PRICING_EXPOSED);
    run(&mut world, "sql pricing prices old-empty");
    let prices = &world.state.stages["pricing"].verdicts["prices"];
    assert_eq!(
        (prices.verdict.word(), prices.reading.why.as_str()),
        ("no data", "0 and 1000 rows, expected 100 at least")
    );
}

#[test]
fn too_few_rows_and_a_database_that_does_not_answer_pass_nothing() {
    let mut world = World::shop();
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        pat attest pricing look yes
        sql pricing prices few
        wait 5s
        show pricing
        sql pricing prices silent
        show pricing
        wait 20s
        sql pricing prices clean
        show pricing
        wait 7s
        show pricing
        ",
        "
        09:00:06 pat says that look of pricing holds: looked
        09:00:06 look of pricing says pass
        09:00:06 prices of pricing says no data: 5 and 5 rows, expected 100 at least
        09:00:11 the soak of pricing step 1 is over; its gate decides
        = pricing is gating at 50 %, attempt 1; it waits for: prices says no data
        09:00:11 prices of pricing says source down: connection refused
        = pricing is gating at 50 %, attempt 1; it waits for: prices says source down
        09:00:16 asked cleo to approve the finalisation of catalogue, until 09:01:46
        09:00:26 inc-1 opened (sev3, pricing, by the silence of prices (pricing)): pricing: prices is silent - connection refused
        09:00:26 rung 1 of inc-1 reaches nobody
        09:00:26 called gus for inc-1 (rung 2, call 2); next at 09:01:26
        09:00:31 prices of pricing says pass
        09:00:31 inc-1 is over by itself; lesson: none, because the signal came back
        09:00:31 the gate of pricing step 1 passed on 2 criteria
        09:00:31 asked gil, gus and pat to approve step 2 of pricing, until 09:02:01
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing; prices says no data
        ",
    );
}

#[test]
fn a_person_who_says_no_holds_and_one_who_says_yes_later_does_not_undo_it_alone() {
    let mut world = World::shop();
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        sql pricing prices clean
        max attest pricing look yes
        pat attest pricing prices yes
        pat attest pricing look no
        wait 5s
        show pricing
        gus attest pricing look yes
        sql pricing prices clean
        show pricing
        pat resume pricing
        ",
        "
        09:00:06 prices of pricing says pass
        refused TG9001: max may not: the criterion's owner and the approvers attest (ask somebody of pricing-team)
        refused TG9002: `prices` of pricing is no manual criterion (measured criteria speak for themselves)
        09:00:06 pat says that look of pricing does not hold: looked
        09:00:06 look of pricing says harm: somebody looked and says that it does not hold
        09:00:06 look found harm in pricing; growth stops
        09:00:06 the gate (look) holds pricing: this failed: look (somebody looked and says that it does not hold)
        09:00:06 inc-1 opened (sev3, pricing, by look of pricing): pricing is held because this failed: look (somebody looked and says that it does not hold)
        09:00:06 rung 1 of inc-1 reaches nobody
        09:00:06 called gus for inc-1 (rung 2, call 2); next at 09:01:06
        09:00:11 the soak of pricing step 1 is over; its gate decides
        = pricing is gating at 50 %, attempt 1; it waits for: held by the gate, for look since 09:00:06: this failed: look (somebody looked and says that it does not hold); look says harm
        09:00:11 gus says that look of pricing holds: looked
        09:00:11 look of pricing says pass
        09:00:11 inc-1 is over by itself; lesson: none, because the criterion passes again
        09:00:11 the gate of pricing step 1 passed on 2 criteria
        09:00:11 asked gil, gus and pat to approve step 2 of pricing, until 09:01:41
        = pricing is gating at 50 %, attempt 1; it waits for: held by the gate, for look since 09:00:06: this failed: look (somebody looked and says that it does not hold); the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        09:00:11 pat lifted the hold of look on pricing: looked at it
        ",
    );
}

#[test]
fn a_question_that_nobody_answers_is_a_decision_when_the_step_is_over() {
    let mut world = World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.approval_within = tidegate_model::Millis::minutes(600);
            if stage.id.as_str() == "pricing" {
                stage.gate.criteria.retain(|criterion| criterion.id.as_str() == "look");
            }
        }
    });
    run(&mut world, PRICING_EXPOSED);
    check_in(
        &mut world,
        "
        wait 119s
        show pricing
        wait 1s
        pat attest pricing look yes
        ",
        "
        09:00:11 the soak of pricing step 1 is over; its gate decides
        09:00:16 asked cleo to approve the finalisation of catalogue, until 19:00:16
        = pricing is gating at 50 %, attempt 1; it waits for: look says not yet
        09:02:06 the gate of pricing step 1 cannot tell in its time; people are asked to decide
        09:02:06 inc-1 opened (sev3, pricing, by a decision that waits (pricing)): pricing cannot tell within the time of its step: accept the risk with a rung above, hold, or roll back
        09:02:06 rung 1 of inc-1 reaches nobody
        09:02:06 called gus for inc-1 (rung 2, call 2); next at 09:03:06
        09:02:06 pat says that look of pricing holds: looked
        09:02:06 look of pricing says pass
        09:02:06 the gate of pricing step 1 passed on 1 criterion
        09:02:06 inc-1 is over by itself; lesson: none, because the gate passed after all
        09:02:06 asked gil, gus and pat to approve step 2 of pricing, until 19:02:06
        ",
    );
}

/// A clock that was put back since would make an old answer young.
#[test]
fn rows_that_were_counted_in_the_future_are_invalid() {
    let mut world = World::calm();
    run(&mut world, PRICING_EXPOSED);
    let clean = EqualityCounts {
        old_rows: 1_000,
        new_rows: 1_000,
        ..EqualityCounts::default()
    };
    for (ahead, word) in [(Millis::minutes(4), "pass"), (Millis::minutes(6), "invalid")] {
        let at = world.now.after(ahead);
        let observation = Observation::Equality { at, counts: clean };
        let request = Request::Observe {
            stage: name("pricing"),
            criterion: name("prices"),
            observation,
        };
        world.must(Actor::Controller, request);
        let said = &world.state.stages["pricing"].verdicts["prices"];
        assert_eq!(said.verdict.word(), word, "{ahead} ahead: {}", said.reading.why);
    }
}

//! Holds by people and by criteria, and what lets a stage go on.

use crate::script::{check, check_in, run};
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
fn anyone_touched_stops_growth_and_needs_no_reason() {
    for person in ["ana", "bea", "ben", "olga", "gus", "hal"] {
        let seen = run(&mut World::shop(), &format!("{person} hold checkout\nshow checkout"));
        assert_eq!(
            seen,
            [
                format!("09:00:00 {person} holds checkout"),
                format!(
                    "= checkout is ready at 0 %, attempt 1; it waits for: held by {person} since 09:00:00; \
                     the approval of the owner of checkout (checkout-team) is missing"
                ),
            ]
        );
    }
}

#[test]
fn a_stranger_holds_nothing() {
    check(
        "
        max hold checkout
        cleo hold checkout
        @change hold checkout
        ",
        "
        refused TG9001: max may not: anyone touched by the stage may (ask somebody of checkout-team)
        refused TG9001: cleo may not: anyone touched by the stage may (ask somebody of checkout-team)
        refused TG9001: service change may not: anyone touched by the stage may (ask somebody of checkout-team)
        ",
    );
}

#[test]
fn a_held_stage_does_not_grow_and_goes_on_when_it_is_let_go() {
    check(
        "
        bea hold checkout
        bea hold checkout
        ana approve checkout
        show checkout
        bea resume checkout
        bea resume checkout
        ",
        "
        09:00:00 bea holds checkout
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: held by bea since 09:00:00
        09:00:00 bea lifted their hold on checkout: looked at it
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        refused TG9003: checkout is not held (nothing needs to be lifted)
        ",
    );
}

#[test]
fn every_hold_must_go() {
    check(
        "
        bea hold checkout
        hal hold checkout
        ana approve checkout
        hal resume checkout
        show checkout
        hal resume checkout
        ana resume checkout
        ",
        "
        09:00:00 bea holds checkout
        09:00:00 hal holds checkout
        09:00:00 ana approved entering checkout
        09:00:00 hal lifted their hold on checkout: looked at it
        = checkout is ready at 0 %, attempt 1; it waits for: held by bea since 09:00:00
        refused TG9001: the hold of checkout is not yours to lift (ask whoever held it, or an approver)
        09:00:00 ana lifted the hold of bea on checkout: looked at it
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn whoever_neither_held_nor_approves_lifts_nothing() {
    check(
        "
        bea hold checkout
        gus resume checkout
        max resume checkout
        ",
        "
        09:00:00 bea holds checkout
        refused TG9001: the hold of checkout is not yours to lift (ask whoever held it, or an approver)
        refused TG9001: max may not: anyone touched by the stage may (ask somebody of checkout-team)
        ",
    );
}

#[test]
fn a_held_stage_is_judged_and_rolled_back_as_ever() {
    check(
        "
        ana approve checkout
        confirm
        bea hold checkout
        counts checkout worse 2
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:00 bea holds checkout
        09:00:01 speed of checkout says pass
        09:00:01 orders of checkout says harm: new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance
        09:00:01 orders found harm in checkout; exposure falls at once
        09:00:01 rolling checkout back from 10 % to 0 %, because orders found harm
        09:00:01 inc-1 opened (sev2, checkout, by orders of checkout): checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:02 counts came late and are not judged
        09:00:02 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: held by bea since 09:00:00; no change that repairs it has been noted yet; inc-1 is open
        ",
    );
}

#[test]
fn what_is_final_is_not_held() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        cleo approve catalogue
        confirm
        wait 10s
        cleo finalise catalogue
        cleo hold catalogue
        cleo change catalogue new deploy-3
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        09:00:06 cleo approved step 2 of catalogue
        09:00:06 exposed catalogue to 100 % (step 2), as the gate before it passed
        09:00:06 catalogue is at 100 % and watched until 09:00:16; its way back stays open until 09:04:06
        09:00:06 pricing is ready to be entered (attempt 1)
        09:00:06 asked gil, gus and pat to approve entering pricing, until 09:01:36
        09:00:16 asked cleo to approve the finalisation of catalogue, until 09:01:46
        09:00:16 cleo approved the finalisation of catalogue
        09:00:16 tidegate finalised catalogue; there is no way back
        refused TG9003: catalogue is final; nothing grows any more (open an incident if something is wrong)
        refused TG9003: catalogue is final; it is no longer judged (nothing of the stage rests on it any more)
        ",
    );
}

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
fn a_hold_that_is_lifted_while_its_criterion_still_says_harm_is_back_at_once() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout slow 6");
    check_in(
        &mut world,
        "
        ana resolve inc-1 none, because of a cold cache
        ana resume checkout
        show checkout
        ana change checkout new deploy-5
        confirm
        counts checkout well 12
        show checkout
        ",
        "
        09:00:06 ana resolved inc-1; lesson: none, because of a cold cache
        09:00:06 ana lifted the hold of speed on checkout: looked at it
        09:00:06 speed found harm in checkout; growth stops
        09:00:06 the gate (speed) holds checkout: this failed: speed (new 30.0 % of 1200 take longer than 500ms, 5.0 % may: beyond chance)
        09:00:06 inc-2 opened (sev3, checkout, by speed of checkout): checkout is held because this failed: speed (new 30.0 % of 1200 take longer than 500ms, 5.0 % may: beyond chance)
        09:00:06 called ana for inc-2 (rung 1, call 1); next at 09:01:06
        = checkout is gating at 10 %, attempt 1; it waits for: held by the gate, for speed since 09:00:06: this failed: speed (new 30.0 % of 1200 take longer than 500ms, 5.0 % may: beyond chance); errors says not yet; speed says harm
        09:00:06 ana changed the new side of checkout (deploy-5); its evidence starts anew
        09:00:06 calm of checkout says pass
        09:00:06 step 1 of checkout is in force; it soaks until 09:00:11
        09:00:06 calm of checkout says pass
        09:00:07 speed of checkout says pass
        09:00:07 inc-2 is over by itself; lesson: none, because the criterion passes again
        09:00:08 orders of checkout says pass
        09:00:11 the soak of checkout step 1 is over; its gate decides
        09:00:13 errors of checkout says pass
        09:00:13 the gate of checkout step 1 passed on 4 criteria
        09:00:13 asked ana and bea to approve step 2 of checkout, until 19:00:13
        = checkout is gating at 10 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
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
        09:00:31 inc-1 opened (sev3, pricing, by the silence of prices (pricing)): pricing: prices is silent - connection refused
        09:00:31 rung 1 of inc-1 reaches nobody
        09:00:31 called gus for inc-1 (rung 2, call 2); next at 09:01:31
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

//! Holds by people and by criteria, and what lets a stage go on.

use crate::script::{check, check_in, run};
use crate::world::World;

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
        09:00:06 an approver of checkout answers inc-1 before its next gate
        09:00:06 ana answered inc-1 for checkout: none, because of a cold cache
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

//! The life of a stage whose gates pass.

use tidegate_model::edge::{Client, ClientKind, Moves};
use tidegate_model::plan::Measure;
use tidegate_model::{Millis, Severity, Timestamp};

use crate::script::{check, check_in, run};
use crate::shop::name;
use crate::world::World;

#[test]
fn a_later_stage_grows_no_further_when_an_earlier_one_goes_back() {
    let mut world = World::shop_with(|parts| {
        parts.plans[0].stages[2].after = vec![name("catalogue")];
    });
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue well 12\ncleo approve catalogue\nconfirm\nana approve checkout\nconfirm",
    );
    assert_eq!(world.phase("checkout"), "soaking");
    run(
        &mut world,
        "cleo rollback catalogue it smells\nconfirm\ncounts checkout well 12\nana approve checkout",
    );
    check_in(
        &mut world,
        "show checkout",
        "= checkout is gating at 10 %, attempt 1; it waits for: catalogue has not passed",
    );
}

/// Catalogue, whose till knows the old side only until `day`.
fn with_till(day: Timestamp) -> World {
    World::shop_with(|parts| {
        let client = |id, moves| Client {
            id: name(id),
            kind: ClientKind::Api,
            moves,
        };
        parts.edges[0].units[0].clients = vec![
            client("till", Moves::NotBefore(day)),
            client("feed", Moves::WhenFinal),
            client("app", Moves::WithVisitors),
        ];
    })
}

const TO_THE_END: &str = "
    cleo approve catalogue
    confirm
    counts catalogue well 12
    cleo approve catalogue
    confirm
    counts catalogue well 12
";

#[test]
fn a_stage_is_not_made_final_while_a_client_cannot_move() {
    let begin = World::shop().now;
    let mut world = with_till(begin.after(Millis::seconds(60)));
    run(&mut world, TO_THE_END);
    check_in(
        &mut world,
        "
        cleo finalise catalogue
        show catalogue
        wait 40s
        cleo finalise catalogue
        ",
        "
        refused TG9003: catalogue is watching; it cannot be made final now (wait until its watch is over, at 2026-03-02T09:01:00.000Z)
        = catalogue is watching at 100 %, attempt 1; it waits for: it is watched until 09:01:00; client till cannot move before 2026-03-02
        09:01:00 asked cleo to approve the finalisation of catalogue, until 09:02:30
        09:01:04 cleo approved the finalisation of catalogue
        09:01:04 tidegate finalised catalogue; there is no way back
        ",
    );
}

#[test]
fn a_client_whose_day_is_over_keeps_nobody() {
    let begin = World::shop().now;
    let mut world = with_till(begin.after(Millis::seconds(1)));
    run(&mut world, TO_THE_END);
    run(&mut world, "cleo finalise catalogue");
    assert_eq!(world.phase("catalogue"), "finalised");
}

#[test]
fn a_stage_goes_from_its_first_step_to_its_finalisation() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue well 12
        cleo approve catalogue
        confirm
        counts catalogue well 12
        cleo finalise catalogue
        confirm
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        09:00:12 cleo approved step 2 of catalogue
        09:00:12 exposed catalogue to 100 % (step 2), as the gate before it passed
        09:00:12 catalogue is at 100 % and watched until 09:00:22; its way back stays open until 09:04:12
        09:00:12 pricing is ready to be entered (attempt 1)
        09:00:12 asked gil, gus and pat to approve entering pricing, until 09:01:42
        09:00:22 asked cleo to approve the finalisation of catalogue, until 09:01:52
        09:00:24 cleo approved the finalisation of catalogue
        09:00:24 tidegate finalised catalogue; there is no way back
        = catalogue is finalised at 100 %, attempt 1; it waits for: nothing
        ",
    );
}

#[test]
fn a_stage_is_not_entered_before_it_is_approved_and_in_force() {
    check(
        "
        wait 60s
        show catalogue
        cleo approve catalogue
        wait 20s
        show catalogue
        confirm
        show catalogue
        ",
        "
        = catalogue is ready at 0 %, attempt 1; it waits for: the approval of cleo is missing
        09:01:00 cleo approved entering catalogue
        09:01:00 exposed catalogue to 50 % (step 1), as approved
        = catalogue is exposing at 50 %, attempt 1; it waits for: not every gateway holds 50 % yet
        09:01:20 step 1 of catalogue is in force; it soaks until 09:01:25
        = catalogue is soaking at 50 %, attempt 1; it waits for: it soaks until 09:01:25; pages says not yet
        ",
    );
}

#[test]
fn a_stage_waits_for_the_stages_before_it() {
    check(
        "
        show pricing
        pat approve pricing
        cleo approve catalogue
        confirm
        counts catalogue well 6
        pat approve pricing
        cleo approve catalogue
        pat approve pricing
        confirm
        show pricing
        ",
        "
        = pricing is pending at 0 %, attempt 0; it waits for: catalogue has not passed yet
        refused TG9009: pricing is pending; there is nothing to approve now (wait until catalogue has come to 100 %)
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        refused TG9009: pricing is pending; there is nothing to approve now (wait until catalogue has come to 100 %)
        09:00:06 cleo approved step 2 of catalogue
        09:00:06 exposed catalogue to 100 % (step 2), as the gate before it passed
        refused TG9009: pricing is pending; there is nothing to approve now (wait until catalogue has come to 100 %)
        09:00:06 catalogue is at 100 % and watched until 09:00:16; its way back stays open until 09:04:06
        09:00:06 pricing is ready to be entered (attempt 1)
        09:00:06 asked gil, gus and pat to approve entering pricing, until 09:01:36
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        ",
    );
}

#[test]
fn a_stage_that_was_ready_waits_again_when_one_before_it_goes_back() {
    check_in(
        &mut World::calm(),
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        cleo approve catalogue
        confirm
        cleo rollback catalogue the search is empty
        confirm
        pat approve pricing
        gus approve pricing
        show pricing
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 19:00:05
        09:00:06 cleo approved step 2 of catalogue
        09:00:06 exposed catalogue to 100 % (step 2), as the gate before it passed
        09:00:06 catalogue is at 100 % and watched until 09:00:16; its way back stays open until 09:04:06
        09:00:06 pricing is ready to be entered (attempt 1)
        09:00:06 asked gil, gus and pat to approve entering pricing, until 19:00:06
        09:00:06 rolling catalogue back from 100 % to 0 %, as asked: the search is empty
        09:00:06 catalogue is back on the old side, on 1 gateway
        09:00:06 pat approved entering pricing
        09:00:06 gus approved entering pricing
        = pricing is ready at 0 %, attempt 1; it waits for: catalogue has not passed
        ",
    );
}

#[test]
fn not_yet_never_opens() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue unsure 12
        cleo approve catalogue
        show catalogue
        counts catalogue unsure 60
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        refused TG9004: catalogue is gating; there is nothing to approve now (its gate must pass first: pages says not yet)
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says not yet
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says not yet
        ",
    );
}

#[test]
fn what_passed_at_one_step_proves_nothing_at_the_next() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout well 12
        ana approve checkout
        confirm
        wait 6s
        show checkout
        ana approve checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:02 orders of checkout says pass
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:07 errors of checkout says pass
        09:00:07 the gate of checkout step 1 passed on 4 criteria
        09:00:07 asked ana and bea to approve step 2 of checkout, until 09:01:37
        09:00:12 ana approved step 2 of checkout
        09:00:12 exposed checkout to 50 % (step 2), as the gate before it passed
        09:00:12 step 2 of checkout is in force; it soaks until 09:00:17
        09:00:12 calm of checkout says pass
        09:00:17 the soak of checkout step 2 is over; its gate decides
        = checkout is gating at 50 %, attempt 1; it waits for: orders says not yet; errors says not yet; speed says not yet
        refused TG9004: checkout is gating; there is nothing to approve now (its gate must pass first: orders says not yet, errors says not yet, speed says not yet)
        ",
    );
}

#[test]
fn a_gate_that_passed_and_no_longer_does_opens_nothing() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        counts catalogue missplit 30
        cleo approve catalogue
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        09:00:07 pages of catalogue says invalid: visitors are not split as planned
        09:00:27 inc-1 opened (sev3, catalogue, by the silence of pages (catalogue)): catalogue: pages cannot be judged - visitors are not split as planned
        09:00:27 called cleo for inc-1 (rung 1, call 1); next at 09:01:27
        refused TG9004: the gate of catalogue does not pass now: pages says invalid (wait until it passes again)
        = catalogue is gating at 50 %, attempt 1; it waits for: the approval of cleo is missing; pages says invalid
        ",
    );
}

#[test]
fn a_gate_that_cannot_tell_in_time_asks_people() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue unsure 121
        show catalogue
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:01:30 the approval of checkout is overdue; its owner is paged
        09:01:30 inc-1 opened (sev3, checkout, by a decision that waits (checkout)): checkout waits for its approval
        09:01:30 called ana for inc-1 (rung 1, call 1); next at 09:02:30
        09:02:00 the gate of catalogue step 1 cannot tell in its time; people are asked to decide
        09:02:00 inc-2 opened (sev3, catalogue, by a decision that waits (catalogue)): catalogue cannot tell within the time of its step: accept the risk with a rung above, hold, or roll back
        09:02:00 called cleo for inc-2 (rung 1, call 1); next at 09:03:00
        = catalogue is gating at 50 %, attempt 1; it waits for: pages says not yet
        ",
    );
}

#[test]
fn nothing_is_compared_at_full_exposure_but_limits_hold() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout well 12
        ana approve checkout
        confirm
        counts checkout well 12
        ana approve checkout
        confirm
        counts checkout worse 6
        show checkout
        counts checkout failing 8
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:02 orders of checkout says pass
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:07 errors of checkout says pass
        09:00:07 the gate of checkout step 1 passed on 4 criteria
        09:00:07 asked ana and bea to approve step 2 of checkout, until 09:01:37
        09:00:12 ana approved step 2 of checkout
        09:00:12 exposed checkout to 50 % (step 2), as the gate before it passed
        09:00:12 step 2 of checkout is in force; it soaks until 09:00:17
        09:00:12 calm of checkout says pass
        09:00:13 speed of checkout says pass
        09:00:13 orders of checkout says pass
        09:00:15 errors of checkout says pass
        09:00:17 the soak of checkout step 2 is over; its gate decides
        09:00:17 the gate of checkout step 2 passed on 4 criteria
        09:00:17 asked ana and bea to approve step 3 of checkout, until 09:01:47
        09:00:24 ana approved step 3 of checkout
        09:00:24 exposed checkout to 100 % (step 3), as the gate before it passed
        09:00:24 checkout is at 100 % and watched until 09:00:34; its way back stays open until 09:04:24
        09:00:24 calm of checkout says pass
        09:00:25 errors of checkout says pass
        09:00:25 speed of checkout says pass
        = checkout is watching at 100 %, attempt 1; it waits for: it is watched until 09:00:34
        09:00:34 asked ana and bea to approve the finalisation of checkout, until 09:02:04
        09:00:34 errors of checkout says harm: new 4.1 % of 20000 fail, 2 % may: beyond chance
        09:00:34 errors found harm in checkout; exposure falls at once
        09:00:34 rolling checkout back from 100 % to 0 %, because errors found harm
        09:00:34 inc-1 opened (sev2, checkout, by errors of checkout): checkout was rolled back because this failed: errors (new 4.1 % of 20000 fail, 2 % may: beyond chance)
        09:00:34 called ana for inc-1 (rung 1, call 1); next at 09:01:34
        09:00:34 counts came late and are not judged
        ",
    );
}

#[test]
fn an_incident_in_scope_keeps_a_criterion_from_passing() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout well 12
        bea open checkout sev2 carts are slow
        ana approve checkout
        show checkout
        bea resolve inc-1 none, because it was the network
        ana approve checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:02 orders of checkout says pass
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:07 errors of checkout says pass
        09:00:07 the gate of checkout step 1 passed on 4 criteria
        09:00:07 asked ana and bea to approve step 2 of checkout, until 09:01:37
        09:00:12 inc-1 opened (sev2, checkout, by bea): carts are slow
        09:00:12 called ana for inc-1 (rung 1, call 1); next at 09:01:12
        refused TG9004: the gate of checkout does not pass now: calm says not yet (wait until it passes again)
        = checkout is gating at 10 %, attempt 1; it waits for: inc-1 is open; the approval of the owner of checkout (checkout-team) is missing; calm says not yet
        09:00:12 bea resolved inc-1; lesson: none, because it was the network
        09:00:12 an approver of checkout answers inc-1 before its next gate
        09:00:12 bea answered inc-1 for checkout: none, because it was the network
        09:00:12 calm of checkout says pass
        09:00:12 ana approved step 2 of checkout
        09:00:12 exposed checkout to 50 % (step 2), as the gate before it passed
        ",
    );
}

#[test]
fn a_question_that_waits_is_no_incident_that_shuts_the_gate() {
    let mut world = World::shop_with(|parts| {
        let mut stages = parts.plans[0].stages.iter_mut();
        let checkout = stages.find(|stage| stage.id.as_str() == "checkout").unwrap();
        for criterion in &mut checkout.gate.criteria {
            if let Measure::Incidents { at_least, .. } = &mut criterion.measure {
                *at_least = Severity::Sev3;
            }
        }
    });
    run(
        &mut world,
        "cleo hold catalogue\nana approve checkout\nconfirm\ncounts checkout well 12\nwait 87s",
    );
    check_in(
        &mut world,
        "
        wait 1s
        counts checkout well 1
        ana approve checkout
        ",
        "
        09:01:41 errors of checkout says pass
        09:01:41 inc-1 is over by itself; lesson: none, because the signal came back
        09:01:41 speed of checkout says pass
        09:01:41 inc-2 is over by itself; lesson: none, because the signal came back
        09:01:41 orders of checkout says pass
        09:01:41 inc-3 is over by itself; lesson: none, because the signal came back
        09:01:41 calm of checkout says pass
        09:01:41 ana approved step 2 of checkout
        09:01:41 exposed checkout to 50 % (step 2), as the gate before it passed
        09:01:41 inc-5 is over by itself; lesson: none, because the decision was taken
        ",
    );
}

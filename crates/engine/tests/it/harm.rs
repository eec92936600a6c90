//! Harm: what takes everybody back at once, and what only stops growth.

use tidegate_engine::Request;
use tidegate_model::Millis;
use tidegate_model::seam::{ArmCounts, BrakeLook};

use crate::script::{check, run};
use crate::shop::name;
use crate::world::{World, gateway};

#[test]
fn harm_takes_everybody_back_at_once_and_pages_the_owner() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout worse 12
        show checkout
        show pages
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:01 orders of checkout says harm: new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance
        09:00:01 orders found harm in checkout; exposure falls at once
        09:00:01 rolling checkout back from 10 % to 0 %, because orders found harm
        09:00:01 inc-1 opened (sev2, checkout, by orders of checkout): checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:02 counts came late and are not judged
        = checkout is rolling back at 0 %, attempt 1; it waits for: not every gateway holds 0 % yet; inc-1 is open
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        09:00:12 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet; inc-1 is open
        ",
    );
}

#[test]
fn errors_beyond_their_limit_are_harm() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout failing 6
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 errors of checkout says harm: new 10.0 % of 200, old 0.2 % of 1800: worse beyond chance
        09:00:01 errors found harm in checkout; exposure falls at once
        09:00:01 rolling checkout back from 10 % to 0 %, because errors found harm
        09:00:01 inc-1 opened (sev2, checkout, by errors of checkout): checkout was rolled back because this failed: errors (new 10.0 % of 200, old 0.2 % of 1800: worse beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:01 counts came late and are not judged
        ",
    );
}

#[test]
fn harm_that_holds_moves_nobody_and_stops_growth() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout slow 6
        show checkout
        counts checkout well 12
        ana approve checkout
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says harm: new 30.0 % of 200 take longer than 500ms, 5.0 % may: beyond chance
        09:00:01 speed found harm in checkout; growth stops
        09:00:01 the gate (speed) holds checkout: this failed: speed (new 30.0 % of 200 take longer than 500ms, 5.0 % may: beyond chance)
        09:00:01 inc-1 opened (sev3, checkout, by speed of checkout): checkout is held because this failed: speed (new 30.0 % of 200 take longer than 500ms, 5.0 % may: beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:02 orders of checkout says pass
        09:00:05 the soak of checkout step 1 is over; its gate decides
        = checkout is gating at 10 %, attempt 1; it waits for: held by the gate, for speed since 09:00:01: this failed: speed (new 30.0 % of 200 take longer than 500ms, 5.0 % may: beyond chance); errors says not yet; speed says harm
        09:00:07 errors of checkout says pass
        refused TG9004: checkout is gating; there is nothing to approve now (its gate must pass first: speed says harm)
        = checkout is gating at 10 %, attempt 1; it waits for: held by the gate, for speed since 09:00:01: this failed: speed (new 30.0 % of 200 take longer than 500ms, 5.0 % may: beyond chance); speed says harm
        ",
    );
}

#[test]
fn a_stage_comes_back_only_with_a_change_a_lesson_and_an_approval() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout worse 12
        confirm
        ana approve checkout
        ana resolve inc-1 add a criterion for wallets
        ana approve checkout
        ana change checkout new deploy-7
        show checkout
        wait 5s
        ana approve checkout
        show checkout
        ana answer checkout inc-1 none wallets are not moved any more
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:01 orders of checkout says harm: new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance
        09:00:01 orders found harm in checkout; exposure falls at once
        09:00:01 rolling checkout back from 10 % to 0 %, because orders found harm
        09:00:01 inc-1 opened (sev2, checkout, by orders of checkout): checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:02 counts came late and are not judged
        09:00:12 checkout is back on the old side, on 1 gateway
        refused TG9003: checkout is rolled back; there is nothing to approve now (note the change that mends it: `tidegate change checkout SIDE REF`)
        09:00:12 ana resolved inc-1; lesson: add a criterion for wallets
        09:00:12 an approver of checkout answers inc-1 before its next gate
        refused TG9003: checkout is rolled back; there is nothing to approve now (note the change that mends it: `tidegate change checkout SIDE REF`)
        09:00:12 ana changed the new side of checkout (deploy-7); its evidence starts anew
        09:00:12 checkout is ready to be entered (attempt 2)
        09:00:12 asked ana and bea to approve entering checkout, until 09:01:42
        = checkout is ready at 0 %, attempt 2; it waits for: an approver's answer to inc-1, closed by ana: add a criterion for wallets; the approval of the owner of checkout (checkout-team) is missing
        09:00:17 ana approved entering checkout
        = checkout is ready at 0 %, attempt 2; it waits for: an approver's answer to inc-1, closed by ana: add a criterion for wallets
        09:00:17 ana answered inc-1 for checkout: none, because wallets are not moved any more
        09:00:17 exposed checkout to 10 % (step 1), as approved
        09:00:17 calm of checkout says pass
        09:00:17 step 1 of checkout is in force; it soaks until 09:00:22
        09:00:17 calm of checkout says pass
        = checkout is soaking at 10 %, attempt 2; it waits for: it soaks until 09:00:22; orders says not yet; errors says not yet; speed says not yet
        ",
    );
}

#[test]
fn a_change_before_the_lesson_waits_for_the_lesson() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout worse 12
        confirm
        ana change checkout new deploy-7
        show checkout
        ana resolve inc-1 add a criterion for wallets
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:01 speed of checkout says pass
        09:00:01 orders of checkout says harm: new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance
        09:00:01 orders found harm in checkout; exposure falls at once
        09:00:01 rolling checkout back from 10 % to 0 %, because orders found harm
        09:00:01 inc-1 opened (sev2, checkout, by orders of checkout): checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance)
        09:00:01 called ana for inc-1 (rung 1, call 1); next at 09:01:01
        09:00:02 counts came late and are not judged
        09:00:12 checkout is back on the old side, on 1 gateway
        09:00:12 ana changed the new side of checkout (deploy-7); its evidence starts anew
        = checkout is rolled back at 0 %, attempt 1; it waits for: inc-1 is open
        09:00:12 ana resolved inc-1; lesson: add a criterion for wallets
        09:00:12 an approver of checkout answers inc-1 before its next gate
        09:00:12 checkout is ready to be entered (attempt 2)
        09:00:12 asked ana and bea to approve entering checkout, until 09:01:42
        ",
    );
}

#[test]
fn the_plan_limits_attempts() {
    check(
        "
        ana approve checkout
        confirm
        ana rollback checkout one
        confirm
        ana change checkout new deploy-7
        ana approve checkout
        confirm
        ana rollback checkout two
        confirm
        ana change checkout new deploy-8
        show checkout
        ana approve checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: one
        09:00:00 checkout is back on the old side, on 1 gateway
        09:00:00 ana changed the new side of checkout (deploy-7); its evidence starts anew
        09:00:00 checkout is ready to be entered (attempt 2)
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: two
        09:00:00 checkout is back on the old side, on 1 gateway
        09:00:00 ana changed the new side of checkout (deploy-8); its evidence starts anew
        = checkout is rolled back at 0 %, attempt 2; it waits for: all 2 attempts of the plan are used up
        refused TG9010: checkout is rolled back; there is nothing to approve now (adopt a plan that allows more attempts than 2)
        ",
    );
}

#[test]
fn the_brake_needs_no_statistics() {
    check(
        "
        ana approve checkout
        confirm
        brake checkout 40/100 0/900
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        09:00:00 the brake of checkout saw 40 of 100 attempts fail; exposure falls at once
        09:00:00 rolling checkout back from 10 % to 0 %, by the brake
        09:00:00 inc-1 opened (sev1, checkout, by the brake of checkout): checkout was rolled back by the emergency brake: 40 of 100 attempts failed within 5s
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet; inc-1 is open
        ",
    );
}

#[test]
fn the_brake_looks_away_when_it_cannot_know() {
    check(
        "
        brake checkout 40/100 0/900
        ana approve checkout
        confirm
        brake checkout 19/19 0/900
        brake checkout 30/100 0/900
        brake checkout 40/100 400/900
        brake checkout 140/100 0/900
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        = checkout is soaking at 10 %, attempt 1; it waits for: it soaks until 09:00:05; orders says not yet; errors says not yet; speed says not yet
        ",
    );
}

#[test]
fn the_old_side_excuses_what_it_suffers_itself_and_no_more() {
    for (look, phase) in [
        ("60/100 360/900", "soaking"),
        ("71/100 360/900", "rolling back"),
        ("40/100 10/19", "rolling back"),
    ] {
        let mut world = World::shop();
        run(
            &mut world,
            &format!("ana approve checkout\nconfirm\nbrake checkout {look}"),
        );
        assert_eq!(world.phase("checkout"), phase, "{look}");
    }
}

#[test]
fn a_look_at_an_earlier_step_says_nothing_about_this_one() {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout well 12");
    let earlier = world.version();
    run(&mut world, "ana approve checkout\nconfirm");
    let bad = |version| {
        Request::Look(BrakeLook {
            stage: name("checkout"),
            version,
            over: Millis::seconds(5),
            old: ArmCounts { n: 900, hits: 0 },
            new: ArmCounts { n: 100, hits: 40 },
        })
    };
    world.must(gateway(), bad(earlier));
    assert_eq!(world.phase("checkout"), "soaking");
    let now = world.version();
    world.must(gateway(), bad(now));
    assert_eq!(world.phase("checkout"), "rolling back");
}

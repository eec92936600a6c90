//! The way back: who takes it, how long it is open, and what is left when it is closed.

use crate::script::{check, check_in, run};
use crate::world::World;

#[test]
fn at_full_exposure_the_old_side_excuses_nothing() {
    let mut world = World::shop();
    run(&mut world, AT_FULL);
    check_in(
        &mut world,
        "
        brake checkout 40/100 40/100
        show checkout
        ",
        "
        09:00:24 the brake of checkout saw 40 of 100 attempts fail; exposure falls at once
        09:00:24 rolling checkout back from 100 % to 0 %, by the brake
        09:00:24 inc-1 opened (sev1, checkout, by the brake of checkout): checkout was rolled back by the emergency brake: 40 of 100 attempts failed within 5s
        09:00:24 called ana for inc-1 (rung 1, call 1); next at 09:01:24
        = checkout is rolling back at 0 %, attempt 1; it waits for: not every gateway holds 0 % yet; inc-1 is open
        ",
    );
}

#[test]
fn people_who_answer_for_a_stage_take_it_back() {
    for person in ["ana", "bea", "hal", "gus", "gil"] {
        let seen = run(
            &mut World::shop(),
            &format!("ana approve checkout\nconfirm\n{person} rollback checkout it smells"),
        );
        assert!(
            seen.last()
                .is_some_and(|line| line.ends_with("rolling checkout back from 10 % to 0 %, as asked: it smells")),
            "{person}: {seen:#?}"
        );
    }
}

#[test]
fn a_rollback_is_asked_for_once_and_needs_something_exposed() {
    check(
        "
        ana rollback checkout nothing there
        ana approve checkout
        confirm
        max rollback checkout who am I
        ana rollback checkout it smells
        bea rollback checkout me too
        confirm
        ana rollback checkout again
        ",
        "
        refused TG9003: checkout is ready; nothing is exposed (everybody is on the old side already)
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        refused TG9001: max may not: the owner, the rungs above and the triggers may (ask somebody of checkout-team)
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: it smells
        09:00:00 checkout is back on the old side, on 1 gateway
        refused TG9003: checkout is rolled back; nothing is exposed (everybody is on the old side already)
        ",
    );
}

#[test]
fn a_step_that_is_not_in_force_yet_goes_back_too() {
    check(
        "
        ana approve checkout
        ana rollback checkout wrong button
        confirm
        show checkout
        ",
        "
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: wrong button
        09:00:00 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet
        ",
    );
}

/// Checkout at full exposure, with its way back open for 240 s and its watch over after 10.
const AT_FULL: &str = "
    ana approve checkout
    confirm
    counts checkout well 12
    ana approve checkout
    confirm
    counts checkout well 12
    ana approve checkout
    confirm
    ";

#[test]
fn inside_its_window_the_way_back_is_open_from_full_exposure() {
    let mut world = World::shop();
    run(&mut world, AT_FULL);
    check_in(
        &mut world,
        "
        counts checkout well 12
        ana rollback checkout refunds fail
        confirm
        show checkout
        ",
        "
        09:00:25 errors of checkout says pass
        09:00:25 speed of checkout says pass
        09:00:34 asked ana and bea to approve the finalisation of checkout, until 09:02:04
        09:00:36 rolling checkout back from 100 % to 0 %, as asked: refunds fail
        09:00:36 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet
        ",
    );
}

#[test]
fn after_its_window_the_way_back_is_refused_with_what_is_left() {
    let mut world = World::shop();
    run(&mut world, AT_FULL);
    check_in(
        &mut world,
        "
        counts checkout well 20
        wait 219s
        show checkout
        counts checkout well 1
        show checkout
        ana rollback checkout refunds fail
        ana rollback checkout refunds fail
        bea rollback checkout refunds fail
        bea rollback checkout prices are wrong
        counts checkout failing 8
        brake checkout 40/100 0/0
        show checkout
        ",
        "
        09:00:25 errors of checkout says pass
        09:00:25 speed of checkout says pass
        09:00:34 asked ana and bea to approve the finalisation of checkout, until 09:02:04
        09:01:04 errors of checkout says no data: nothing was counted since 2026-03-02 09:00:44
        09:01:04 inc-1 opened (sev3, checkout, by the silence of errors (checkout)): checkout: errors is silent - nothing was counted since 2026-03-02 09:00:44
        09:01:04 called ana for inc-1 (rung 1, call 1); next at 09:02:04
        09:01:04 speed of checkout says no data: nothing was counted since 2026-03-02 09:00:44
        09:01:04 inc-2 opened (sev3, checkout, by the silence of speed (checkout)): checkout: speed is silent - nothing was counted since 2026-03-02 09:00:44
        09:01:04 called ana for inc-2 (rung 1, call 1); next at 09:02:04
        09:01:30 the approval of catalogue is overdue; its owner is paged
        09:01:30 inc-3 opened (sev3, catalogue, by a decision that waits (catalogue)): catalogue waits for its approval
        09:01:30 called cleo for inc-3 (rung 1, call 1); next at 09:02:30
        09:02:04 called gus for inc-1 (rung 2, call 2); next at 09:03:04
        09:02:04 called gus for inc-2 (rung 2, call 2); next at 09:03:04
        09:02:04 the approval of checkout is overdue; its owner is paged
        09:02:04 inc-4 opened (sev3, checkout, by a decision that waits (checkout)): checkout waits for its approval
        09:02:04 called ana for inc-4 (rung 1, call 1); next at 09:03:04
        09:02:30 called gus for inc-3 (rung 2, call 2); next at 09:03:30
        09:03:04 called hal for inc-1 (rung 3, call 3); next at 09:05:04
        09:03:04 called hal for inc-2 (rung 3, call 3); next at 09:05:04
        09:03:04 called gus for inc-4 (rung 2, call 2); next at 09:04:04
        09:03:30 called hal for inc-3 (rung 3, call 3); next at 09:05:30
        09:04:04 called hal for inc-4 (rung 3, call 3); next at 09:06:04
        = checkout is watching at 100 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing; errors says no data; speed says no data
        09:04:24 errors of checkout says pass
        09:04:24 inc-1 is over by itself; lesson: none, because the signal came back
        09:04:24 speed of checkout says pass
        09:04:24 inc-2 is over by itself; lesson: none, because the signal came back
        = checkout is watching at 100 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
        09:04:24 inc-5 opened (sev2, checkout, by ana): checkout cannot be rolled back any more (refunds fail) - fix forward: repair the orders by hand; runbook checkout-down
        09:04:24 called ana for inc-5 (rung 1, call 1); next at 09:05:24
        refused TG9012: the way back of checkout is closed (fix forward: repair the orders by hand; runbook checkout-down)
        refused TG9012: the way back of checkout is closed (fix forward: repair the orders by hand; runbook checkout-down)
        refused TG9012: the way back of checkout is closed (fix forward: repair the orders by hand; runbook checkout-down)
        refused TG9012: the way back of checkout is closed (fix forward: repair the orders by hand; runbook checkout-down)
        09:04:32 errors of checkout says harm: new 2.9 % of 58000 fail, 2 % may: beyond chance
        09:04:32 errors found harm in checkout; growth stops
        09:04:32 the gate (errors) holds checkout: this failed: errors (new 2.9 % of 58000 fail, 2 % may: beyond chance)
        09:04:32 inc-6 opened (sev1, checkout, by errors of checkout): checkout: this failed: errors (new 2.9 % of 58000 fail, 2 % may: beyond chance); the way back is closed - fix forward: repair the orders by hand; runbook checkout-down
        09:04:32 called ana for inc-6 (rung 1, call 1); next at 09:05:32
        09:04:32 the brake of checkout saw harm; growth stops
        09:04:32 tidegate holds checkout: the emergency brake: 40 of 100 attempts failed within 5s
        09:04:32 inc-7 opened (sev1, checkout, by the brake of checkout): checkout: the emergency brake: 40 of 100 attempts failed within 5s; the way back is closed - fix forward: repair the orders by hand; runbook checkout-down
        09:04:32 called ana for inc-7 (rung 1, call 1); next at 09:05:32
        = checkout is watching at 100 %, attempt 1; it waits for: held by the gate, for errors since 09:04:32: this failed: errors (new 2.9 % of 58000 fail, 2 % may: beyond chance); held by tidegate since 09:04:32: the emergency brake: 40 of 100 attempts failed within 5s; inc-5 is open; the approval of the owner of checkout (checkout-team) is missing; errors says harm; calm says not yet
        ",
    );
}

#[test]
fn after_finalisation_nothing_goes_back() {
    let mut world = World::shop();
    run(&mut world, AT_FULL);
    check_in(
        &mut world,
        "
        counts checkout well 10
        ana finalise checkout
        show checkout
        ana rollback checkout refunds fail
        brake checkout 40/100 0/0
        counts checkout failing 8
        confirm
        show checkout
        ",
        "
        09:00:25 errors of checkout says pass
        09:00:25 speed of checkout says pass
        09:00:34 asked ana and bea to approve the finalisation of checkout, until 09:02:04
        09:00:34 ana approved the finalisation of checkout
        09:00:34 tidegate finalised checkout; there is no way back
        = checkout is finalised at 100 %, attempt 1; it waits for: nothing
        09:00:34 inc-1 opened (sev2, checkout, by ana): checkout cannot be rolled back any more (refunds fail) - fix forward: repair the orders by hand; runbook checkout-down
        09:00:34 called ana for inc-1 (rung 1, call 1); next at 09:01:34
        refused TG9012: the way back of checkout is closed (fix forward: repair the orders by hand; runbook checkout-down)
        09:00:35 counts came late and are not judged
        = checkout is finalised at 100 %, attempt 1; it waits for: nothing
        ",
    );
}

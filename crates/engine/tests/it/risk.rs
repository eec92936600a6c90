//! Risk that is accepted where a gate cannot tell: by whom, on what, for how long.

use crate::script::{check, check_in, run};
use crate::world::World;

/// Checkout at its first step, where no test can tell: the gate says `not yet`.
const CANNOT_TELL: &str = "
    ana approve checkout
    confirm
    counts checkout unsure 6
    ";

#[test]
fn risk_is_accepted_by_an_approver_and_a_rung_above() {
    let mut world = World::shop();
    run(&mut world, CANNOT_TELL);
    check_in(
        &mut world,
        "
        max accept-risk checkout it will be fine
        ana accept-risk checkout
        ana accept-risk checkout a sale begins
        show checkout
        bea accept-risk checkout me too
        hal accept-risk checkout agreed
        confirm
        show checkout
        ",
        "
        refused TG9001: max may not: an approver and a rung above accept risk (ask somebody of checkout-team)
        refused TG9015: accepting risk needs a reason (say why)
        09:00:06 ana accepted the risk of step 2 of checkout as approver: a sale begins; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        = checkout is gating at 10 %, attempt 1; it waits for: orders says not yet; errors says not yet; speed says not yet; its risk is not accepted by somebody on a rung above
        09:00:06 bea accepted the risk of step 2 of checkout as approver: me too; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 hal accepted the risk of step 2 of checkout from a rung above: agreed; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 exposed checkout to 50 % (step 2), on accepted risk
        09:00:06 step 2 of checkout is in force; it soaks until 09:00:11
        09:00:06 calm of checkout says pass
        = checkout is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:11; orders says not yet; errors says not yet; speed says not yet
        ",
    );
}

#[test]
fn what_was_accepted_is_shown_as_accepted_for_ever() {
    let mut world = World::shop();
    run(&mut world, CANNOT_TELL);
    run(
        &mut world,
        "
        ana accept-risk checkout a sale begins
        hal accept-risk checkout agreed
        confirm
        counts checkout well 12
        ana approve checkout
        confirm
        ",
    );
    let view = tidegate_engine::view::status(&world.estate, &world.state, world.now);
    let stages = view.plans.iter().flat_map(|plan| &plan.stages);
    let marks = stages
        .filter(|stage| stage.id.as_str() == "checkout")
        .flat_map(|stage| &stage.marks);
    let labels: Vec<&str> = marks.map(|mark| mark.label.as_str()).collect();
    assert_eq!(labels, ["10 %", "50 %, risk accepted", "100 %"]);
    let passed = world.journal.iter().filter(|event| event.body.kind() == "gate-passed");
    assert_eq!(passed.count(), 1, "the step whose risk was accepted has not passed");
}

#[test]
fn a_decision_that_was_asked_for_ends_its_page() {
    let mut world = World::calm();
    run(
        &mut world,
        "cleo approve catalogue\nconfirm\ncounts catalogue unsure 120",
    );
    check_in(
        &mut world,
        "
        show pages
        cleo accept-risk catalogue a sale begins
        gus accept-risk catalogue agreed
        show pages
        ",
        "
        = pages under way: cleo of inc-1 by way 1
        09:02:00 cleo accepted the risk of step 2 of catalogue as approver: a sale begins
        09:02:00 gus accepted the risk of step 2 of catalogue from a rung above: agreed
        09:02:00 exposed catalogue to 100 % (step 2), on accepted risk
        09:02:00 inc-1 is over by itself; lesson: none, because the decision was taken
        = pages under way: none
        ",
    );
}

#[test]
fn nobody_accepts_a_risk_in_both_roles() {
    let mut world = World::shop_with(|parts| {
        // Bea stands on the second rung too.
        let platform = parts
            .teams
            .iter_mut()
            .find(|team| team.id.as_str() == "platform")
            .unwrap();
        platform.on_call.push(crate::shop::name("bea"));
    });
    run(&mut world, CANNOT_TELL);
    check_in(
        &mut world,
        "
        bea accept-risk checkout a sale begins
        bea accept-risk checkout and again
        bea accept-risk checkout and again
        show checkout
        ana accept-risk checkout agreed
        ",
        "
        09:00:06 bea accepted the risk of step 2 of checkout as approver: a sale begins; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 bea accepted the risk of step 2 of checkout from a rung above: and again; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 bea accepted the risk of step 2 of checkout as approver: and again; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        = checkout is gating at 10 %, attempt 1; it waits for: orders says not yet; errors says not yet; speed says not yet; its risk is not accepted by somebody on a rung above
        09:00:06 ana accepted the risk of step 2 of checkout as approver: agreed; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        ",
    );
}

#[test]
fn accepted_risk_goes_stale() {
    let mut world = World::shop_with(|parts| {
        for stage in &mut parts.plans[0].stages {
            stage.gate.fresh_for = tidegate_model::Millis::seconds(15);
        }
    });
    run(&mut world, CANNOT_TELL);
    check_in(
        &mut world,
        "
        ana accept-risk checkout a sale begins
        counts checkout unsure 16
        hal accept-risk checkout agreed
        show checkout
        ana accept-risk checkout still
        ",
        "
        09:00:06 ana accepted the risk of step 2 of checkout as approver: a sale begins; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:22 hal accepted the risk of step 2 of checkout from a rung above: agreed; not excluded: 68.3 % of attempts lost, 73,788 EUR an hour at the traffic declared
        = checkout is gating at 10 %, attempt 1; it waits for: orders says not yet; errors says not yet; speed says not yet; its risk is not accepted by an approver
        09:00:22 ana accepted the risk of step 2 of checkout as approver: still; not excluded: 68.3 % of attempts lost, 73,788 EUR an hour at the traffic declared
        09:00:22 exposed checkout to 50 % (step 2), on accepted risk
        ",
    );
}

#[test]
fn risk_is_accepted_on_not_yet_only() {
    check(
        "
        ana accept-risk checkout now
        ana approve checkout
        ana accept-risk checkout now
        confirm
        ana accept-risk checkout now
        wait 5s
        wait 20s
        ana accept-risk checkout now
        counts checkout missplit 6
        ana accept-risk checkout now
        ",
        "
        refused TG9011: checkout is ready; risk is accepted only where a gate cannot tell (it must be exposed first, and its gate unable to tell)
        09:00:00 ana approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        refused TG9011: checkout is exposing; risk is accepted only where a gate cannot tell (wait until the soak is over)
        09:00:00 step 1 of checkout is in force; it soaks until 09:00:05
        09:00:00 calm of checkout says pass
        refused TG9011: checkout is soaking; risk is accepted only where a gate cannot tell (wait until the soak is over)
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:20 errors of checkout says no data: nothing was counted since 2026-03-02 09:00:00
        09:00:20 inc-1 opened (sev3, checkout, by the silence of errors (checkout)): checkout: errors is silent - nothing was counted since 2026-03-02 09:00:00
        09:00:20 called ana for inc-1 (rung 1, call 1); next at 09:01:20
        09:00:20 speed of checkout says no data: nothing was counted since 2026-03-02 09:00:00
        09:00:20 inc-2 opened (sev3, checkout, by the silence of speed (checkout)): checkout: speed is silent - nothing was counted since 2026-03-02 09:00:00
        09:00:20 called ana for inc-2 (rung 1, call 1); next at 09:01:20
        09:00:22 orders of checkout says no data: nothing was counted since 2026-03-02 09:00:00
        09:00:22 inc-3 opened (sev3, checkout, by the silence of orders (checkout)): checkout: orders is silent - nothing was counted since 2026-03-02 09:00:00
        09:00:22 called ana for inc-3 (rung 1, call 1); next at 09:01:22
        refused TG9011: `orders` says no data (risk can be accepted on `not yet` only)
        09:00:26 errors of checkout says invalid: visitors are not split as planned
        09:00:26 speed of checkout says invalid: visitors are not split as planned
        09:00:26 orders of checkout says invalid: visitors are not split as planned
        refused TG9011: `orders` says invalid (risk can be accepted on `not yet` only)
        ",
    );
}

#[test]
fn a_gate_that_passes_has_no_risk_to_accept() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue well 6
        cleo accept-risk catalogue quickly
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:01 pages of catalogue says pass
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:05 the gate of catalogue step 1 passed on 1 criterion
        09:00:05 asked cleo to approve step 2 of catalogue, until 09:01:35
        refused TG9011: the gate of catalogue passes; there is no risk to accept (approve its next step)
        ",
    );
}

#[test]
fn accepted_risk_waits_for_what_else_stands_in_the_way() {
    let mut world = World::shop();
    run(&mut world, CANNOT_TELL);
    check_in(
        &mut world,
        "
        bea hold checkout
        ana accept-risk checkout a sale begins
        hal accept-risk checkout agreed
        show checkout
        bea resume checkout
        ",
        "
        09:00:06 bea holds checkout
        09:00:06 ana accepted the risk of step 2 of checkout as approver: a sale begins; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 hal accepted the risk of step 2 of checkout from a rung above: agreed; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        = checkout is gating at 10 %, attempt 1; it waits for: held by bea since 09:00:06; orders says not yet; errors says not yet; speed says not yet
        09:00:06 bea lifted their hold on checkout: looked at it
        09:00:06 exposed checkout to 50 % (step 2), on accepted risk
        ",
    );
}

#[test]
fn accepted_risk_lapses_with_a_change() {
    let mut world = World::shop();
    run(&mut world, CANNOT_TELL);
    check_in(
        &mut world,
        "
        ana accept-risk checkout a sale begins
        ana change checkout new deploy-9
        confirm
        counts checkout unsure 6
        hal accept-risk checkout agreed
        show checkout
        ",
        "
        09:00:06 ana accepted the risk of step 2 of checkout as approver: a sale begins; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        09:00:06 ana changed the new side of checkout (deploy-9); its evidence starts anew
        09:00:06 calm of checkout says pass
        09:00:06 step 1 of checkout is in force; it soaks until 09:00:11
        09:00:06 calm of checkout says pass
        09:00:11 the soak of checkout step 1 is over; its gate decides
        09:00:12 hal accepted the risk of step 2 of checkout from a rung above: agreed; not excluded: 100.0 % of attempts lost, 108,000 EUR an hour at the traffic declared
        = checkout is gating at 10 %, attempt 1; it waits for: orders says not yet; errors says not yet; speed says not yet; its risk is not accepted by an approver
        ",
    );
}

/// Half of it was accepted on better evidence; the other half does not make it whole.
#[test]
fn risk_that_was_accepted_before_a_worse_verdict_is_accepted_no_longer() {
    let mut world = World::calm();
    run(&mut world, CANNOT_TELL);
    run(
        &mut world,
        "ana accept-risk checkout x\nwait 120s\ncounts checkout unsure 2",
    );
    let seen = run(&mut world, "hal accept-risk checkout y\nshow checkout");
    assert!(
        seen.last()
            .unwrap()
            .ends_with("its risk is not accepted by an approver"),
        "{seen:#?}"
    );
}

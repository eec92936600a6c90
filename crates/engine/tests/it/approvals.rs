//! Who approves what, for how long, and what makes an approval lapse.

use crate::script::{check, check_in, run};
use crate::world::World;

/// Pricing is ready.
const PRICING_READY: &str = "
    cleo approve catalogue
    confirm
    counts catalogue well 6
    cleo approve catalogue
    confirm
    ";

#[test]
fn only_approvers_approve_and_whoever_executes_does_not() {
    check(
        "
        max approve checkout
        hal approve checkout
        cleo approve checkout
        ben approve checkout
        @change approve checkout
        bea approve checkout
        ",
        "
        refused TG9001: max may not: approvers approve, executors do not (ask somebody of checkout-team)
        refused TG9001: hal may not: approvers approve, executors do not (ask somebody of checkout-team)
        refused TG9001: cleo may not: approvers approve, executors do not (ask somebody of checkout-team)
        refused TG9001: ben may not: approvers approve, executors do not (ask somebody of checkout-team)
        refused TG9001: service change may not: approvers approve, executors do not (ask somebody of checkout-team)
        09:00:00 bea approved entering checkout
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn one_person_stands_for_one_approver_only() {
    let mut world = World::shop();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        gil approve pricing
        show pricing
        gil approve pricing
        show pricing
        pat approve pricing
        ",
        "
        09:00:06 gil approved entering pricing
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of platform is missing
        09:00:06 gil approved entering pricing
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of platform is missing
        09:00:06 pat approved entering pricing
        09:00:06 exposed pricing to 50 % (step 1), as approved
        ",
    );
}

#[test]
fn whoever_could_stand_for_both_stands_where_the_other_cannot() {
    let mut world = World::shop();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        gil approve pricing
        gus approve pricing
        ",
        "
        09:00:06 gil approved entering pricing
        09:00:06 gus approved entering pricing
        09:00:06 exposed pricing to 50 % (step 1), as approved
        ",
    );
}

#[test]
fn an_approval_goes_stale_and_is_asked_for_again() {
    let mut world = World::calm();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        pat approve pricing
        gus hold pricing
        wait 601s
        gus resume pricing
        show pricing
        gus approve pricing
        pat approve pricing
        ",
        "
        09:00:06 pat approved entering pricing
        09:00:06 gus holds pricing
        09:00:16 asked cleo to approve the finalisation of catalogue, until 19:00:16
        09:10:07 gus lifted their hold on pricing: looked at it
        09:10:07 asked gil, gus and pat to approve entering pricing, until 19:10:07
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        09:10:07 gus approved entering pricing
        09:10:07 pat approved entering pricing
        09:10:07 exposed pricing to 50 % (step 1), as approved
        ",
    );
}

#[test]
fn nobody_is_asked_again_while_an_answer_would_open_nothing() {
    let mut world = World::calm();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        pat approve pricing
        gus hold pricing
        wait 601s
        cleo feedback pricing odd rounding
        show pricing
        ",
        "
        09:00:06 pat approved entering pricing
        09:00:06 gus holds pricing
        09:00:16 asked cleo to approve the finalisation of catalogue, until 19:00:16
        09:10:07 cleo filed fb-1 against pricing, from odd: rounding
        = pricing is ready at 0 %, attempt 1; it waits for: held by gus since 09:00:06; an approver's answer to fb-1 from odd, filed by cleo: rounding; the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        ",
    );
}

#[test]
fn a_question_that_waits_too_long_is_paged_once_and_its_page_ends_with_the_answer() {
    check(
        "
        ana hold checkout
        wait 89s
        wait 1s
        wait 30s
        cleo approve catalogue
        show pages
        ",
        "
        09:00:00 ana holds checkout
        09:01:30 the approval of catalogue is overdue; its owner is paged
        09:01:30 inc-1 opened (sev3, catalogue, by a decision that waits (catalogue)): catalogue waits for its approval
        09:01:30 called cleo for inc-1 (rung 1, call 1); next at 09:02:30
        09:01:30 the approval of checkout is overdue; its owner is paged
        09:01:30 inc-2 opened (sev3, checkout, by a decision that waits (checkout)): checkout waits for its approval
        09:01:30 called ana for inc-2 (rung 1, call 1); next at 09:02:30
        09:02:00 cleo approved entering catalogue
        09:02:00 exposed catalogue to 50 % (step 1), as approved
        09:02:00 inc-1 is over by itself; lesson: none, because the decision was taken
        = pages under way: ana of inc-2 by way 1, ana of inc-2 by way 2
        ",
    );
}

#[test]
fn harm_takes_approvals_away() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 12\nbea hold checkout",
    );
    check_in(
        &mut world,
        "
        ana approve checkout
        show checkout
        brake checkout 40/100 0/900
        confirm
        bea resume checkout
        ana resolve inc-1 none, because the provider was down
        ana change checkout new deploy-8
        show checkout
        ",
        "
        09:00:12 ana approved step 2 of checkout
        = checkout is gating at 10 %, attempt 1; it waits for: held by bea since 09:00:12
        09:00:12 the brake of checkout saw 40 of 100 attempts fail; exposure falls at once
        09:00:12 rolling checkout back from 10 % to 0 %, by the brake
        09:00:12 inc-1 opened (sev1, checkout, by the brake of checkout): checkout was rolled back by the emergency brake: 40 of 100 attempts failed within 5s
        09:00:12 called ana for inc-1 (rung 1, call 1); next at 09:01:12
        09:00:12 checkout is back on the old side, on 1 gateway
        09:00:12 bea lifted their hold on checkout: looked at it
        09:00:12 ana resolved inc-1; lesson: none, because the provider was down
        09:00:12 an approver of checkout answers inc-1 before its next gate
        09:00:12 ana answered inc-1 for checkout: none, because the provider was down
        09:00:12 ana changed the new side of checkout (deploy-8); its evidence starts anew
        09:00:12 checkout is ready to be entered (attempt 2)
        09:00:12 asked ana and bea to approve entering checkout, until 09:01:42
        = checkout is ready at 0 %, attempt 2; it waits for: the approval of the owner of checkout (checkout-team) is missing
        ",
    );
}

#[test]
fn a_change_takes_approvals_away() {
    let mut world = World::shop();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        pat approve pricing
        show pricing
        pat change pricing new deploy-8
        show pricing
        ",
        "
        09:00:06 pat approved entering pricing
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of platform is missing
        09:00:06 pat changed the new side of pricing (deploy-8); its evidence starts anew
        09:00:06 asked gil, gus and pat to approve entering pricing, until 09:01:36
        = pricing is ready at 0 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing; the approval of platform is missing
        ",
    );
}

#[test]
fn the_approval_of_one_step_opens_no_other() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 12\nana approve checkout\nconfirm",
    );
    check_in(
        &mut world,
        "
        counts checkout well 19
        show checkout
        ",
        "
        09:00:13 speed of checkout says pass
        09:00:13 orders of checkout says pass
        09:00:15 errors of checkout says pass
        09:00:17 the soak of checkout step 2 is over; its gate decides
        09:00:17 the gate of checkout step 2 passed on 4 criteria
        09:00:17 asked ana and bea to approve step 3 of checkout, until 09:01:47
        = checkout is gating at 50 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
        ",
    );
}

#[test]
fn the_point_of_no_return_needs_its_own_approval_and_nothing_in_its_way() {
    let mut world = World::shop();
    run(&mut world, PRICING_READY);
    check_in(
        &mut world,
        "
        cleo finalise catalogue
        cleo approve catalogue
        wait 10s
        cleo hold catalogue
        cleo finalise catalogue
        cleo resume catalogue
        cleo open catalogue sev2 the search is empty
        cleo finalise catalogue
        cleo approve catalogue
        cleo resolve inc-1 none, because it was a filter
        max finalise catalogue
        cleo finalise catalogue
        cleo finalise catalogue
        ",
        "
        refused TG9003: catalogue is watching; it cannot be made final now (wait until its watch is over, at 2026-03-02T09:00:16.000Z)
        refused TG9003: catalogue is watching; there is nothing to approve now (wait until its watch is over)
        09:00:16 asked cleo to approve the finalisation of catalogue, until 09:01:46
        09:00:16 cleo holds catalogue
        refused TG9008: catalogue cannot be made final: held by cleo (see to that first; the point of no return is not approved in advance)
        09:00:16 cleo lifted their hold on catalogue: looked at it
        09:00:16 inc-1 opened (sev2, catalogue, by cleo): the search is empty
        09:00:16 called cleo for inc-1 (rung 1, call 1); next at 09:01:16
        refused TG9006: catalogue cannot be made final: inc-1 is open (see to that first; the point of no return is not approved in advance)
        refused TG9006: catalogue cannot be made final: inc-1 is open (see to that first; the point of no return is not approved in advance)
        09:00:16 cleo resolved inc-1; lesson: none, because it was a filter
        09:00:16 an approver of catalogue answers inc-1 before its next gate
        09:00:16 cleo answered inc-1 for catalogue: none, because it was a filter
        refused TG9001: max may not: approvers approve, executors do not (ask somebody of catalogue-team)
        09:00:16 cleo approved the finalisation of catalogue
        09:00:16 tidegate finalised catalogue; there is no way back
        refused TG9003: catalogue is finalised; it cannot be made final now (nothing is left to finalise)
        ",
    );
}

#[test]
fn an_approval_falls_with_a_worse_verdict_and_is_asked_for_again() {
    let mut world = World::calm();
    run(&mut world, PRICING_READY);
    run(
        &mut world,
        "
        gus approve pricing
        pat approve pricing
        confirm
        wait 5s
        pat attest pricing look yes
        sql pricing prices clean
        pat approve pricing
        ",
    );
    let seen = run(
        &mut world,
        "
        sql pricing prices silent
        gus approve pricing
        sql pricing prices clean
        show pricing
        gus approve pricing
        pat approve pricing
        ",
    );
    let fallen = seen
        .iter()
        .position(|line| line.contains("the approval of the owner of pricing (pricing-team) is missing"));
    let asked = seen
        .iter()
        .position(|line| line.contains("asked gil, gus and pat to approve step 2 of pricing"));
    let exposed = seen.iter().position(|line| line.contains("exposed pricing to 100 %"));
    assert!(asked < fallen && fallen < exposed && asked.is_some(), "{seen:#?}");
}

/// Nobody has seen a gate pass that does not pass now.
#[test]
fn a_gate_that_no_longer_passes_is_not_approved() {
    for (how, word) in [("silent", "source down"), ("differs", "harm")] {
        let mut world = World::calm();
        run(&mut world, PRICING_READY);
        run(
            &mut world,
            "gus approve pricing\npat approve pricing\nconfirm\nwait 5s\npat attest pricing look yes\nsql pricing prices clean",
        );
        let seen = run(&mut world, &format!("sql pricing prices {how}\npat approve pricing"));
        assert_eq!(
            seen.last().unwrap(),
            &format!(
                "refused TG9004: the gate of pricing does not pass now: prices says {word} (wait until it passes again)"
            )
        );
    }
}

/// While pricing is held nobody is asked for what would only wait; then those alone are whose approval fell.
#[test]
fn whose_approval_fell_is_asked_again_once_nothing_else_stands_in_the_way() {
    let mut world = World::calm();
    run(&mut world, PRICING_READY);
    run(
        &mut world,
        "gus approve pricing\npat approve pricing\nconfirm\nwait 5s\npat attest pricing look yes\nsql pricing prices clean",
    );
    check_in(
        &mut world,
        "
        pat approve pricing
        gil hold pricing
        sql pricing prices silent
        wait 1s
        sql pricing prices clean
        gus approve pricing
        show pricing
        gil resume pricing
        show pricing
        pat approve pricing
        ",
        "
        09:00:11 pat approved step 2 of pricing
        09:00:11 gil holds pricing
        09:00:11 prices of pricing says source down: connection refused
        09:00:12 prices of pricing says pass
        09:00:12 gus approved step 2 of pricing
        = pricing is gating at 50 %, attempt 1; it waits for: held by gil since 09:00:11; the approval of the owner of pricing (pricing-team) is missing
        09:00:12 gil lifted their hold on pricing: looked at it
        09:00:12 asked gil and pat to approve step 2 of pricing, until 19:00:12
        = pricing is gating at 50 %, attempt 1; it waits for: the approval of the owner of pricing (pricing-team) is missing
        09:00:12 pat approved step 2 of pricing
        09:00:12 exposed pricing to 100 % (step 2), as the gate before it passed
        ",
    );
}

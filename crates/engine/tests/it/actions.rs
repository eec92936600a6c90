//! Granted actions: who uses them, what they set, and how they end.

use crate::script::{check, check_in, run};
use crate::world::World;

#[test]
fn an_action_sets_its_switches_until_it_expires() {
    check_in(
        &mut World::calm(),
        "
        show switches
        bea open checkout sev1 nobody can pay
        ana act inc-1 wallet-off
        show switches
        ana resolve inc-1 none, because the wallet was down
        wait 599s
        show switches
        wait 1s
        show switches
        ",
        "
        = checkout.coupons = on, checkout.wallet = on
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 ana used wallet-off in inc-1 (checkout.wallet = off, until 09:10:00)
        09:00:00 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 19:00:00
        = checkout.coupons = on, checkout.wallet = off by wallet-off
        09:00:00 ana resolved inc-1; lesson: none, because the wallet was down
        09:00:00 an approver of checkout answers inc-1 before its next gate
        09:00:00 ana answered inc-1 for checkout: none, because the wallet was down
        = checkout.coupons = on, checkout.wallet = off by wallet-off
        09:10:00 wallet-off ended by its expiry
        09:10:00 tidegate changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:10:00 asked ana and bea to approve entering checkout, until 19:10:00
        = checkout.coupons = on, checkout.wallet = on
        ",
    );
}

#[test]
fn an_action_is_ended_before_its_time_by_whoever_may() {
    check(
        "
        bea open checkout sev1 nobody can pay
        ana act inc-1 wallet-off
        cleo revert wallet-off
        gus revert wallet-off
        show switches
        ana revert wallet-off
        ana revert lights-off
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 ana used wallet-off in inc-1 (checkout.wallet = off, until 09:10:00)
        09:00:00 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        refused TG9001: cleo may not: the owner's people and the rungs above revert (ask somebody of checkout-team)
        09:00:00 gus ended wallet-off
        09:00:00 gus changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        = checkout.coupons = on, checkout.wallet = on
        refused TG9003: `wallet-off` is not active (`tidegate status` lists what is active)
        refused TG9002: there is no action `lights-off` (`tidegate status` lists what there is)
        ",
    );
}

#[test]
fn an_action_is_used_by_whoever_answers_for_the_domain_in_its_own_incident() {
    check(
        "
        ana act inc-1 wallet-off
        bea open checkout sev2 nobody can pay
        cleo open catalogue sev2 search is empty
        max act inc-1 wallet-off
        olga act inc-1 wallet-off
        @change act inc-1 wallet-off
        cleo act inc-2 wallet-off
        ana act inc-1 lights-off
        hal act inc-1 wallet-off
        ",
        "
        refused TG9002: there is no incident `inc-1` (`tidegate status` lists what there is)
        09:00:00 inc-1 opened (sev2, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 inc-2 opened (sev2, catalogue, by cleo): search is empty
        09:00:00 called cleo for inc-2 (rung 1, call 1); next at 09:01:00
        refused TG9001: max may not: the owner's people and the rungs above act (ask somebody of checkout-team)
        refused TG9001: olga may not: the owner's people and the rungs above act (ask somebody of checkout-team)
        refused TG9001: service change may not: the owner's people and the rungs above act (ask somebody of checkout-team)
        refused TG9001: `wallet-off` is no action that catalogue grants (use an action that stands in the page, or add it to the domain's authority)
        refused TG9001: `lights-off` is no action that checkout grants (use an action that stands in the page, or add it to the domain's authority)
        09:00:00 hal acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 hal used wallet-off in inc-1 (checkout.wallet = off, until 09:10:00)
        09:00:00 hal changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        ",
    );
}

#[test]
fn whoever_acts_has_the_incident_and_an_action_of_another_renews_it() {
    let mut world = World::calm();
    run(&mut world, "bea open checkout sev2 nobody can pay\nwait 60s");
    check_in(
        &mut world,
        "
        gus act inc-1 wallet-off
        wait 200s
        ana act inc-1 extras-off
        wait 299s
        wait 1s
        ",
        "
        09:01:00 gus acknowledged inc-1; the pager is silent until 09:06:00
        09:01:00 gus used wallet-off in inc-1 (checkout.wallet = off, until 09:11:00)
        09:01:00 gus changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:01:00 asked ana and bea to approve entering checkout, until 19:01:00
        09:04:20 gus still has inc-1; the pager is silent until 09:09:20
        09:04:20 ana used extras-off in inc-1 (checkout.wallet = off and checkout.coupons = off, until 09:19:20)
        09:04:20 ana changed the new side of checkout (extras-off): its switches changed; its evidence starts anew
        09:04:20 asked ana and bea to approve entering checkout, until 19:04:20
        09:09:20 the acknowledgement of inc-1 ran out without an update
        09:09:20 called gus for inc-1 (rung 2, call 3); next at 09:10:20
        ",
    );
}

#[test]
fn of_two_actions_on_one_switch_the_later_wins_and_the_other_is_left() {
    check(
        "
        bea open checkout sev2 nobody can pay
        ana act inc-1 extras-off
        ana act inc-1 wallet-off
        show switches
        ana revert wallet-off
        show switches
        ana revert extras-off
        show switches
        ",
        "
        09:00:00 inc-1 opened (sev2, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 ana used extras-off in inc-1 (checkout.wallet = off and checkout.coupons = off, until 09:15:00)
        09:00:00 ana changed the new side of checkout (extras-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        09:00:00 ana used wallet-off in inc-1 (checkout.wallet = off, until 09:10:00)
        09:00:00 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        = checkout.coupons = off by extras-off, checkout.wallet = off by wallet-off
        09:00:00 ana ended wallet-off
        09:00:00 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        = checkout.coupons = off by extras-off, checkout.wallet = off by extras-off
        09:00:00 ana ended extras-off
        09:00:00 ana changed the new side of checkout (extras-off): its switches changed; its evidence starts anew
        09:00:00 asked ana and bea to approve entering checkout, until 09:01:30
        = checkout.coupons = on, checkout.wallet = on
        ",
    );
}

#[test]
fn an_action_used_again_lasts_anew() {
    let mut world = World::calm();
    run(
        &mut world,
        "bea open checkout sev2 nobody can pay\nana act inc-1 wallet-off\nana resolve inc-1 none, because",
    );
    run(&mut world, "bea open checkout sev2 nobody can pay");
    check_in(
        &mut world,
        "
        ana ack inc-2
        wait 290s
        ana act inc-2 wallet-off
        ana resolve inc-2 none, because
        wait 599s
        show switches
        wait 1s
        show switches
        ",
        "
        09:00:00 ana acknowledged inc-2; the pager is silent until 09:05:00
        09:04:50 ana acknowledged inc-2; the pager is silent until 09:09:50
        09:04:50 ana used wallet-off in inc-2 (checkout.wallet = off, until 09:14:50)
        09:04:50 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:04:50 asked ana and bea to approve entering checkout, until 19:04:50
        09:04:50 ana resolved inc-2; lesson: none, because
        09:04:50 an approver of checkout answers inc-2 before its next gate
        = checkout.coupons = on, checkout.wallet = off by wallet-off
        09:14:50 wallet-off ended by its expiry
        09:14:50 tidegate changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:14:50 asked ana and bea to approve entering checkout, until 19:14:50
        = checkout.coupons = on, checkout.wallet = on
        ",
    );
}

#[test]
fn a_switch_that_changes_starts_the_evidence_of_its_stages_anew() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout well 12");
    check_in(
        &mut world,
        "
        show checkout
        bea open checkout sev3 the wallet is slow
        ana act inc-1 wallet-off
        show checkout
        confirm
        counts checkout well 12
        show checkout
        ana revert wallet-off
        show checkout
        ",
        "
        = checkout is gating at 10 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
        09:00:12 inc-1 opened (sev3, checkout, by bea): the wallet is slow
        09:00:12 called ana for inc-1 (rung 1, call 1); next at 09:01:12
        09:00:12 ana acknowledged inc-1; the pager is silent until 09:05:12
        09:00:12 ana used wallet-off in inc-1 (checkout.wallet = off, until 09:10:12)
        09:00:12 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:12 calm of checkout says pass
        = checkout is exposing at 10 %, attempt 1; it waits for: not every gateway holds 10 % yet
        09:00:12 step 1 of checkout is in force; it soaks until 09:00:17
        09:00:12 calm of checkout says pass
        09:00:13 speed of checkout says pass
        09:00:14 orders of checkout says pass
        09:00:17 the soak of checkout step 1 is over; its gate decides
        09:00:19 errors of checkout says pass
        09:00:19 the gate of checkout step 1 passed on 4 criteria
        09:00:19 asked ana and bea to approve step 2 of checkout, until 19:00:19
        = checkout is gating at 10 %, attempt 1; it waits for: the approval of the owner of checkout (checkout-team) is missing
        09:00:24 ana ended wallet-off
        09:00:24 ana changed the new side of checkout (wallet-off): its switches changed; its evidence starts anew
        09:00:24 calm of checkout says pass
        = checkout is exposing at 10 %, attempt 1; it waits for: not every gateway holds 10 % yet
        ",
    );
}

#[test]
fn an_action_takes_a_domain_back() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\nbea open checkout sev2 nobody can pay",
    );
    check_in(
        &mut world,
        "
        ana act inc-1 checkout-back
        confirm
        show checkout
        ana act inc-1 checkout-back
        ",
        "
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 ana used checkout-back in inc-1
        09:00:00 rolling checkout back from 10 % to 0 %, by the action checkout-back
        09:00:00 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet; inc-1 is open
        refused TG9003: nothing of checkout is exposed with its way back open (everybody is on the old side already, or only forward fixes are left)
        ",
    );
}

#[test]
fn an_action_takes_back_nothing_whose_way_back_is_closed() {
    let mut world = World::shop();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout well 12\nana approve checkout\nconfirm\ncounts checkout well 12
        ana approve checkout\nconfirm\nwait 240s\nbea open checkout sev2 refunds fail",
    );
    let incident = world.state.incidents_opened;
    let seen = run(&mut world, &format!("ana act inc-{incident} checkout-back"));
    assert_eq!(
        seen,
        [
            "refused TG9003: nothing of checkout is exposed with its way back open (everybody is on the old side already, or only forward fixes are left)"
        ]
    );
}

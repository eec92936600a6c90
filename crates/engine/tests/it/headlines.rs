//! The answer card at each turn: the first true of a rollback, an incident, a hold, a question, growth and rest.

use crate::script::{check_in, run};
use crate::world::World;

/// What the card says where a script asks for it, and nothing else.
#[track_caller]
fn check(script: &str, expected: &str) {
    let mut world = World::calm();
    let seen = run(&mut world, script);
    let cards: Vec<&str> = seen
        .iter()
        .map(String::as_str)
        .filter(|line| line.starts_with('#'))
        .collect();
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert!(cards == expected, "seen:\n{}\n", cards.join("\n"));
}

#[test]
fn a_stage_that_goes_well() {
    check(
        "
        headline
        cleo approve catalogue
        headline
        confirm
        headline
        counts catalogue well 6
        headline
        cleo approve catalogue
        headline
        confirm
        headline
        wait 10s
        headline
        cleo finalise catalogue
        headline
        ",
        "
        # catalogue waits for approval of its first step, 50 % | 0 % on the new side. | asked: cleo
        # catalogue is at 50 % and nothing is proven yet | Step 1 of 2: 0 of 1 criterion pass.
        # catalogue is at 50 % and nothing is proven yet | Step 1 of 2: 0 of 1 criterion pass.
        # catalogue waits for approval of its next step, 100 % | The gate of step 1 has passed; 50 % on the new side. | asked: cleo
        # catalogue is at 100 % and nothing is wrong | Step 2 of 2: 1 of 1 criterion pass.
        # pricing waits for approval of its first step, 50 % | 0 % on the new side. | asked: the owner of pricing (pricing-team) and platform
        # catalogue waits for approval of its finalisation | 100 % on the new side. | asked: cleo
        # pricing waits for approval of its first step, 50 % | 0 % on the new side. | asked: the owner of pricing (pricing-team) and platform
        ",
    );
}

#[test]
fn a_stage_that_is_harmed_and_comes_back() {
    check(
        "
        ana approve checkout
        confirm
        counts checkout worse 1
        headline
        confirm
        headline
        wait 60s
        headline
        gus ack inc-1
        headline
        gus act inc-1 wallet-off
        headline
        gus resolve inc-1 a criterion for the wallet
        headline
        ana answer checkout inc-1 none the wallet is not moved any more
        ana approve checkout
        confirm
        headline
        ",
        "
        # checkout is being rolled back from 10 % because this failed: orders | 92.0 % on the old side, 60.0 % on the new one (−32.0 pp). 64 orders lost so far against the old side's pace, worth 3,840 EUR as declared. At least 120 orders made on the new side, worth 7,200 EUR as declared, stay there. New visitors go to the old side as soon as each gateway has heard it. | calling ana for inc-1, rung 1; the next call is at 09:01:01
        # checkout was rolled back from 10 % because this failed: orders | 92.0 % on the old side, 60.0 % on the new one (−32.0 pp). 64 orders lost so far against the old side's pace, worth 3,840 EUR as declared. At least 120 orders made on the new side, worth 7,200 EUR as declared, stay there. Every gateway sends new visitors to the old side. | calling ana for inc-1, rung 1; the next call is at 09:01:01
        # checkout was rolled back from 10 % because this failed: orders | 92.0 % on the old side, 60.0 % on the new one (−32.0 pp). 64 orders lost so far against the old side's pace, worth 3,840 EUR as declared. At least 120 orders made on the new side, worth 7,200 EUR as declared, stay there. Every gateway sends new visitors to the old side. | calling gus for inc-1, rung 2; the next call is at 09:02:01
        # checkout was rolled back from 10 % because this failed: orders | 92.0 % on the old side, 60.0 % on the new one (−32.0 pp). 64 orders lost so far against the old side's pace, worth 3,840 EUR as declared. At least 120 orders made on the new side, worth 7,200 EUR as declared, stay there. Every gateway sends new visitors to the old side. | gus has inc-1
        # checkout was rolled back because this failed: orders (new 60.0 % of 200, old 92.0 % of 1800: worse beyond chance) | inc-1, sev2, checkout. Exposure in its scope does not grow while it is open. checkout.wallet is off until 09:11:01, by wallet-off of inc-1. | gus has inc-1 and has acted
        # catalogue waits for approval of its first step, 50 % | 0 % on the new side. checkout.wallet is off until 09:11:01, by wallet-off of inc-1. | asked: cleo
        # checkout is at 10 % and not everything is proven yet | Step 1 of 3: 1 of 4 criteria pass. checkout.wallet is off until 09:11:01, by wallet-off of inc-1.
        ",
    );
}

#[test]
fn a_brake_is_the_cause_though_a_criterion_found_harm_too() {
    check(
        "
        ana approve checkout
        confirm
        brake checkout 40/100 0/900
        headline
        ",
        "
        # checkout is being rolled back from 10 % by the brake | It saw 40 of 100 attempts fail within 5 s. New visitors go to the old side as soon as each gateway has heard it. | calling ana for inc-1, rung 1; the next call is at 09:01:00
        ",
    );
}

#[test]
fn a_hold_and_an_incident_beside_growth() {
    check(
        "
        ana approve checkout
        confirm
        bea hold checkout
        headline
        bea open pricing sev3 prices are odd
        headline
        cleo open catalogue sev1 search is empty
        headline
        ",
        "
        # checkout is held at 10 % by bea | checkout-team owns it
        # prices are odd | inc-1, sev3, pricing. | calling gus for inc-1, rung 2; the next call is at 09:01:00
        # search is empty | inc-2, sev1, catalogue. Exposure in its scope does not grow while it is open. | calling cleo for inc-2, rung 1; the next call is at 09:01:00
        ",
    );
}

#[test]
fn a_source_that_is_silent() {
    check(
        "
        cleo approve catalogue
        confirm
        wait 22s
        headline
        ",
        "
        # catalogue: pages is silent - nothing was counted since 2026-03-02T09:00:00.000Z | inc-1, sev3, catalogue. | calling cleo for inc-1, rung 1; the next call is at 09:01:22
        ",
    );
}

#[test]
fn a_gate_that_cannot_tell() {
    check(
        "
        cleo approve catalogue
        confirm
        counts catalogue unsure 6
        headline
        counts catalogue unsure 115
        headline
        ",
        "
        # catalogue is at 50 % and nothing is proven yet | Step 1 of 2: 0 of 1 criterion pass.
        # catalogue cannot tell within the time of its step: accept the risk with a rung above, hold, or roll back | inc-1, sev3, catalogue. | calling cleo for inc-1, rung 1; the next call is at 09:03:00
        ",
    );
}

#[test]
fn nothing_is_adopted_yet() {
    let mut world = World::before_start(crate::shop::estate());
    check_in(
        &mut world,
        "headline",
        "# No estate is adopted yet | Nothing is exposed and nobody can be paged.",
    );
}

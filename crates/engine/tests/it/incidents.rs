//! Incidents from the first call to the lesson.

use crate::script::{check, check_in, run};
use crate::world::World;

#[test]
fn silence_climbs_to_the_top_and_repeats_there_for_ever() {
    check_in(
        &mut World::calm(),
        "
        bea open checkout sev1 nobody can pay
        show pages
        wait 59s
        wait 1s
        wait 60s
        wait 120s
        wait 120s
        show pages
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        09:01:00 called gus for inc-1 (rung 2, call 2); next at 09:02:00
        09:02:00 called hal for inc-1 (rung 3, call 3); next at 09:04:00
        09:04:00 called hal for inc-1 (rung 3, call 4); next at 09:06:00
        09:06:00 called hal for inc-1 (rung 3, call 5); next at 09:08:00
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2, gus of inc-1 by way 1, hal of inc-1 by way 1, hal of inc-1 by way 1, hal of inc-1 by way 1
        ",
    );
}

#[test]
fn an_acknowledgement_stops_the_pager_and_every_page_under_way() {
    check(
        "
        bea open checkout sev1 nobody can pay
        show pages
        ana ack inc-1
        show pages
        wait 70s
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        = pages under way: none
        ",
    );
}

#[test]
fn an_acknowledgement_is_a_lease() {
    check_in(
        &mut World::calm(),
        "
        bea open checkout sev1 nobody can pay
        wait 60s
        gus ack inc-1
        wait 299s
        wait 1s
        gus ack inc-1
        ana ack inc-1
        wait 100s
        ana ack inc-1
        wait 299s
        wait 1s
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:01:00 called gus for inc-1 (rung 2, call 2); next at 09:02:00
        09:01:00 gus acknowledged inc-1; the pager is silent until 09:06:00
        09:06:00 the acknowledgement of inc-1 ran out without an update
        09:06:00 called gus for inc-1 (rung 2, call 3); next at 09:07:00
        09:06:00 gus acknowledged inc-1; the pager is silent until 09:11:00
        09:06:00 ana acknowledged inc-1; the pager is silent until 09:11:00
        09:07:40 ana acknowledged inc-1; the pager is silent until 09:12:40
        09:12:40 the acknowledgement of inc-1 ran out without an update
        09:12:40 called gus for inc-1 (rung 2, call 4); next at 09:13:40
        ",
    );
}

#[test]
fn a_rung_that_reaches_nobody_is_said_and_passed_over() {
    check(
        "
        bea open pricing sev2 prices are odd
        show pages
        ",
        "
        09:00:00 inc-1 opened (sev2, pricing, by bea): prices are odd
        09:00:00 rung 1 of inc-1 reaches nobody
        09:00:00 called gus for inc-1 (rung 2, call 2); next at 09:01:00
        = pages under way: gus of inc-1 by way 1
        ",
    );
}

#[test]
fn pages_that_fail_climb_at_once_and_the_top_waits_for_its_time() {
    check_in(
        &mut World::calm(),
        "
        bea open checkout sev1 nobody can pay
        wait 5s
        pages fail
        pages fail
        pages fail
        wait 120s
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:05 called gus for inc-1 (rung 2, call 2); next at 09:01:05
        09:00:05 called hal for inc-1 (rung 3, call 3); next at 09:02:05
        09:02:05 called hal for inc-1 (rung 3, call 4); next at 09:04:05
        ",
    );
}

#[test]
fn a_ladder_that_has_no_channel_keeps_its_time_and_says_that_it_calls_nobody() {
    let mut world = World::calm();
    check_in(
        &mut world,
        "
        bea open checkout sev1 nobody can pay
        wait 5s
        pages stay
        headline
        wait 54s
        wait 1s
        pages stay
        headline
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        # nobody can pay, and nobody could be called | inc-1, sev1, checkout. Exposure in its scope does not grow while it is open. | ana could not be called: no mail server is configured. inc-1 is at rung 1; the next try is at 09:01:00
        09:01:00 called gus for inc-1 (rung 2, call 2); next at 09:02:00
        # nobody can pay, and nobody could be called | inc-1, sev1, checkout. Exposure in its scope does not grow while it is open. | ana and gus could not be called: no mail server is configured. inc-1 is at rung 2; the next try is at 09:02:00
        ",
    );
    let timeline = &tidegate_engine::view::status(&world.estate, &world.state, world.now).incidents[0].entries;
    assert_eq!(
        timeline.len(),
        6,
        "opened, called, two ways of ana failed, called, the way of gus failed"
    );
}

#[test]
fn one_way_that_fails_leaves_the_other() {
    let mut world = World::shop();
    run(&mut world, "bea open checkout sev1 nobody can pay\nwait 5s");
    world.end_effects(
        |effect| matches!(effect, tidegate_model::seam::Effect::Page(letter) if letter.method == 0),
        &|_| tidegate_model::seam::Outcome::FailedForGood {
            reason: "550 no such person".to_owned(),
        },
    );
    check_in(
        &mut world,
        "
        show pages
        wait 54s
        wait 1s
        ",
        "
        = pages under way: ana of inc-1 by way 2
        09:01:00 called gus for inc-1 (rung 2, call 2); next at 09:02:00
        ",
    );
}

#[test]
fn whoever_was_called_or_answers_for_the_domain_answers() {
    check(
        "
        bea open checkout sev1 nobody can pay
        max ack inc-1
        cleo ack inc-1
        olga ack inc-1
        @change ack inc-1
        bea ack inc-1
        hal ack inc-1
        ana ack inc-7
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        refused TG9001: max may not: the owner's people and the ladder answer (ask somebody of checkout-team)
        refused TG9001: cleo may not: the owner's people and the ladder answer (ask somebody of checkout-team)
        refused TG9001: olga may not: the owner's people and the ladder answer (ask somebody of checkout-team)
        refused TG9001: service change may not: the owner's people and the ladder answer (ask somebody of checkout-team)
        09:00:00 bea acknowledged inc-1; the pager is silent until 09:05:00
        09:00:00 hal acknowledged inc-1; the pager is silent until 09:05:00
        refused TG9002: there is no incident `inc-7` (`tidegate status` lists what there is)
        ",
    );
}

#[test]
fn an_incident_ends_with_a_lesson_and_once() {
    check_in(
        &mut World::calm(),
        "
        bea open checkout sev2 nobody can pay
        ana resolve inc-1
        max resolve inc-1 it went away
        ana resolve inc-1 none, because the network was down
        show pages
        ana resolve inc-1 again
        ana ack inc-1
        wait 120s
        ",
        "
        09:00:00 inc-1 opened (sev2, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        refused TG9015: inc-1 leaves a lesson (name the criterion that the next gate gains, or write `none, because ...`)
        refused TG9001: max may not: the owner's people and the ladder answer (ask somebody of checkout-team)
        09:00:00 ana resolved inc-1; lesson: none, because the network was down
        09:00:00 an approver of checkout answers inc-1 before its next gate
        09:00:00 ana answered inc-1 for checkout: none, because the network was down
        = pages under way: none
        refused TG9003: inc-1 is resolved (open another incident if it is back)
        refused TG9003: inc-1 is resolved (open another incident if it is back)
        ",
    );
}

#[test]
fn people_of_the_estate_open_incidents_and_others_do_not() {
    check(
        "
        max open checkout sev3 carts blink
        max open checkout sev3 carts blink again
        zoe open checkout sev3 carts blink
        @change open checkout sev3 carts blink
        max open payments sev3 nobody knows
        ",
        "
        09:00:00 inc-1 opened (sev3, checkout, by max): carts blink
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 inc-2 opened (sev3, checkout, by max): carts blink again
        09:00:00 called ana for inc-2 (rung 1, call 1); next at 09:01:00
        refused TG9001: zoe may not: people of the estate declare incidents (ask somebody who may)
        refused TG9001: service change may not: people of the estate declare incidents (ask somebody who may)
        refused TG9002: there is no domain `payments` (`tidegate status` lists what there is)
        ",
    );
}

#[test]
fn two_worst_severities_stop_growth_and_others_do_not() {
    for (severity, is_exposed) in [("sev1", false), ("sev2", false), ("sev3", true), ("sev4", true)] {
        let mut world = World::shop();
        run(
            &mut world,
            &format!("bea open checkout {severity} something\nana approve checkout"),
        );
        assert_eq!(world.phase("checkout") == "exposing", is_exposed, "{severity}");
    }
}

#[test]
fn an_incident_of_one_domain_does_not_stop_another() {
    check(
        "
        bea open checkout sev1 nobody can pay
        cleo approve catalogue
        ana approve checkout
        show checkout
        ana resolve inc-1 none, because it was the bank
        ",
        "
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 ana approved entering checkout
        = checkout is ready at 0 %, attempt 1; it waits for: inc-1 is open
        09:00:00 ana resolved inc-1; lesson: none, because it was the bank
        09:00:00 an approver of checkout answers inc-1 before its next gate
        09:00:00 ana answered inc-1 for checkout: none, because it was the bank
        09:00:00 exposed checkout to 10 % (step 1), as approved
        09:00:00 calm of checkout says pass
        ",
    );
}

#[test]
fn a_source_that_comes_back_ends_its_own_incident() {
    check(
        "
        cleo approve catalogue
        confirm
        wait 22s
        cleo ack inc-1
        counts catalogue well 1
        show pages
        ",
        "
        09:00:00 cleo approved entering catalogue
        09:00:00 exposed catalogue to 50 % (step 1), as approved
        09:00:00 step 1 of catalogue is in force; it soaks until 09:00:05
        09:00:05 the soak of catalogue step 1 is over; its gate decides
        09:00:22 pages of catalogue says no data: nothing was counted since 2026-03-02 09:00:00
        09:00:22 inc-1 opened (sev3, catalogue, by the silence of pages (catalogue)): catalogue: pages is silent - nothing was counted since 2026-03-02 09:00:00
        09:00:22 called cleo for inc-1 (rung 1, call 1); next at 09:01:22
        09:00:22 cleo acknowledged inc-1; the pager is silent until 09:05:22
        09:00:23 pages of catalogue says pass
        09:00:23 inc-1 is over by itself; lesson: none, because the signal came back
        09:00:23 the gate of catalogue step 1 passed on 1 criterion
        09:00:23 asked cleo to approve step 2 of catalogue, until 09:01:53
        = pages under way: none
        ",
    );
}

#[test]
fn nobody_is_called_about_the_silence_of_what_is_no_longer_measured() {
    let mut world = World::calm();
    run(&mut world, "cleo approve catalogue\nconfirm\nwait 22s");
    check_in(
        &mut world,
        "
        cleo rollback catalogue nobody sees anything
        show pages
        wait 120s
        ",
        "
        09:00:22 rolling catalogue back from 50 % to 0 %, as asked: nobody sees anything
        09:00:22 inc-1 is over by itself; lesson: none, because nothing of the stage is measured now
        = pages under way: none
        ",
    );
}

#[test]
fn one_cause_is_one_incident() {
    let mut world = World::shop();
    run(&mut world, "ana approve checkout\nconfirm\ncounts checkout slow 3");
    check_in(
        &mut world,
        "
        counts checkout slow 3
        ana resolve inc-1 none, because of a cold cache
        counts checkout slow 3
        ",
        "
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:06 ana resolved inc-1; lesson: none, because of a cold cache
        09:00:06 an approver of checkout answers inc-1 before its next gate
        09:00:06 ana answered inc-1 for checkout: none, because of a cold cache
        09:00:07 errors of checkout says pass
        ",
    );
}

#[test]
fn whoever_commands_an_incident_takes_back_what_it_is_about() {
    let mut world = World::shop();
    run(&mut world, "cleo approve catalogue\nconfirm");
    check_in(
        &mut world,
        "
        bea rollback catalogue it hurts checkout
        bea open checkout sev1 nobody can pay
        bea ack inc-1
        bea rollback catalogue it hurts checkout
        ana approve checkout
        ",
        "
        refused TG9001: bea may not: the owner, the rungs above and the triggers may (ask somebody of catalogue-team)
        09:00:00 inc-1 opened (sev1, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 bea acknowledged inc-1; the pager is silent until 09:05:00
        refused TG9001: bea may not: the owner, the rungs above and the triggers may (ask somebody of catalogue-team)
        09:00:00 ana approved entering checkout
        ",
    );
}

/// A link that is pressed after the button, or an action after the acknowledgement, is no news of who has it.
#[test]
fn whoever_has_an_incident_takes_it_again_only_when_that_renews_it() {
    check(
        "
        max open checkout sev3 nobody can pay
        ana ack inc-1
        ana@letter ack inc-1
        wait 29s
        ana ack inc-1
        bea ack inc-1
        wait 30s
        bea ack inc-1
        ",
        "
        09:00:00 inc-1 opened (sev3, checkout, by max): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        09:00:29 bea acknowledged inc-1; the pager is silent until 09:05:29
        09:00:59 bea acknowledged inc-1; the pager is silent until 09:05:59
        ",
    );
}

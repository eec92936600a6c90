//! Controllers that start again, and gateways that come, go and come back.

use tidegate_engine::{Request, Side};
use tidegate_model::seam::{Actor, Effect, ExposureVersion, Outcome};

use crate::script::{check_in, run};
use crate::shop::name;
use crate::world::{World, by};

const CHECKOUT_ENTERED: &str = "
    ana approve checkout
    confirm
    counts checkout well 3
    ";

#[test]
fn a_controller_that_starts_again_goes_on_where_it_was() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    check_in(
        &mut world,
        "
        restart
        show checkout
        confirm
        counts checkout well 9
        ana approve checkout
        restart
        show checkout
        confirm
        show checkout
        ",
        "
        09:00:03 the controller started (start 2)
        = checkout is soaking at 10 %, attempt 1; it waits for: it soaks until 09:00:05; errors says not yet
        09:00:05 the soak of checkout step 1 is over; its gate decides
        09:00:07 errors of checkout says pass
        09:00:07 the gate of checkout step 1 passed on 4 criteria
        09:00:07 asked ana and bea to approve step 2 of checkout, until 19:00:07
        09:00:12 ana approved step 2 of checkout
        09:00:12 exposed checkout to 50 % (step 2), as the gate before it passed
        09:00:12 the controller started (start 3)
        = checkout is exposing at 50 %, attempt 1; it waits for: not every gateway holds 50 % yet
        09:00:12 step 2 of checkout is in force; it soaks until 09:00:17
        09:00:12 calm of checkout says pass
        = checkout is soaking at 50 %, attempt 1; it waits for: it soaks until 09:00:17; orders says not yet; errors says not yet; speed says not yet
        ",
    );
}

#[test]
fn a_restart_between_harm_and_its_effect_asks_for_nothing_but_the_way_back() {
    let mut world = World::calm();
    run(
        &mut world,
        "ana approve checkout\nconfirm\ncounts checkout worse 1\nrestart",
    );
    let asked: Vec<u16> = world
        .state
        .outbox()
        .values()
        .filter_map(|waiting| match &waiting.effect {
            Effect::SetExposure(snapshot) => {
                let unit = snapshot.units.iter().find(|unit| unit.unit.as_str() == "checkout");
                unit.map(|unit| unit.exposure.get())
            }
            Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
        })
        .collect();
    assert_eq!(asked, [0]);
    check_in(
        &mut world,
        "
        confirm
        show checkout
        ",
        "
        09:00:01 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet; inc-1 is open
        ",
    );
}

#[test]
fn only_the_controller_starts_ticks_receives_and_observes() {
    let mut world = World::calm();
    for request in [Request::StartController, Request::DistrustJournal, Request::Tick] {
        for actor in [
            by("ana"),
            Actor::Service { id: name("change") },
            Actor::Gateway { id: name("shop") },
        ] {
            let refusal = world.ask(actor, request.clone()).unwrap_err();
            assert_eq!(refusal.rule.code(), "TG9001");
        }
    }
}

#[test]
fn a_gateway_that_is_lost_while_something_is_exposed_stops_growth_until_it_is_back() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    check_in(
        &mut world,
        "
        gateway lost
        gateway lost
        cleo approve catalogue
        show checkout
        show catalogue
        gateway back
        ",
        "
        09:00:03 gateway shop is gone; what it did not report counts as missing
        09:00:03 inc-1 opened (sev2, checkout, by gateway shop): gateway shop has not been heard of; its lease has run out
        09:00:03 called ana for inc-1 (rung 1, call 1); next at 09:01:03
        09:00:03 cleo approved entering catalogue
        = checkout is soaking at 10 %, attempt 1; it waits for: it soaks until 09:00:05; errors says not yet; calm says not yet; inc-1 is open
        = catalogue is ready at 0 %, attempt 1; it waits for: inc-1 is open
        09:00:03 gateway shop connected
        09:00:03 inc-1 is over by itself; lesson: none, because the gateway came back
        09:00:03 exposed catalogue to 50 % (step 1), as approved
        09:00:03 calm of checkout says pass
        ",
    );
}

#[test]
fn a_gateway_that_is_lost_while_nothing_is_exposed_wakes_nobody() {
    check_in(
        &mut World::calm(),
        "
        gateway lost
        show pages
        gateway again
        ",
        "
        09:00:00 gateway shop is gone; what it did not report counts as missing
        = pages under way: none
        09:00:00 gateway shop connected
        ",
    );
}

#[test]
fn whoever_has_the_gateways_incident_takes_back_whatever_it_touches() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    run(&mut world, "cleo approve catalogue\nconfirm");
    check_in(
        &mut world,
        "
        gateway lost
        bea rollback catalogue it is blind
        bea ack inc-2
        bea rollback catalogue it is blind
        ",
        "
        09:00:03 gateway shop is gone; what it did not report counts as missing
        09:00:03 inc-1 opened (sev2, catalogue, by gateway shop): gateway shop has not been heard of; its lease has run out
        09:00:03 called cleo for inc-1 (rung 1, call 1); next at 09:01:03
        09:00:03 inc-2 opened (sev2, checkout, by gateway shop): gateway shop has not been heard of; its lease has run out
        09:00:03 called ana for inc-2 (rung 1, call 1); next at 09:01:03
        refused TG9001: bea may not: the owner, the rungs above and the triggers may (ask somebody of catalogue-team)
        09:00:03 bea acknowledged inc-2; the pager is silent until 09:05:03
        09:00:03 rolling catalogue back from 50 % to 0 %, as asked: it is blind
        ",
    );
}

#[test]
fn a_restored_journal_takes_everything_back_and_holds_it() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    check_in(
        &mut world,
        "
        distrust
        confirm
        gateway again
        show checkout
        ",
        "
        09:00:03 tidegate holds catalogue: the journal was restored: what came after its end is not in it
        09:00:03 tidegate holds checkout: the journal was restored: what came after its end is not in it
        09:00:03 tidegate holds pricing: the journal was restored: what came after its end is not in it
        09:00:03 inc-1 opened (sev1, checkout, by the journal): the journal was restored: what came after its end is not in it
        09:00:03 called ana for inc-1 (rung 1, call 1); next at 09:01:03
        09:00:03 rolling checkout back from 10 % to 0 %, because the journal was restored
        09:00:03 checkout is back on the old side, on 1 gateway
        09:00:03 gateway shop connected
        = checkout is rolled back at 0 %, attempt 1; it waits for: held by tidegate since 09:00:03: the journal was restored: what came after its end is not in it; no change that repairs it has been noted yet; inc-1 is open
        ",
    );
}

#[test]
fn a_gateway_that_knows_more_than_the_journal_has_everything_taken_back_and_held() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    check_in(
        &mut world,
        "
        gateway ahead
        show exposure
        ",
        "
        09:00:03 tidegate holds catalogue: gateway shop holds exposure 1.1009, which this journal does not know: it was restored or cut
        09:00:03 tidegate holds checkout: gateway shop holds exposure 1.1009, which this journal does not know: it was restored or cut
        09:00:03 tidegate holds pricing: gateway shop holds exposure 1.1009, which this journal does not know: it was restored or cut
        09:00:03 inc-1 opened (sev1, checkout, by the journal): gateway shop holds exposure 1.1009, which this journal does not know: it was restored or cut
        09:00:03 called ana for inc-1 (rung 1, call 1); next at 09:01:03
        09:00:03 starts are counted on from 2, beyond what gateway shop holds
        09:00:03 rolling checkout back from 10 % to 0 %, because gateway shop holds what this journal does not know
        = asked 2.38: catalogue 0 % proven 0 %, checkout 0 % proven 0 %, pricing 0 % proven 0 %
        ",
    );
    assert_eq!(
        world.version().epoch,
        2,
        "above what the gateway holds, which would take nothing else"
    );

    let entries = world.journal.len();
    world.gateway_seen(ExposureVersion { epoch: 1, seq: 1_009 });
    assert_eq!(world.journal.len(), entries, "seen again, it changes nothing more");

    check_in(
        &mut world,
        "
        cleo approve catalogue
        olga resume catalogue
        cleo resume catalogue
        show checkout
        ",
        "
        09:00:03 cleo approved entering catalogue
        refused TG9001: the hold of catalogue is not yours to lift (ask whoever held it, or an approver)
        09:00:03 cleo lifted the hold on catalogue: looked at it
        = checkout is rolling back at 0 %, attempt 1; it waits for: held by tidegate since 09:00:03: gateway shop holds exposure 1.1009, which this journal does not know: it was restored or cut; not every gateway holds 0 % yet; inc-1 is open
        ",
    );
}

#[test]
fn a_gateway_of_an_epoch_that_never_was_holds_everything_too() {
    let mut world = World::calm();
    world.gateway_seen(ExposureVersion { epoch: 7, seq: 1 });
    let stage = &world.state.stages[&name::<tidegate_model::StageId>("checkout")];
    assert_eq!(stage.holds.len(), 1);
}

#[test]
fn an_exposure_that_cannot_be_brought_into_force_is_paged() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout");
    world.end_effects(|effect| matches!(effect, Effect::SetExposure(_)), &|_| {
        Outcome::FailedForGood {
            reason: "no gateway takes it".to_owned(),
        }
    });
    check_in(
        &mut world,
        "
        show checkout
        show pages
        ana rollback checkout it is stuck
        confirm
        show checkout
        ",
        "
        = checkout is exposing at 10 %, attempt 1; it waits for: not every gateway holds 10 % yet; inc-1 is open
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        09:00:00 rolling checkout back from 10 % to 0 %, as asked: it is stuck
        09:00:00 inc-1 is over by itself; lesson: none, because the stage was rolled back
        09:00:00 checkout is back on the old side, on 1 gateway
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet
        ",
    );
}

#[test]
fn a_way_back_that_cannot_be_brought_into_force_is_paged_until_it_is() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    run(&mut world, "ana rollback checkout it smells");
    world.end_effects(|effect| matches!(effect, Effect::SetExposure(_)), &|_| {
        Outcome::FailedForGood {
            reason: "no gateway takes it".to_owned(),
        }
    });
    check_in(
        &mut world,
        "
        show checkout
        show pages
        restart
        confirm
        show checkout
        ",
        "
        = checkout is rolling back at 0 %, attempt 1; it waits for: not every gateway holds 0 % yet; inc-1 is open
        = pages under way: ana of inc-1 by way 1, ana of inc-1 by way 2
        09:00:03 the controller started (start 2)
        09:00:03 checkout is back on the old side, on 1 gateway
        09:00:03 inc-1 is over by itself; lesson: none, because the exposure is in force
        = checkout is rolled back at 0 %, attempt 1; it waits for: no change that repairs it has been noted yet
        ",
    );
}

#[test]
fn a_lease_that_ran_out_is_as_good_as_an_answer_when_exposure_falls() {
    let mut world = World::calm();
    run(&mut world, CHECKOUT_ENTERED);
    run(&mut world, "ana rollback checkout it smells");
    world.end_effects(|effect| matches!(effect, Effect::SetExposure(_)), &|_| {
        Outcome::InForce {
            acknowledged: Vec::new(),
            lapsed: vec![name("shop")],
        }
    });
    let told: Vec<String> = world
        .journal
        .iter()
        .map(|event| tidegate_engine::view::happened(0, event).text)
        .collect();
    assert_eq!(
        told[told.len() - 3..],
        [
            "checkout is back on the old side, on 0 gateways; the lease of shop ran out",
            "inc-1 opened (sev1, checkout, by gateway shop): checkout was rolled back, and gateway shop was not heard of: \
             while it runs, it may still send visitors to the new side, up to what had been proven; stop it, or bring it back",
            "called ana for inc-1 (rung 1, call 1); next at 09:01:03",
        ]
    );
}

#[test]
fn the_same_key_has_the_same_answer_and_happens_once() {
    let mut world = World::calm();
    let approve = || Request::Approve {
        stage: name("checkout"),
    };
    let first = world.ask_as(by("ana"), Some("k1"), approve());
    let events = world.journal.len();
    assert_eq!(world.ask_as(by("ana"), Some("k1"), approve()), first);
    assert_eq!(world.journal.len(), events);
    let refused = world.ask_as(by("ana"), Some("k2"), approve());
    assert!(refused.is_err());
    run(&mut world, "confirm");
    assert_eq!(world.ask_as(by("ana"), Some("k2"), approve()), refused);
    assert_eq!(world.phase("checkout"), "soaking");
}

#[test]
fn equal_refusals_are_journalled_once_a_minute() {
    let mut world = World::calm();
    let refusals = |world: &mut World, script: &str| {
        let from = world.journal.len();
        run(world, script);
        world.journal[from..]
            .iter()
            .filter(|event| matches!(event.body, tidegate_engine::Body::CommandRefused { .. }))
            .count()
    };
    assert_eq!(refusals(&mut world, "max approve checkout\nmax approve checkout"), 1);
    assert_eq!(refusals(&mut world, "max approve catalogue\ncleo approve checkout"), 2);
    assert_eq!(refusals(&mut world, "wait 59s\nmax approve checkout"), 0);
    assert_eq!(refusals(&mut world, "wait 1s\nmax approve checkout"), 1);
}

#[test]
fn an_order_that_was_overtaken_moves_nothing() {
    let mut world = World::calm();
    run(&mut world, "ana approve checkout");
    let order = world
        .state
        .outbox()
        .iter()
        .find(|(_, waiting)| matches!(waiting.effect, Effect::SetExposure(_)));
    let key = order.unwrap().0.clone();
    run(&mut world, "ana rollback checkout wrong button");
    let outcome = Outcome::InForce {
        acknowledged: vec![name("shop")],
        lapsed: Vec::new(),
    };
    world.must(
        Actor::Controller,
        Request::Receive(tidegate_model::seam::Receipt { key, outcome }),
    );
    assert_eq!(world.phase("checkout"), "rolling back");
}

#[test]
fn a_tick_before_anything_is_due_changes_nothing() {
    let mut world = World::calm();
    let before = world.state.clone();
    world.must(Actor::Controller, Request::Tick);
    assert_eq!(world.state, before);
}

#[test]
fn engine_time_never_goes_back() {
    let mut world = World::calm();
    run(&mut world, "wait 30s\nana hold checkout");
    world.now = crate::world::BEGIN;
    let change = Request::NoteChange {
        stage: name("checkout"),
        side: Side::New,
        reference: "deploy-1".to_owned(),
        summary: String::new(),
    };
    world.must(by("ana"), change);
    let times: Vec<_> = world.journal.iter().map(|event| event.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    world.expect_kept("a clock that went back");
}

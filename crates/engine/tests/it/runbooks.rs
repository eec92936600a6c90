//! Granted runbooks: who begins them and why, what is said of their steps, and that nothing moves by them.

use tidegate_engine::event::Body;
use tidegate_engine::view::rulings;
use tidegate_model::seam::{Actor, Door};

use crate::script::{check, check_in, run};
use crate::shop::name;
use crate::world::World;

#[test]
fn a_runbook_is_begun_by_whoever_answers_for_the_domain_with_a_reason_and_once() {
    check(
        "
        bea open checkout sev2 nobody can pay
        max act inc-1 checkout-by-hand it looks wrong
        ana act inc-1 checkout-by-hand
        ana act inc-1 checkout-by-hand the release of ten o'clock
        gus act inc-1 checkout-by-hand the same
        ",
        "
        09:00:00 inc-1 opened (sev2, checkout, by bea): nobody can pay
        09:00:00 called ana for inc-1 (rung 1, call 1); next at 09:01:00
        refused TG9001: max may not: the owner's people and the rungs above act (ask somebody of checkout-team)
        refused TG9015: checkout-by-hand opens runbook checkout-down without a reason (say why it is begun: whoever joins reads that first)
        09:00:00 ana runs checkout-down in inc-1: the release of ten o'clock; people do its 2 steps and tick them on the incident's page, Tidegate itself moves nothing
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        refused TG9003: ana began checkout-by-hand in inc-1 already, and it is not through (do its next step and say so; it may be begun again when every step is done)
        ",
    );
}

#[test]
fn its_steps_are_said_done_once_each_in_any_order_and_then_it_may_be_begun_again() {
    let mut world = World::calm();
    run(&mut world, "bea open checkout sev2 nobody can pay");
    check_in(
        &mut world,
        "
        ana done inc-1 checkout-by-hand 1
        ana act inc-1 checkout-by-hand the last release
        max done inc-1 checkout-by-hand 2
        gus done inc-1 checkout-by-hand 2 the wallet is off
        ana done inc-1 checkout-by-hand 2
        ana done inc-1 checkout-by-hand 3
        ana done inc-1 checkout-by-hand 0
        wait 100s
        ana done inc-1 checkout-by-hand 1
        ana act inc-1 checkout-by-hand it is back
        ",
        "
        refused TG9003: no runbook of checkout-by-hand was begun in inc-1 (begin it: `tidegate act inc-1 checkout-by-hand --reason ...`)
        09:00:00 ana runs checkout-down in inc-1: the last release; people do its 2 steps and tick them on the incident's page, Tidegate itself moves nothing
        09:00:00 ana acknowledged inc-1; the pager is silent until 09:05:00
        refused TG9001: max may not: the owner's people and the rungs above act (ask somebody of checkout-team)
        09:00:00 gus did step 2 of checkout-by-hand, turn the wallet off: the wallet is off; 1 step is left
        refused TG9003: gus has done step 2 of checkout-by-hand (nothing: it stands in the journal)
        refused TG9015: checkout-down has no step 3 (name one of its 2 steps, 1 first)
        refused TG9015: checkout-down has no step 0 (name one of its 2 steps, 1 first)
        09:01:40 ana did step 1 of checkout-by-hand, look at the payment provider; every step is done
        09:01:40 ana acknowledged inc-1; the pager is silent until 09:06:40
        09:01:40 ana runs checkout-down in inc-1: it is back; people do its 2 steps and tick them on the incident's page, Tidegate itself moves nothing
        ",
    );
}

#[test]
fn it_moves_nothing_and_everybody_who_was_called_is_told() {
    let mut world = World::shop();
    run(&mut world, "bea open checkout sev2 nobody can pay\nwait 60s");
    let (exposed, switches) = (world.state.asserted.clone(), world.state.switches.clone());
    run(&mut world, "gus act inc-1 checkout-by-hand the last release");
    assert_eq!((&exposed, &switches), (&world.state.asserted, &world.state.switches));
    let begun = world.journal.iter().find_map(|event| match &event.body {
        Body::ActionTaken { begun, .. } => begun.as_ref(),
        _ => None,
    });
    let told: Vec<&tidegate_model::seam::Effect> = begun.unwrap().notices.iter().map(|sent| &sent.effect).collect();
    let of_ana = |effect: &&&tidegate_model::seam::Effect| match effect {
        tidegate_model::seam::Effect::Notify(letter) => letter.to.as_str() == "ana",
        _ => false,
    };
    assert_eq!(told.iter().filter(of_ana).count(), told.len(), "gus knows it himself");
    assert!(!told.is_empty());
}

#[test]
fn the_preview_says_what_it_does_and_does_not_and_each_step_has_one() {
    let mut world = World::calm();
    run(
        &mut world,
        "bea open checkout sev2 nobody can pay\nana act inc-1 checkout-by-hand the last release",
    );
    let says = |world: &World, action: &str, subject: &str| {
        let ana = Actor::Person {
            id: name("ana"),
            door: Door::Token,
        };
        let rulings = rulings(&world.estate, &world.state, &ana, world.now);
        let found = rulings
            .into_iter()
            .find(|one| one.action == action && one.subject == subject);
        found.map(|one| (one.allowed, one.says))
    };
    let (allowed, said) = says(&world, "finish-step", "inc-1/checkout-by-hand/1").unwrap();
    assert!(allowed && said.contains("nothing is done by it"), "{said}");
    let (allowed, _) = says(&world, "act", "inc-1/checkout-by-hand").unwrap();
    assert!(!allowed, "it is under way");
    run(
        &mut world,
        "ana done inc-1 checkout-by-hand 1\nana done inc-1 checkout-by-hand 2",
    );
    assert!(says(&world, "finish-step", "inc-1/checkout-by-hand/1").is_none());
    let (allowed, said) = says(&world, "act", "inc-1/checkout-by-hand").unwrap();
    assert!(
        allowed && said.contains("people do 2 steps and tick them here; Tidegate itself moves nothing"),
        "{said}"
    );
}

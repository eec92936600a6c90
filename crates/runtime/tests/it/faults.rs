//! A store that takes nothing: everybody is told, nothing of the turn remains, and all goes on when it takes again.

use tidegate_engine::{Body, Request};
use tidegate_model::Millis;
use tidegate_model::seam::Actor;
use tidegate_runtime::Unavailable;

use crate::bench::{Bench, command, incident};
use crate::turns::TEN;
use crate::world::Order;

/// Leaves no room to the store, not even for an incident in a few words.
pub(crate) fn fill(bench: &Bench) {
    bench.journal.lock().unwrap().limit_pages(1).unwrap();
    for length in [1_900, 1] {
        let text = "x".repeat(length);
        let letters = (0..1_000).map(|number| incident(&format!("fill-{length}-{number}"), &text));
        let refused = letters.map(|letter| bench.ask(letter)).find(Result::is_err);
        assert!(refused.is_some(), "the store has no end");
    }
}

fn empty(bench: &Bench) {
    bench.journal.lock().unwrap().limit_pages(1_000_000).unwrap();
}

/// An incident that needs a page of the store of its own.
fn large(key: &str) -> tidegate_engine::Command {
    incident(key, &format!("{key}{}", "x".repeat(1_900)))
}

#[test]
fn a_full_store_answers_everybody_and_leaves_nothing_of_the_turn() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    fill(&bench);
    let before = bench.handle.view();
    let keys = ["a", "b", "c", "d"];
    // The tick decides nothing; the turn that it was in was not taken all the same.
    let letters = keys
        .map(large)
        .into_iter()
        .chain([command(Actor::Controller, Request::Tick)]);
    let answers = bench.answers(bench.post_for_one_turn(letters));
    for answer in &answers {
        let Err(Unavailable::Faulted(reason)) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(reason, "no space is left for the journal");
    }
    let after = bench.handle.view();
    assert_eq!(after.state, before.state);
    assert_eq!(after.fault.as_deref(), Some("no space is left for the journal"));
    assert_eq!(bench.journal.lock().unwrap().head().seq, before.seq);

    empty(&bench);
    let posted = bench.post_for_one_turn(keys.map(large));
    for answer in bench.answers(posted) {
        assert!(answer.unwrap().result.is_ok());
    }
    assert_eq!(bench.handle.view().fault, None);
    let opened = |key: &str| {
        let is_it = |body: &Body| matches!(body, Body::IncidentOpened { summary, .. } if summary.starts_with(&format!("{key}x")));
        bench.events().iter().filter(|event| is_it(&event.body)).count()
    };
    assert_eq!(keys.map(opened), [1; 4]);
    assert_eq!(bench.journal.lock().unwrap().verify().unwrap().first_bad, None);
}

#[test]
fn nothing_is_carried_out_that_the_store_did_not_take() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    fill(&bench);
    let journalled = bench.handle.view().state.outbox().clone();
    assert!(bench.ask(large("a")).is_err());
    let orders = bench.end();
    assert!(!orders.is_empty());
    for order in orders {
        match order {
            Order::Done(deed) => assert!(journalled.contains_key(&deed.key), "{deed:?}"),
            Order::Withdrawn(key) => panic!("{key} was withdrawn"),
        }
    }
}

#[test]
fn what_was_due_while_the_store_was_full_comes_when_it_takes_again() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    fill(&bench);
    // Every incident's next rung is due, and the approval is overdue.
    bench.clock.set(TEN.after(Millis::minutes(11)));
    assert!(bench.ask(command(Actor::Controller, Request::Tick)).is_err());
    assert_eq!(bench.count("approval-overdue"), 0);
    empty(&bench);
    bench.await_state(|state| state.at == TEN.after(Millis::minutes(11)));
    assert_eq!(bench.count("approval-overdue"), 1);
}

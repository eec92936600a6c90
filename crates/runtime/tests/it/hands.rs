//! What the hands of the loop are given: only what is durable, only after a start, each thing once, and word when it is over.

use tidegate_engine::Request;
use tidegate_model::seam::{Actor, Effect, EffectKey, Outcome, Receipt};
use tidegate_runtime::Unavailable;

use crate::bench::{Bench, approval, by, command, incident};
use crate::faults::fill;
use crate::shop::name;
use crate::turns::{TEN, hold};
use crate::world::Order;

fn done_of(orders: &[Order]) -> Vec<EffectKey> {
    let done = orders.iter().filter_map(|order| match order {
        Order::Done(deed) => Some(deed.key.clone()),
        Order::Withdrawn(_) => None,
    });
    done.collect()
}

#[test]
fn hands_rest_until_the_controller_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let waiting = {
        let bench = Bench::begun(folder.path(), TEN);
        let waiting: Vec<EffectKey> = bench.handle.view().state.outbox().keys().cloned().collect();
        bench.end();
        waiting
    };
    assert_eq!(waiting.len(), 2, "both approvers were asked");
    let bench = Bench::idle(folder.path(), TEN);
    bench.must(incident("i", "the till is stuck"));
    assert_eq!(bench.end(), Vec::new(), "nothing is carried out before the start");
    let bench = Bench::begun(folder.path(), TEN);
    let done = done_of(&bench.end());
    assert!(waiting.iter().all(|key| done.contains(key)), "{done:?}");
    assert_eq!(
        done.len(),
        4,
        "two questions, the page of the incident, and the exposure"
    );
}

#[test]
fn a_start_that_the_store_refused_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    Bench::begun(folder.path(), TEN).end();
    let bench = Bench::idle(folder.path(), TEN);
    fill(&bench);
    let start = || command(Actor::Controller, Request::StartController);
    let refused = bench.answers(bench.post_for_one_turn([start(), incident("last", &"x".repeat(1_900))]));
    assert!(
        refused
            .iter()
            .all(|answer| matches!(answer, Err(Unavailable::Faulted(_)))),
        "{refused:?}"
    );
    bench.journal.lock().unwrap().limit_pages(1_000_000).unwrap();
    bench.must(incident("again", "it works again"));
    assert_eq!(bench.end(), Vec::new());
}

#[test]
fn an_effect_is_carried_out_once_for_as_long_as_it_waits_and_once_more_by_the_next_controller() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    bench.must(incident("i", "the till is stuck"));
    let page = page(&bench);
    bench.must(by("bea", "h", hold()));
    bench.must(incident("j", "so is the printer"));
    let done = done_of(&bench.end());
    assert_eq!(done.iter().filter(|key| **key == page).count(), 1, "{done:?}");
    let bench = Bench::begun(folder.path(), TEN);
    bench.must(approval("a"));
    let done = done_of(&bench.end());
    assert_eq!(done.iter().filter(|key| **key == page).count(), 1, "{done:?}");
}

#[test]
fn an_effect_that_is_no_longer_wanted_is_withdrawn_and_its_receipt_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    bench.must(incident("i", "the till is stuck"));
    let page = page(&bench);
    let acknowledge = Request::Acknowledge {
        incident: name("inc-1"),
    };
    bench.must(by("ana", "k", acknowledge));
    let before = bench.handle.view().seq;
    let receipt = Receipt {
        key: page.clone(),
        outcome: Outcome::Accepted {
            detail: "250 taken".to_owned(),
        },
    };
    bench.must(command(Actor::Controller, Request::Receive(receipt)));
    assert_eq!(bench.handle.view().seq, before);
    let orders = bench.end();
    let withdrawn = orders
        .iter()
        .filter(|order| **order == Order::Withdrawn(page.clone()))
        .count();
    assert_eq!(withdrawn, 1, "{orders:?}");
    assert_eq!(done_of(&orders).iter().filter(|key| **key == page).count(), 1);
}

/// The key of the one page in the outbox.
fn page(bench: &Bench) -> EffectKey {
    let state = bench.handle.view().state.clone();
    let mut pages = state
        .outbox()
        .iter()
        .filter(|(_, waiting)| matches!(waiting.effect, Effect::Page(_)));
    let (page, _) = pages.next().unwrap();
    assert!(pages.next().is_none());
    page.clone()
}

//! The loop and its clock: it obeys by itself when something is due, rests when that changes nothing, and never goes back.

use std::time::Duration;

use tidegate_engine::Request;
use tidegate_model::seam::Actor;
use tidegate_model::{Millis, Timestamp};

use crate::bench::{Bench, approval, by, command, incident};
use crate::faults::fill;
use crate::point::Fate;
use crate::shop::{self, name};
use crate::turns::TEN;

/// Looks at the clock in so many turns; a loop that rests between them takes two seconds at least, and one that does not takes none.
const LOOKS: u64 = 6;
const REST_AT_LEAST: Duration = Duration::from_secs(1);

fn later(minutes: u64) -> Timestamp {
    TEN.after(Millis::minutes(minutes))
}

#[test]
fn what_is_due_happens_without_being_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    assert_eq!(bench.count("approval-overdue"), 0);
    bench.clock.set(later(10));
    bench.await_state(|state| state.incidents_opened == 1);
    assert_eq!(bench.count("approval-overdue"), 1);
    assert_eq!(bench.handle.view().now, later(10));
}

#[test]
fn a_loop_with_nothing_due_rests() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    assert!(bench.clock.time_of_looks(LOOKS) >= REST_AT_LEAST);
}

#[test]
fn a_loop_rests_when_what_is_due_is_not_for_it_to_settle() {
    let folder = tempfile::tempdir().unwrap();
    Bench::begun(folder.path(), TEN).end();
    // The stage whose approval is due is none of the estate's that is run now.
    let bench = Bench::over(folder.path(), TEN, |_| shop::other_estate(), Fate::default());
    bench.begin();
    bench.clock.set(later(10));
    let before = bench.handle.view().seq;
    assert_eq!(tidegate_engine::deadline(&bench.handle.view().state), Some(later(10)));
    assert!(bench.clock.time_of_looks(LOOKS) >= REST_AT_LEAST);
    assert_eq!(bench.handle.view().seq, before);
}

#[test]
fn a_loop_rests_after_its_store_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    fill(&bench);
    assert!(bench.clock.time_of_looks(LOOKS) >= REST_AT_LEAST);
}

#[test]
fn engine_time_does_not_go_back_with_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), later(5));
    bench.clock.set(TEN);
    bench.must(approval("a"));
    bench.must(incident("i", "the till is stuck"));
    assert_eq!(bench.handle.view().now, later(5));
    bench.clock.set(later(1));
    let hold = Request::Hold {
        stage: name("checkout"),
        reason: None,
    };
    bench.must(by("bea", "h", hold));
    assert_eq!(bench.clock.now(), later(1));
    // What is due comes once the clock has caught up, and not before.
    bench.must(command(Actor::Controller, Request::Tick));
    let calls = bench.count("rung-called");
    bench.clock.set(later(6));
    bench.await_state(|state| state.at == later(6));
    assert_eq!(bench.count("rung-called"), calls + 1);
    let times: Vec<Timestamp> = bench.events().iter().map(|event| event.at).collect();
    assert!(times.is_sorted(), "{times:?}");
    bench.end();
    // Nor does it with the clock of the next controller.
    let bench = Bench::begun(folder.path(), TEN);
    assert_eq!(bench.handle.view().now, later(6));
}

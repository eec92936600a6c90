//! What one turn of the loop promises: one decision a key, urgent letters first, and answers for all that was taken.

use tidegate_engine::{Body, Request};
use tidegate_model::Timestamp;
use tidegate_model::seam::Actor;
use tidegate_runtime::Unavailable;

use crate::bench::{Bench, Posted, approval, by, command, in_time, incident};
use crate::shop::name;

/// Monday, 2 March 2026, ten o'clock in UTC.
pub(crate) const TEN: Timestamp = Timestamp(1_772_445_600_000);

/// Nothing may grow.
pub(crate) fn hold() -> Request {
    Request::Hold {
        stage: name("checkout"),
        reason: None,
    }
}

#[test]
fn letters_with_one_key_are_decided_once_and_answered_alike() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    let posted = bench.post_for_one_turn([approval("a"), approval("a"), approval("a")]);
    let answers = bench.answers(posted);
    let first = answers[0].clone().unwrap();
    assert!(first.result.is_ok(), "{first:?}");
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!(bench.count("approved"), 1);
    // In a later turn, and by a later controller, too.
    assert_eq!(bench.ask(approval("a")).unwrap().result, first.result);
    bench.end();
    let bench = Bench::begun(folder.path(), TEN);
    assert_eq!(bench.ask(approval("a")).unwrap().result, first.result);
    assert_eq!(bench.count("approved"), 1);
}

#[test]
fn an_answer_is_given_after_what_it_says_is_durable_and_can_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    let seen = bench.handle.watch();
    let answer = bench.ask(approval("a")).unwrap();
    assert_eq!(bench.journal.lock().unwrap().head().seq, answer.seq);
    let view = bench.handle.view();
    assert_eq!(
        (view.seq, view.state.seq, *seen.borrow()),
        (answer.seq, answer.seq, answer.seq)
    );
}

#[test]
fn what_stops_goes_before_what_grows() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    let posted = bench.post_for_one_turn([approval("a"), by("bea", "b", hold())]);
    for answer in bench.answers(posted) {
        assert!(answer.unwrap().result.is_ok());
    }
    let kinds: Vec<&str> = bench.events().iter().map(|event| event.body.kind()).collect();
    let place = |kind| kinds.iter().position(|found| *found == kind);
    assert!(place("stage-held") < place("approved"), "{kinds:?}");
    assert_eq!(place("step-exposed"), None, "{kinds:?}");
}

#[test]
fn a_full_inbox_says_so_and_still_takes_what_is_urgent() {
    /// Letters that are not urgent and may wait.
    const WAITING_MAX: usize = 4_096;
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    bench.clock.hold();
    let first = bench.post([command(Actor::Controller, Request::Tick)]);
    bench.clock.await_look();
    // The first may have been taken, and may not.
    let tick = |_| command(Actor::Controller, Request::Tick);
    let mut posted = bench.post((1..WAITING_MAX).map(tick));
    let mut refused = 0;
    while refused == 0 {
        let handle = bench.handle.clone();
        let mut letter: Posted = Box::pin(async move { handle.ask(approval("late")).await });
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match letter.as_mut().poll(&mut context) {
            std::task::Poll::Pending => posted.push(letter),
            std::task::Poll::Ready(answer) => {
                assert!(matches!(answer, Err(Unavailable::Busy { retry_after }) if !retry_after.is_zero()));
                refused += 1;
            }
        }
        assert!(posted.len() <= WAITING_MAX, "the inbox has no end");
    }
    let urgent = bench.post([by("bea", "b", hold())]);
    bench.clock.release();
    for answer in bench.answers(first.into_iter().chain(posted).chain(urgent).collect()) {
        assert!(answer.unwrap().result.is_ok());
    }
    assert_eq!(bench.count("stage-held"), 1);
}

#[test]
fn what_was_taken_is_answered_before_the_loop_ends_and_nothing_is_taken_after() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    bench.clock.hold();
    let first = bench.post([command(Actor::Controller, Request::Tick)]);
    bench.clock.await_look();
    let keys = ["a", "b", "c", "d", "e"];
    let posted = bench.post(keys.map(|key| incident(key, key)));
    let Bench {
        handle,
        running,
        journal,
        clock,
        asking,
        ..
    } = bench;
    drop(running);
    assert_eq!(
        in_time(&asking, handle.ask(approval("late"))),
        Err(Unavailable::Stopped)
    );
    clock.release();
    for posted in first.into_iter().chain(posted) {
        assert!(in_time(&asking, posted).unwrap().result.is_ok());
    }
    let entries = journal.lock().unwrap().read(1, usize::MAX).unwrap();
    let opened = entries.iter().filter(|entry| entry.kind == "incident-opened").count();
    assert_eq!(opened, keys.len());
}

#[test]
fn another_estate_is_run_from_the_turn_in_which_it_is_adopted() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    let candidate = crate::shop::next_estate();
    let adopt = Request::Adopt {
        candidate: candidate.clone(),
    };
    // The approval in the same turn is bound to the estate that was adopted before it.
    let posted = bench.post_for_one_turn([by("ana", "n", adopt), approval("a")]);
    for answer in bench.answers(posted) {
        assert!(answer.unwrap().result.is_ok());
    }
    assert_eq!(bench.handle.view().estate.digest(), candidate.digest());
    let bound = bench.events().into_iter().find_map(|event| {
        if let Body::Approved { bound, .. } = event.body {
            Some(bound.estate)
        } else {
            None
        }
    });
    assert_eq!(bound.as_deref(), Some(candidate.digest()));
}

//! A loop that cannot go on: it is seen from outside, and nobody is left waiting for an answer that cannot come.

use std::time::{Duration, Instant};

use tidegate_runtime::{Ailment, STUCK_AFTER, Unavailable};

use crate::bench::{Bench, in_time, incident};
use crate::turns::TEN;

const WITHIN: Duration = Duration::from_secs(60);

/// Looks until there is something to see.
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "never seen: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_append_that_hangs_is_seen_and_so_is_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    assert_eq!(bench.handle.ails(), None);
    let disk = bench.journal.lock().unwrap();
    let mut posted = bench.post([incident("a", "orders fail")]);
    let ailment = until("an ailment", || bench.handle.ails());
    let Ailment::Stuck { silent_for } = ailment else {
        panic!("{ailment:?}");
    };
    assert!(silent_for > STUCK_AFTER, "{silent_for:?}");
    assert_eq!(bench.handle.view().fault, None, "the store has not refused anything");
    drop(disk);
    until("the end of it", || bench.handle.ails().is_none().then_some(()));
    assert!(in_time(&bench.asking, posted.remove(0)).unwrap().result.is_ok());
}

#[test]
fn a_loop_that_ends_by_itself_answers_everybody_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::begun(folder.path(), TEN);
    let journal = bench.journal.clone();
    // The next append panics.
    let poisoned = std::thread::spawn(move || {
        let _disk = journal.lock().unwrap();
        panic!("poisons the journal on purpose");
    });
    assert!(poisoned.join().is_err());
    let posted = bench.post_for_one_turn([incident("a", "one"), incident("b", "two")]);
    for posted in posted {
        assert_eq!(in_time(&bench.asking, posted), Err(Unavailable::Stopped));
    }
    in_time(&bench.asking, bench.handle.ended());
    let late = in_time(&bench.asking, bench.handle.ask(incident("c", "three")));
    assert_eq!(late, Err(Unavailable::Stopped));
}

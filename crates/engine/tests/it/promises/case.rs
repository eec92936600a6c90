//! One case: its actions from its seed, what becomes of them, and the fewest of them that still break a promise.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tidegate_engine::view::words::clock;
use tidegate_engine::{Event, State, apply, words};

use super::action::Action;
use super::generate::actions;
use super::play::Play;
use super::reach::Reach;

/// Runs that the search for fewer actions may take.
const SHRINK_RUNS_MAX: usize = 400;
/// As before, when every run tells of its panic.
const PANICKING_RUNS_MAX: usize = 40;

/// A promise that was broken by an action.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) promise: Promise,
    /// Its place in the list.
    pub(super) at: usize,
    pub(super) what: String,
}

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// One of the eight.
    Invariant(u8),
    /// The journal replayed from its beginning is the state, after every action.
    Replay,
    /// The same run decided again is the same.
    Twice,
    /// There is an answer to everything: nothing panics.
    Total,
}

/// The actions of a case.
pub(super) fn drawn(seed: u64, case: u64) -> Vec<Action> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    actions().new_tree(&mut runner).unwrap().current()
}

/// Carries the actions out until one breaks a promise; what follows from a broken state is no news.
pub(super) fn run(actions: &[Action], reach: &mut Reach) -> (Play, Vec<Broken>) {
    let mut play = Play::begin();
    let mut replayed = State::default();
    let mut read = 0;
    for (at, action) in actions.iter().enumerate() {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play.perform(action))) {
            let what = panic
                .downcast_ref::<String>()
                .map_or("a panic", String::as_str)
                .to_owned();
            let promise = Promise::Total;
            return (play, vec![Broken { promise, at, what }]);
        }
        reach.look(&play.world);
        let mut broken: Vec<Broken> = play
            .world
            .violations
            .iter()
            .map(|violation| Broken {
                promise: Promise::Invariant(violation.invariant),
                at,
                what: violation.what.clone(),
            })
            .collect();
        for event in &play.world.journal[read..] {
            apply(&mut replayed, event);
        }
        read = play.world.journal.len();
        if replayed != play.world.state {
            broken.push(Broken {
                promise: Promise::Replay,
                at,
                what: format!("the journal of {read} events gives another state"),
            });
        }
        if !broken.is_empty() {
            return (play, broken);
        }
    }
    reach.end(&play);
    let mut replayed = State::default();
    for event in &play.world.journal {
        apply(&mut replayed, &Event::decode(&event.encode().unwrap()).unwrap());
    }
    let is_same = serde_json::to_vec(&replayed).unwrap() == serde_json::to_vec(&play.world.state).unwrap();
    let broken = (!is_same).then(|| Broken {
        promise: Promise::Replay,
        at: actions.len().saturating_sub(1),
        what: "the journal's bytes give another state".to_owned(),
    });
    (play, broken.into_iter().collect())
}

/// Decides the same actions again.
pub(super) fn run_again(actions: &[Action], first: &Play) -> Option<Broken> {
    let mut second = Play::begin();
    for action in actions {
        second.perform(action);
    }
    let is_same = |(one, other): (&Event, &Event)| one.encode().unwrap() == other.encode().unwrap();
    let same = first
        .world
        .journal
        .iter()
        .zip(&second.world.journal)
        .take_while(|pair| is_same(*pair))
        .count();
    (first.world.journal.len() != same || second.world.journal.len() != same).then(|| Broken {
        promise: Promise::Twice,
        at: actions.len().saturating_sub(1),
        what: format!("event {} is another one the second time", same + 1),
    })
}

/// How a list of actions breaks a promise, if it does.
fn breaks(actions: &[Action], promise: Promise) -> Option<Broken> {
    let (play, broken) = run(actions, &mut Reach::default());
    if promise == Promise::Twice {
        return run_again(actions, &play);
    }
    broken.into_iter().find(|broken| broken.promise == promise)
}

/// The case that breaks a promise, as short as can be found, with what happens in it.
pub(super) fn told(mut actions: Vec<Action>, promise: Promise, mut broken: Broken) -> String {
    let runs_max = if promise == Promise::Total {
        PANICKING_RUNS_MAX
    } else {
        SHRINK_RUNS_MAX
    };
    let mut runs = 0;
    actions.truncate(broken.at + 1);
    let mut chunk = actions.len();
    while chunk > 0 && runs < runs_max {
        let mut from = 0;
        while from < actions.len() && runs < runs_max {
            let mut fewer = actions.clone();
            fewer.drain(from..(from + chunk).min(actions.len()));
            runs += 1;
            if let Some(found) = breaks(&fewer, promise) {
                fewer.truncate(found.at + 1);
                (actions, broken) = (fewer, found);
            } else {
                from += chunk;
            }
        }
        chunk /= 2;
    }
    format!(
        "{}\n{} actions lead there:\n{}",
        broken.what,
        actions.len(),
        story(&actions)
    )
}

/// Each action with the events that it leads to.
fn story(actions: &[Action]) -> String {
    let mut play = Play::begin();
    let mut lines = Vec::new();
    for action in actions {
        let read = play.world.journal.len();
        let is_answered = catch_unwind(AssertUnwindSafe(|| play.perform(action))).is_ok();
        lines.push(format!("  {action:?}{}", if is_answered { "" } else { " panics" }));
        for event in &play.world.journal[read..] {
            lines.push(format!(
                "      {} {}: {}",
                clock(event.at),
                event.actor,
                words::said(&event.body)
            ));
        }
    }
    lines.join("\n")
}

//! The eight promises under whatever anybody does: random cases in the shop, the watch after every single step.
//!
//! `TIDEGATE_SEED` and `TIDEGATE_CASES` replace the seed and the number of cases; the same seed gives the same cases, and fewer
//! cases than usual need not reach everything.

mod action;
mod advance;
mod ask;
mod case;
mod edits;
mod ends;
mod generate;
mod goals;
mod play;
mod reach;

use std::sync::OnceLock;

use case::{Broken, Promise};
use reach::Reach;

/// The cases' seed unless told otherwise.
const SEED: u64 = 20_260_302;
/// How many cases unless told otherwise.
const CASES: u64 = 256;
/// One in so many cases is decided twice.
const TWICE_EVERY: u64 = 8;

/// What all cases together gave.
struct Outcome {
    seed: u64,
    cases: u64,
    broken: Vec<(u64, Broken)>,
    reach: Reach,
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

/// Every test looks at the same cases, which are run once.
fn outcome() -> &'static Outcome {
    static OUTCOME: OnceLock<Outcome> = OnceLock::new();
    OUTCOME.get_or_init(|| {
        let (seed, cases) = (number("TIDEGATE_SEED", SEED), number("TIDEGATE_CASES", CASES));
        let lanes = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        let mut outcome = Outcome {
            seed,
            cases,
            broken: Vec::new(),
            reach: Reach::default(),
        };
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..lanes)
                .map(|lane| scope.spawn(move || run_some(seed, (lane..cases).step_by(lanes as usize))))
                .collect();
            for lane in running {
                let (broken, reach) = lane.join().unwrap();
                outcome.broken.extend(broken);
                outcome.reach.add(&reach);
            }
        });
        outcome.broken.sort_by_key(|(case, _)| *case);
        outcome
    })
}

fn run_some(seed: u64, cases: impl Iterator<Item = u64>) -> (Vec<(u64, Broken)>, Reach) {
    let (mut found, mut reach) = (Vec::new(), Reach::default());
    for case in cases {
        let actions = case::drawn(seed, case);
        let mut own = Reach::default();
        let (play, mut broken) = case::run(&actions, &mut own);
        if case % TWICE_EVERY == 0 && broken.is_empty() {
            broken.extend(case::run_again(&actions, &play));
        }
        reach.add(&own);
        found.extend(broken.into_iter().map(|broken| (case, broken)));
    }
    (found, reach)
}

/// Fails with the shortest story that breaks the promise.
fn kept(promise: Promise) {
    let outcome = outcome();
    println!("seed {}, {} cases", outcome.seed, outcome.cases);
    let first = outcome.broken.iter().find(|(_, broken)| broken.promise == promise);
    if let Some((case, broken)) = first {
        let told = case::told(case::drawn(outcome.seed, *case), promise, broken.clone());
        panic!("{promise:?} is broken by case {case} of seed {}: {told}", outcome.seed);
    }
}

#[test]
fn promise_1_each_domain_has_exactly_one_owner() {
    kept(Promise::Invariant(1));
}

#[test]
fn promise_2_exposure_rises_only_through_what_allows_it() {
    kept(Promise::Invariant(2));
}

#[test]
fn promise_3_after_harm_the_next_effect_lowers_exposure() {
    kept(Promise::Invariant(3));
}

#[test]
fn promise_4_nothing_happens_without_authority() {
    kept(Promise::Invariant(4));
}

#[test]
fn promise_5_every_open_incident_has_a_next_obligation() {
    kept(Promise::Invariant(5));
}

#[test]
fn promise_6_every_mode_has_an_end() {
    kept(Promise::Invariant(6));
}

#[test]
fn promise_7_what_was_written_is_what_is_read() {
    kept(Promise::Invariant(7));
}

#[test]
fn promise_8_lowering_is_never_refused_to_whoever_may() {
    kept(Promise::Invariant(8));
}

#[test]
fn the_replayed_journal_is_the_state_after_every_action() {
    kept(Promise::Replay);
}

#[test]
fn the_same_run_decided_twice_is_the_same() {
    kept(Promise::Twice);
}

#[test]
fn there_is_an_answer_to_everything() {
    kept(Promise::Total);
}

#[test]
fn the_cases_reach_every_deep_state() {
    let outcome = outcome();
    println!(
        "seed {}, {} cases\n{}",
        outcome.seed,
        outcome.cases,
        outcome.reach.lines()
    );
    let missing = if outcome.cases < CASES {
        Vec::new()
    } else {
        outcome.reach.missing()
    };
    assert_eq!(missing, Vec::<String>::new(), "never reached");
}

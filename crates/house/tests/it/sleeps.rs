//! Tests wait for conditions, never for time to pass.

use std::ops::Range;

use crate::breach::{Breach, none};
use crate::scan::{closing, words};
use crate::source::Source;
use crate::tree::tree;

#[test]
fn tests_pause_only_between_two_looks_at_a_condition() {
    none(
        "a test sleeps only in a loop that asserts its deadline",
        tree().sources.iter().flat_map(pauses).collect(),
    );
}

fn pauses(source: &Source) -> Vec<Breach> {
    let code = &source.parts.code;
    let looks = looks(code);
    ["sleep", "sleep_until", "sleep_ms", "park_timeout"]
        .iter()
        .flat_map(|call| words(code, call))
        .filter(|&at| source.is_test(at) && !looks.iter().any(|range| range.contains(&at)))
        .filter(|&at| !code[line_start(code, at)..at].trim_start().starts_with("use "))
        .map(|at| Breach::new(&source.path, source.line(at), "sleeps"))
        .collect()
}

fn line_start(code: &str, at: usize) -> usize {
    code[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// Loops that look at a condition and assert a deadline: how long it took, or an instant of that name.
fn looks(code: &str) -> Vec<Range<usize>> {
    ["loop", "while"]
        .iter()
        .flat_map(|keyword| words(code, keyword))
        .filter_map(|at| Some(at..closing(code, at + code[at..].find('{')?)))
        .filter(|range| {
            let body = &code[range.clone()];
            body.contains("assert!") && (body.contains("elapsed()") || body.contains("deadline"))
        })
        .collect()
}

#[test]
fn a_look_has_a_loop_and_a_deadline() {
    let pauses = |text: &str| pauses(&Source::new("crates/x/tests/it/a.rs", text)).len();
    assert_eq!(pauses("fn a() { std::thread::sleep(SECOND); }"), 1);
    assert_eq!(pauses("fn a() { loop { sleep(SECOND); } }"), 1);
    assert_eq!(
        pauses("fn a() { loop { assert!(now() < deadline); sleep(SECOND); } sleep(1) }"),
        1
    );
    assert_eq!(
        pauses("use std::thread::sleep;\nfn a() { while no() { assert!(began.elapsed() < S); sleep(L); } }"),
        0
    );
}

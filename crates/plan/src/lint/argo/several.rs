//! What a condition makes of several series: whether one that passes hides another that does not.

use super::super::cell::{Cell, Verdict};
use super::super::value::Value;
use super::judge::{EVALUATE, Judged, Phase, Way, ended, fixed, has_none, passes, phase};
use super::provider::Several;
use super::template::Asked;

const CELL: Cell = Cell::SeveralSeries;

/// Two series of which one would not pass alone.
pub(super) fn several(asked: &Asked) -> Judged {
    let place = asked.provider.place();
    match asked.provider.several() {
        Several::Never(words) => fixed(CELL, Verdict::CannotHappen, words, place),
        Several::NotKnown(words) => fixed(CELL, Verdict::NotKnown, words, place),
        Several::All(_) | Several::One(..) if has_none(asked) => passes(
            CELL,
            "without a condition everything is Successful".to_owned(),
            EVALUATE,
            Way::NoCondition,
        ),
        Several::One(of, words) => one(asked, of, words),
        Several::All(of) => all(asked, of),
    }
}

/// Only one of them reaches the condition.
fn one(asked: &Asked, of: fn(f64) -> Value, words: &str) -> Judged {
    let alone = alone(asked, of);
    if let Some(words) = alone.not_known {
        return fixed(CELL, Verdict::NotKnown, &words, EVALUATE);
    }
    if alone.good.is_empty() {
        return fixed(
            CELL,
            Verdict::NotKnown,
            "no number was found that passes alone",
            EVALUATE,
        );
    }
    let because = format!("{words} is judged, the others are dropped");
    passes(CELL, because, asked.provider.place(), Way::Succeeded)
}

/// All of them reach the condition, as a list.
fn all(asked: &Asked, of: fn(f64) -> Value) -> Judged {
    const WORDS: &str = "a list of all series";
    let list = |numbers: &[f64]| {
        asked
            .provider
            .listed(numbers.iter().map(|number| of(*number)).collect())
    };
    let mut found = if asked.provider.is_bare_alone() {
        alone(asked, of)
    } else {
        alone(asked, |number| list(&[number]))
    };
    // A condition written for a list cannot judge a bare number.
    if found.good.is_empty() && found.bad.is_empty() {
        found = alone(asked, |number| list(&[number]));
    }
    if let Some(words) = found.not_known {
        return fixed(CELL, Verdict::NotKnown, &words, EVALUATE);
    }
    let pairs = found
        .good
        .iter()
        .flat_map(|good| found.bad.iter().flat_map(|bad| [[*good, *bad], [*bad, *good]]));
    let mut first = None;
    for pair in pairs {
        let phase = phase(asked, &list(&pair));
        if matches!(phase, Phase::Successful(_)) {
            let because = "a series that passes hides one that would not".to_owned();
            return passes(CELL, because, EVALUATE, Way::Succeeded);
        }
        first.get_or_insert(phase);
    }
    // What the condition cannot judge at all it cannot judge whatever the numbers are.
    let phase = first.unwrap_or_else(|| phase(asked, &list(&[1.0, 1.0])));
    if matches!(phase, Phase::Successful(_)) {
        return fixed(
            CELL,
            Verdict::NotKnown,
            "no two numbers were found of which one passes alone and one does not",
            EVALUATE,
        );
    }
    ended(asked, CELL, phase, WORDS, EVALUATE)
}

/// Numbers by what a condition makes of each alone.
struct Alone {
    good: Vec<f64>,
    bad: Vec<f64>,
    not_known: Option<String>,
}

fn alone(asked: &Asked, of: impl Fn(f64) -> Value) -> Alone {
    let mut found = Alone {
        good: Vec::new(),
        bad: Vec::new(),
        not_known: None,
    };
    for number in candidates(asked) {
        match phase(asked, &of(number)) {
            Phase::Successful(_) => found.good.push(number),
            Phase::Failed(_) | Phase::Inconclusive(_) => found.bad.push(number),
            Phase::Error(_) => {}
            Phase::NotKnown(words) => found.not_known = Some(words),
        }
    }
    found
}

/// Numbers around those that stand in the conditions.
fn candidates(asked: &Asked) -> Vec<f64> {
    let mut numbers = vec![-1.0, 0.0, 0.5, 1.0, 100.0, 1e9];
    for written in [&asked.success, &asked.failure].into_iter().flatten() {
        for condition in written.readings.iter().flatten().take(1) {
            for number in condition.numbers().into_iter().take(NUMBERS_MAX) {
                numbers.extend([number, number / 2.0, number * 2.0 + 1.0, number - 1.0]);
            }
        }
    }
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

/// Numbers of a condition that are tried around.
const NUMBERS_MAX: usize = 4;

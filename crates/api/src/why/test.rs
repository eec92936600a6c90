//! One test in a sentence: what it says, what it has, and what is missing.

use tidegate_engine::judge::{Asks, Says, Test};
use tidegate_engine::view::words;

use super::hits::Words;
use super::section::small;

/// What a test is called: its question and its name.
pub(super) fn name(test: &Test) -> String {
    let asks = match test.asks {
        Asks::Harm => "harm",
        Asks::Pass => "pass",
    };
    format!("{asks}? {}", test.name)
}

/// What it says and why.
pub(super) fn sentence(test: &Test, hits: Option<&Words>) -> String {
    let mut parts = vec![says(test).to_owned()];
    parts.extend(statistic(test, hits));
    parts.extend(evidence(test));
    parts.extend(needed(test));
    parts.push(format!("alpha {}", small(test.alpha)));
    parts.join("; ")
}

fn says(test: &Test) -> &'static str {
    match (test.says, test.asks) {
        (Says::Harm, _) => "yes, worse beyond chance",
        (Says::Quiet, _) => "no alarm, which is no pass",
        (Says::Pass, _) => "yes, worse than declared is excluded",
        (Says::NotYet, _) => "not decided yet",
        (Says::CannotSpeak, Asks::Harm) => "cannot speak yet: too little to compare",
        (Says::CannotSpeak, Asks::Pass) => "cannot speak yet: nothing to compare",
    }
}

fn statistic(test: &Test, hits: Option<&Words>) -> Option<String> {
    let statistic = test.statistic?;
    if test.name == "limit" {
        let limit = test.against.map(|limit| format!(", limit {}", words::percent(limit)));
        let share = words::percent(statistic);
        return Some(format!("{share} of the new side{}", limit.unwrap_or_default()));
    }
    let (done, are_good) = hits.map_or(("counted", true), |words| (words.done.as_str(), words.are_good));
    let is_more = match test.asks {
        // A loss is fewer good ones, or more bad ones.
        Asks::Harm => (statistic > 0.0) != are_good,
        Asks::Pass => true,
    };
    let size = statistic.abs();
    let mut said = match test.asks {
        Asks::Harm => {
            let more = if is_more { "more" } else { "fewer" };
            let rest = test
                .rest
                .map(|rest| format!(", {rest:.1} that its open attempts will still meet taken off"));
            format!(
                "{size:.1} {more} {done} than the old side's share{}",
                rest.unwrap_or_default()
            )
        }
        Asks::Pass => {
            let margin = test.against.map(words::percent).unwrap_or_default();
            format!("{statistic:.1} {done} clear of the margin of {margin}")
        }
    };
    if let Some(boundary) = test.boundary {
        let missing = boundary - statistic;
        let needs = match (test.asks, are_good) {
            (Asks::Harm, true) => format!(", harm needs {boundary:.1} fewer"),
            (Asks::Harm, false) => format!(", harm needs {boundary:.1} more"),
            (Asks::Pass, _) => format!(", {boundary:.1} needed"),
        };
        said += &needs;
        said += &if missing > 0.0 {
            format!(": {missing:.1} missing")
        } else {
            ": reached".to_owned()
        };
    }
    if let Some(variance) = test.variance {
        said += &format!(" (variance {variance:.1})");
    }
    Some(said)
}

/// The evidence of a test that has no boundary of its own to show, and of each test as the ratio that an auditor computes.
fn evidence(test: &Test) -> Option<String> {
    let needed = test.ln_needed?;
    let has = test.ln_evidence?;
    let is_reached = has >= needed;
    // The evidence of a limit is that the share is another one, higher or lower.
    let (of, reached) = match (test.name.as_str(), is_reached) {
        ("limit", true) => ("", "told apart from the limit"),
        ("limit", false) => ("", "not told apart from the limit"),
        ("exact", true) => (" at its highest", "reached"),
        ("exact", false) => (" at its highest", "not reached"),
        (_, true) => ("", "reached"),
        (_, false) => ("", "not reached"),
    };
    Some(format!(
        "ln of the evidence {has:.2}{of}, {needed:.2} needed: {reached}"
    ))
}

fn needed(test: &Test) -> Option<String> {
    let needed = test.needed.filter(|needed| *needed > 0)?;
    let attempts = words::counted(needed, "attempt", "attempts");
    Some(format!("{attempts} more on the new side at the present shares"))
}

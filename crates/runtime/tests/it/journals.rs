//! Journals as released versions wrote them: they replay for ever, to the state that their version saw.

use std::collections::BTreeSet;

use tidegate_engine::{Event, State};

/// Version and content of each. A new release adds one; none is ever changed or removed.
const JOURNALS: [(&str, &str); 2] = [
    (
        "0.1.0, every kind of event",
        include_str!("../journals/0.1.0-every-kind.jsonl"),
    ),
    ("0.1.0, a demo", include_str!("../journals/0.1.0-demo.jsonl")),
];

fn replay(journal: &str) -> State {
    let entries = (1_u64..).zip(journal.lines().map(str::as_bytes));
    tidegate_runtime::recover(entries).unwrap()
}

/// What an operator would see of a state.
fn told(state: &State) -> String {
    let stages = state.stages.iter().map(|(id, stage)| {
        format!(
            "stage {id} {} {}, attempt {}",
            stage.phase.words(),
            stage.exposure,
            stage.attempt
        )
    });
    let incidents = state.incidents.iter().map(|(id, incident)| {
        let called: Vec<&str> = incident.called.iter().map(|person| person.as_str()).collect();
        format!("{id} of {}, called {}", incident.domain, called.join(" "))
    });
    let owners = state
        .owners
        .iter()
        .map(|(domain, owner)| format!("{domain} belongs to {owner}"));
    let head = format!("{} entries, start {}, {}", state.seq, state.epoch, state.at);
    let lines: Vec<String> = std::iter::once(head)
        .chain(owners)
        .chain(stages)
        .chain(incidents)
        .collect();
    lines.join("\n")
}

#[track_caller]
fn check(journal: &str, expected: &str) {
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let told = told(&replay(journal));
    assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{told}");
}

#[test]
fn every_kind_of_event_of_0_1_0_replays() {
    check(
        JOURNALS[0].1,
        "
        197 entries, start 1, 2026-03-02T09:37:00.000Z
        checkout belongs to checkout-team
        stage checkout finalised 100 %, attempt 3
        inc-1 of checkout, called ana gus hal
        inc-2 of checkout, called ana
        inc-3 of checkout, called ana
        inc-4 of checkout, called ana
        inc-5 of checkout, called ana
        inc-6 of checkout, called ana
        ",
    );
}

#[test]
fn a_demo_of_0_1_0_replays() {
    check(
        JOURNALS[1].1,
        "
        359 entries, start 1, 2026-11-21T10:47:41.109Z
        catalogue belongs to catalogue
        checkout belongs to checkout
        pricing belongs to pricing
        stage catalogue finalised 100 %, attempt 1
        stage checkout finalised 100 %, attempt 2
        stage pricing finalised 100 %, attempt 1
        inc-1 of pricing, called petra
        inc-2 of checkout, called ana emma
        ",
    );
}

/// What this version writes of those events is what stands there; a changed shape needs a new `v` and a lift.
#[test]
fn recorded_events_are_written_as_they_were() {
    for (version, journal) in JOURNALS {
        for line in journal.lines() {
            let event = Event::decode(line.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(event.encode().unwrap()).unwrap(), line, "{version}");
        }
    }
}

/// Kinds that no release has written yet; the next one adds a journal with them.
const UNRELEASED: [&str; 6] = [
    "runbook-drilled",
    "feedback-filed",
    "lesson-owed",
    "lesson-answered",
    "promise-observed",
    "runbook-step-done",
];

#[test]
fn every_kind_of_event_is_in_a_recorded_journal() {
    let lines = JOURNALS.iter().flat_map(|(_, journal)| journal.lines());
    let kinds: BTreeSet<&str> = lines
        .map(|line| Event::decode(line.as_bytes()).unwrap().body.kind())
        .chain(UNRELEASED)
        .collect();
    assert_eq!(
        kinds,
        crate::record::record()
            .events
            .iter()
            .map(|event| event.body.kind())
            .collect()
    );
}

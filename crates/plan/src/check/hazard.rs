//! Hazards: signals lead to criteria, and every stage has a failure mode that its gate would notice.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_model::StageId;
use tidegate_model::plan::Measure;

use crate::code::Code;
use crate::read::envelope::unknown;
use crate::read::{Kind, Reading, list, nearest};
use crate::sink::Finding;

/// Checks signals and coverage.
pub(crate) fn check(reading: &mut Reading) {
    let criteria: BTreeMap<String, BTreeSet<String>> = reading
        .parts
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .map(|stage| {
            let names = stage.gate.criteria.iter().map(|criterion| criterion.id.to_string());
            (stage.id.to_string(), names.collect())
        })
        .collect();
    only_by_hand(reading);
    steps(reading);
    let mut watched = BTreeSet::new();
    for (stage, criterion, place) in std::mem::take(&mut reading.signals) {
        watched.insert(stage.clone());
        let Some(names) = criteria.get(&stage) else {
            // A stage that could not be read is complained about where it stands.
            if !reading.declared.contains_key(&(Kind::Stage, stage.clone())) {
                let known: Vec<&str> = criteria.keys().map(String::as_str).collect();
                unknown(Kind::Stage, &stage, place, &known, reading);
            }
            continue;
        };
        // An empty gate is an error of its own, and so is a criterion that could not be read.
        if !names.is_empty() && !reading.unread_gates.contains(&stage) && !names.contains(&criterion) {
            let names = || names.iter().map(String::as_str);
            let help = match nearest(&criterion, names()) {
                Some(near) => format!("did you mean `{stage}/{near}`?"),
                None => format!("name a criterion of that gate, or add one with `name: {criterion}`"),
            };
            let expected = format!("a criterion of stage `{stage}`: {}", list(names()));
            reading.sink.add(
                Finding::error(
                    Code::UnknownReference,
                    place,
                    format!("criterion `{criterion}` is not in the gate of stage `{stage}`"),
                )
                .expected(expected, format!("`{stage}/{criterion}`"))
                .help(help),
            );
        }
    }
    for (stage, names) in criteria.iter().filter(|(stage, _)| !watched.contains(*stage)) {
        let place = reading.place(&format!("stage `{stage}`"), "");
        let criterion = names.first().map_or("<criterion>", String::as_str);
        let found = match watched.is_empty() {
            true => "no signal at all".to_owned(),
            false => format!("signals of {} only", list(watched.iter().map(String::as_str))),
        };
        reading.sink.add(
            Finding::warning(
                Code::RiskNotCovered,
                place,
                format!("no failure mode has a signal in the gate of stage `{stage}`"),
            )
            .expected(
                format!("a failure mode with a signal such as `{stage}/{criterion}`"),
                found,
            )
            .help(format!(
                "declare what can go wrong as a `FailureMode` with `signals: [{stage}/{criterion}]`"
            )),
        );
    }
}

/// Whoever is called at night reads what to do.
fn steps(reading: &mut Reading) {
    let runbooks = std::mem::take(&mut reading.parts.runbooks);
    for runbook in runbooks.iter().filter(|runbook| runbook.steps.is_empty()) {
        let subject = format!("runbook `{}`", runbook.id);
        // Steps that could not be read are complained about where they stand.
        if reading.is_torn(&subject, "steps") {
            continue;
        }
        let place = reading.place(&subject, "steps");
        reading.sink.add(
            Finding::error(Code::EmptyRunbook, place, format!("{subject} has no steps"))
                .expected("at least one step", "an empty list")
                .help("write what to look at and what to do, in order: it is read by somebody who was asleep"),
        );
    }
    reading.parts.runbooks = runbooks;
}

/// What revenue hangs on is not left to somebody who looks now and then.
fn only_by_hand(reading: &mut Reading) {
    let by_hand: BTreeSet<(String, String)> = reading
        .parts
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .flat_map(|stage| stage.gate.criteria.iter().map(move |criterion| (stage, criterion)))
        .filter(|(_, criterion)| matches!(criterion.measure, Measure::Manual { .. }))
        .map(|(stage, criterion)| (stage.id.to_string(), criterion.id.to_string()))
        .collect();
    for mode in reading.parts.failure_modes.clone() {
        let is_by_hand = |(stage, name): &(StageId, String)| by_hand.contains(&(stage.to_string(), name.clone()));
        if mode.severity.freezes() && !mode.signals.is_empty() && mode.signals.iter().all(is_by_hand) {
            let place = reading.place(&format!("failure mode `{}`", mode.id), "");
            reading.sink.add(
                Finding::error(
                    Code::OnlyByHand,
                    place,
                    format!(
                        "failure mode `{}` is {} and only a person would see it",
                        mode.id,
                        mode.severity.word()
                    ),
                )
                .expected("a signal that reads data", "what a person ticks")
                .help("add a criterion over a flow, a source or an entity to the gate, and name it under `signals`"),
            );
        }
    }
}

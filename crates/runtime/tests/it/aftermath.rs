//! What must be true when a process has died: nothing acknowledged is lost, nobody is exposed by it, and the story goes on to
//! the end that it would have had.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tidegate_engine::apply::sent_by;
use tidegate_engine::{Body, Event, State, apply, snapshot};
use tidegate_model::seam::{Effect, EffectKey, ExposureSnapshot, ExposureVersion};
use tidegate_model::{BasisPoints, UnitId};

use crate::driver::{Driver, Told, open, recovered};
use crate::record::{events, record};
use crate::story;
use crate::world::{Deed, deeds, deeds_file, held};

/// What a dead process left.
pub(crate) struct Remains {
    /// What was journalled.
    pub(crate) events: Vec<Event>,
    /// What was done.
    pub(crate) deeds: Vec<Deed>,
}

/// Looks at what is left, before anything goes on.
pub(crate) fn remains(folder: &Path) -> Remains {
    drop(deeds_file(folder));
    Remains {
        events: events(folder),
        deeds: deeds(folder),
    }
}

/// Checks what is left against what was told, brings the story to its end, and checks that end.
pub(crate) fn check(folder: &Path, told: &[Told], what: &str) {
    let journal = open(folder);
    assert_eq!(journal.verify().unwrap().first_bad, None, "{what}");
    let state = recovered(&journal);
    drop(journal);
    let left = remains(folder);
    nothing_told_is_lost(&state, told, what);
    everything_done_was_journalled(&left.events, &left.deeds, what);
    nothing_rose(&left, &state, told, what);

    let steps = story::steps();
    let mut through = told.iter().filter_map(|told| match told {
        Told::Through { step } => Some(*step),
        Told::Began { .. } | Told::Answered { .. } => None,
    });
    let last = through.next_back();
    let mut again = Driver::begin(folder, steps[last.unwrap_or(0)].at, None, Box::new(std::io::sink()));
    what_waited_is_done_again(&state, &left, &deeds(folder), what);
    same_exposure(&state, &deeds(folder), what);
    again.live(&steps, last.map_or(0, |last| last + 1));
    // What the new start asserted ends well, too, when no line was left to say so.
    again.confirm();
    drop(again.end());

    let end = remains(folder);
    everything_done_was_journalled(&end.events, &end.deeds, what);
    everything_sent_was_done(&end, what);
    let journal = open(folder);
    assert_eq!(journal.verify().unwrap().first_bad, None, "{what}");
    assert_eq!(lasting(&recovered(&journal)), lasting(&record().state), "{what}");
}

fn nothing_told_is_lost(state: &State, told: &[Told], what: &str) {
    for told in told {
        let Told::Answered { key, seq, result } = told else {
            continue;
        };
        assert!(*seq <= state.seq, "{what}: told of entry {seq}, found {}", state.seq);
        if let Some(key) = key {
            let known = state.answers.by_key.get(key);
            let expected = result.clone().map(|accepted| accepted.said);
            assert_eq!(known, Some(&expected), "{what}: {key:?}");
        }
    }
}

fn everything_done_was_journalled(events: &[Event], deeds: &[Deed], what: &str) {
    let sent: BTreeMap<&EffectKey, &Effect> = events
        .iter()
        .flat_map(|event| sent_by(&event.body))
        .map(|sent| (&sent.key, &sent.effect))
        .collect();
    for deed in deeds {
        assert_eq!(
            sent.get(&deed.key),
            Some(&&deed.effect),
            "{what}: done without a journalled order"
        );
    }
}

/// Neither the journal nor the gateways are above what was told, unless a raise was durable and only its answer was not heard.
fn nothing_rose(left: &Remains, state: &State, told: &[Told], what: &str) {
    let known = told.iter().map(|told| match told {
        Told::Answered { seq, .. } | Told::Began { from: seq } => *seq,
        Told::Through { .. } => 0,
    });
    let known = usize::try_from(known.max().unwrap_or(0)).unwrap();
    let unheard = &left.events[known..];
    let is_raise = |event: &Event| matches!(event.body, Body::StepExposed { .. } | Body::StageFinalised { .. });
    let mut before = State::default();
    for event in &left.events[..known] {
        apply(&mut before, event);
    }
    let bound = if unheard.iter().any(is_raise) { state } else { &before };
    let (bound, present) = (exposure(bound), exposure(state));
    for (unit, share) in &present {
        let most = bound.get(unit).copied().unwrap_or(BasisPoints::ZERO);
        assert!(*share <= most, "{what}: {unit} is at {share:?}, {most:?} was told");
    }
    // What gateways hold was asked of them by an entry that is in the journal, and is what that entry asked.
    let held = held(&left.deeds);
    let mut then = State::default();
    for event in left.events.iter().take(usize::try_from(held.version.seq).unwrap()) {
        apply(&mut then, event);
    }
    assert_eq!(
        shares(&held),
        exposure(&then),
        "{what}: gateways hold {:?}",
        held.version
    );
}

/// A new start asserts what the journal holds, no more and no less, above every version before.
fn same_exposure(state: &State, deeds: &[Deed], what: &str) {
    let held = held(deeds);
    if state.estate.is_some() {
        assert_eq!(shares(&held), exposure(state), "{what}");
        assert_eq!(held.version.epoch, state.epoch + 1, "{what}");
    }
}

/// What was in the outbox is done by the new process under the key that it had; an exposure is asserted anew as a whole.
fn what_waited_is_done_again(state: &State, left: &Remains, deeds: &[Deed], what: &str) {
    let since: BTreeSet<&EffectKey> = deeds[left.deeds.len()..].iter().map(|deed| &deed.key).collect();
    for (key, waiting) in state.outbox() {
        let is_exposure = matches!(waiting.effect, Effect::SetExposure(_));
        assert!(is_exposure || since.contains(key), "{what}: {key} was left undone");
    }
}

/// Every effect that was ever journalled was done and has ended, unless it was taken back or replaced by a later exposure.
fn everything_sent_was_done(end: &Remains, what: &str) {
    let done: BTreeSet<&EffectKey> = end.deeds.iter().map(|deed| &deed.key).collect();
    let mut over: BTreeSet<&EffectKey> = BTreeSet::new();
    let mut taken_back: BTreeSet<&EffectKey> = BTreeSet::new();
    let mut exposures: Vec<&EffectKey> = Vec::new();
    for event in &end.events {
        if let Body::EffectEnded { effect, .. } = &event.body {
            assert!(over.insert(effect), "{what}: {effect} ended twice");
        }
        if let Body::IncidentAcknowledged { superseded, .. } | Body::IncidentResolved { superseded, .. } = &event.body {
            taken_back.extend(superseded);
        }
        for sent in sent_by(&event.body) {
            if let Effect::SetExposure(_) = sent.effect {
                taken_back.extend(exposures.drain(..));
                exposures.push(&sent.key);
            }
        }
    }
    for sent in end.events.iter().flat_map(|event| sent_by(&event.body)) {
        let is_through = done.contains(&sent.key) && over.contains(&sent.key);
        assert!(
            is_through || taken_back.contains(&sent.key),
            "{what}: never done: {sent:?}"
        );
    }
}

fn exposure(state: &State) -> BTreeMap<UnitId, BasisPoints> {
    shares(&snapshot(state, ExposureVersion::default()))
}

fn shares(snapshot: &ExposureSnapshot) -> BTreeMap<UnitId, BasisPoints> {
    let exposed = snapshot.units.iter().filter(|unit| unit.exposure > BasisPoints::ZERO);
    exposed.map(|unit| (unit.unit.clone(), unit.exposure)).collect()
}

/// Fields of the state that count entries and controller starts, which a crash adds to.
const COUNTED: [&str; 13] = [
    "seq",
    "judged",
    "worsened",
    "epoch",
    "asserted",
    "in_force",
    "evidence_since",
    "step_since",
    "exposing_seq",
    // A source has its time again when a controller has started.
    "armed",
    "version",
    "timeline",
    "pages",
];

/// The state but for what counts entries and starts; every instant in it is compared.
fn lasting(state: &State) -> Value {
    let mut value = serde_json::to_value(state).unwrap();
    forget_counted(&mut value);
    value
}

fn forget_counted(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !COUNTED.contains(&name.as_str()));
            fields.values_mut().for_each(forget_counted);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_counted),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

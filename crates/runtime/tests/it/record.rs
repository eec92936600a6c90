//! The recorded cutover: what kinds of events and effects are in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;
use tidegate_engine::apply::sent_by;
use tidegate_engine::{Body, Event, State};
use tidegate_model::seam::Effect;

use crate::driver::{Driver, open, recovered};
use crate::point::Phase;
use crate::story;

/// A whole run.
pub(crate) struct Record {
    /// How often each kind came to each moment.
    pub(crate) seen: BTreeMap<(Phase, String), u64>,
    /// What was journalled.
    pub(crate) events: Vec<Event>,
    /// The state at the end.
    pub(crate) state: State,
    /// Lines that whoever asked was told.
    pub(crate) told: usize,
}

impl Record {
    /// Every kind of event and of effect in it.
    pub(crate) fn kinds(&self) -> BTreeSet<&'static str> {
        let events = self.events.iter().map(|event| event.body.kind());
        let sent = self.events.iter().flat_map(|event| sent_by(&event.body));
        events.chain(sent.map(|sent| sent.effect.kind())).collect()
    }
}

/// The run that nothing disturbs.
pub(crate) fn record() -> &'static Record {
    static RECORD: OnceLock<Record> = OnceLock::new();
    RECORD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        let steps = story::steps();
        let mut driver = Driver::begin(folder.path(), steps[0].at, None, Box::new(&mut told));
        driver.live(&steps, 0);
        let world = driver.end();
        let seen = world.fate.seen();
        drop(world);
        let events = events(folder.path());
        let state = recovered(&open(folder.path()));
        Record {
            seen,
            events,
            state,
            told: told.iter().filter(|byte| **byte == b'\n').count(),
        }
    })
}

/// What the journal of a folder holds.
pub(crate) fn events(folder: &Path) -> Vec<Event> {
    let entries = open(folder).read(1, usize::MAX).unwrap();
    entries
        .iter()
        .map(|entry| Event::decode(&entry.bytes).unwrap())
        .collect()
}

/// Every kind that a type knows: what it says it had expected when it is given one that it does not know.
fn kinds<T: DeserializeOwned>(unknown: &str) -> BTreeSet<String> {
    let Err(error) = serde_json::from_str::<T>(unknown) else {
        panic!("`{unknown}` is of a known kind");
    };
    let error = error.to_string();
    let (_, expected) = error.split_once("expected one of").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_recorded_cutover_holds_every_kind_of_event_and_of_effect() {
    let record = record();
    for event in &record.events {
        println!(
            "{} {} {}",
            event.at,
            event.actor,
            tidegate_engine::words::said(&event.body)
        );
    }
    let events: BTreeSet<String> = record.events.iter().map(|event| event.body.kind().to_owned()).collect();
    assert_eq!(events.len(), 42, "a kind more or less needs its place in the story");
    assert_eq!(events, kinds::<Body>(r#"{"kind":"none"}"#));
    let sent = record.events.iter().flat_map(|event| sent_by(&event.body));
    let effects: BTreeSet<String> = sent.map(|sent| sent.effect.kind().to_owned()).collect();
    assert_eq!(effects, kinds::<Effect>(r#""none""#));
    assert!(record.state.outbox().is_empty());
}

//! A world of files: the journal is the real one, the hands write what they do into a log and sync it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tidegate_engine::Event;
use tidegate_journal::{Journal, NewEntry};
use tidegate_model::Timestamp;
use tidegate_model::seam::{Effect, EffectKey, ExposureSnapshot, ExposureVersion};
use tidegate_runtime::{StoreFault, World};

use crate::clock::Clock;
use crate::point::{Fate, Phase};

/// An effect that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deed {
    pub(crate) key: EffectKey,
    pub(crate) effect: Effect,
}

/// What the hands were told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    /// It was done, and stands in the log.
    Done(Deed),
    /// It was no longer wanted.
    Withdrawn(EffectKey),
}

/// The journal, shared between the loop that appends and the test that looks.
pub(crate) type SharedJournal = Arc<Mutex<Journal>>;

/// The world.
pub(crate) struct Files {
    pub(crate) clock: Clock,
    pub(crate) journal: SharedJournal,
    pub(crate) deeds: File,
    pub(crate) orders: Sender<Order>,
    pub(crate) fate: Fate,
}

/// The log of what was done in a folder, for appending. A line without its end was not done, and is cut off.
pub(crate) fn deeds_file(folder: &Path) -> File {
    let path = folder.join("deeds");
    let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    file.set_len(u64::try_from(whole).unwrap()).unwrap();
    file
}

/// What was done, in order.
pub(crate) fn deeds(folder: &Path) -> Vec<Deed> {
    let text = std::fs::read_to_string(folder.join("deeds")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The snapshot that gateways hold, which ignore every lower version than theirs.
pub(crate) fn held(deeds: &[Deed]) -> ExposureSnapshot {
    let snapshots = deeds.iter().filter_map(|deed| match &deed.effect {
        Effect::SetExposure(snapshot) => Some(snapshot),
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
    });
    snapshots
        .max_by_key(|snapshot| snapshot.version)
        .cloned()
        .unwrap_or_default()
}

/// Its version.
pub(crate) fn held_version(deeds: &[Deed]) -> ExposureVersion {
    held(deeds).version
}

impl World for Files {
    fn now(&self) -> Timestamp {
        self.clock.look()
    }

    fn append(&mut self, events: &[Event]) -> Result<u64, StoreFault> {
        let entries: Vec<NewEntry> = events
            .iter()
            .map(|event| NewEntry {
                at_ms: event.at.0,
                kind: event.body.kind().to_owned(),
                bytes: event.encode().unwrap(),
            })
            .collect();
        self.fate.at_append(Phase::BeforeAppend, events);
        let head = self
            .journal
            .lock()
            .unwrap()
            .append(&entries)
            .map_err(|error| StoreFault {
                passing: error.retryable(),
                reason: error.to_string(),
            })?;
        self.fate.at_append(Phase::AfterAppend, events);
        Ok(head.seq)
    }

    fn perform(&mut self, key: &EffectKey, effect: &Effect) {
        self.fate.at_perform(Phase::BeforePerform, effect);
        let deed = Deed {
            key: key.clone(),
            effect: effect.clone(),
        };
        let mut line = serde_json::to_vec(&deed).unwrap();
        line.push(b'\n');
        self.deeds.write_all(&line).unwrap();
        self.deeds.sync_data().unwrap();
        self.fate.at_perform(Phase::AfterPerform, effect);
        self.tell(Order::Done(deed));
    }

    fn withdraw(&mut self, key: &EffectKey) {
        self.tell(Order::Withdrawn(key.clone()));
    }
}

impl Files {
    fn tell(&self, order: Order) {
        // Whoever listened may be gone before the loop is.
        drop(self.orders.send(order));
    }
}

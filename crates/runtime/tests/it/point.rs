//! Where a process dies: around the n-th append or perform of a kind.

use std::collections::BTreeMap;

use rustix::process::{Signal, getpid, kill_process};
use tidegate_engine::Event;
use tidegate_engine::apply::sent_by;
use tidegate_model::seam::Effect;

/// The moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    BeforeAppend,
    AfterAppend,
    BeforePerform,
    AfterPerform,
}

impl Phase {
    pub(crate) const ALL: [Self; 4] = [
        Self::BeforeAppend,
        Self::AfterAppend,
        Self::BeforePerform,
        Self::AfterPerform,
    ];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::BeforeAppend => "before append",
            Self::AfterAppend => "after append",
            Self::BeforePerform => "before perform",
            Self::AfterPerform => "after perform",
        }
    }
}

/// The moment of one occurrence of one kind of event or effect, 1 and up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) phase: Phase,
    pub(crate) kind: String,
    pub(crate) nth: u64,
}

impl Point {
    /// As one word, for a child's environment.
    pub(crate) fn to_word(&self) -> String {
        format!("{}/{}/{}", self.phase.words(), self.kind, self.nth)
    }

    pub(crate) fn from_word(word: &str) -> Self {
        let parts: Vec<&str> = word.split('/').collect();
        let phase = Phase::ALL.into_iter().find(|phase| phase.words() == parts[0]);
        Self {
            phase: phase.unwrap(),
            kind: parts[1].to_owned(),
            nth: parts[2].parse().unwrap(),
        }
    }
}

/// How often each kind has come to each moment, and where it ends.
#[derive(Default)]
pub(crate) struct Fate {
    end: Option<Point>,
    seen: BTreeMap<(Phase, String), u64>,
}

impl Fate {
    pub(crate) fn new(end: Option<Point>) -> Self {
        Self {
            end,
            seen: BTreeMap::new(),
        }
    }

    /// An append: every event in it counts, and so does every effect that rides in one.
    pub(crate) fn at_append(&mut self, phase: Phase, events: &[Event]) {
        for event in events {
            self.count(phase, event.body.kind());
            for sent in sent_by(&event.body) {
                self.count(phase, sent.effect.kind());
            }
        }
        self.meet();
    }

    pub(crate) fn at_perform(&mut self, phase: Phase, effect: &Effect) {
        self.count(phase, effect.kind());
        self.meet();
    }

    /// Each kind and moment with its number.
    pub(crate) fn seen(&self) -> BTreeMap<(Phase, String), u64> {
        self.seen.clone()
    }

    fn count(&mut self, phase: Phase, kind: &str) {
        *self.seen.entry((phase, kind.to_owned())).or_default() += 1;
    }

    fn meet(&self) {
        let Some(end) = &self.end else { return };
        let seen = self.seen.get(&(end.phase, end.kind.clone()));
        if seen.is_some_and(|seen| *seen >= end.nth) {
            die();
        }
    }
}

/// Ends this process as the kernel does: nothing is flushed, dropped or said.
fn die() -> ! {
    kill_process(getpid(), Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

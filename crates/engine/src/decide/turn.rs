//! One decision under way: what was true, what has been decided so far, and what is true with it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use tidegate_model::plan::{Plan, Stage};
use tidegate_model::seam::{Actor, Effect, EffectKey};
use tidegate_model::{CriterionId, Estate, StageId, Timestamp};

use super::panel::Panel;
use crate::apply::apply;
use crate::command::{Command, CommandKey};
use crate::event::{Body, Event, Sent};
use crate::refusal::{Refusal, Rule};
use crate::state::{StageState, State};

/// Version of the bodies that this program writes.
const EVENT_VERSION: u16 = 1;

/// Criteria of stages that something was reported about.
pub(crate) type Touched = BTreeMap<StageId, BTreeSet<CriterionId>>;

/// A decision under way.
pub(crate) struct Turn<'a> {
    pub(crate) estate: &'a Estate,
    /// With everything in `events` applied.
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    pub(crate) actor: Actor,
    key: Option<CommandKey>,
    pub(crate) events: Vec<Event>,
    /// What the criteria of a stage have said, and after how many events: with one more it may not hold.
    heard: Option<(&'a StageId, usize, Panel<'a>)>,
    /// After so many events, what has been reported about these criteria alone.
    touched: Option<(usize, Touched)>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(estate: &'a Estate, state: State, command: &Command, now: Timestamp) -> Self {
        Self {
            estate,
            state: State {
                is_tried_out: true,
                ..state
            },
            now,
            actor: command.actor.clone(),
            key: command.key.clone(),
            events: Vec::new(),
            heard: None,
            touched: None,
        }
    }

    /// What was just decided is about these criteria alone: no other has heard anything.
    pub(crate) fn touch(&mut self, criteria: Touched) {
        self.touched = Some((self.events.len(), criteria));
    }

    /// Whether a criterion may say another thing than before; time alone is the clock's business.
    pub(crate) fn is_touched(&self, stage: &StageId, criterion: &CriterionId) -> bool {
        match &self.touched {
            Some((events, touched)) if *events == self.events.len() => {
                touched.get(stage).is_some_and(|criteria| criteria.contains(criterion))
            }
            Some(_) | None => true,
        }
    }

    /// Keeps what the criteria of a stage said when so many events were decided.
    pub(crate) fn keep(&mut self, stage: &'a Stage, events: usize, panel: Panel<'a>) {
        self.heard = Some((&stage.id, events, panel));
    }

    /// What the criteria of a stage say now: as it was just heard, when nothing has been decided since, else judged anew.
    pub(crate) fn panel(&mut self, stage: &'a Stage) -> Panel<'a> {
        match self.heard.take() {
            Some((id, events, panel)) if *id == stage.id && events == self.events.len() => {
                debug_assert!(
                    panel == Panel::hear(self.estate, &self.state, stage, self.now),
                    "nothing has changed what the criteria of {id} say"
                );
                panel
            }
            Some(_) | None => Panel::hear(self.estate, &self.state, stage, self.now),
        }
    }

    /// Decides an event; from here on it is true.
    pub(crate) fn emit(&mut self, body: Body) {
        self.emit_as(self.actor.clone(), body);
    }

    /// Decides an event that the controller itself causes.
    pub(crate) fn emit_self(&mut self, body: Body) {
        self.emit_as(Actor::Controller, body);
    }

    fn emit_as(&mut self, actor: Actor, body: Body) {
        let event = Event {
            v: EVENT_VERSION,
            at: self.now,
            actor,
            key: self.key.clone(),
            body,
        };
        apply(&mut self.state, &event);
        self.events.push(event);
    }

    /// The sequence that the next event will have.
    pub(crate) fn next_seq(&self) -> u64 {
        self.state.seq + 1
    }

    /// A stage as declared.
    pub(crate) fn declared(&self, id: &StageId) -> Option<(&'a Plan, &'a Stage)> {
        self.estate.stage(id)
    }

    /// A stage with its declaration, or the refusal that says that there is none.
    pub(crate) fn stage(&self, id: &StageId) -> Result<(&'a Plan, &'a Stage, &StageState), Refusal> {
        match (self.estate.stage(id), self.state.stages.get(id)) {
            (Some((plan, stage)), Some(state)) => Ok((plan, stage, state)),
            (Some(_), None) | (None, Some(_)) | (None, None) => Err(unknown("stage", id.as_str())),
        }
    }
}

/// The refusal of a name that nothing has.
pub(crate) fn unknown(kind: &str, name: &str) -> Refusal {
    Refusal {
        rule: Rule::UnknownSubject,
        what: format!("there is no {kind} `{name}`"),
        owner: None,
        remedy: "`tidegate status` lists what there is".into(),
    }
}

/// The key of an effect: SHA-256 over the parts that make it this one and no other, 32 hexadecimal digits of it.
pub(crate) fn effect_key(parts: &[&str]) -> EffectKey {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    EffectKey(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// An effect with its key.
pub(crate) fn sent(parts: &[&str], effect: Effect) -> Sent {
    Sent {
        key: effect_key(parts),
        effect,
    }
}
